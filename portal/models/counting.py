"""How many requests stand behind a link. The condition of what one may see is handed in; nothing here widens it."""

from peewee import JOIN, fn

from portal.models.organizations import Contact, Organization
from portal.models.service_requests import OPEN, WAITING, ServiceRequest

NOT_DONE = (OPEN, WAITING)


def number_at(organization, *conditions):
    """Return a question: how many requests of an organization, a column of the select that asks, meet the conditions."""
    here = ServiceRequest.organization == organization
    return fn.COALESCE(ServiceRequest.select(fn.COUNT(ServiceRequest.id)).where(here, *conditions), 0)


def not_done():
    """Return the condition that a request is open or waiting."""
    return ServiceRequest.status.in_(NOT_DONE)


def led_by(contacts):
    """Return the condition that a request is open or waiting and one of `contacts` (ids) leads it."""
    return ServiceRequest.primary_contact.in_(list(contacts)) & not_done()


def led_from_outside(customer):
    """Return a select of the customer's open and waiting requests that a partner's person leads, also through a stand-in.

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
    return query.order_by(ServiceRequest.created_at, ServiceRequest.id)
