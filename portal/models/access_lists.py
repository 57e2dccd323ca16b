"""Requests for access and grants as My Customers and My Partners list them: each kind in one query, with its people.

People come with what lists ask of them and nothing else: names, and whether they are still of their firm.
"""

from itertools import accumulate
from operator import attrgetter

from peewee import JOIN, BooleanField, Case, DateField, fn

from portal.models.access import (
    LAPSES_AFTER,
    PENDING,
    SUPERSEDED,
    AccessRequest,
    AccessRequestLine,
    Grant,
)
from portal.models.base import Instant, among
from portal.models.organizations import Contact, Organization
from portal.models.prepared import fetched, slot

ANSWERED_SHOWN = OVER_SHOWN = 50
_PERSON = ("id", "public_id", "name", "organization", "active", "stands_in_for")
_MANAGER = (*_PERSON, "contact_manager")
_FIRM = ("id", "slug", "name")


class _Part:
    """A table joined to the rows: which of its columns are read, and how an instance is made of them."""

    def __init__(self, source, names):
        self.names = names
        self.fields = [getattr(source, name) for name in names]
        self.model = getattr(source, "model", source)
        self._converters = [_converter(self.model._meta.fields[name]) for name in names]

    def made(self, values):
        """Return an instance with these columns alone, or None where there was no row."""
        if values[0] is None:
            return None
        made = self.model(__no_default__=1)
        for name, value, convert in zip(self.names, values, self._converters, strict=True):
            made.__data__[name] = convert(value) if convert and value is not None else value
        made._dirty.clear()
        return made


def _converter(field):
    return field.python_value if isinstance(field, (Instant, DateField, BooleanField)) else None


def _whole(model):
    return [field.name for field in model._meta.sorted_fields]


def _joined(model, parts, ways, extra=()):
    """Select the columns of all parts, then `extra`; each of `ways` is a table and the condition by which it is joined."""
    query = model.select(*(field for part in parts for field in part.fields), *extra)
    for source, condition in ways:
        query = query.join_from(model, source, JOIN.LEFT_OUTER, on=condition)
    return query


def _rows(key, build, parts, values):
    """Yield the parts of each row as instances, then the values that follow them."""
    places = list(accumulate((len(part.names) for part in parts), initial=0))
    for row in fetched(key, build, **values):
        made = [part.made(row[start:end]) for part, start, end in zip(parts, places, places[1:], strict=False)]
        yield (*made, *row[places[-1] :])


# --- Requests for access ------------------------------------------------------------------------------------------


def of_customer(customer, at):
    """Return (what waits for the customer's decision, oldest first; the latest that nobody can decide, newest first)."""
    found = _requests("customer", _of_customer, customer=customer.id, lapsed_before=at - LAPSES_AFTER)
    waiting, answered = _parted(found, at)
    return waiting[::-1], answered


def of_partner(partner, since, at):
    """Return (the partner's requests that wait, what became of its requests since an instant), both newest first."""
    asked_since = since - LAPSES_AFTER
    return _parted(_requests("partner", _of_partner, partner=partner.id, since=since, asked_since=asked_since), at)


def _parted(found, at):
    waiting = [one for one in found if one.status_at(at) == PENDING]
    answered = [one for one in found if one.status_at(at) != PENDING]
    return waiting, sorted(answered, key=attrgetter("answered_at"), reverse=True)


def _of_customer():
    other = AccessRequest.alias()
    over = (other.status != PENDING) | (other.created_at <= slot("lapsed_before"))
    answered = other.select(other.id).where(other.customer == slot("customer"), over)
    answered = answered.order_by(fn.COALESCE(other.decided_at, other.created_at).desc(), other.id.desc())
    waits = (AccessRequest.status == PENDING) & (AccessRequest.created_at > slot("lapsed_before"))
    shown = waits | AccessRequest.id.in_(answered.limit(ANSWERED_SHOWN))
    return (AccessRequest.customer == slot("customer")) & shown


def _of_partner():
    decided = AccessRequest.decided_at > slot("since")
    lapsed_or_waits = AccessRequest.decided_at.is_null() & (AccessRequest.created_at > slot("asked_since"))
    return (AccessRequest.partner == slot("partner")) & (decided | lapsed_or_waits)


