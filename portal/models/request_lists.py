"""Service requests as rows of lists. The select of what one may see is handed in; nothing here widens it."""

from array import array
from datetime import datetime
from typing import NamedTuple

from peewee import Case

from portal.models.organizations import Contact, Organization, Site
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
    """One request of a list. `read_at` is the reader's own mark."""

    id: int
    reference: str
    subject: str
    organization: str
    status: str
    severity: int
    confidential: bool
    created_at: datetime
    updated_at: datetime
    read_at: datetime | None
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


def page(select, reader, order="updated", place=None, size=PAGE):
    """Return the Page of `select` that follows `place`, with last words and the reader's marks, in two queries."""
    columns = ORDERS[order]
    query = _ordered(_after(select, columns, place), columns).limit(size + 1)
    found = list(_with_columns(query, reader, [column for column, _ in columns]))
    words = last_words([row[0] for row in found[:size]])
    width = len(RequestRow._fields) - 2
    rows = [_row(row[:width], words.get(row[0]), reader) for row in found[:size]]
    last = found[size - 1] if len(found) > size else None
    return Page(rows, [*last[width:], last[1]] if last else None)


def _with_columns(query, reader, sorted_by):
    mark = (ReadMark.service_request == ServiceRequest.id) & (ReadMark.contact == reader)
    return (
        query.select(
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
            *sorted_by,
        )
        .join(Organization, on=ServiceRequest.organization == Organization.id)
        .switch(ServiceRequest)
        .left_outer_join(ReadMark, on=mark)
        .tuples()
    )


def _row(values, last_word, reader):
    row = RequestRow(*values, last_word, False)
    changed = row.read_at is None or row.updated_at > row.read_at
    mine = last_word is not None and last_word.author_id == reader.id
    return row._replace(unread=changed and not mine)


def _ordered(select, columns):
    ordering = [column.desc() if down else column.asc() for column, down in columns]
    return select.order_by(*ordering, ServiceRequest.id.desc())


def _after(select, columns, place):
    """Narrow `select` to what follows `place`: a value for each column, then the reference of the last row shown."""
    if place is None:
        return select
    *values, reference = place
    last = ServiceRequest.alias()
    shown = last.select(last.id).where(last.reference == reference)
    beyond, same = None, None
    for (column, down), value in zip(columns, values, strict=True):
        further = column < value if down else column > value
        beyond = further if beyond is None else beyond | (same & further)
        same = column == value if same is None else same & (column == value)
    (first, down), value = columns[0], values[0]
    # Said once more of the first column, as that is what an index can be walked by.
    reachable = first <= value if down else first >= value
    return select.where(reachable, beyond | (same & (ServiceRequest.id < shown)))


def last_words(request_ids):
    """Return {request id: LastWord} of what was written last in each request, internal messages left out (rule 8)."""
    if not request_ids:
        return {}
    inner = Message.alias()
    newest = (
        inner.select(inner.id)
        .where(inner.service_request == ServiceRequest.id, ~inner.internal)
        .order_by(inner.created_at.desc(), inner.id.desc())
        .limit(1)
    )
    newest_ids = ServiceRequest.select(newest).where(ServiceRequest.id.in_(request_ids))
    query = (
        Message.select(
            Message.service_request,
            Message.author,
            Contact.name,
            Contact.desk,
            Message.author_organization == ServiceRequest.organization,
            Message.created_at,
        )
        .join(Contact, on=Message.author == Contact.id)
        .switch(Message)
        .join(ServiceRequest, on=Message.service_request == ServiceRequest.id)
        .where(Message.id.in_(newest_ids))
    )
    return {
        request_id: LastWord(author_id, name, _side(desk, own), at)
        for request_id, author_id, name, desk, own, at in query.tuples()
    }


def _side(desk, own):
    return "desk" if desk else "customer" if own else "partner"


# --- Files -------------------------------------------------------------------------------------------------------


def ids_in_order(select, order="updated"):
    """Return the ids of all of `select` in this order: eight bytes a request, whatever their number."""
    return array("q", (row[0] for row in _ordered(select, ORDERS[order]).select(ServiceRequest.id).tuples().iterator()))


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
