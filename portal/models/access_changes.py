"""What becomes of a request for access: asked, approved, declined, withdrawn, lapsed. Each is one transaction."""

from portal import clock
from portal.database import transaction
from portal.models import history
from portal.models.access import (
    APPROVED,
    DECLINED,
    LAPSED,
    LAPSES_AFTER,
    PENDING,
    WITHDRAWN,
    AccessRequest,
    AccessRequestLine,
)
from portal.models.base import add_all, opaque_id
from portal.models.changing import changes
from portal.models.grant_changes import end, give, still_of
from portal.models.holding import hold_row, lock_row
from portal.models.notifications import notify
from portal.models.once import made_once
from portal.models.organizations import Contact, Organization


class AlreadyDecided(Exception):
    """The request is not pending any more; `access_request` is as it stands now."""

    def __init__(self, access_request):
        super().__init__(access_request.public_id)
        self.access_request = access_request


class NothingLeft(Exception):
    """Every line of the request is dropped: that is no approval."""


def ask(requested_by, manager_email, days, lines, reason, at, public_id=None):
    """Ask for access and return the access request; `lines` are (contact or None for the whole firm, level) pairs.

    Whom the address reaches is settled now. An address that reaches nobody costs as much and shows the same (SPEC 4).
    What was asked under this `public_id` already is returned as it is.
    """
    values = {"requested_by": requested_by, "partner": requested_by.organization_id, "manager_email": manager_email}
    values |= {"days": days, "reason": reason, "created_at": at, "public_id": public_id or opaque_id()}
    return made_once(AccessRequest, public_id, lambda: _ask(values, lines, at))


def _ask(values, lines, at):
    requested_by = values["requested_by"]
    manager = _manager_reached(values["manager_email"], values["partner"])
    customer = manager.organization_id if manager else None
    access_request = AccessRequest.create(customer=customer, addressed_to=manager, **values)
    asked = [{"access_request": access_request, "contact": contact, "level": int(level)} for contact, level in lines]
    add_all(AccessRequestLine, asked)
    notify(
        "access_asked",
        [manager, *_managers_of(customer)],
        at,
        actor=requested_by,
        mailed=[manager],
        access_request=access_request,
        organization=requested_by.organization_id,
    )
    return access_request


def _managers_of(organization_id):
    managers = Contact.select().where(
        Contact.organization == organization_id,
        Contact.contact_manager,
        Contact.active,
        Contact.stands_in_for.is_null(),
    )
    return list(managers)


def _manager_reached(email, partner_id):
    found = Contact.by_email(email)
    reached = (
        found is not None
        and found.contact_manager
        and found.active
        and found.stands_in_for_id is None
        and found.organization_id != partner_id
    )
    return found if reached else None


def approve(access_request, decided_by, at, levels, days, covers_from=None):
    """Turn the request into grants and return them; `levels` is {line id: level} of the lines that are not dropped.

    A line whose person has left the partner is dropped. Raises NothingLeft where that drops the last one, and
    AlreadyDecided where somebody was quicker, it was withdrawn, or it has lapsed.
    """
    with transaction():
        customer = lock_row(Organization, access_request.customer_id)
        _decide(access_request, APPROVED, decided_by, at, days=days, covers_from=covers_from)
        lines = access_request.all_lines()
        given = {line.id: levels.get(line.id) for line in lines if not line.has_left}
        if not any(given.values()):
            raise NothingLeft
        for line in lines:
            line.level_given = given.get(line.id)
            _note_level(line.id, line.level_given and int(line.level_given))
        _record_of(access_request, "approved", decided_by, at, days=days, covers_from=_iso(covers_from))
        expires_at = clock.end_after_days(at, days, customer.timezone)
        grants = [
            give(
                customer,
                access_request.partner,
                line.contact,
                given[line.id],
                at,
                expires_at,
                decided_by,
                covers_from=covers_from,
                access_request=access_request,
            )
            for line in lines
            if given.get(line.id)
        ]
        _tell_of(access_request, "access_approved", decided_by, at, access_request.partner.contact_managers())
    return grants


