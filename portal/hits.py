"""Where a text holds what was searched for: marked, and cut to the place."""

import re

from markupsafe import Markup, escape

from portal.folding import searchable

BEFORE, AFTER = 50, 130  # characters around the first hit of an excerpt
_WINDOW, _OVERLAP = 2_000, 400
# What is compared as one: white space, or a character with the marks that belong to it.
_CLUSTER = re.compile("\\s+|.[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.DOTALL)


def marked(text, words):
    """Return `text` as HTML, escaped, with <mark> around each of `words` (as `searchable` returns them)."""
    if not words:
        return escape(text)
    return _between(text, spans(text, words), 0, len(text))


def excerpt(text, words):
    """Return the place of `text` that holds one of `words`, marked; "" where none does."""
    for start in range(0, len(text), _WINDOW):
        window = text[start : start + _WINDOW + _OVERLAP]
        compared = searchable(window)
        if any(word in compared for word in words):
            found = spans(window, words)
            if found:
                return _cut(text, [(start + begin, start + end) for begin, end in found])
    return Markup("")


def _cut(text, found):
    begin, end = max(0, found[0][0] - BEFORE), min(len(text), found[0][1] + AFTER)
    dots_before, dots_after = "…" if begin else "", "…" if end < len(text) else ""
    return dots_before + _between(text, found, begin, end) + dots_after


def spans(text, words):
    """Return the (begin, end) of each stretch of `text` that holds one of `words`, in order and apart."""
    compared, places = _compared(text)
    found = sorted(
        (places[hit.start()][0], places[hit.start() + len(word) - 1][1])
        for word in words
        for hit in re.finditer(f"(?={re.escape(word)})", compared)  # ana is twice in banana
    )
    apart = []
    for begin, end in found:
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((begin, end))
    return apart


def _compared(text):
    """Return the text as it is compared, and for each of its characters the (begin, end) in `text`."""
    parts, places = [], []
    for cluster in _CLUSTER.finditer(text):
        part = " " if cluster[0].isspace() else searchable(cluster[0])
        parts.append(part)
        places.extend([cluster.span()] * len(part))
    return "".join(parts), places


def _between(text, found, begin, end):
    pieces, last = [], begin
    for first, after in found:
        if first < last or after > end:
            continue
        pieces += [escape(text[last:first]), Markup("<mark>{}</mark>").format(text[first:after])]
        last = after
    return Markup("").join([*pieces, escape(text[last:end])])
