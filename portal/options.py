"""The options of a drop-down as HTML, hundreds of them in one go."""

from functools import lru_cache

from markupsafe import Markup, escape


def option_lines(pairs, chosen="") -> Markup:
    """Return an <option> for each (value, label), with the one selected whose value is `chosen`."""
    return _lines(tuple(pairs), chosen)


@lru_cache(256)  # the same few hundred organizations, on each page
def _lines(pairs, chosen):
    lines = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in pairs
    )
    return Markup("".join(lines))  # noqa: S704 (each is escaped)
