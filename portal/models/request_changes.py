"""How service requests change: submitted, answered, solved, handed on. Each is one transaction."""

import secrets

from peewee import IntegrityError

from portal.database import handle, lock_row, transaction
from portal.models import history
from portal.models.notifications import notify
from portal.models.organizations import Contact
from portal.models.service_requests import (
    CLOSED,
    SOLVED,
    AdditionalContact,
    Message,
    ServiceRequest,
    ServiceRequestChange,
    Subscription,
)


def submit(values, description, additional, at, *, store_files=None, grant=None):
    """Submit a service request and return it.

    `values` are the columns that the submitter chose, `additional` the contacts beside the primary one,
    `store_files(message)` keeps the attachments, `grant` is the partner's right to do this, if it is one.
    """
    with transaction():
        request = _create_with_reference(values, at)
        message = Message.create(
            service_request=request,
            author=request.submitted_by,
            author_organization=request.submitted_by.organization_id,
            created_at=at,
            body=description,
        )
        if store_files:
            store_files(message)
        for contact in {one.id: one for one in additional}.values():
            AdditionalContact.create(
                service_request=request, contact=contact, added_by=request.submitted_by, created_at=at
            )
        _record(request, "created", request.submitted_by, at, grant, subject=request.subject)
        subscribers = Contact.select().join(Subscription, on=Subscription.contact == Contact.id)
        subscribers = subscribers.where(Subscription.organization == request.organization_id)
        told = [*named_people(request), *subscribers, *Contact.of_the_desk()]
        _tell("request_new", told, request, request.submitted_by, at, message=message)
    return request


def _create_with_reference(values, at, tries=50):
    for attempt in range(tries):
        reference = f"{at:%y%m%d}-{secrets.randbelow(10**6):06d}"
        try:
            with handle.atomic():
                return ServiceRequest.create(reference=reference, created_at=at, updated_at=at, **values)
        except IntegrityError:
            if attempt == tries - 1 or not ServiceRequest.by_reference(reference):
                raise
    raise AssertionError("unreachable")


def reply(request, author, body, at, *, status=None, internal=False, store_files=None, grant=None):
    """Add a message, and change the status with it if asked to; return the message, or None where there was no text.

    An internal message moves neither the date nor the order of the request: nobody else may notice it (rule 8).
    """
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        message = _add_message(request, author, body, at, internal, store_files) if body or store_files else None
        changed = _change_status(request, author, status, at) if status else False
        if message and not internal:
            _touch(request, at)
            if author.desk and request.first_answer_at is None:
                ServiceRequest.update(first_answer_at=at).where(ServiceRequest.id == request.id).execute()
            _record(request, "wrote", author, at, grant)
        if changed:
            _record(request, "changed", author, at, grant, what="status", after=status)
        _tell_of_reply(request, author, message, changed, status, at)
    return message


def _add_message(request, author, body, at, internal, store_files):
    message = Message.create(
        service_request=request,
        author=author,
        author_organization=author.organization_id,
        created_at=at,
        internal=internal,
        body=body,
    )
    if store_files:
        store_files(message)
    return message


def _change_status(request, actor, status, at):
    if request.status == status:
        return False
    solved_at = (request.solved_at or at) if status in {SOLVED, CLOSED} else None
    ServiceRequest.update(status=status, solved_at=solved_at).where(ServiceRequest.id == request.id).execute()
    _note_change(request, actor, "status", request.status, status, at)
    return True


def _tell_of_reply(request, author, message, changed, status, at):
    desk = [request.assignee] if request.assignee else Contact.of_the_desk()
    details = {"status": status} if changed else {}
    if message and message.internal:
        _tell("request_message", desk, request, author, at, message=message)
        if changed:
            _tell("request_changed", named_people(request), request, author, at, details=details)
    elif message:
        _tell("request_message", named_people(request) + desk, request, author, at, details=details, message=message)
    elif changed:
        _tell("request_changed", named_people(request) + desk, request, author, at, details=details)


