"""What waits at the desk, and who leads requests from outside: small questions of the start page."""

from peewee import fn

from portal.models.counting import NOT_DONE
from portal.models.organizations import Contact, Organization
from portal.models.service_requests import OPEN, ServiceRequest

COUNTED_UP_TO = 100


def with_nobody(select):
    """Narrow a select of requests to the open ones that nobody at the desk has taken."""
    return select.where(ServiceRequest.status == OPEN, ServiceRequest.assignee.is_null())


def with_assignee(select, contact):
    """Narrow a select of requests to the open ones that `contact` of the desk has taken."""
    return select.where(ServiceRequest.status == OPEN, ServiceRequest.assignee == contact)


def count_up_to(select, most=COUNTED_UP_TO):
    """Return how many requests `select` holds, counted no further than `most`."""
    return select.select(ServiceRequest.id).limit(most).count()


def led_by_partner(customer, partners):
    """Return {organization id: number of the customer's open and waiting requests that its people lead}."""
    query = (
        ServiceRequest.select(Contact.organization, fn.COUNT(ServiceRequest.id))
        .join(Contact, on=ServiceRequest.primary_contact)
        .where(
            ServiceRequest.organization == customer,
            ServiceRequest.status.in_(NOT_DONE),
            Contact.organization.in_(list(partners)),
        )
        .group_by(Contact.organization)
    )
    return dict(query.tuples())


def people_of(organizations):
    """Return {organization id: number of active contacts who are themselves} for the given ids."""
    query = Contact.select(Contact.organization, fn.COUNT(Contact.id)).where(
        Contact.organization.in_(list(organizations)), Contact.active, Contact.stands_in_for.is_null()
    )
    return dict(query.group_by(Contact.organization).tuples())


def with_adder(select):
    """Return the contacts of a select, each with the partner that added them loaded, oldest first."""
    query = select.select(Contact, Organization).join(Organization, on=Contact.added_by)
    return list(query.order_by(Contact.created_at, Contact.id))
