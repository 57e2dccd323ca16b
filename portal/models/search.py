"""Searching service requests: which of those one may see hold what was asked for, and the index behind it."""

from peewee import fn

from portal.database import transaction
from portal.models.matching import reads
from portal.models.organizations import Contact
from portal.models.search_index import (
    SearchEntry,
    entries_holding,
    entry_of_message,
    entry_of_request,
    holds_exactly,
    keep,
    make,
)
from portal.models.service_requests import Message, ServiceRequest

BATCH = 500


def narrow(select, asked, *, organization_ids=None, since=None, until=None, internal_too=False):
    """Return `select` with what was `asked` in the box (see portal/search_words.py); it widens nothing.

    `since` and `until` are instants of submission. Internal messages count only with `internal_too` (SPEC 3, rule 8).
    """
    for words, kept in ((asked.words, True), (asked.without, False)):
        for phrase in words:
            held = _of_entries(entries_holding(phrase), internal_too)
            select = select.where(ServiceRequest.id.in_(held) if kept else ServiceRequest.id.not_in(held))
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


def _of_entries(entries, internal_too):
    entries = entries.select(SearchEntry.service_request_id)
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
    if not rows or not words:
        return {}
    subjects = SearchEntry.select(SearchEntry.service_request_id, SearchEntry.text).where(
        SearchEntry.id.in_([2 * row.id for row in rows])
    )
    missing = {row_id: lacks for row_id, text in subjects.tuples() if (lacks := {w for w in words if w not in text})}
    if not missing:
        return {}
    return dict(_first_messages(list(missing), sorted(set().union(*missing.values())), internal_too).tuples())


def _first_messages(ids, words, internal_too):
    held = None
    for word in words:
        held = holds_exactly(word) if held is None else held | holds_exactly(word)
    first = SearchEntry.select(fn.MIN(SearchEntry.message_id)).where(SearchEntry.service_request_id.in_(ids), held)
    if not internal_too:
        first = first.where(~SearchEntry.internal)
    first = first.where(SearchEntry.message_id.is_null(False)).group_by(SearchEntry.service_request_id)
    return Message.select(Message.service_request, Message.body).where(Message.id.in_(first))


# --- The index ---------------------------------------------------------------------------------------------------


def rebuild():
    """Make the index anew from what the portal holds, whatever state it is in; return how many texts it knows."""
    with transaction():
        make()
        return catch_up()


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
