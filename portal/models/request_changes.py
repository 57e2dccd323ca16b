"""How service requests change: answered, solved, handed on. Each is one transaction.

`grant` is a partner's right to do it, if it is one. `readers(contacts, request, at, named)` returns those of the contacts
who may read the request, which names the people `named`: nobody else is told, not even by a count.
"""

from portal.database import joined, transaction
from portal.models import history
from portal.models.changing import changes
from portal.models.holding import hold_row, lock_row
from portal.models.request_news import desk_of, record, tell, tell_all
from portal.models.service_requests import (
    CLOSED,
    SOLVED,
    AdditionalContact,
    Message,
    ServiceRequest,
    ServiceRequestChange,
)


def reply(
    request,
    author,
    body,
    at,
    *,
    readers,
    status=None,
    internal=False,
    store_files=None,
    submission_key=None,
    grant=None,
):
    """Add a message, and change the status with it if asked to; return the message, or None where there was no text.

    What the same `submission_key` has written already is returned as it is. An internal message moves neither the date
    nor the order of the request: nobody else may notice it (rule 8).
    """
    with joined():
        request = lock_row(ServiceRequest, request.id)
        earlier = Message.by_submission_key(submission_key)
        if earlier:
            return earlier
        message = None
        if body or store_files:
            message = _add_message(
                request, author, body, at, internal=internal, store_files=store_files, submission_key=submission_key
            )
        changed = bool(status) and _change_status(request, author, status, at)
        if message and not internal:
            _note_answer(request, author, at)
            record(request, "wrote", author, at, grant, message=message.public_id)
        if changed:
            record(request, "changed", author, at, grant, what="status", before=request.status, after=status)
        _tell_of_reply(request, author, message, status if changed else None, at, readers)
    return message


def _add_message(request, author, body, at, *, internal=False, store_files=None, submission_key=None):
    message = Message.create(
        service_request=request,
        author=author,
        author_organization=author.organization_id,
        created_at=at,
        internal=internal,
        body=body,
        submission_key=submission_key,
    )
    if store_files:
        store_files(message)
    return message


def _note_answer(request, author, at):
    _touch(request.id, at)
    if author.desk and request.first_answer_at is None:
        _note_first_answer(request.id, at)


@changes
def _note_first_answer(request, at):
    return ServiceRequest.update(first_answer_at=at).where(ServiceRequest.id == request)


def _change_status(request, actor, status, at):
    if request.status == status:
        return False
    solved_at = (request.solved_at or at) if status in {SOLVED, CLOSED} else None
    _set_status(request.id, status, solved_at)
    _note_change(request, actor, "status", request.status, status, at)
    return True


@changes
def _set_status(request, status, solved_at):
    return ServiceRequest.update(status=status, solved_at=solved_at).where(ServiceRequest.id == request)


def _tell_of_reply(request, author, message, status, at, readers):
    about = {"request": request, "actor": author, "at": at, "readers": readers}
    details = {"status": status} if status else None
    if message and message.internal:
        tell("request_message", **about, named=(), others=desk_of(request), message=message)
        if status:
            tell("request_changed", **about, named=request.named_people(), details=details)
    elif message:
        tell("request_message", **about, **_concerned(request), details=details, message=message)
    elif status:
        tell("request_changed", **about, **_concerned(request), details=details)


def _concerned(request):
    return {"named": request.named_people(), "others": desk_of(request)}


def hold(request):
    """Hold the request's row until the transaction ends: always before the organization's, so that nobody deadlocks."""
    hold_row(ServiceRequest, request.id)


def set_severity(request, actor, severity, at, *, readers, grant=None):
    """Change the severity (1 to 4); return whether it changed."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if request.severity == severity:
            return False
        ServiceRequest.update(severity=severity).where(ServiceRequest.id == request.id).execute()
        _note_change(request, actor, "severity", request.severity, severity, at)
        record(request, "changed", actor, at, grant, what="severity", before=request.severity, after=severity)
        _tell_of_change(request, actor, at, readers, {"severity": severity})
    return True


def set_confidential(request, actor, confidential, at):
    """Mark the request confidential or not; return whether that changed anything. It is written down, and told nobody."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if request.confidential == confidential:
            return False
        ServiceRequest.update(confidential=confidential).where(ServiceRequest.id == request.id).execute()
        _note_change(request, actor, "confidential", request.confidential, confidential, at)
        kind = "confidential" if confidential else "not_confidential"
        history.record(request.organization, kind, at, actor=actor, service_request=request)
    return True