def _requests(name, condition, **values):
    requester, decider, named, addressed = (Contact.alias() for _ in range(4))
    partner, customer = Organization.alias(), Organization.alias()
    parts = [
        _Part(AccessRequest, _whole(AccessRequest)),
        _Part(AccessRequestLine, _whole(AccessRequestLine)),
        *(_Part(source, _PERSON) for source in (requester, decider, named)),
        _Part(addressed, _MANAGER),
        *(_Part(source, _FIRM) for source in (partner, customer)),
    ]
    ways = [
        (AccessRequestLine, AccessRequestLine.access_request == AccessRequest.id),
        (requester, AccessRequest.requested_by == requester.id),
        (decider, AccessRequest.decided_by == decider.id),
        (named, AccessRequestLine.contact == named.id),
        (addressed, AccessRequest.addressed_to == addressed.id),
        (partner, AccessRequest.partner == partner.id),
        (customer, AccessRequest.customer == customer.id),
    ]

    def build():
        query = _joined(AccessRequest, parts, ways).where(condition())
        return query.order_by(AccessRequest.created_at.desc(), AccessRequest.id.desc(), AccessRequestLine.id)

    return _with_lines(_rows(("requests for access", name), build, parts, values))


def _with_lines(rows):
    """Return each request once, with its people and lines, in the order of the rows."""
    by_id = {}
    for request, line, requester, decider, named, addressed, partner, customer in rows:
        if request.id not in by_id:
            by_id[request.id] = request
            request.requested_by, request.decided_by, request.addressed_to = requester, decider, addressed
            request.partner, request.customer, request.loaded_lines = partner, customer, []
        if line is not None:
            line.access_request, line.contact = by_id[request.id], named
            by_id[request.id].loaded_lines.append(line)
    return list(by_id.values())


# --- Grants -------------------------------------------------------------------------------------------------------


def grants_of_customer(customer, at):
    """Return (the customer's grants that are not over, by partner; the latest that are, those replaced left out)."""
    found = [row[0] for row in _grants(("grants of a customer",), _grants_of_customer, customer=customer.id, at=at)]
    current = [one for one in found if one.over_at > at]
    over = [one for one in found if one.over_at <= at]
    return current, sorted(over, key=attrgetter("over_at", "id"), reverse=True)


def _grants_of_customer():
    other = Grant.alias()
    over_at = Case(
        None, [(other.ended_at.is_null(False) & (other.ended_at < other.expires_at), other.ended_at)], other.expires_at
    )
    over = other.select(other.id).where(other.customer == slot("customer"), other.end_cause != SUPERSEDED)
    over = over.where((other.expires_at <= slot("at")) | (other.ended_at <= slot("at")))
    over = over.order_by(over_at.desc(), other.id.desc()).limit(OVER_SHOWN)
    current = (Grant.expires_at > slot("at")) & (Grant.ended_at.is_null() | (Grant.ended_at > slot("at")))
    return (Grant.customer == slot("customer")) & (current | Grant.id.in_(over))


def grants_held(partner, customers, at, key, extra, **values):
    """Return the partner's active grants of these customers (ids), by the name of whom they name: (grant, *answers).

    The answers are those to the columns that `extra()` returns; `key` and the `values` of slots are all they depend on.
    """

    def condition():
        return (Grant.partner == slot("partner")) & among(Grant.customer, customers) & Grant.active_at(slot("at"))

    key = ("grants held", tuple(customers), key)
    return list(_grants(key, condition, extra, partner=partner.id, at=at, **values))


def _grants(key, condition, extra=tuple, **values):
    partner, customer, approver, ender = Organization.alias(), Organization.alias(), Contact.alias(), Contact.alias()
    parts = [
        _Part(Grant, _whole(Grant)),
        _Part(partner, _FIRM),
        _Part(customer, _whole(Organization)),
        *(_Part(source, _PERSON) for source in (Contact, approver, ender)),
    ]
    ways = [
        (partner, Grant.partner == partner.id),
        (customer, Grant.customer == customer.id),
        (Contact, Grant.contact == Contact.id),
        (approver, Grant.approved_by == approver.id),
        (ender, Grant.ended_by == ender.id),
    ]

    def build():
        query = _joined(Grant, parts, ways, extra()).where(condition())
        return query.order_by(partner.name, Grant.contact.is_null(False), Contact.name, Grant.starts_at, Grant.id)

    for grant, *people, rest in ((*row[:6], row[6:]) for row in _rows(key, build, parts, values)):
        grant.partner, grant.customer, grant.contact, grant.approved_by, grant.ended_by = people
        yield (grant, *rest)
