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
_CONVERTED = (Instant, DateField, BooleanField)  # what SQLite keeps as text or as a number


class _Part:
    """A table joined to the rows: which of its columns are read, and how an instance is made of them."""

    def __init__(self, source, names):
        self.source, self.names = source, names
        self.fields = [getattr(source, name) for name in names]
        self.model = getattr(source, "model", source)
        fields = self.model._meta.fields
        self._converted = [(name, fields[name].python_value) for name in names if isinstance(fields[name], _CONVERTED)]

    def made(self, values):
        """Return an instance with these columns alone: what Peewee would make, which asks each field in turn."""
        made = self.model.__new__(self.model)
        made.__data__ = kept = dict(zip(self.names, values, strict=True))
        made.__rel__, made._dirty = {}, set()
        for name, convert in self._converted:
            if kept[name] is not None:
                kept[name] = convert(kept[name])
        return made


def _whole(model):
    return [field.name for field in model._meta.sorted_fields]


class _Listing:
    """Rows of a table with what is joined to it: `joined` are parts, each with the condition by which it is joined."""

    def __init__(self, main, *joined):
        self.main, self.joined = main, joined
        self.parts = [main, *(part for part, _condition in joined)]
        places = list(accumulate((len(part.names) for part in self.parts), initial=0))
        self._places, self._end = list(zip(self.parts, places, places[1:], strict=False)), places[-1]

    def select(self, extra=()):
        """Select the columns of all parts, then `extra`."""
        query = self.main.source.select(*(field for part in self.parts for field in part.fields), *extra)
        for part, condition in self.joined:
            query = query.join_from(self.main.source, part.source, JOIN.LEFT_OUTER, on=condition)
        return query

    def rows(self, key, build, values):
        """Yield the parts of each row as instances, one for all rows that join the same, then the values of `extra`."""
        ways = [(part, {None: None}, start, end) for part, start, end in self._places]
        for row in fetched(key, build, **values):
            for part, known, start, end in ways:
                if row[start] not in known:
                    known[row[start]] = part.made(row[start:end])
            yield (*(known[row[start]] for _part, known, start, _end in ways), *row[self._end :])


# --- Requests for access ------------------------------------------------------------------------------------------


def of_customer(customer, at):
    """Return (what waits for the customer's decision, oldest first; the latest that nobody can decide, newest first)."""
    found = _requests("customer", _of_customer, customer=customer.id, lapsed_before=at - LAPSES_AFTER)
    waiting, answered = _parted(found, at)
    return waiting[::-1], answered


def of_partner(partner, since, at, person=None):
    """Return (the partner's requests that wait, what became of its requests since an instant), both newest first.

    With `person` (an id) only of those that they asked or that name them.
    """
    values = {"partner": partner.id, "since": since, "asked_since": since - LAPSES_AFTER}
    if person is None:
        return _parted(_requests("partner", _of_partner, **values), at)
    return _parted(_requests("person", _of_person, **values, person=person), at)


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


def _of_person():
    line = AccessRequestLine.alias()
    naming = line.select(line.id).where(line.access_request == AccessRequest.id, line.contact == slot("person"))
    return _of_partner() & ((AccessRequest.requested_by == slot("person")) | fn.EXISTS(naming))


def _listing_of_requests():
    requester, decider, named, addressed = (Contact.alias() for _ in range(4))
    partner, customer = Organization.alias(), Organization.alias()
    line = _Part(AccessRequestLine, _whole(AccessRequestLine))
    return _Listing(
        _Part(AccessRequest, _whole(AccessRequest)),
        (line, AccessRequestLine.access_request == AccessRequest.id),
        (_Part(requester, _PERSON), AccessRequest.requested_by == requester.id),
        (_Part(decider, _PERSON), AccessRequest.decided_by == decider.id),
        (_Part(named, _PERSON), AccessRequestLine.contact == named.id),
        (_Part(addressed, _MANAGER), AccessRequest.addressed_to == addressed.id),
        (_Part(partner, _FIRM), AccessRequest.partner == partner.id),
        (_Part(customer, _FIRM), AccessRequest.customer == customer.id),
    )


_REQUESTS = _listing_of_requests()


def _requests(name, condition, **values):
    def build():
        query = _REQUESTS.select().where(condition())
        return query.order_by(AccessRequest.created_at.desc(), AccessRequest.id.desc(), AccessRequestLine.id)

    return _with_lines(_REQUESTS.rows(("requests for access", name), build, values))


def _with_lines(rows):
    """Return each request once, with its people and lines, in the order of the rows."""
    found = {}
    for request, line, requester, decider, named, addressed, partner, customer in rows:
        if request.id not in found:
            found[request.id] = request
            request.__rel__.update(requested_by=requester, decided_by=decider, addressed_to=addressed)
            request.__rel__.update(partner=partner, customer=customer)
            request.loaded_lines = []
        if line is not None:
            line.__rel__.update(access_request=request, contact=named)
            request.loaded_lines.append(line)
    return list(found.values())


# --- Grants -------------------------------------------------------------------------------------------------------


def grants_of_customer(customer, at):
    """Return (the customer's grants that are not over, by partner; the latest that are, those replaced left out)."""
    found = [row[0] for row in _grants(("grants of a customer",), _grants_of_customer, customer=customer.id, at=at)]
    current = [one for one in found if not one.is_over(at)]
    over = [one for one in found if one.is_over(at)]
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


_PARTNER, _CUSTOMER, _APPROVER, _ENDER = Organization.alias(), Organization.alias(), Contact.alias(), Contact.alias()
_GRANTS = _Listing(
    _Part(Grant, _whole(Grant)),
    (_Part(_PARTNER, _FIRM), Grant.partner == _PARTNER.id),
    (_Part(_CUSTOMER, _whole(Organization)), Grant.customer == _CUSTOMER.id),
    (_Part(Contact, _PERSON), Grant.contact == Contact.id),
    (_Part(_APPROVER, _PERSON), Grant.approved_by == _APPROVER.id),
    (_Part(_ENDER, _PERSON), Grant.ended_by == _ENDER.id),
)


def _grants(key, condition, extra=tuple, **values):
    def build():
        query = _GRANTS.select(extra()).where(condition())
        return query.order_by(_PARTNER.name, Grant.contact.is_null(False), Contact.name, Grant.starts_at, Grant.id)

    for grant, firm, customer, person, approved_by, ended_by, *answers in _GRANTS.rows(key, build, values):
        grant.__rel__.update(
            partner=firm, customer=customer, contact=person, approved_by=approved_by, ended_by=ended_by
        )
        yield (grant, *answers)
