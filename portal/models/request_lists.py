"""Service requests as rows of lists. The select of what one may see is handed in; nothing here widens it."""

from array import array
from datetime import datetime
from typing import NamedTuple

from peewee import Case

from portal.models import request_paths
from portal.models.base import Instant, instant_of, written
from portal.models.organizations import Contact, Organization, Site
from portal.models.prepared import fetched, slot
from portal.models.service_requests import STATUSES, Message, ReadMark, ServiceRequest

PAGE = 50
BATCH = 500

_STATUS_ORDER = Case(ServiceRequest.status, [(status, place) for place, status in enumerate(STATUSES)], len(STATUSES))
# Each order is columns, each with whether it runs downwards; the id, which nobody is shown, settles ties.
ORDERS = {
    "updated": ((ServiceRequest.updated_at, True),),
    "created": ((ServiceRequest.created_at, True),),
    "severity": ((ServiceRequest.severity, False), (ServiceRequest.updated_at, True)),
    "status": ((_STATUS_ORDER, False), (ServiceRequest.updated_at, True)),
    "urgent": ((ServiceRequest.severity, False), (ServiceRequest.created_at, False)),
    "oldest": ((ServiceRequest.created_at, False),),
}


class LastWord(NamedTuple):
    """Who wrote last what the reader may read."""

    author_id: int
    name: str
    side: str  # "customer", "partner" or "desk"
    at: datetime


class RequestRow(NamedTuple):
    """One request of a list; `unread` by the reader's own mark."""

    id: int
    reference: str
    subject: str
    organization: str
    status: str
    severity: int
    confidential: bool
    created_at: datetime
    updated_at: datetime
    last_word: LastWord | None
    unread: bool


class Page(NamedTuple):
    """Rows of one page, and the place after which the next one begins (None at the end)."""

    rows: list
    next_place: list | None


def narrow(select, *, organization_id=None, statuses=None):
    """Return `select` with filters: one organization, some statuses."""
    if organization_id is not None:
        select = select.where(ServiceRequest.organization == organization_id)
    if statuses is not None:
        select = select.where(ServiceRequest.status.in_(list(statuses)))
    return select


def narrow_to(select, service_request):
    """Return `select` with this one request alone."""
    return select.where(ServiceRequest.id == service_request.id)


def page(ways, reader, order="updated", place=None, size=PAGE, within=None, key=None, values=None):
    """Return the Page that follows `place`, with last words and the reader's marks, in one query.

    `ways` returns (select, gathered): what the page is of, and the same said so that an index finds its rows, where they
    may be few; one of the two may be None. `key` is all that both depend on, where the text of the query is to be kept,
    and `values` are those of the slots in it.
    `within` are the ids of the organizations to which all of it belongs (None: any): each keeps its own order.
    """
    columns = ORDERS[order]

    def build():
        select, gathered = ways()
        after = list(map(slot, reached)) or None
        return _shown(request_paths.first(select, gathered, columns, after, size + 1, within), columns, reader)

    reached = {f"place{number}": value for number, value in enumerate(place or ())}
    key = ("list", key, order, len(reached), size, tuple(within or ()), reader.id) if key else None
    found = fetched(key, build, **reached, **(values or {}))
    rows = [_row(values, reader) for values in found[:size]]
    if len(found) <= size:
        return Page(rows, None)
    return Page(rows, [*map(_as_read, columns, found[size - 1][14:]), rows[-1].reference])


def _as_read(column, value):
    return instant_of(value) if isinstance(column[0], Instant) else value


def _shown(ids, columns, reader):
    """Select what a list shows of these requests, in order, each with what was written last (rule 8: not internally)."""
    mark = (ReadMark.service_request == ServiceRequest.id) & (ReadMark.contact == reader)
    query = ServiceRequest.select(
        ServiceRequest.id,
        ServiceRequest.reference,
        ServiceRequest.subject,
        Organization.name,
        ServiceRequest.status,
        ServiceRequest.severity,
        ServiceRequest.confidential,
        ServiceRequest.created_at,
        ServiceRequest.updated_at,
        ReadMark.read_at,
        Message.author,
        Contact.name,
        Case(
            None,
            [(Contact.desk, "desk"), (Message.author_organization == ServiceRequest.organization, "customer")],
            "partner",
        ),
        Message.created_at,
        *(column for column, _ in columns),
    )
    query = query.join(Organization, on=ServiceRequest.organization == Organization.id).switch(ServiceRequest)
    query = query.left_outer_join(ReadMark, on=mark).switch(ServiceRequest)
    query = query.left_outer_join(Message, on=Message.id == _last_word())
    query = query.left_outer_join(Contact, on=Message.author == Contact.id)
    return request_paths.ordered(query.where(ServiceRequest.id.in_(written(ids))), columns)


def _last_word():
    inner = Message.alias()
    said = inner.select(inner.id).where(inner.service_request == ServiceRequest.id, ~inner.internal)
    return said.order_by(inner.created_at.desc(), inner.id.desc()).limit(1)


def _row(values, reader):
    changed_at, read_at, author_id = instant_of(values[8]), instant_of(values[9]), values[10]
    return RequestRow(
        *values[:6],
        confidential=bool(values[6]),
        created_at=instant_of(values[7]),
        updated_at=changed_at,
        last_word=LastWord(*values[10:13], instant_of(values[13])) if author_id is not None else None,
        unread=(read_at is None or changed_at > read_at) and author_id != reader.id,
    )


# --- Files -------------------------------------------------------------------------------------------------------


def ids_in_order(select, order="updated"):
    """Return the ids of all of `select` in this order: eight bytes a request, whatever their number."""
    return array(
        "q",
        (row[0] for row in request_paths.ordered(select, ORDERS[order]).select(ServiceRequest.id).tuples().iterator()),
    )


def file_rows(ids, still_seen):
    """Yield the cells of each request of `ids`, in their order, but those that `still_seen()` holds no more.

    `still_seen` returns a select and is asked again for each batch: a long download outlives no right (rule 9).
    """
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        found = {row[0]: row[1:] for row in _file_columns(still_seen().where(ServiceRequest.id.in_(list(batch))))}
        yield from (found[one] for one in batch if one in found)


def _file_columns(query):
    submitter, primary = Contact.alias(), Contact.alias()
    return (
        query.select(
            ServiceRequest.id,
            ServiceRequest.reference,
            Organization.slug,
            ServiceRequest.subject,
            ServiceRequest.status,
            ServiceRequest.severity,
            ServiceRequest.category,
            Site.name,
            submitter.email,
            primary.email,
            ServiceRequest.created_at,
            ServiceRequest.updated_at,
        )
        .join(Organization, on=ServiceRequest.organization == Organization.id)
        .switch(ServiceRequest)
        .left_outer_join(Site, on=ServiceRequest.site == Site.id)
        .switch(ServiceRequest)
        .join(submitter, on=ServiceRequest.submitted_by == submitter.id)
        .switch(ServiceRequest)
        .join(primary, on=ServiceRequest.primary_contact == primary.id)
        .tuples()
    )
