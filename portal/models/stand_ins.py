"""Stand-ins: contact records that in truth are a partner's person; linked to that person, and given back."""

from portal.database import transaction
from portal.models import history
from portal.models.contact_changes import RightsCannotBreed
from portal.models.holding import hold_row
from portal.models.organizations import Contact, Organization
from portal.models.sessions import Link, Session


class CannotStandIn(Exception):
    """Why this record cannot stand in for that person: `cause` is one of CAUSES."""

    CAUSES = ("flagged", "inactive", "linked", "stood_for", "own_organization", "person_inactive", "person_linked")

    def __init__(self, cause):
        super().__init__(cause)
        self.cause = cause


def link(contact, person, actor, at):
    """Make `contact` a stand-in for `person`: it signs in no more, and its requests are theirs. Raises CannotStandIn."""
    with transaction():
        now, behind = _held(contact, person)
        _refuse_outsiders(now, actor)
        cause = _what_speaks_against(now, behind)
        if cause:
            raise CannotStandIn(cause)
        Contact.update(stands_in_for=behind).where(Contact.id == now.id, Contact.stands_in_for.is_null()).execute()
        Session.end_all(now)
        Link.use_up_all(now, at)
        _record(now, behind, "stand_in_linked", actor, at)


def unlink(contact, actor, at):
    """Give the record back to itself; return whether this call did it."""
    if contact.stands_in_for_id is None:
        return False
    with transaction():
        now, behind = _held(contact, contact.stands_in_for)
        _refuse_outsiders(now, actor)
        changed = (
            Contact.update(stands_in_for=None).where(Contact.id == now.id, Contact.stands_in_for == behind).execute()
        )
        if changed:
            _record(now, behind, "stand_in_unlinked", actor, at)
    return bool(changed)


def _held(contact, person):
    """Return both as they are now, both organizations' rows held, in one order, so that no two links form a chain."""
    for organization_id in sorted({contact.organization_id, person.organization_id}):
        hold_row(Organization, organization_id)
    return contact.again(), person.again()


def _refuse_outsiders(contact, actor):
    by = actor.again()
    if not (by.desk or (by.contact_manager and by.organization_id == contact.organization_id)):
        raise RightsCannotBreed


def _what_speaks_against(contact, person):
    """Return the first cause, or None."""
    found = {
        "flagged": contact.contact_manager or contact.desk,
        "inactive": not contact.active,
        "linked": contact.stands_in_for_id is not None,
        "stood_for": contact.has_stand_ins(),
        "own_organization": person.organization_id == contact.organization_id,
        "person_inactive": not person.active,
        "person_linked": person.stands_in_for_id is not None,
    }
    return next((cause for cause in CannotStandIn.CAUSES if found[cause]), None)


def _record(contact, person, kind, actor, at):
    history.record(
        contact.organization,
        kind,
        at,
        actor=actor,
        partner=person.organization_id,
        contact=contact,
        name=contact.name,
        person=person.name,
        person_id=person.public_id,
        firm=person.organization.name,
    )
