"""A customer's history, read: newest first, by time, page by page along an index."""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import NamedTuple

from peewee import JOIN, Case, Select, fn

from portal.models.access import Grant
from portal.models.history import WORK, HistoryEvent
from portal.models.organizations import Contact, Organization
from portal.models.service_requests import ServiceRequest

PAGE = 50
BATCH = 500
GROUPS = {
    "access": (
        "granted",
        "approved",
        "declined",
        "withdrawn",
        "lapsed",
        "ended",
        "given_up",
        "expired",
        "imported",
    ),
    "reading": ("read", "downloaded"),
    "writing": ("wrote", "created", "changed", "confidential", "not_confidential"),
    "people": (
        "organization_changed",
        "contact_added",
        "contact_changed",
        "contact_confirmed",
        "contact_kept",
        "contact_deactivated",
        "contact_reactivated",
        "contact_second_factor_reset",
        "stand_in_linked",
        "stand_in_unlinked",
    ),
}


@dataclass(frozen=True)
class Wanted:
    """Which events of one customer: each filter None for all, ids that belong to nothing for none. Instants are UTC."""

    partner: int | None = None
    person: int | None = None
    service_request: int | None = None
    kinds: tuple | None = None
    since: datetime | None = None
    until: datetime | None = None


class EventRow(NamedTuple):
    """One event with the names it speaks of."""

    sequence: int
    at: datetime
    kind: str
    details: dict
    hash: str
    actor_id: int | None
    actor: str | None
    actor_public_id: str | None
    actor_email: str | None
    actor_organization: str | None
    partner: str | None
    contact: str | None
    reference: str | None
    subject: str | None
    level: int | None
    grant_contact_id: int | None
    grant_expires_at: datetime | None
    grant_ended_at: datetime | None


class Page(NamedTuple):
    """Rows of one page, and the place after which the next begins (None at the end)."""

    rows: list
    next_place: list | None


class Summary(NamedTuple):
    """What the partners' people did: how many people, of how many partners, and how much of what."""

    people: int
    partners: int
    read: int
    downloaded: int
    wrote: int
    created: int


def page(customer, wanted, place=None, size=PAGE):
    """Return the Page of the customer's events that follows `place`, in one query, newest first."""
    query = _with_names(_narrowed(customer, wanted, place, size + 1)).limit(size + 1)
    found = [_row(values) for values in query.tuples()]
    rows = found[:size]
    return Page(rows, [rows[-1].at, rows[-1].sequence] if len(found) > size else None)


def walk(customer, wanted):
    """Yield all the events that `wanted` describes, newest first, a batch at a time."""
    place, more = None, True
    while more:
        found = page(customer, wanted, place, BATCH)
        yield from found.rows
        place, more = found.next_place, found.next_place is not None


def summary(customer, wanted):
    """Return the Summary of the events that `wanted` describes; it reads them all, so ask it of a period."""
    event = HistoryEvent
    requests_read = Case(None, [(event.kind == "read", event.service_request)])
    counts = [fn.COUNT(Case(None, [(event.kind == kind, event.id)])) for kind in ("downloaded", "wrote", "created")]
    query = event.select(
        fn.COUNT(event.actor.distinct()),
        fn.COUNT(event.partner.distinct()),
        fn.COUNT(requests_read.distinct()),
        *counts,
    ).where(event.kind.in_(WORK), event.grant.is_null(False), *_conditions(event, customer, wanted))
    if wanted.person is not None:
        query = query.where(event.actor == wanted.person)
    return Summary(*query.tuples().get())


def request_of(customer, reference):
    """Return the customer's request with this reference, or None: whoever reads the history may read them all."""
    return ServiceRequest.get_or_none(ServiceRequest.reference == reference, ServiceRequest.organization == customer)


