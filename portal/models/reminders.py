"""What a grant says by itself: that it ends in 30, 7 and 1 days, and that it has ended (SPEC 5). Each is said once."""

from datetime import timedelta

from peewee import Case, fn

from portal.database import transaction
from portal.models import history
from portal.models.access import EXPIRED, Grant
from portal.models.grant_changes import still_of
from portal.models.holding import lock_row
from portal.models.notifications import notify
from portal.models.organizations import Contact, Organization

MARKS = (30, 7, 1)  # days before the end


def remind(at):
    """Tell of the grants that end soon or have ended by themselves; return how many were told of.

    Of several marks that have passed, only the nearest is told: who was away for a month is not told three times.
    """
    soon = sum(_tell_of_end_to_come(grant, at) for grant in list(ending(at)))
    return soon + sum(_tell_of_end(grant, at) for grant in list(over(at)))


def nearest_mark(expires_at, at):
    """Return the nearest mark, in days, that has passed at `at`; None where the end is further away than all."""
    return min((days for days in MARKS if expires_at <= at + timedelta(days=days)), default=None)


# --- What is due -------------------------------------------------------------------------------------------------


def ending(at):
    """Return a select of the grants whose nearest mark is untold at `at`; those that go on in another are left out."""
    due = Grant.select().where(
        _runs_out_by_itself(), Grant.expires_at > at, Grant.expires_at <= at + timedelta(days=MARKS[0])
    )
    return due.where(_untold(at), ~_followed()).order_by(Grant.expires_at, Grant.id)


def over(at):
    """Return a select of the grants whose last day has passed at `at` without anything having been said."""
    return Grant.select().where(_runs_out_by_itself(), Grant.expires_at <= at).order_by(Grant.expires_at, Grant.id)


def _runs_out_by_itself():
    return (Grant.end_cause == "") & Grant.ended_at.is_null()


def _untold(at):
    passed = [(Grant.expires_at <= at + timedelta(days=days), days) for days in reversed(MARKS)]
    return Grant.reminded_days.is_null() | (Grant.reminded_days > Case(None, passed))


def _followed():
    """Return the condition that another grant gives the same subject as much without a gap."""
    other = Grant.alias()
    same_subject = (
        (other.customer == Grant.customer)
        & (other.partner == Grant.partner)
        & ((other.contact == Grant.contact) | (other.contact.is_null() & Grant.contact.is_null()))
    )
    goes_on = (
        (other.starts_at <= Grant.expires_at) & (other.expires_at > Grant.expires_at) & (other.level >= Grant.level)
    )
    following = other.select(other.id).where(same_subject, goes_on, other.ended_at.is_null(), other.id != Grant.id)
    return fn.EXISTS(following)


# --- What is told ------------------------------------------------------------------------------------------------


def _tell_of_end_to_come(grant, at):
    mark = nearest_mark(grant.expires_at, at)
    with transaction():
        customer = lock_row(Organization, grant.customer_id)
        claimed = (
            Grant.update(reminded_days=mark).where(Grant.id == grant.id, _runs_out_by_itself(), _untold(at)).execute()
        )
        # Who was given a week need not be told after a moment that a month is not left.
        if not claimed or grant.expires_at - grant.starts_at <= timedelta(days=mark):
            return False
        _tell("access_ending", grant, customer, _people_of(grant), at, f"grant:{grant.id}:{mark}", {"days": mark})
    return True


def _tell_of_end(grant, at):
    with transaction():
        customer = lock_row(Organization, grant.customer_id)
        claimed = Grant.update(end_cause=EXPIRED).where(Grant.id == grant.id, _runs_out_by_itself()).execute()
        if not claimed:
            return False
        history.record(
            customer,
            EXPIRED,
            at,
            partner=grant.partner_id,
            contact=grant.contact_id,
            grant=grant,
            level=grant.level,
            until=grant.expires_at.isoformat(),
        )
        goes_on = Grant.select().where(Grant.id == grant.id, _followed()).exists()
        people = [] if goes_on else _people_of(grant)
        details = {"cause": EXPIRED, **history.done_under(grant)}
        _tell("access_ended", grant, customer, people, at, f"grant:{grant.id}:0", details)
    return True


def _people_of(grant):
    """Return whom the grant names; for one to the whole partner who asked for it, else its managers, else its people."""
    if grant.contact_id:
        return still_of(grant.partner_id, [grant.contact])
    asked = grant.access_request.requested_by if grant.access_request_id else None
    return still_of(grant.partner_id, [asked]) or grant.partner.contact_managers() or _everybody_at(grant.partner)


def _everybody_at(partner):
    confirmed = Contact.added_by.is_null() | Contact.confirmed_at.is_null(False)
    return list(partner.people().where(confirmed))


def _tell(kind, grant, customer, people, at, once, details):
    told = [*people, *customer.contact_managers()]
    notify(kind, told, at, once=once, details=details, grant=grant, organization=customer)
