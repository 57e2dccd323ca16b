"""A finished page with what was typed put back into its form, whatever the form is."""

import re
from html.parser import HTMLParser

from markupsafe import escape

_UNFILLED = frozenset(["file", "password", "submit", "button", "image", "reset"])
_TAKEN = None  # stands for the one value of a group of radio buttons, of which no other can be it
_TICKED = frozenset(["checkbox", "radio"])
_CONTROLS = frozenset(["input", "textarea"])
_UNWRITTEN = _TICKED | {"hidden"}


class _Forms(HTMLParser):
    """The controls of each form of a page: tags with where they stand, and the texts that they hold."""

    def __init__(self, html):
        super().__init__(convert_charrefs=False)
        self.forms = []
        self.ids, self.main = [], None  # main: the id of the form that the page's buttons of other languages post
        self._inside, self._folds = None, []  # folds: where the details stand that are open here
        self._select = self._textarea = None
        self._lines = [0, *(match.end() for match in re.finditer("\n", html))]
        self._html = html
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "form":
            self._inside = {}
            self.forms.append(self._inside)
            self.ids.append(dict(attrs).get("id"))
        elif tag == "button" and self.main is None and "data-language" in dict(attrs):
            self.main = dict(attrs).get("form")
        elif tag == "details":
            self._folds.append((self._offset(), self._offset() + len(self.get_starttag_text())))
        elif self._inside is not None:
            self._note(tag, dict(attrs), self._offset(), self.get_starttag_text())

    def _note(self, tag, attributes, start, text):
        name, folds = attributes.get("name"), tuple(self._folds)
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            self._inside.setdefault(self._select, []).append((tag, attributes, start, start + len(text), folds))
        elif tag in _CONTROLS and name:
            end = start + len(text)
            if tag == "textarea":
                end = self._html.index("</textarea", end)
            self._inside.setdefault(name, []).append((tag, attributes, start, end, folds))

    def handle_endtag(self, tag):
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = None
        elif tag == "details" and self._folds:
            self._folds.pop()

    def _offset(self):
        line, column = self.getpos()
        return self._lines[line - 1] + column


def filled(html, typed, place=None):
    """Return the page with `typed` ({name: values}) in its form: at `place`, or its main one, or the one that fits best.

    What was written is in sight: the details around it are open.
    Where two fit as well, none is filled: better nothing than somebody else's words. Passwords and files are never kept.
    """
    form = _chosen(_Forms(html), set(typed), place)
    if form is None:
        return html
    changes, unfolded = [], set()
    for name, controls in form.items():
        values = list(typed.get(name, []))
        for tag, attributes, start, end, folds in controls:
            if values and values[0] and tag in _CONTROLS and attributes.get("type") not in _UNWRITTEN:
                unfolded.update(folds)
            if name != "csrf_token" and (name in typed or _may_be_absent(tag, attributes)):
                changes.append((start, end, _control(tag, attributes, html[start:end], values)))
    changes += [
        (start, end, f"{html[start : end - 1]} open>") for start, end in unfolded if " open" not in html[start:end]
    ]
    for start, end, text in sorted(changes, reverse=True):
        html = html[:start] + text + html[end:]
    return html


def _chosen(page, names, place):
    forms = page.forms
    if place is None and page.main and page.main in page.ids:
        place = page.ids.index(page.main)
    if place is not None and place < len(forms) and (names & set(forms[place]) or not names):
        return forms[place]
    fit = [len(names & set(form)) for form in forms]
    best = max(fit, default=0)
    return forms[fit.index(best)] if best and fit.count(best) == 1 else None


def _may_be_absent(tag, attributes):
    """Return whether nothing is sent of such a control while it is not chosen."""
    return attributes.get("type", "").lower() in _TICKED or tag == "option"


def _control(tag, attributes, text, values):
    """Return the control with the first of `values` that is its own; that one is taken out."""
    kind = (attributes.get("type") or "").lower()
    if tag == "textarea":
        return f"{text[: text.index('>') + 1]}\n{escape(values.pop(0) if values else '')}"
    if tag == "option" or kind in _TICKED:
        mark, value = ("selected", attributes.get("value")) if tag == "option" else ("checked", attributes.get("value"))
        mine = values[:1] == ["on" if value is None else value]
        if mine:
            values[:1] = [_TAKEN] if kind == "radio" else []
        return _marked(text, mark, mine)
    if values[:1] == [_TAKEN]:
        values.pop(0)
    if kind in _UNFILLED or not values:
        return text
    text = re.sub(r'\svalue="[^"]*"', "", text, count=1)
    return f'{text.rstrip("/>").rstrip()} value="{escape(values.pop(0))}">'


def _marked(text, mark, wanted):
    text = re.sub(rf'\s{mark}(="[^"]*")?(?=[\s>])', "", text)
    return f"{text[:-1]} {mark}>" if wanted else text
