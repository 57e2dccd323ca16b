"""Whom one can be in the preview: people by organization, with what is interesting about them now."""

from dataclasses import dataclass

from portal import permissions
from portal.models import AccessRequest, Contact, Organization
from portal.permissions import Capability
from portal.preview.cast import CUSTOMER, FIRMS, PASSWORD, PEOPLE

__all__ = ["PASSWORD", "firms", "person"]

_ABOUT = {person.email: person.about for person in PEOPLE}
_PLACES = {person.email: place for place, person in enumerate(PEOPLE)}


@dataclass(frozen=True)
class Choice:
    """One person: `standing` is what they may do for the customer shown beside their firm, or None."""

    contact: Contact
    about: object
    standing: permissions.Standing | None
    waiting: int


@dataclass(frozen=True)
class Group:
    """One firm with its people; `shows` is the customer whose levels are shown, or None."""

    organization: Organization
    side: str
    shows: Organization | None
    people: list


def firms(at):
    """Return the Groups in the order of the cast, each with those of its people who can sign in at `at`."""
    organizations = {one.slug: one for one in Organization.select()}
    people = _people_by_organization(at)
    return [
        _group(organizations[firm.slug], firm.side, organizations.get(firm.shows), people, at)
        for firm in FIRMS
        if firm.slug in organizations
    ]


def person(email):
    """Return the contact with this address, or None."""
    return Contact.by_email(email)


def _people_by_organization(at):
    found = {}
    query = Contact.select(Contact, Organization).join(Organization, on=Contact.organization)
    people = query.where(Contact.active, Contact.stands_in_for.is_null()).order_by(Contact.name)
    for contact in sorted(people, key=lambda one: _PLACES.get(one.email, len(_PLACES))):
        if permissions.may_sign_in(contact, at):
            found.setdefault(contact.organization_id, []).append(contact)
    return found


def _group(organization, side, shows, people, at):
    mine = people.get(organization.id, [])
    return Group(organization, side, shows, [_choice(contact, side, shows, at) for contact in mine])


def _choice(contact, side, shows, at):
    own = permissions.standing(contact, contact.organization, at)
    decides = side == CUSTOMER and own.allows(Capability.DECIDE_PARTNERS)
    return Choice(
        contact,
        _ABOUT.get(contact.email, ""),
        permissions.standing(contact, shows, at) if shows else None,
        AccessRequest.count_pending_for_customer(contact.organization, at) if decides else 0,
    )
