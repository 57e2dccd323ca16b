"""A customer as My Customers tells of it: plain values, which say all that is drawn of them."""

from datetime import date, datetime
from typing import NamedTuple

from portal import clock
from portal.dates import percent_left


class Colleague(NamedTuple):
    """Somebody else of the firm with access, or everybody."""

    name: str | None
    level: int
    expires_at: datetime


class Told(NamedTuple):
    """One customer; levels are ranks, and `today` is the instant at which the day began there."""

    slug: str
    name: str
    zone: str
    today: datetime
    grant: str  # the public id of the one that decides
    level: int
    is_named: bool  # the grant is the person's own
    giver: str | None
    starts_at: datetime
    expires_at: datetime
    covers_from: date | None
    percent_left: int
    overruled: tuple | None  # (level, end) of what everybody has
    reads_all: bool
    sees_dashboard: bool
    manages_contacts: bool
    may_subscribe: bool
    subscribed: bool
    may_leave_notices: bool
    receives_notices: bool
    requests: int
    leads: int
    colleague_count: int
    lines: int  # of colleagues on all
    colleagues: tuple
    whole: bool  # all of them are shown
    to_give_up: tuple  # of (public id of a grant, whether it is the person's own)


_AS_HELD = (
    "reads_all",
    "sees_dashboard",
    "manages_contacts",
    "may_subscribe",
    "subscribed",
    "may_leave_notices",
    "receives_notices",
    "requests",
    "leads",
    "colleague_count",
)


def told(holding, most, whole):
    """Return what there is to tell of a `holdings.Holding`: `most` of its colleagues, or the `whole` list."""
    customer, grant, overruled = holding.customer, holding.standing.grant, holding.standing.overrules
    zone, at = customer.timezone, holding.standing.at
    return Told(
        slug=customer.slug,
        name=customer.name,
        zone=zone,
        today=clock.start_of_day(clock.day_in(at, zone), zone),
        grant=grant.public_id,
        level=grant.level,
        is_named=grant.contact_id is not None,
        giver=grant.approved_by.name if grant.approved_by_id else None,
        starts_at=grant.starts_at,
        expires_at=grant.expires_at,
        covers_from=grant.covers_from,
        percent_left=percent_left(grant.starts_at, grant.expires_at, at),
        overruled=overruled and (overruled.level, overruled.expires_at),
        **{name: getattr(holding, name) for name in _AS_HELD},
        lines=len(holding.colleagues),
        colleagues=tuple(map(_colleague, holding.colleagues if whole else holding.colleagues[:most])),
        whole=whole,
        to_give_up=tuple((one.public_id, one.contact_id is not None) for one in holding.mine_to_give_up),
    )


def _colleague(grant):
    return Colleague(grant.contact.name if grant.contact_id else None, grant.level, grant.expires_at)
