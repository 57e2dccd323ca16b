"""Whether a customer's history still is what was written: a chain in which each event keeps the hash of the one before."""

from dataclasses import dataclass

from portal.models.history import HistoryEvent
from portal.models.organizations import Organization

GAP, PREVIOUS, CONTENT = "gap", "previous", "content"
BATCH = 1000


@dataclass(frozen=True)
class Verdict:
    """One customer's chain: how many events are sound, and the first that is not, with what is wrong about it.

    GAP: events before it are missing. PREVIOUS: it does not follow on the one before. CONTENT: it was changed.
    """

    customer: Organization
    sound: int
    broken: HistoryEvent | None = None
    cause: str = ""


def audit():
    """Yield the Verdict of each customer that has a history, by name."""
    customers = Organization.select().where(Organization.id.in_(HistoryEvent.select(HistoryEvent.customer)))
    for customer in customers.order_by(Organization.name, Organization.id):
        yield verify(customer)


def verify(customer):
    """Return the Verdict of one customer's chain."""
    previous_hash, sound = "", 0
    for event in _events(customer):
        cause = _cause(event, sound + 1, previous_hash)
        if cause:
            return Verdict(customer, sound, event, cause)
        previous_hash, sound = event.hash, sound + 1
    return Verdict(customer, sound)


def _cause(event, sequence, previous_hash):
    if event.sequence != sequence:
        return GAP
    if event.previous_hash != previous_hash:
        return PREVIOUS
    return "" if event.digest() == event.hash else CONTENT


def _events(customer):
    """Yield the customer's events in their order, some at a time."""
    query = HistoryEvent.select().where(HistoryEvent.customer == customer).order_by(HistoryEvent.sequence)
    batch = list(query.limit(BATCH))
    while batch:
        yield from batch
        batch = list(query.where(HistoryEvent.sequence > batch[-1].sequence).limit(BATCH))
