"""How a grant begins, changes and ends: given, edited, ended. Each is one transaction that holds the customer's row."""

from portal import clock
from portal.database import transaction
from portal.models import history
from portal.models.access import ENDED, EXPIRED, SUPERSEDED, Grant
from portal.models.base import opaque_id
from portal.models.changing import changes
from portal.models.holding import lock_row
from portal.models.notifications import notify
from portal.models.once import made_once
from portal.models.organizations import Organization


class AlreadyOver(Exception):
    """The grant was over before this could be done; `grant` is as it stands now."""

    def __init__(self, grant):
        super().__init__(grant.public_id)
        self.grant = grant


def give(
    customer,
    partner,
    contact,
    level,
    at,
    expires_at,
    approved_by,
    *,
    covers_from=None,
    access_request=None,
    how="approved",
    public_id=None,
):
    """Give a grant from now on; every other of this subject that is not over ends with it (rule 4). Return the grant.

    Call it inside a transaction that holds the customer's row. `how` is kept in the history: "approved", "given"
    without a request, or "edited".
    """
    found = Grant.lasting_beyond(customer, partner, contact, at)
    at = max([at, *(one.ended_at for one in found if one.ended_by_id)])  # who came first may have read a later clock
    earlier = [one for one in found if one.may_be_changed(at)]
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
        public_id=public_id or opaque_id(),
    )
    for one in earlier:
        _supersede(one.id, grant.id, approved_by.id, at)
    _record_granted(grant, customer, earlier, how)
    return grant


@changes
def _supersede(earlier, grant, by, at):
    superseded = {"ended_at": at, "ended_by": by, "end_cause": SUPERSEDED, "superseded_by": grant}
    return Grant.update(**superseded).where(Grant.id == earlier)


def _record_granted(grant, customer, earlier, how):
    history.record(
        customer,
        "granted",
        grant.starts_at,
        actor=grant.approved_by,
        partner=grant.partner,
        contact=grant.contact,
        grant=grant,
        how=how,
        level=grant.level,
        until=grant.expires_at.isoformat(),
        covers_from=grant.covers_from.isoformat() if grant.covers_from else "",
        supersedes=[{"grant": one.public_id, "level": one.level} for one in earlier],
    )


def give_directly(customer, partner, levels, at, days, approved_by, *, covers_from=None, public_id=None):
    """Give grants that nobody asked for and tell the partner; return them, none where `public_id` names one already.

    `levels` are (contact or None for the whole firm, level) pairs; they end after `days` days (rule 2).
    """
    grants = []

    def make():
        held = lock_row(Organization, customer.id)
        terms = (at, clock.end_after_days(at, days, held.timezone), approved_by)
        for contact, level in levels:
            once = None if grants else public_id
            grants.append(
                give(held, partner, contact, level, *terms, covers_from=covers_from, how="given", public_id=once)
            )
        managers = partner.contact_managers()
        for grant in grants:
            _tell("access_given", grant, [*_people_of(grant), *managers], approved_by, at)

    made_once(Grant, public_id, make)
    return grants


def edit(grant, by, at, level, expires_at, covers_from=None):
    """Replace the grant by one that differs, in one transaction, and return the new one; raise AlreadyOver."""
    with transaction():
        customer = lock_row(Organization, grant.customer_id)
        present = Grant.get_by_id(grant.id)
        if not present.may_be_changed(at):
            raise AlreadyOver(present)
        made = give(
            customer,
            present.partner,
            present.contact,
            level,
            at,
            expires_at,
            by,
            covers_from=covers_from,
            access_request=present.access_request,
            how="edited",
        )
        _tell("access_changed", made, [*_people_of(made), *made.partner.contact_managers()], by, at)
    return made


def end(grant, by, at, cause=ENDED):
    """End an active or coming grant at once and tell those concerned; return whether this call was the one that did."""
    with transaction():
        customer = lock_row(Organization, grant.customer_id)
        if not _end(grant.id, by.id, at, cause):
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
        others = grant.partner.contact_managers() if by_customer else customer.contact_managers()
        details = {"cause": cause, **history.done_under(grant)}
        _tell("access_ended", grant, [*_people_of(grant), *others], by, at, details)
    return True


@changes
def _end(grant, by, at, cause):
    ended = Grant.update(ended_at=at, ended_by=by, end_cause=cause)
    return ended.where(Grant.id == grant, Grant.not_ended_at(at), Grant.expires_at > at, Grant.end_cause != EXPIRED)


def _people_of(grant):
    """Return who asked for the grant and whom it names, as far as they still belong to the partner."""
    asked = grant.access_request.requested_by if grant.access_request_id else None
    return still_of(grant.partner_id, [asked, grant.contact])


def still_of(partner_id, contacts):
    """Return those of `contacts` who are active and belong to the partner: whoever has left is told no more of it."""
    return [one for one in contacts if one and one.active and one.organization_id == partner_id]


def _tell(kind, grant, contacts, by, at, details=None):
    notify(kind, contacts, at, actor=by, details=details, grant=grant, organization=grant.customer_id)
