"""Contacts that a partner added, and what a form of theirs posts."""

from portal import clock
from portal.models import Contact, HistoryEvent, Notification
from portal.models.contact_changes import add_contact_record

SECRET = "a secret for the tests alone"


def added(world, name="Hana Sato", *, by=None, organization=None, grant=None):
    """Return a contact whom a partner has just added: Full Admin of Brightwater in Kitahama unless told otherwise."""
    local = name.lower().replace(" ", ".")
    firm = organization or world.kitahama
    return add_contact_record(
        firm,
        name,
        f"{local}@{firm.slug}.example",
        by or world.full_admin,
        clock.now(),
        SECRET,
        grant=grant or world.grants["full_admin"],
    )


def typed(contact, **changes):
    """Return what the form of this contact's page posts for a contact manager, with these changes."""
    flags = {flag: "on" for flag in ("contact_manager", "support_contact") if getattr(contact, flag)}
    shown = {name: getattr(contact, name) for name in ("name", "email", "timezone", "locale", "edition")} | flags
    return {name: value for name, value in (shown | changes).items() if value is not None}


def typed_by_partner(contact, **changes):
    """Return what the form posts for a partner: no address, no role."""
    shown = {name: getattr(contact, name) for name in ("name", "timezone", "locale", "edition")}
    return shown | changes


def page_of(contact, action=""):
    """Return the path of the contact's page, or of an action on it."""
    return f"/contacts/{contact.organization.slug}/{contact.public_id}" + (f"/{action}" if action else "")


def kinds(contact):
    """Return the kinds of the history's events about this contact, in order."""
    events = HistoryEvent.select().where(HistoryEvent.contact == contact).order_by(HistoryEvent.id)
    return [event.kind for event in events]


def told(kind):
    """Return the ids of the contacts who were told of this kind of thing."""
    return [one.contact_id for one in Notification.select().where(Notification.kind == kind)]


def by_email(email):
    """Return the contact with this address."""
    return Contact.by_email(email)
