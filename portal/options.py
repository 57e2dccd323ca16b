"""The options of a drop-down as HTML, hundreds of them in one go."""

from markupsafe import Markup, escape


def option_lines(pairs, chosen="") -> Markup:
    """Return an <option> for each (value, label), with the one selected whose value is `chosen`."""
    lines = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(label)}</option>'
        for value, label in pairs
    )
    return Markup("".join(lines))  # noqa: S704 (each is escaped)
