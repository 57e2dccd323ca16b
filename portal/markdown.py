"""Markdown as people type it in a message, or the desk in an answer -> HTML that is safe to show."""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"}
TAGS |= {"table", "tbody", "td", "th", "thead", "tr"}
HEADINGS = {"h2", "h3", "h4"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
SHORT = 4_000  # characters; longer texts are rare and would fill the memory

# Of ASCII alone: Japanese text goes on right behind an address. (linkify-it takes 20 s for 100 KB of "https://((((".)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_LANGUAGE = re.compile(r"[a-z][a-z0-9+#.-]{0,19}")


def to_html(text):
    """Return `text` (Markdown) as HTML: without raw HTML, images or headings; line breaks stay as typed."""
    return Markup(_short(text) if len(text) <= SHORT else _rendered(text))  # noqa: S704 - cleaned by nh3


def article(text):
    """Return the text of an answer as HTML: as to_html, and with headings, from h2 on without a gap."""
    html = _article_parser().render(text)
    return Markup(nh3.clean(html, tags=TAGS | HEADINGS, attributes=ATTRIBUTES, url_schemes=SCHEMES))  # noqa: S704


@lru_cache(maxsize=1024)
def _short(text):
    return _rendered(text)


def _rendered(text):
    html = _parser().render(text)
    return nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer nofollow ugc"
    )


@lru_cache(maxsize=1)
def _parser():
    # Headings would break the outline of the page, and "# a comment" in a pasted script is not meant as one. Nor is
    # "[ERROR]: NullPointerException" of a pasted log the target of a link, which is not shown at all.
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["table", "strikethrough"]).disable(["image", "heading", "lheading", "html_block", "reference"])
    parser.core.ruler.after("block", "fences", _show_what_follows_a_fence)
    parser.core.ruler.after("inline", "addresses", _link_addresses)
    return parser


@lru_cache(maxsize=1)
def _article_parser():
    parser = MarkdownIt("commonmark", {"html": False})
    parser.enable(["table", "strikethrough"]).disable(["image", "html_block"])
    parser.core.ruler.after("inline", "addresses", _link_addresses)
    parser.core.ruler.push("ranks", _lower_headings)
    return parser


def _show_what_follows_a_fence(state):
    """Make the words behind the opening ``` the first line of the code, where they do not name a language."""
    for token in state.tokens:
        words = token.info.strip() if token.type == "fence" else ""
        if words and not _LANGUAGE.fullmatch(words):
            token.content, token.info = f"{words}\n{token.content}", ""


def _lower_headings(state):
    # The page's own title is its h1, and no rank is left out below it: some people go from heading to heading.
    headings = [token for token in state.tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    rank = 1
    for opening, closing in zip(headings[::2], headings[1::2], strict=True):
        rank = min(int(opening.tag[1]) - highest + 2, rank + 1, 4)
        opening.tag = closing.tag = f"h{rank}"


def _link_addresses(state):
    for block in state.tokens:
        if block.type == "inline" and "://" in block.content:
            block.children = list(_with_links(block.children))


def _with_links(tokens):
    depth = 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and depth == 0:
            yield from _split(token.content)
        else:
            yield token


def _split(text):
    end = 0
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        yield _text(text[end : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _text(address)
        yield Token("link_close", "a", -1)
        end = found.start() + len(address)
    yield _text(text[end:])


def _trimmed(address):
    """Return the address without the punctuation of the sentence around it."""
    trimmed = address.rstrip(".,;:!?'")
    return trimmed.rstrip(")].,;:!?'") if "(" not in trimmed and "[" not in trimmed else trimmed


def _text(content):
    return Token("text", "", 0, content=content)
