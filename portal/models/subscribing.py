"""Who wishes to hear of every new request of an organization. A wish is personal, and gives no right by itself."""

from portal.database import transaction
from portal.models.service_requests import Subscription


def subscribe(contact, organization, on, at):
    """Note that the contact wishes to hear of the organization's new requests, or no longer does."""
    with transaction():
        if on:
            Subscription.insert(
                contact=contact, organization=organization, created_at=at
            ).on_conflict_ignore().execute()
        else:
            Subscription.delete().where(
                Subscription.contact == contact, Subscription.organization == organization
            ).execute()


def organizations_subscribed(contact):
    """Return the ids of the organizations whose new requests the contact wishes to hear of."""
    query = Subscription.select(Subscription.organization).where(Subscription.contact == contact)
    return {row[0] for row in query.tuples()}
