"""What one page of a service request shows: its messages with their files, its changes, and its people."""

from datetime import datetime
from typing import NamedTuple

from peewee import JOIN, fn

from portal.models.access import Grant
from portal.models.base import instant_of
from portal.models.history import HistoryEvent
from portal.models.organizations import Contact, Organization
from portal.models.prepared import fetched, prepared, slot
from portal.models.service_requests import AdditionalContact, Attachment, Message, ReadMark, ServiceRequestChange

PEOPLE_CHANGES = ("contact_added", "contact_removed", "primary_contact")


class Said(NamedTuple):
    """One message of a thread, with the names of its author, and of whom a stand-in stood for."""

    id: int
    public_id: str
    created_at: datetime
    internal: bool
    body: str
    author_id: int
    author: str
    organization_id: int
    organization: str
    stood_for: str | None
    stood_for_at: str | None
    from_the_desk: bool  # whether the desk's firm wrote it


def messages_of(service_request, internal_too):
    """Return what was Said, in order; internal messages only with `internal_too` (SPEC 3, rule 8)."""
    found = fetched(("messages", internal_too), lambda: _messages(internal_too), request=service_request.id)
    return [
        Said(row[0], row[1], instant_of(row[2]), bool(row[3]), *row[4:11], from_the_desk=bool(row[11])) for row in found
    ]


def _messages(internal_too):
    person, firm = Contact.alias(), Organization.alias()
    query = Message.select(
        Message.id,
        Message.public_id,
        Message.created_at,
        Message.internal,
        Message.body,
        Message.author,
        Contact.name,
        Message.author_organization,
        Organization.name,
        person.name,
        firm.name,
        _of_the_desk(),
    )
    query = _with_whom_they_stand_for(query.join(Contact, on=Message.author), person, firm).switch(Message)
    query = query.join(Organization, on=Message.author_organization)
    query = query.where(Message.service_request == slot("request"))
    if not internal_too:
        query = query.where(~Message.internal)
    return query.order_by(Message.created_at, Message.id)


def _with_whom_they_stand_for(query, person, firm):
    query = query.join(person, JOIN.LEFT_OUTER, on=(Contact.stands_in_for == person.id), attr="stands_in_for")
    return query.join(firm, JOIN.LEFT_OUTER, on=(person.organization == firm.id), attr="organization")


def people_of(service_request):
    """Return (the submitter, the primary contact, the additional ones in their order), each with organization."""
    ids = service_request.submitted_by_id, service_request.primary_contact_id
    found = {one.id: one for one in _people(service_request.id, *ids)}
    additional = [one for one in found.values() if getattr(one, "naming", None) and one.naming.id]
    return found[ids[0]], found[ids[1]], sorted(additional, key=lambda one: one.naming.id)


@prepared
def _people(service_request, submitter, primary):
    person, firm = Contact.alias(), Organization.alias()
    naming = (AdditionalContact.contact == Contact.id) & (AdditionalContact.service_request == service_request)
    query = Contact.select(Contact, Organization, person, firm, AdditionalContact.id)
    query = query.join(Organization, on=Contact.organization).switch(Contact)
    query = _with_whom_they_stand_for(query, person, firm).switch(Contact)
    query = query.join(AdditionalContact, JOIN.LEFT_OUTER, on=naming, attr="naming")
    added = AdditionalContact.alias()
    ids = added.select(added.contact).where(added.service_request == service_request)
    return query.where((Contact.id == submitter) | (Contact.id == primary) | Contact.id.in_(ids))


def right_of_submitting(service_request):
    """Return the grant under which a partner submitted the request, with who gave it; None where no partner did."""
    query = Grant.select(Grant, Contact).join(Contact, JOIN.LEFT_OUTER, on=Grant.approved_by, attr="approved_by")
    query = query.switch(Grant).join(HistoryEvent, on=HistoryEvent.grant == Grant.id)
    return query.where(
        HistoryEvent.customer == service_request.organization_id,
        HistoryEvent.service_request == service_request,
        HistoryEvent.kind == "created",
    ).first()


def _of_the_desk():
    colleague = Contact.alias()
    return fn.EXISTS(
        colleague.select(colleague.id).where(colleague.organization == Message.author_organization, colleague.desk)
    )


def files_of(service_request):
    """Return {message id: its files, in their order}."""
    found = {}
    for one in _files(service_request.id):
        found.setdefault(one.message_id, []).append(one)
    return found


@prepared
def _files(service_request):
    query = Attachment.select().where(Attachment.service_request == service_request)
    return query.order_by(Attachment.position, Attachment.id)


def count_new(service_request, reader, internal_too):
    """Return how many messages of others came in since the reader last looked; none for whoever never did."""
    before = ReadMark.last_read(service_request, reader)
    if before is None:
        return 0
    query = Message.select().where(
        Message.service_request == service_request, Message.created_at > before, Message.author != reader
    )
    return query.count() if internal_too else query.where(~Message.internal).count()


def anything_after(service_request, instant, internal_too):
    """Return whether a message or a change came in after `instant`; internal messages are asked for besides the row."""
    if service_request.updated_at > instant:
        return True
    later = Message.select().where(Message.service_request == service_request, Message.created_at > instant)
    return internal_too and later.exists()


def changes_of(service_request):
    """Return the changes in order with their actors and the actors' organizations."""
    return _changes(service_request.id)


@prepared
def _changes(service_request):
    query = ServiceRequestChange.select(ServiceRequestChange, Contact, Organization)
    query = query.join(Contact, on=ServiceRequestChange.actor).join(Organization, on=Contact.organization)
    query = query.where(ServiceRequestChange.service_request == service_request)
    return query.order_by(ServiceRequestChange.at, ServiceRequestChange.id)


def names_in(changes):
    """Return {contact id as text: name} of the people whom these changes speak of."""
    ids = {one for change in changes if change.what in PEOPLE_CHANGES for one in (change.before, change.after)}
    ids = [int(one) for one in ids if one.isdecimal()]
    if not ids:
        return {}
    return {str(row[0]): row[1] for row in Contact.select(Contact.id, Contact.name).where(Contact.id.in_(ids)).tuples()}
