"""How access changes hands: asked, approved, declined, withdrawn, lapsed, given, ended. Each is one transaction."""

from portal import clock
from portal.database import lock_row, transaction
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
    Grant,
)
from portal.models.notifications import notify
from portal.models.organizations import Contact, Organization


class AlreadyDecided(Exception):
    """The request is not pending any more; `access_request` is as it stands now."""

    def __init__(self, access_request):
        super().__init__(access_request.public_id)
        self.access_request = access_request


def ask(requested_by, manager_email, days, lines, reason, at):
    """Ask for access and return the access request; `lines` are (contact or None for the whole firm, level) pairs.

    Whom the address reaches is settled now. An address that reaches nobody costs as much and shows the same (SPEC 4).
    """
    with transaction():
        manager = _manager_reached(manager_email, requested_by.organization_id)
        access_request = AccessRequest.create(
            requested_by=requested_by,
            partner=requested_by.organization_id,
            manager_email=manager_email,
            customer=manager.organization_id if manager else None,
            addressed_to=manager,
            days=days,
            reason=reason,
            created_at=at,
        )
        AccessRequestLine.insert_many(
            [{"access_request": access_request, "contact": contact, "level": int(level)} for contact, level in lines]
        ).execute()
        others = list(
            Contact.select().where(
                Contact.organization == (manager.organization_id if manager else None),
                Contact.contact_manager,
                Contact.active,
                Contact.stands_in_for.is_null(),
            )
        )
        notify(
            "access_asked",
            [manager, *others],
            at,
            actor=requested_by,
            mailed=[manager],
            access_request=access_request,
            organization=requested_by.organization_id,
        )
    return access_request


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

    Raises AlreadyDecided where somebody was quicker, it was withdrawn, or it has lapsed.
    """
    with transaction():
        customer = lock_row(Organization, access_request.customer_id)
        _decide(access_request, APPROVED, decided_by, at, days_given=days, covers_from=covers_from)
        expires_at = clock.end_after_days(at, days, customer.timezone)
        grants = []
        for line in access_request.all_lines():
            level = levels.get(line.id)
            AccessRequestLine.update(level_given=level).where(AccessRequestLine.id == line.id).execute()
            if level is not None:
                grants.append(
                    give(
                        customer,
                        access_request.partner,
                        line.contact,
                        level,
                        at,
                        expires_at,
                        decided_by,
                        covers_from=covers_from,
                        access_request=access_request,
                    )
                )
        _tell_of(access_request, "access_approved", decided_by, at, access_request.partner.contact_managers())
    return grants


def give(customer, partner, contact, level, at, expires_at, approved_by, *, covers_from=None, access_request=None):
    """Give a grant from now on; every other of this subject that is not over ends with it (rule 4). Return the grant.

    Call it inside a transaction that holds the customer's row.
    """
    earlier = list(Grant.not_over(customer, partner, contact, at))
    grant = Grant.create(
        customer=customer,
        partner=partner,
        contact=contact,
        level=int(level),
        covers_from=covers_from,
        covers_from_at=clock.start_of_day(covers_from, customer.timezone) if covers_from else None,
        starts_at=at,
        expires_at=expires_at,
        approved_by=approved_by,
        access_request=access_request,
        created_at=at,
    )
    if earlier:
        Grant.update(ended_at=at, ended_by=approved_by, end_cause="superseded", superseded_by=grant).where(
            Grant.id.in_([one.id for one in earlier])
        ).execute()
    history.record(
        customer,
        "granted",
        at,
        actor=approved_by,
        partner=partner,
        contact=contact,
        grant=grant,
        level=int(level),
        until=expires_at.isoformat(),
        covers_from=covers_from.isoformat() if covers_from else "",
        supersedes=[{"grant": one.public_id, "level": one.level} for one in earlier],
    )
    return grant


def decline(access_request, decided_by, at, reason):
    """Decline the request with a reason; raise AlreadyDecided where it is not pending any more."""
    with transaction():
        lock_row(Organization, access_request.customer_id)
        _decide(access_request, DECLINED, decided_by, at, decision_reason=reason)
        _record_of(access_request, "declined", decided_by, at, reason=reason)
        _tell_of(access_request, "access_declined", decided_by, at, access_request.partner.contact_managers())


def withdraw(access_request, by, at):
    """Take the request back; raise AlreadyDecided where it is not pending any more."""
    with transaction():
        if access_request.customer_id:
            lock_row(Organization, access_request.customer_id)
        _decide(access_request, WITHDRAWN, by, at)
        _record_of(access_request, "withdrawn", by, at)
        customer = access_request.customer
        _tell_of(access_request, "access_withdrawn", by, at, customer.contact_managers() if customer else [])


def lapse_unanswered(at):
    """Note as lapsed what nobody answered in 30 days, and tell both sides; return how many lapsed."""
    due = AccessRequest.select().where(AccessRequest.status == PENDING, AccessRequest.created_at <= at - LAPSES_AFTER)
    return sum(_lapse(access_request, at) for access_request in due)


def _lapse(access_request, at):
    with transaction():
        if access_request.customer_id:
            lock_row(Organization, access_request.customer_id)
        changed = (
            AccessRequest.update(status=LAPSED, decided_at=access_request.lapses_at)
            .where(AccessRequest.id == access_request.id, AccessRequest.status == PENDING)
            .execute()
        )
        if changed:
            _record_of(access_request, "lapsed", None, at)
            customer = access_request.customer
            managers = access_request.partner.contact_managers()
            managers += customer.contact_managers() if customer else []
            _tell_of(access_request, "access_lapsed", None, at, managers)
    return changed


def end(grant, by, at, cause="ended"):
    """End an active or coming grant at once and tell those concerned; return whether this call was the one that did."""
    with transaction():
        customer = lock_row(Organization, grant.customer_id)
        ended = (
            Grant.update(ended_at=at, ended_by=by, end_cause=cause)
            .where(Grant.id == grant.id, Grant.ended_at.is_null() | (Grant.ended_at > at), Grant.expires_at > at)
            .execute()
        )
        if not ended:
            return False
        history.record(
            customer,
            cause,
            at,
            actor=by,
            partner=grant.partner_id,
            contact=grant.contact_id,
            grant=grant,
            level=grant.level,
        )
        by_customer = by.organization_id == grant.customer_id
        managers = grant.partner.contact_managers() if by_customer else customer.contact_managers()
        requester = [grant.access_request.requested_by] if grant.access_request else []
        person = [grant.contact] if grant.contact else []
        notify(
            "access_ended", [*requester, *person, *managers], at, actor=by, grant=grant, organization=grant.customer_id
        )
    return True


def _decide(access_request, status, by, at, **values):
    changed = (
        AccessRequest.update(status=status, decided_by=by, decided_at=at, **values)
        .where(
            AccessRequest.id == access_request.id,
            AccessRequest.status == PENDING,
            AccessRequest.created_at > at - LAPSES_AFTER,
        )
        .execute()
    )
    if not changed:
        raise AlreadyDecided(AccessRequest.get_by_id(access_request.id))


def _record_of(access_request, kind, by, at, **details):
    if access_request.customer_id:
        history.record(
            access_request.customer,
            kind,
            at,
            actor=by,
            partner=access_request.partner_id,
            access_request=access_request.public_id,
            requested_by=access_request.requested_by.name,
            **details,
        )


def _tell_of(access_request, kind, by, at, managers):
    named = [line.contact for line in access_request.all_lines() if line.contact]
    notify(
        kind,
        [access_request.requested_by, *named, *managers],
        at,
        actor=by,
        access_request=access_request,
        organization=access_request.customer_id,
    )
