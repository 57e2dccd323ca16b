"""The desk's queue: which requests, and who of the desk has taken them. The select of what one may see is handed in."""

from portal.models.organizations import Contact, Organization
from portal.models.service_requests import ServiceRequest


def narrow(select, *, assignee=None, with_nobody=False, severity=None, submitted_before=None):
    """Return `select` with the queue's own filters; `submitted_before` is naive UTC."""
    if assignee is not None:
        select = select.where(ServiceRequest.assignee == assignee)
    if with_nobody:
        select = select.where(ServiceRequest.assignee.is_null())
    if severity is not None:
        select = select.where(ServiceRequest.severity == severity)
    if submitted_before is not None:
        select = select.where(ServiceRequest.created_at < submitted_before)
    return select


def assignees(request_ids):
    """Return {request id: contact} of those requests that somebody of the desk has taken, in one query."""
    if not request_ids:
        return {}
    query = ServiceRequest.select(ServiceRequest, Contact).join(Contact, on=ServiceRequest.assignee)
    return {one.id: one.assignee for one in query.where(ServiceRequest.id.in_(request_ids))}


def organizations_taken(contact, beside=()):
    """Return the organizations whose requests this person of the desk has taken, and those `beside` (ids), by name."""
    taken = ServiceRequest.select(ServiceRequest.organization).where(ServiceRequest.assignee == contact)
    query = Organization.select().where(Organization.id.in_(taken) | Organization.id.in_(list(beside)))
    return list(query.order_by(Organization.name, Organization.id))
