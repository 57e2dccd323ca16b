"""How a service request is submitted: it, its first message and what search knows of both, once; and who is told."""

import secrets

from portal.database import joined
from portal.models import search_index
from portal.models.base import add_all, added, added_unless_taken
from portal.models.organizations import Contact
from portal.models.prepared import prepared
from portal.models.request_news import record, tell
from portal.models.service_requests import AdditionalContact, Message, ServiceRequest, Subscription


def submit(values, description, additional, at, *, readers, store_files=None, grant=None):
    """Submit a service request and return it; what the same `submission_key` has made already is returned as it is.

    `values` are the columns that the submitter chose, `additional` the contacts beside the primary one,
    `store_files(message)` keeps the attachments. For `readers` and `grant` see `request_changes`.
    """
    with joined():
        request, made = _create_once(values, at)
        if not made:
            return request
        author = request.submitted_by
        message = _first_message(request, author, description, at)
        if store_files:
            store_files(message)
        also = list(dict.fromkeys(one.id for one in additional if one.id != request.primary_contact_id))
        about = {"service_request": request, "added_by": author, "created_at": at}
        add_all(AdditionalContact, [{**about, "contact": one} for one in also])
        record(request, "created", author, at, grant, subject=request.subject)
        _tell(request, message, also, readers)
    return request


def _create_once(values, at, tries=50):
    """Return (request, whether it is new). Two submissions side by side meet at the unique key."""
    key = values.get("submission_key")
    for _ in range(tries):
        earlier = ServiceRequest.by_submission_key(key)
        if earlier:
            return earlier, False
        reference = f"{at:%y%m%d}-{secrets.randbelow(10**6):06d}"
        made = added_unless_taken(ServiceRequest(reference=reference, created_at=at, updated_at=at, **values))
        if made:
            return made, True
    raise RuntimeError("no reference is free on this day")


def _first_message(request, author, body, at):
    about = {"author": author, "author_organization": author.organization_id, "created_at": at}
    message = added(Message(service_request=request, body=body, **about))
    search_index.keep([request.search_entry, message.search_entry])
    return message


def _tell(request, message, additional, readers):
    author, ids = request.submitted_by, {request.submitted_by_id, request.primary_contact_id, *additional}
    found = _concerned(request.id, author.id, request.primary_contact_id, request.organization_id)
    named, others = [one for one in found if one.id in ids], [one for one in found if one.id not in ids]
    tell("request_new", request, author, message.created_at, readers, named=named, others=others, message=message)


@prepared
def _concerned(request, submitter, primary, organization):
    """Return the select of whom the request names, who subscribes to its organization, and the desk: each once."""
    person, colleague = Contact.alias(), Contact.alias()
    concerned = person.select(person.id).where((person.id == submitter) | (person.id == primary))
    additional = AdditionalContact.select(AdditionalContact.contact)
    concerned = concerned.union_all(additional.where(AdditionalContact.service_request == request))
    subscribing = Subscription.select(Subscription.contact).where(Subscription.organization == organization)
    concerned = concerned.union_all(subscribing).union_all(
        colleague.select(colleague.id).where(
            colleague.desk.in_([True]), colleague.active, colleague.stands_in_for.is_null()
        )
    )
    return Contact.select().where(Contact.id.in_(concerned))
