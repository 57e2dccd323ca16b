"""The options of a drop-down as HTML, in one go: there may be hundreds."""

from functools import lru_cache

from markupsafe import Markup, escape


def option_list(options, value="") -> Markup:
    """Return the options of a drop-down; selected is the one whose value is `value`, or those in a list of several.

    `options` are (value, label), (value, label, whether it is disabled), or {"label": of a group, "options": […]}.
    """
    several = isinstance(value, list | tuple | set)
    return Markup(_listed(options, set(map(str, value if several else [value]))))  # noqa: S704 (each is escaped)


def _listed(options, chosen):
    return "".join([_group(one, chosen) if isinstance(one, dict) else _option(one, chosen) for one in options])


def _group(group, chosen):
    return f'<optgroup label="{escape(group["label"])}">{_listed(group["options"], chosen)}</optgroup>'


def _option(option, chosen):
    value, label = option[:2]
    selected = " selected" if str(value) in chosen else ""
    disabled = " disabled" if len(option) > 2 and option[2] else ""
    return f'<option value="{escape(value)}"{selected}{disabled}>{escape(label)}</option>'


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
