"""How many requests stand behind a link. The condition of what one may see is handed in; nothing here widens it."""

from peewee import JOIN, fn

from portal.models.base import of_rows
from portal.models.organizations import Contact, Organization
from portal.models.prepared import prepared
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
    """Return the customer's open and waiting requests that a partner's person leads, also through a stand-in.

    Each has the primary contact loaded, with organization and the person behind a stand-in; oldest first.
    """
    return _led_from_outside(customer.id)


@prepared
def _led_from_outside(customer):
    behind = Contact.alias()
    query = ServiceRequest.select(ServiceRequest, Contact, Organization, behind)
    query = query.join(Contact, on=ServiceRequest.primary_contact).join(Organization, on=Contact.organization)
    query = query.join_from(Contact, behind, JOIN.LEFT_OUTER, on=Contact.stands_in_for, attr="stands_in_for")
    query = query.where(*_is_led_from_outside(customer))
    return query.order_by(of_rows(ServiceRequest.created_at), of_rows(ServiceRequest.id))


def anything_led_from_outside(customer):
    """Return a question: whether there is one of these requests of the customer (an id, or what stands for it)."""
    query = ServiceRequest.select(ServiceRequest.id).join(Contact, on=ServiceRequest.primary_contact)
    return fn.EXISTS(query.where(*_is_led_from_outside(customer)))


def _is_led_from_outside(customer):
    outside = (Contact.organization != customer) | Contact.stands_in_for.is_null(False)
    return ServiceRequest.organization == customer, not_done(), outside, ~Contact.desk