def set_severity(request, actor, severity, at, *, grant=None):
    """Change the severity (1 to 4); return whether it changed."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if request.severity == severity:
            return False
        ServiceRequest.update(severity=severity).where(ServiceRequest.id == request.id).execute()
        _note_change(request, actor, "severity", request.severity, severity, at)
        _record(request, "changed", actor, at, grant, what="severity", after=severity)
        _tell_of_change(request, actor, at, {"severity": severity})
    return True


def set_confidential(request, actor, confidential, at):
    """Mark the request confidential or not; return whether that changed anything."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if request.confidential == confidential:
            return False
        ServiceRequest.update(confidential=confidential).where(ServiceRequest.id == request.id).execute()
        _note_change(request, actor, "confidential", request.confidential, confidential, at)
        history.record(
            request.organization,
            "confidential" if confidential else "not_confidential",
            at,
            actor=actor,
            service_request=request,
        )
    return True


def add_contact(request, contact, actor, at, *, grant=None):
    """Add an additional contact; return whether they were not one yet."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        present = AdditionalContact.get_or_none(service_request=request, contact=contact)
        if present or contact.id == request.primary_contact_id:
            return False
        AdditionalContact.create(service_request=request, contact=contact, added_by=actor, created_at=at)
        _note_change(request, actor, "contact_added", "", contact.id, at)
        _record(request, "changed", actor, at, grant, what="contact_added", contact_name=contact.name)
        _tell_of_change(request, actor, at, {"contact_added": contact.name})
    return True


def remove_contact(request, contact, actor, at, *, grant=None):
    """Take an additional contact off the request; return whether they were one."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        removed = (
            AdditionalContact.delete()
            .where(AdditionalContact.service_request == request, AdditionalContact.contact == contact)
            .execute()
        )
        if removed:
            _note_change(request, actor, "contact_removed", contact.id, "", at)
            _record(request, "changed", actor, at, grant, what="contact_removed", contact_name=contact.name)
            _tell_of_change(request, actor, at, {"contact_removed": contact.name})
    return bool(removed)


def make_primary(request, contact, actor, at, *, grant=None):
    """Make `contact` the primary one; the earlier primary stays as an additional contact. Return whether it changed."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        earlier = request.primary_contact
        if earlier.id == contact.id:
            return False
        ServiceRequest.update(primary_contact=contact).where(ServiceRequest.id == request.id).execute()
        AdditionalContact.delete().where(
            AdditionalContact.service_request == request, AdditionalContact.contact == contact
        ).execute()
        AdditionalContact.insert(
            service_request=request, contact=earlier, added_by=actor, created_at=at
        ).on_conflict_ignore().execute()
        _note_change(request, actor, "primary_contact", earlier.id, contact.id, at)
        _record(request, "changed", actor, at, grant, what="primary_contact", contact_name=contact.name)
        request.primary_contact = contact
        _tell_of_change(request, actor, at, {"primary_contact": contact.name})
    return True


def assign(request, assignee, actor, at):
    """Give the request to one of the desk, or to nobody; return whether that changed anything. The desk's own affair."""
    with transaction():
        request = lock_row(ServiceRequest, request.id)
        if request.assignee_id == (assignee.id if assignee else None):
            return False
        ServiceRequest.update(assignee=assignee).where(ServiceRequest.id == request.id).execute()
        if assignee:
            _tell("request_assigned", [assignee], request, actor, at)
    return True


def named_people(request):
    """Return the contacts whom the request names: submitter, primary and additional ones."""
    additional = Contact.select().join(AdditionalContact, on=AdditionalContact.contact == Contact.id)
    additional = additional.where(AdditionalContact.service_request == request)
    return list({one.id: one for one in (request.submitted_by, request.primary_contact, *additional)}.values())


def _touch(request, at):
    ServiceRequest.update(updated_at=at).where(
        ServiceRequest.id == request.id, ServiceRequest.updated_at < at
    ).execute()


def _note_change(request, actor, what, before, after, at):
    _touch(request, at)
    ServiceRequestChange.create(
        service_request=request, actor=actor, at=at, what=what, before=str(before), after=str(after)
    )


def _record(request, kind, actor, at, grant, **details):
    """Keep in the customer's history what a partner's person did under a grant; its own people's work is not."""
    if grant is not None:
        history.record(
            request.organization,
            kind,
            at,
            actor=actor,
            partner=grant.partner_id,
            grant=grant,
            service_request=request,
            **details,
        )


def _tell(kind, contacts, request, actor, at, details=None, message=None):
    notify(
        kind,
        contacts,
        at,
        actor=actor,
        details=details,
        service_request=request,
        organization=request.organization_id,
        message=message,
    )


def _tell_of_change(request, actor, at, details):
    desk = [request.assignee] if request.assignee else Contact.of_the_desk()
    _tell("request_changed", named_people(request) + desk, request, actor, at, details=details)
