"""How many requests stand behind a link. The condition of what one may see is handed in; nothing here widens it."""

from peewee import JOIN, fn

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
    still_open, waiting = _led_by_status(customer)
    query = query.where(ServiceRequest.id.in_(still_open.union_all(waiting)))
    return query.order_by(ServiceRequest.created_at, ServiceRequest.id)


def anything_led_from_outside(customer):
    """Return a question: whether there is one of these requests of the customer (an id, or what stands for it)."""
    still_open, waiting = _led_by_status(customer)
    return fn.EXISTS(still_open) | fn.EXISTS(waiting)


def _led_by_status(customer):
    """Return a select of the ids for each status: of both at once SQLite thinks as of all that the customer ever asked."""
    return [_led_at(ServiceRequest.alias(), Contact.alias(), customer, status) for status in NOT_DONE]


def _led_at(request, primary, customer, status):
    outside = (primary.organization != customer) | primary.stands_in_for.is_null(False)
    query = request.select(request.id).join(primary, on=request.primary_contact)
    return query.where(request.organization == customer, request.status == status, outside, ~primary.desk)
