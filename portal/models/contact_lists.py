"""An organization's contacts as its Contacts page lists them."""

from typing import NamedTuple

from peewee import fn

from portal.models import waiting
from portal.models.history import HistoryEvent
from portal.models.matching import holds
from portal.models.organizations import Contact, Organization
from portal.models.service_requests import OPEN, WAITING, ServiceRequest
from portal.models.sessions import INVITATION, Link, Session

PAGE = 50
CONTACT_EVENTS = (
    "contact_added",
    "contact_changed",
    "contact_confirmed",
    "contact_kept",
    "contact_deactivated",
    "contact_reactivated",
    "stand_in_linked",
    "stand_in_unlinked",
)


class ContactPage(NamedTuple):
    """Contacts of one page, how many there are on all, and the place after which the next begins (None at the end)."""

    contacts: list
    total: int
    next_place: list | None


def page(organization, active, words=(), place=None, size=PAGE):
    """Return the ContactPage of the organization's own people (stand-ins among the inactive), by name.

    `words`, folded, must each be held by name or address.
    """
    query = _named(organization).where(Contact.active == active)
    if active:
        query = query.where(Contact.stands_in_for.is_null())
    for word in words:
        query = query.where(holds(Contact.name, word) | holds(Contact.email, word))
    total = query.count()
    if place is not None:
        name, public_id = place
        query = query.where((Contact.name > name) | ((Contact.name == name) & (Contact.public_id > public_id)))
    found = list(query.order_by(Contact.name, Contact.public_id).limit(size + 1))
    _add_last_seen(found[:size])
    last = found[size - 1] if len(found) > size else None
    return ContactPage(found[:size], total, [last.name, last.public_id] if last else None)


def _named(organization):
    """Select the organization's contacts, each with the partner who added them."""
    query = Contact.select(Contact, Organization)
    query = query.left_outer_join(Organization, on=(Contact.added_by == Organization.id), attr="added_by")
    return query.where(Contact.organization == organization)


def with_adders(select):
    """Return the contacts of a select, oldest first, each with the partner and `adder`, that partner's person or None."""
    contacts = waiting.with_adder(select)
    events = (
        HistoryEvent.select(HistoryEvent, Contact)
        .join(Contact, on=HistoryEvent.actor)
        .where(
            HistoryEvent.customer.in_({one.organization_id for one in contacts}),
            HistoryEvent.kind == "contact_added",
            HistoryEvent.contact.in_([one.id for one in contacts]),
        )
    )
    adders = {event.contact_id: event.actor for event in events} if contacts else {}
    for contact in contacts:
        contact.adder = adders.get(contact.id)
    return contacts


def ids(contacts):
    """Return the ids of a select of contacts, as a set."""
    return {row[0] for row in contacts.select(Contact.id).tuples()}


def _add_last_seen(contacts):
    """Give each contact `seen_at`, of its open sessions, and `invited_at`, where it has no password yet; or None."""
    ids = [one.id for one in contacts]
    seen = Session.select(Session.contact, fn.MAX(Session.seen_at)).where(Session.contact.in_(ids))
    seen_at = dict(seen.group_by(Session.contact).tuples())
    without = [one.id for one in contacts if one.password_hash is None]
    invited = Link.select(Link.contact, fn.MAX(Link.created_at))
    invited = invited.where(Link.contact.in_(without), Link.purpose == INVITATION).group_by(Link.contact)
    invited_at = dict(invited.tuples()) if without else {}
    for contact in contacts:
        contact.seen_at = seen_at.get(contact.id)
        contact.invited_at = invited_at.get(contact.id)


def with_last_seen(contact):
    """Return the contact with `seen_at` and `invited_at`, as a page of the list has them."""
    _add_last_seen([contact])
    return contact


def stand_ins(organization):
    """Return the active stand-ins by name, each with the person behind it and that person's organization."""
    person = Contact.alias()
    query = Contact.select(Contact, person, Organization)
    query = query.join(person, on=(Contact.stands_in_for == person.id), attr="stands_in_for")
    query = query.join(Organization, on=(person.organization == Organization.id), attr="organization")
    query = query.where(Contact.organization == organization, Contact.active)
    return list(query.order_by(Contact.name, Contact.id))


def last_event(contact):
    """Return the latest event of the history about this contact's record, with its actor, or None."""
    query = HistoryEvent.select(HistoryEvent, Contact).left_outer_join(Contact, on=HistoryEvent.actor)
    query = query.where(
        HistoryEvent.customer == contact.organization_id,
        HistoryEvent.kind.in_(CONTACT_EVENTS),
        HistoryEvent.contact == contact,
    )
    return query.order_by(HistoryEvent.sequence.desc()).first()


def who_could_stand_in(organization):
    """Return the active contacts whom nothing bars from being a stand-in, by name."""
    other = Contact.alias()
    stood_for = fn.EXISTS(other.select(other.id).where(other.stands_in_for == Contact.id))
    query = organization.people().where(~Contact.contact_manager, ~Contact.desk, ~stood_for)
    return list(query)


def led(visible, contact):
    """Return the requests of the select `visible` that the contact leads and that are not solved, latest first."""
    query = visible.where(ServiceRequest.primary_contact == contact, ServiceRequest.status.in_([OPEN, WAITING]))
    return list(query.order_by(ServiceRequest.updated_at.desc(), ServiceRequest.id.desc()))
