"""Hints set into finished pages, beside the controls they speak of: so no template of the portal knows of the tour."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from markupsafe import escape

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_PART = re.compile(r"(?P<tag>[a-z0-9]+)?(?P<tests>.*)")
_TEST = re.compile(r"#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)|\[(?P<name>[\w-]+)(?P<how>\^?=)(?P<value>[^\]]+)\]")


@dataclass
class _Open:
    tag: str
    attributes: dict


class _Finder(HTMLParser):
    """Finds where the first element that matches a selector ends: `before_end` and `after_end`, offsets or None.

    Only what is inside another element counts where `nested`: a fragment's own roots are swapped one by one.
    """

    def __init__(self, html, selector, nested):
        super().__init__(convert_charrefs=False)
        self.steps = [_tests(part) for part in selector.split()]
        self.nested = nested
        self.before_end = self.after_end = None
        self._html = html
        self._open = []
        self._at_depth = None
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = _Open(tag, dict(attrs))
        found = self._at_depth is None and self._matches(element) and (self._open or not self.nested)
        if tag in _VOID:
            if found:
                self._at_depth = -1
                self.before_end = self.after_end = self._offset() + len(self.get_starttag_text())
            return
        if found:
            self._at_depth = len(self._open)
        self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        """Pass over what opens nothing: the lines of a drawing."""

    def handle_endtag(self, tag):
        while self._open:
            closed = self._open.pop()
            if self._at_depth == len(self._open) and self.after_end is None:
                self.before_end = self._offset()
                self.after_end = self._html.index(">", self.before_end) + 1
            if closed.tag == tag:
                return

    def _offset(self):
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _matches(self, element):
        *above, last = self.steps
        if not _fits(last, element):
            return False
        rest = iter(self._open)
        return all(any(_fits(step, one) for one in rest) for step in above)


def _tests(part):
    found = _PART.fullmatch(part)
    return found["tag"], [match.groupdict() for match in _TEST.finditer(found["tests"])]


def _fits(step, element):
    tag, tests = step
    return (tag is None or tag == element.tag) and all(_holds(test, element.attributes) for test in tests)


def _holds(test, attributes):
    if test["id"]:
        return attributes.get("id") == test["id"]
    if test["class"]:
        return test["class"] in (attributes.get("class") or "").split()
    value = attributes.get(test["name"]) or ""
    return value.startswith(test["value"]) if test["how"] == "^=" else value == test["value"]


def set_beside(html, hints, whole_page):
    """Return the page or fragment `html` with each of the `hints` beside the first control that it fits."""
    for number, hint in enumerate(hints, 1):
        found = _Finder(html, hint.beside, nested=not whole_page)
        place = found.before_end if hint.inside else found.after_end
        if place is not None:
            html = html[:place] + _words(number, hint) + html[place:]
    return html


def _words(number, hint):
    inside = " tour-inside" if hint.inside else ""
    return f'<span class="tour-hint{inside}" role="note" id="tour-hint-{number}">{escape(str(hint.text))}</span>'
