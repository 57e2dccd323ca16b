"""How much of a customer's past a grant opens: counted, never listed."""

from dataclasses import dataclass

from peewee import Case, Value, fn

from portal.models.service_requests import Attachment, Message, ServiceRequest


@dataclass(frozen=True)
class Extent:
    """What a grant from Look upwards opens of a customer's requests, and what it leaves closed."""

    requests: int
    attachments: int
    confidential: int
    older: int


def extent(customer, covers_from_at=None):
    """Return the Extent of the customer's requests from `covers_from_at` (naive UTC) on, or of all of them."""
    open_ones = ~ServiceRequest.confidential
    covered = Value(True) if covers_from_at is None else ServiceRequest.created_at >= covers_from_at
    requests, confidential, total = (
        ServiceRequest.select(_count(open_ones & covered), _count(ServiceRequest.confidential), fn.COUNT(1))
        .where(ServiceRequest.organization == customer)
        .tuples()
        .get()
    )
    return Extent(requests, _attachments(customer, covers_from_at), confidential, total - requests - confidential)


def _count(condition):
    return fn.COUNT(Case(None, [(condition, 1)], None))


def _attachments(customer, covers_from_at):
    """Count the files that partners could read: none of the desk's internal messages is among them (rule 8)."""
    query = (
        Attachment.select()
        .join(ServiceRequest, on=Attachment.service_request)
        .join_from(Attachment, Message, on=Attachment.message)
        .where(ServiceRequest.organization == customer, ~ServiceRequest.confidential, ~Message.internal)
    )
    if covers_from_at is not None:
        query = query.where(ServiceRequest.created_at >= covers_from_at)
    return query.count()
