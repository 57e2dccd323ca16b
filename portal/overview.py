"""The start page: what waits for a person, what changed, and who may see what."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal import permissions
from portal.models import desk_mail, request_lists, site_notices, waiting
from portal.models.access import AccessRequest, Grant
from portal.models.request_lists import narrow
from portal.models.service_requests import WAITING
from portal.permissions import Capability, Level

SHOWN = 5  # of each kind of thing that waits
RECENT = 8
ENDS_SOON = timedelta(days=30)


@dataclass(frozen=True)
class Todo:
    """One thing that waits: its kind names the macro that tells it, `about` is what it is told from."""

    kind: str
    about: Any
    since: datetime | None = None
    due: bool = False


@dataclass(frozen=True)
class Seer:
    """A partner with access to one's organization: the level of most weight, how many people, and the nearest end."""

    partner: Any
    level: Level
    people: int
    expires_at: datetime


@dataclass(frozen=True)
class Overview:
    """All that the start page tells."""

    todos: list
    more: bool
    recent: list
    seers: list = field(default_factory=list)
    customers: list = field(default_factory=list)
    notices: list = field(default_factory=list)

    @property
    def oldest(self):
        """Return since when the oldest thing waits, or None."""
        return min((one.since for one in self.todos if one.since), default=None)


def overview(contact, at, *, mail_works):
    """Return the Overview of `contact` at `at`; `mail_works` is whether a mail server is set."""
    own = permissions.standing(contact, contact.organization, at)
    manages = own.allows(Capability.DECIDE_PARTNERS)
    grants = Grant.current_for_customer(contact.organization, at) if manages else []
    customers = permissions.customer_standings(contact, at)
    sight = permissions.Sight(contact, at)
    groups = [
        _to_decide(contact, at) if manages else [],
        _to_answer(contact, at),
        _ending_here(contact, grants, at),
        _ending_for_me(customers, at),
        _to_confirm(contact, at) if manages else [],
        _at_the_desk(contact, at, mail_works) if contact.desk else [],
    ]
    return Overview(
        todos=[one for group in groups for one in group[:SHOWN]],
        more=any(len(group) > SHOWN for group in groups),
        recent=request_lists.page(
            lambda: (sight.requests, None), contact, size=RECENT, within=sight.within, key=sight.key
        ).rows,
        seers=_seers([one for one in grants if one.is_active(at)]),
        customers=customers,
        notices=site_notices.current(permissions.organizations_noticed([own, *customers]), at),
    )


def _to_decide(contact, at):
    pending = AccessRequest.pending_for_customer(contact.organization, at)
    return [Todo("to_decide", one, one.created_at, due=True) for one in pending]


def _to_answer(contact, at):
    asked = narrow(permissions.answerable_requests(contact, at), statuses=(WAITING,))
    rows = request_lists.page(lambda: (None, asked), contact).rows
    answered = {one.id for one in rows if one.last_word and one.last_word.author_id == contact.id}
    return [
        Todo("to_answer", one, one.last_word.at if one.last_word else one.updated_at, due=True)
        for one in rows
        if one.id not in answered
    ]


def _ending_here(contact, grants, at):
    soon = [one for one in grants if one.is_active(at) and one.expires_at <= at + ENDS_SOON]
    if not soon:
        return []
    led = waiting.led_by_partner(contact.organization, {one.partner_id for one in soon})
    soon.sort(key=lambda one: one.expires_at)
    return [Todo("ending_here", (one, led.get(one.partner_id, 0))) for one in soon]


def _ending_for_me(standings, at):
    soon = [one for one in standings if one.grant.expires_at <= at + ENDS_SOON]
    return [Todo("ending_for_me", one) for one in sorted(soon, key=lambda one: one.grant.expires_at)]


def _to_confirm(contact, at):
    added = waiting.with_adder(permissions.contacts_waiting(contact.organization, at))
    return [Todo("to_confirm", one, one.created_at) for one in added]


def _at_the_desk(contact, at, mail_works):
    seen = permissions.visible_requests(contact, at)
    counts = {
        "with_nobody": waiting.count_up_to(waiting.with_nobody(seen)),
        "with_me": waiting.count_up_to(waiting.with_assignee(seen, contact)),
    }
    found = [Todo(kind, count, due=kind == "with_nobody") for kind, count in counts.items() if count]
    if not mail_works:
        found.append(Todo("no_mail", None))
    refused = desk_mail.refused(limit=1)
    return found + [Todo("refused_mail", one, one.created_at) for one in refused]


def _seers(grants):
    by_partner = {}
    for grant in grants:
        by_partner.setdefault(grant.partner_id, []).append(grant)
    wide = [partner for partner, given in by_partner.items() if any(one.contact_id is None for one in given)]
    sizes = waiting.people_of(wide) if wide else {}
    return [_seer(given, sizes.get(partner)) for partner, given in by_partner.items()]


def _seer(grants, size):
    """Tell of one partner: by the grant for everybody where there is one, else by the highest and the first to end."""
    wide = next((one for one in grants if one.contact_id is None), None)
    return Seer(
        partner=grants[0].partner,
        level=Level(wide.level if wide else max(one.level for one in grants)),
        people=size if wide else len(grants),
        expires_at=wide.expires_at if wide else min(one.expires_at for one in grants),
    )
