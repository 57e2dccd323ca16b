"""What a person holds at each customer, as My Customers tells it: a page of customers in one query."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from peewee import Case, fn

from portal import collation
from portal.folding import folded
from portal.languages import current_locale
from portal.models import access_lists, site_notices
from portal.models.access import Grant
from portal.models.base import among, written
from portal.models.counting import led_by, not_done, number_at
from portal.models.notifications import NotificationPreference
from portal.models.organizations import Contact
from portal.models.prepared import slot
from portal.models.subscribing import is_subscribed_at
from portal.permissions import (
    Capability,
    Level,
    Standing,
    may_give_up,
    may_leave_site_notices,
    names_one_of,
    organizations_noticed,
    reached,
    standing_by,
)

PAGE = 25
COLLEAGUES_SHOWN = 30


@dataclass(frozen=True)
class Holding:
    """One customer: the person's standing there, what it opens, and who else of the firm has access."""

    standing: Standing
    subscribed: bool
    requests: int  # not done yet; where only naming opens them, all that name me
    leads: int
    colleagues: list = field(default_factory=list)  # the firm's active grants but mine: everybody's, then by name
    colleague_count: int = 0
    mine_to_give_up: list = field(default_factory=list)
    receives_notices: bool = True
    notices: list = field(default_factory=list)  # of the customer's sites, those that are current

    @property
    def customer(self):
        """Return the customer."""
        return self.standing.organization

    @property
    def reads_all(self):
        """Return whether the level opens all the customer's requests."""
        return self.standing.allows(Capability.READ_ALL)

    @property
    def may_subscribe(self):
        """Return whether the level allows subscribing to new requests."""
        return self.standing.allows(Capability.SUBSCRIBE)

    @property
    def may_leave_notices(self):
        """Return whether the person may choose not to hear of what happens to the customer's sites."""
        return may_leave_site_notices(self.standing)

    @property
    def manages_contacts(self):
        """Return whether the level opens the customer's contacts."""
        return self.standing.allows(Capability.MANAGE_CONTACTS)

    @property
    def sees_dashboard(self):
        """Return whether the level opens the dashboard."""
        return self.standing.allows(Capability.DASHBOARD)


class Page(NamedTuple):
    """Holdings of one page, how many customers there are on all, and the place of the last one where more follow."""

    holdings: list
    total: int
    begins: int
    next_place: list | None


class _Row(NamedTuple):
    """One active grant of the firm; from `requests` on only where it is the one that decides for the person."""

    grant: Grant
    reached: bool  # whether the person it names is one of the firm's still
    firm_size: int
    requests: int | None
    leads: int | None
    subscribed: bool | None
    notices_left: bool | None
    noticed: bool | None


def page(sight, words=(), place=None, around=""):
    """Return a Page of the customers that a grant opens to the person, by name, after `place` or with `around` (a slug).

    `words`, folded, must each be held by the name.
    """
    locale = current_locale()
    held = [one for one in sight.granted if all(word in folded(one.name) for word in words)]
    placed = sorted((collation.key(one.name, locale), one.slug, one) for one in held)
    begins = bisect_right(placed, (collation.key(place[0], locale), place[1] + "\0")) if place else 0
    here = next((number for number, (_name, slug, _one) in enumerate(placed) if slug == around), None)
    if here is not None:
        begins = here // PAGE * PAGE
    shown = [one for _name, _slug, one in placed[begins : begins + PAGE]]
    more = len(placed) > begins + PAGE
    return Page(_holdings(sight, shown), len(placed), begins, [shown[-1].name, shown[-1].slug] if more else None)


def _holdings(sight, held):
    """Return a Holding for each of these customers, in their order."""
    if not held:
        return []
    customers, contact = [one.customer_id for one in held], sight.contact
    here = sight.narrowed_to(set(customers))
    found = access_lists.grants_held(
        contact.organization, customers, sight.at, here.key, lambda: _columns(here), since=_good_news_since(sight.at)
    )
    rows = {one: [] for one in customers}
    for row in map(_Row._make, found):
        rows[row.grant.customer_id].append(row)
    standings = [_standing(rows[one], contact, sight.at) for one in customers if rows[one]]
    deciding = {one.organization.id: _deciding(rows[one.organization.id], one) for one in standings if one.grant}
    noticed = organizations_noticed(
        [one for one in standings if one.grant], {one for one, row in deciding.items() if row.notices_left}
    )
    notices = site_notices.current([one for one in noticed if deciding[one.id].noticed], sight.at)
    return [
        _holding(one, rows[one.organization.id], deciding[one.organization.id], noticed, notices)
        for one in standings
        if one.grant
    ]


def _good_news_since(at):
    return at - site_notices.RESOLVED_SHOWN


def _standing(rows, contact, at):
    return standing_by([row.grant for row in rows], contact, rows[0].grant.customer, at)


def _deciding(rows, standing):
    return next(row for row in rows if row.grant is standing.grant)


def _holding(standing, rows, mine, noticed, notices):
    contact, here = standing.contact, standing.organization.id
    beside = [row for row in rows if row.grant.contact_id is None or _is_colleague(row, contact)]
    wide = any(row.grant.contact_id is None for row in beside)
    return Holding(
        standing=standing,
        subscribed=bool(mine.subscribed),
        requests=mine.requests or 0,
        leads=mine.leads or 0,
        colleagues=sorted((row.grant for row in beside), key=lambda one: one.contact_id is not None),
        colleague_count=mine.firm_size - 1 if wide else len(beside),
        mine_to_give_up=[one for one in (standing.grant, standing.overrules) if one and may_give_up(contact, one)],
        receives_notices=any(one.id == here for one in noticed),
        notices=[notice for notice in notices if notice.site.organization_id == here],
    )


def _is_colleague(row, contact):
    return row.grant.contact_id != contact.id and row.reached


def _columns(sight):
    """Return what `_Row` asks beside the grant itself."""
    reading = [one.id for one in sight.granted if one.level >= Level.LOOK]
    named = [one.id for one in sight.granted if one.level < Level.LOOK]
    firm = Contact.select(fn.COUNT(Contact.id))
    firm = firm.where(Contact.organization == slot("partner"), reached(slot("at")))
    requests = [
        (among(Grant.id, reading), number_at(Grant.customer, not_done(), sight.opened)),
        (among(Grant.id, named), number_at(Grant.customer, names_one_of(sight.identities))),
    ]
    mine = among(Grant.id, [*reading, *named])
    noticed = site_notices.current_at(Grant.customer, slot("at"), slot("since"))
    asked = [
        number_at(Grant.customer, led_by(sight.identities)),
        is_subscribed_at(sight.contact, Grant.customer),
        NotificationPreference.left_at(sight.contact, Grant.customer),
        noticed,
    ]
    return [reached(slot("at")), written(firm), Case(None, requests), *(Case(None, [(mine, one)]) for one in asked)]
