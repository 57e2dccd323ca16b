"""People as a drop-down offers them: by organization, with what their level is."""

from flask_babel import gettext as _

from portal.collation import in_order
from portal.words import level_word


def by_organization(people, without=()):
    """Return [(organization name, [(contact, Standing)])] without the contacts of these ids.

    The organization whose request it is comes first; the others and everybody's people by name.
    """
    groups = {}
    for person, one in people:
        if person.id not in without:
            firm = one.organization if one.kind == "own" else person.organization
            groups.setdefault(firm.id, (firm.name, one.kind == "own", []))[2].append((person, one))
    by_name = in_order(groups.values(), lambda group: group[0])
    return [
        (firm, in_order(members, lambda pair: pair[0].name))
        for firm, _own, members in sorted(by_name, key=lambda group: not group[1])
    ]


def option_groups(people, without=()):
    """Return these people as the groups of a select: partners' people with their level."""
    return [
        {"label": name, "options": [(person.public_id, label(person, one)) for person, one in members]}
        for name, members in by_organization(people, without)
    ]


def label(person, one):
    """Return a person's name, and in brackets what a grant gives them."""
    if one.level is None:
        return person.name
    return _("%(name)s (%(level)s)", name=person.name, level=level_word(one.level))