def people_in(customer):
    """Return the people who ever did something there or were given a grant, with their organizations, by these and name.

    The actors are found by leaping along the index from one to the next, not by reading all their events.
    """
    step, leap = HistoryEvent.alias(), HistoryEvent.alias()
    first = step.select(fn.MIN(step.actor)).where(step.customer == customer)
    actors = first.cte("actors", recursive=True, columns=("actor_id",))
    following = leap.select(fn.MIN(leap.actor)).where(leap.customer == customer, leap.actor > actors.c.actor_id)
    actors = actors.union_all(Select([actors], [following]).where(actors.c.actor_id.is_null(False)))
    named = Grant.select(Grant.contact).where(Grant.customer == customer, Grant.contact.is_null(False))
    among = Contact.id.in_(Select([actors], [actors.c.actor_id])) | Contact.id.in_(named)
    query = Contact.select(Contact, Organization).join(Organization, on=Contact.organization).where(among)
    return list(query.order_by(Organization.name, Organization.id, Contact.name, Contact.id).with_cte(actors))


def _narrowed(customer, wanted, place, size):
    """Select the wanted events in their order; of several kinds or roles at once, the newest `size` of each."""
    kinds = wanted.kinds if wanted.kinds is not None else (None,)
    roles = ("actor", "contact") if wanted.person is not None else (None,)
    branches = list(product(kinds, roles))
    if len(branches) == 1 and branches[0] == (None, None):
        return _branch(HistoryEvent, customer, wanted, place, None, None)
    found = None
    for kind, role in branches:
        event = HistoryEvent.alias()
        ids = _branch(event, customer, wanted, place, kind, role).select(event.id).limit(size)
        found = HistoryEvent.id.in_(ids) if found is None else found | HistoryEvent.id.in_(ids)
    select = HistoryEvent.select().where(found if found is not None else HistoryEvent.id.is_null())
    return select.order_by(HistoryEvent.at.desc(), HistoryEvent.sequence.desc())


def _branch(event, customer, wanted, place, kind, role):
    select = event.select().where(*_conditions(event, customer, wanted))
    if kind is not None:
        select = select.where(event.kind == kind)
    if role is not None:
        select = select.where(getattr(event, role) == wanted.person)
    if place is not None:
        at, sequence = place
        select = select.where(event.at <= at, (event.at < at) | (event.sequence < sequence))
    return select.order_by(event.at.desc(), event.sequence.desc())


def _conditions(event, customer, wanted):
    conditions = [event.customer == customer]
    if wanted.partner is not None:
        conditions.append(event.partner == wanted.partner)
    if wanted.service_request is not None:
        conditions.append(event.service_request == wanted.service_request)
    if wanted.since is not None:
        conditions.append(event.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(event.at < wanted.until)
    return conditions


def _with_names(query):
    actor, home, partner, contact = Contact.alias(), Organization.alias(), Organization.alias(), Contact.alias()
    event = HistoryEvent
    query = query.select(
        event.sequence,
        event.at,
        event.kind,
        event.details,
        event.hash,
        actor.id,
        actor.name,
        actor.public_id,
        actor.email,
        home.name,
        partner.name,
        contact.name,
        ServiceRequest.reference,
        ServiceRequest.subject,
        Grant.level,
        Grant.contact,
        Grant.expires_at,
        Grant.ended_at,
    )
    query = query.join_from(event, actor, JOIN.LEFT_OUTER, on=event.actor == actor.id)
    query = query.join_from(actor, home, JOIN.LEFT_OUTER, on=actor.organization == home.id)
    query = query.join_from(event, partner, JOIN.LEFT_OUTER, on=event.partner == partner.id)
    query = query.join_from(event, contact, JOIN.LEFT_OUTER, on=event.contact == contact.id)
    query = query.join_from(event, ServiceRequest, JOIN.LEFT_OUTER, on=event.service_request == ServiceRequest.id)
    return query.join_from(event, Grant, JOIN.LEFT_OUTER, on=event.grant == Grant.id)


def _row(values):
    row = EventRow(*values)
    return row._replace(details=json.loads(row.details))
