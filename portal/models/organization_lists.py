"""Organizations as the desk lists them."""

from typing import NamedTuple

from portal.models.matching import holds
from portal.models.organizations import Organization, Site

PAGE = 100


class Page(NamedTuple):
    """Organizations of one page, and the place after which the next one begins (None at the end)."""

    rows: list
    next_place: list | None


def page(words, place=None):
    """Return a Page of the organizations whose name or slug holds every one of `words` (folded), by name."""
    query = Organization.select().order_by(Organization.name, Organization.slug)
    for word in words:
        query = query.where(holds(Organization.name, word) | holds(Organization.slug, word))
    if place is not None:
        name, slug = place
        query = query.where((Organization.name > name) | ((Organization.name == name) & (Organization.slug > slug)))
    found = list(query.limit(PAGE + 1))
    rows = found[:PAGE]
    return Page(rows, [rows[-1].name, rows[-1].slug] if len(found) > PAGE else None)


def site_of(organization, public_id):
    """Return the organization's site that pages call `public_id`, or None."""
    return Site.get_or_none(Site.public_id == public_id, Site.organization == organization)