def add_contact(request, contact, actor, at, *, readers, grant=None):
    """Add an additional contact; return whether they were not one yet."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        present = AdditionalContact.get_or_none(service_request=request, contact=contact)
        if present or contact.id == request.primary_contact_id:
            return False
        AdditionalContact.create(service_request=request, contact=contact, added_by=actor, created_at=at)
        _note_change(request, actor, "contact_added", "", contact.id, at)
        _record_of_contact(request, "contact_added", contact, actor, at, grant)
        _tell_of_change(request, actor, at, readers, {"contact_added": contact.name})
    return True


def remove_contact(request, contact, actor, at, *, readers, grant=None):
    """Take an additional contact off the request; return whether they were one."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        named = (AdditionalContact.service_request == request) & (AdditionalContact.contact == contact)
        if not AdditionalContact.delete().where(named).execute():
            return False
        _note_change(request, actor, "contact_removed", contact.id, "", at)
        _record_of_contact(request, "contact_removed", contact, actor, at, grant)
        _tell_of_change(request, actor, at, readers, {"contact_removed": contact.name})
    return True


def make_primary(request, contact, actor, at, *, readers, grant=None):
    """Make `contact` the primary one; the earlier primary stays as an additional contact. Return whether it changed."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        earlier = request.primary_contact_id
        if earlier == contact.id:
            return False
        ServiceRequest.update(primary_contact=contact).where(ServiceRequest.id == request.id).execute()
        named = (AdditionalContact.service_request == request) & (AdditionalContact.contact == contact)
        AdditionalContact.delete().where(named).execute()
        AdditionalContact.insert(
            service_request=request, contact=earlier, added_by=actor, created_at=at
        ).on_conflict_ignore().execute()
        request.primary_contact = contact
        _note_change(request, actor, "primary_contact", earlier, contact.id, at)
        _record_of_contact(request, "primary_contact", contact, actor, at, grant)
        _tell_of_change(request, actor, at, readers, {"primary_contact": contact.name})
    return True


class AlreadyAssigned(Exception):
    """Somebody else has meanwhile given the request to `assignee`, or to nobody (None)."""

    def __init__(self, assignee):
        super().__init__()
        self.assignee = assignee


ANYBODY = object()


def assign(request, assignee, actor, at, *, instead_of=ANYBODY):
    """Give the request to one of the desk, or to nobody; return whether that changed anything. The desk's own affair.

    `instead_of` is whom the writer saw it with, a contact or None; raise AlreadyAssigned where that is so no more.
    """
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if instead_of is not ANYBODY and request.assignee not in (instead_of, assignee):
            raise AlreadyAssigned(request.assignee)
        if request.assignee_id == (assignee.id if assignee else None):
            return False
        ServiceRequest.update(assignee=assignee).where(ServiceRequest.id == request.id).execute()
        if assignee:
            tell_all("request_assigned", [assignee], request, actor, at)
    return True


@changes
def _touch(request, at):
    return ServiceRequest.update(updated_at=at).where(ServiceRequest.id == request, ServiceRequest.updated_at < at)


def _note_change(request, actor, what, before, after, at):
    _touch(request.id, at)
    ServiceRequestChange.create(
        service_request=request, actor=actor, at=at, what=what, before=str(before), after=str(after)
    )


def _record_of_contact(request, what, contact, actor, at, grant):
    record(request, "changed", actor, at, grant, what=what, contact_name=contact.name)


def _tell_of_change(request, actor, at, readers, details):
    tell("request_changed", request, actor, at, readers, **_concerned(request), details=details)
