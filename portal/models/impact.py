"""How much of a customer's past a grant opens: counted, never listed."""

from dataclasses import dataclass

from peewee import fn

from portal.models.service_requests import Attachment, Message, ServiceRequest
from portal.models.small_questions import answers_to


@dataclass(frozen=True)
class Extent:
    """What a grant from Look upwards opens of a customer's requests, and what it leaves closed."""

    requests: int
    attachments: int
    confidential: int
    older: int


def extents(customer, sinces):
    """Return {instant (naive UTC) or None: Extent} of the customer's requests from each on, None: all of them."""
    return answered(answers_to(questions(customer, sinces)), sinces) if sinces else {}


def questions(customer, sinces):
    """Return the small questions behind `extents`, by name, to be asked together with others."""
    return {
        f"{name}_{place}": one
        for place, since in enumerate(sinces)
        for name, one in _questions(customer, since).items()
    }


def answered(answers, sinces):
    """Return what `extents` does from the answers to its questions."""
    return {since: _extent(*(answers[f"{name}_{place}"] for name in _NAMES)) for place, since in enumerate(sinces)}


_NAMES = ("requests", "attachments", "confidential", "all")


def _questions(customer, since):
    theirs = ServiceRequest.select(fn.COUNT(ServiceRequest.id)).where(ServiceRequest.organization == customer)
    covered = theirs if since is None else theirs.where(ServiceRequest.created_at >= since)
    return {
        "requests": covered.where(~ServiceRequest.confidential),
        "attachments": _attachments(customer, since),
        "confidential": theirs.where(ServiceRequest.confidential),
        "all": theirs,
    }


def _extent(requests, attachments, confidential, everything):
    return Extent(requests, attachments, confidential, everything - requests - confidential)


def _attachments(customer, since):
    """Count the files that partners could read: none of the desk's internal messages is among them (rule 8)."""
    query = (
        Attachment.select(fn.COUNT(Attachment.id))
        .join(ServiceRequest, on=Attachment.service_request)
        .join_from(Attachment, Message, on=Attachment.message)
        .where(ServiceRequest.organization == customer, ~ServiceRequest.confidential, ~Message.internal)
    )
    return query if since is None else query.where(ServiceRequest.created_at >= since)
