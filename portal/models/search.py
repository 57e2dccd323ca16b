"""Searching service requests: which of those one may see hold what was asked for, and the index behind it."""

from collections import OrderedDict
from datetime import timedelta
from functools import reduce
from operator import or_

from peewee import fn

from portal.database import handle, transaction
from portal.folding import searchable
from portal.models.base import id_list, one_of
from portal.models.matching import reads
from portal.models.organizations import Contact
from portal.models.prepared import fetched, slot
from portal.models.search_index import (
    BATCH,
    Coming,
    SearchEntry,
    count_up_to,
    entries_holding,
    entry_of_message,
    entry_of_request,
    holds_exactly,
    keep,
    make,
    settle,
)
from portal.models.service_requests import Message, ServiceRequest

MANY = 5_000  # texts: what so many hold is found sooner by walking through the newest requests

KNOWN_FOR = timedelta(minutes=10)  # whether a word is common: counting takes longer than all the rest of a search
MOST_KNOWN = 1024
_known = OrderedDict()


def narrow(select, asked, *, organization_ids=None, since=None, until=None, internal_too=False, common=()):
    """Return `select` with what was `asked` in the box (see portal/search_words.py); it widens nothing.

    `since` and `until` are instants of submission. Internal messages count only with `internal_too` (SPEC 3, rule 8).
    Words of `common` are looked for in one request after the other, others in the index: both find the same.
    """
    for phrase in asked.words:
        found = _of_entries(entries_holding(phrase), internal_too).select(SearchEntry.service_request_id)
        select = select.where(_holds(phrase, internal_too) if phrase in common else ServiceRequest.id.in_(found))
    for phrase in asked.without:
        select = select.where(~_holds(phrase, internal_too))
    for author in asked.authors:
        select = select.where(ServiceRequest.id.in_(_written_by(author, internal_too)))
    if asked.statuses:
        select = select.where(ServiceRequest.status.in_(asked.statuses))
    if organization_ids is not None:
        select = select.where(ServiceRequest.organization.in_(organization_ids))
    if since is not None:
        select = select.where(ServiceRequest.created_at >= since)
    if until is not None:
        select = select.where(ServiceRequest.created_at < until)
    return select


def common_among(phrases, at):
    """Return those of the phrases that more than MANY texts may hold; what is not known of late is counted at once.

    For the way to a page alone: both ways find the same.
    """
    where = (handle.obj, MANY)
    counted = {one: _known.get((where, one)) for one in phrases}
    unknown = [one for one, known in counted.items() if known is None or abs(at - known[0]) > KNOWN_FOR]
    for one, count in zip(unknown, _counts(unknown), strict=True):
        counted[one] = _known[where, one] = at, count > MANY
    while len(_known) > MOST_KNOWN:  # another thread may drop this very one meanwhile
        _known.popitem(last=False)
    return [one for one in phrases if counted[one][1]]


def _counts(phrases):
    if not phrases:
        return ()
    return Contact.select(*(count_up_to(phrase, MANY) for phrase in phrases)).limit(1).tuples().get()


def _holds(phrase, internal_too):
    """Return the condition that one of a request's texts holds `phrase`."""
    texts = SearchEntry.select(SearchEntry.id).where(SearchEntry.service_request_id == ServiceRequest.id)
    return fn.EXISTS(_of_entries(texts.where(holds_exactly(phrase)), internal_too))


def _of_entries(entries, internal_too):
    return entries if internal_too else entries.where(~SearchEntry.internal)


def _written_by(author, internal_too):
    """Select the requests with a message by somebody of this name or part of one, or of exactly this address.

    A part of an address is not enough: one could guess the rest of it letter by letter.
    """
    people = Contact.select(Contact.id).where(reads(Contact.name, author) | (fn.LOWER(Contact.email) == author))
    written = Message.select(Message.service_request).where(Message.author.in_(people))
    return written if internal_too else written.where(~Message.internal)


def matching_messages(rows, words, internal_too=False):
    """Return {request id: body} of the first message that holds what reference and subject of a row do not.

    `rows` are RequestRows that the reader sees; `words` are as `searchable` returns them.
    """
    lacking = {}
    for row in rows if words else ():
        text = searchable(f"{row.reference} {row.subject}")
        if missing := {word for word in words if word not in text}:
            lacking[row.id] = missing
    if not lacking:
        return {}
    sought = sorted(set().union(*lacking.values()))
    key = ("said", len(sought), internal_too)
    values = {"ids": id_list(lacking), **Coming.values_of(sought)}
    return dict(fetched(key, lambda: _first_messages(len(sought), internal_too), **values))


def _first_messages(number, internal_too):
    held = reduce(or_, (holds_exactly(Coming(place)) for place in range(number)))
    listed = one_of(SearchEntry.service_request_id, slot("ids"))
    first = SearchEntry.select(fn.MIN(SearchEntry.message_id)).where(listed, held)
    first = _of_entries(first.where(SearchEntry.message_id.is_null(False)), internal_too)
    first = first.group_by(SearchEntry.service_request_id)
    return Message.select(Message.service_request, Message.body).where(Message.id.in_(first))


# --- The index ---------------------------------------------------------------------------------------------------


def rebuild():
    """Make the index anew from what the portal holds, whatever state it is in; return how many texts it knows."""
    with transaction():
        make()
        count = catch_up()
        settle()
        return count


def catch_up():
    """Add the requests and messages that the index lacks; return how many. Call it in a transaction."""
    requests = ServiceRequest.select(ServiceRequest.id, ServiceRequest.reference, ServiceRequest.subject)
    messages = Message.select(Message.id, Message.service_request, Message.internal, Message.body)
    added = _add(requests, ServiceRequest.id, 2 * ServiceRequest.id, entry_of_request)
    return added + _add(messages, Message.id, 2 * Message.id + 1, entry_of_message)


def _add(select, key, entry_id, entry_of):
    added = last = 0
    lacking = select.left_outer_join(SearchEntry, on=SearchEntry.id == entry_id)
    lacking = lacking.where(SearchEntry.id.is_null()).order_by(key).limit(BATCH)
    while rows := list(lacking.where(key > last).tuples()):
        keep([entry_of(*row) for row in rows])
        added, last = added + len(rows), rows[-1][0]
    return added
