"""How many requests stand behind a link. The select of what one may see is handed in; nothing here widens it."""

from peewee import JOIN, fn

from portal.models.organizations import Contact, Organization
from portal.models.service_requests import OPEN, WAITING, ServiceRequest

NOT_DONE = (OPEN, WAITING)


def by_organization(select, organizations):
    """Return {organization id: number of requests} of `select` for these organizations (ids)."""
    return _grouped(select.where(ServiceRequest.organization.in_(list(organizations))))


def not_done_by_organization(select, organizations):
    """Return {organization id: number of open and waiting requests} of `select` for these organizations (ids)."""
    narrowed = select.where(ServiceRequest.organization.in_(list(organizations)))
    return _grouped(narrowed.where(ServiceRequest.status.in_(NOT_DONE)))


def led_by_organization(select, contacts):
    """Return {organization id: number of open and waiting requests} of `select` that one of `contacts` (ids) leads."""
    led = select.where(ServiceRequest.primary_contact.in_(list(contacts)))
    return _grouped(led.where(ServiceRequest.status.in_(NOT_DONE)))


def _grouped(select):
    query = select.select(ServiceRequest.organization, fn.COUNT(ServiceRequest.id))
    return dict(query.group_by(ServiceRequest.organization).tuples())


def led_from_outside(customer):
    """Return the customer's open and waiting requests that a partner's person leads, also through a stand-in.

    Each has the primary contact loaded, with organization and the person behind a stand-in; oldest first.
    """
    behind = Contact.alias()
    query = ServiceRequest.select(ServiceRequest, Contact, Organization, behind)
    query = query.join(Contact, on=ServiceRequest.primary_contact).join(Organization, on=Contact.organization)
    query = query.join_from(Contact, behind, JOIN.LEFT_OUTER, on=Contact.stands_in_for, attr="stands_in_for")
    outside = (Contact.organization != customer) | Contact.stands_in_for.is_null(False)
    query = query.where(
        ServiceRequest.organization == customer, ServiceRequest.status.in_(NOT_DONE), outside, ~Contact.desk
    )
    return list(query.order_by(ServiceRequest.created_at, ServiceRequest.id))
