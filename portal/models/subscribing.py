"""Who wishes to hear of every new request of an organization. A wish is personal, and gives no right by itself."""

from peewee import fn

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


def is_subscribed_at(contact, organization):
    """Return a question: whether the contact wishes to hear of an organization, a column of the select that asks."""
    mine = Subscription.select(Subscription.id).where(Subscription.contact == contact)
    return fn.EXISTS(mine.where(Subscription.organization == organization))