@changes
def _note_level(line, level):
    return AccessRequestLine.update(level_given=level).where(AccessRequestLine.id == line)


def decline(access_request, decided_by, at, reason):
    """Decline the request with a reason; raise AlreadyDecided where it is not pending any more."""
    with transaction():
        hold_row(Organization, access_request.customer_id)
        _decide(access_request, DECLINED, decided_by, at, reason=reason)
        _record_of(access_request, "declined", decided_by, at, reason=reason)
        _tell_of(access_request, "access_declined", decided_by, at, access_request.partner.contact_managers())


def withdraw(access_request, by, at):
    """Take the request back; raise AlreadyDecided where it is not pending any more.

    One that reached nobody is as much work, so that the time it takes tells nothing (SPEC 4).
    """
    with transaction():
        hold_row(Organization, access_request.customer_id or access_request.partner_id)
        _decide(access_request, WITHDRAWN, by, at)
        _record_of(access_request, "withdrawn", by, at)
        managers = _managers_of(access_request.customer_id)
        _tell_of(access_request, "access_withdrawn", by, at, managers or [None])


def lapse_unanswered(at):
    """Note as lapsed what nobody answered in 30 days, and tell both sides; return how many lapsed."""
    due = AccessRequest.select().where(AccessRequest.status == PENDING, AccessRequest.created_at <= at - LAPSES_AFTER)
    return sum(_lapse(access_request, at) for access_request in due)


def _lapse(access_request, at):
    with transaction():
        if access_request.customer_id:
            hold_row(Organization, access_request.customer_id)
        changed = (
            AccessRequest.update(status=LAPSED, decided_at=access_request.lapses_at)
            .where(AccessRequest.id == access_request.id, AccessRequest.status == PENDING)
            .execute()
        )
        if changed:
            _record_of(access_request, "lapsed", None, at)
            managers = _managers_of(access_request.partner_id) + _managers_of(access_request.customer_id)
            _tell_of(access_request, "access_lapsed", None, at, managers)
    return changed


def _decide(access_request, status, by, at, *, days=None, covers_from=None, reason=""):
    if not _settle(access_request.id, status, by.id, at, days, covers_from, reason, at - LAPSES_AFTER):
        raise AlreadyDecided(AccessRequest.get_by_id(access_request.id))


@changes
def _settle(access_request, status, by, at, days, covers_from, reason, asked_after):
    settled = {"status": status, "decided_by": by, "decided_at": at}
    settled |= {"days_given": days, "covers_from": covers_from, "decision_reason": reason}
    waiting = (AccessRequest.status == PENDING) & (AccessRequest.created_at > asked_after)
    return AccessRequest.update(**settled).where(AccessRequest.id == access_request, waiting)


def _record_of(access_request, kind, by, at, **details):
    """Keep what happened, with all that was asked, in the history of the customer whom the request reached."""
    if access_request.customer_id:
        history.record(
            access_request.customer,
            kind,
            at,
            actor=by,
            partner=access_request.partner_id,
            access_request=access_request.public_id,
            requested_by=access_request.requested_by.name,
            asked_because=access_request.reason,
            days_asked=access_request.days,
            lines=[_as_recorded(line) for line in access_request.all_lines()],
            **details,
        )


def _as_recorded(line):
    return {
        "contact": line.contact.name if line.contact_id else "",
        "level_asked": line.level,
        "level_given": line.level_given or 0,
    }


def _iso(day):
    return day.isoformat() if day else ""


def _tell_of(access_request, kind, by, at, managers):
    named = [line.contact for line in access_request.all_lines()]
    notify(
        kind,
        [*still_of(access_request.partner_id, [access_request.requested_by, *named]), *managers],
        at,
        actor=by,
        access_request=access_request,
        organization=access_request.customer_id,
    )


__all__ = [
    "AlreadyDecided",
    "NothingLeft",
    "approve",
    "ask",
    "decline",
    "end",
    "give",
    "lapse_unanswered",
    "withdraw",
]
