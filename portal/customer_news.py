"""Whose requests and site notices a person hears of, customer by customer, and what they have switched off (SPEC 4)."""

from dataclasses import dataclass

from portal import permissions
from portal.database import transaction
from portal.models import NotificationPreference, site_notices
from portal.models.desk_queue import organizations_taken
from portal.permissions import Capability, Standing

MAIL, LIST, NOTICES, OFFERED = "mail-requests", "list-requests", "site-notices", "customer"  # fields; values are slugs


@dataclass(frozen=True)
class CustomerNews:
    """One customer: whether news of its requests are mailed and listed, and what holds for its site notices."""

    standing: Standing
    mailed: bool
    listed: bool
    noticed: bool
    may_leave_notices: bool

    @property
    def customer(self):
        """Return the customer."""
        return self.standing.organization


def customers(contact, at):
    """Return a CustomerNews for one's own organization, then for each customer whose requests one hears of, by name.

    Of the desk, which hears of all, those customers whose requests one has taken or has switched off.
    """
    off = NotificationPreference.all_switched_off(contact)
    standings = [permissions.standing(contact, contact.organization, at), *permissions.customer_standings(contact, at)]
    if contact.desk:
        beside = {contact.organization_id, *(one.organization.id for one in standings)}
        more = organizations_taken(contact, off.customers_mailed | off.customers_listed)
        standings += [permissions.standing(contact, one, at) for one in more if one.id not in beside]
    left = NotificationPreference.site_notices_left_by(contact)
    return [_news(one, off, left) for one in standings]


def _news(one, off, left):
    customer, may_leave = one.organization.id, permissions.may_leave_site_notices(one)
    told = one.allows(Capability.SITE_NOTICES) and (one.kind == "grant" or one.contact.support_contact)
    return CustomerNews(
        one,
        mailed=customer not in off.customers_mailed,
        listed=customer not in off.customers_listed,
        noticed=told and not (may_leave and customer in left),
        may_leave_notices=may_leave,
    )


def keep(contact, at, typed):
    """Keep what was ticked for each customer that the form offered and that is still mine to hear of.

    Site notices that one may not leave stay, whatever was sent.
    """
    shown = set(typed.getlist(OFFERED))
    with transaction():
        mine = [one for one in customers(contact, at) if one.customer.slug in shown]
        mailed, listed, noticed = (set(typed.getlist(name)) for name in (MAIL, LIST, NOTICES))
        NotificationPreference.switch_customers_off(
            contact,
            [one.customer.id for one in mine],
            {one.customer.id for one in mine if one.customer.slug not in mailed},
            {one.customer.id for one in mine if one.customer.slug not in listed},
        )
        for one in mine:
            if one.may_leave_notices:
                site_notices.receive(contact, one.customer, one.customer.slug in noticed)
