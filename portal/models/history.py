"""What happened to a customer's access and requests: written once, each event chained to the one before."""

import hashlib
import json

from peewee import CharField, ForeignKeyField, IntegerField, TextField, fn

from portal.models.access import Grant
from portal.models.base import Instant, Table, added
from portal.models.holding import hold_row
from portal.models.organizations import Contact, Organization
from portal.models.prepared import prepared
from portal.models.service_requests import ServiceRequest

WORK = ("read", "downloaded", "wrote", "created", "changed")  # what is kept of the people of partners
_BY_REQUEST = {"read", "created", "changed"}
_as_hashed = json.JSONEncoder(ensure_ascii=False).encode
_as_kept = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


class HistoryEvent(Table):
    """One event of one customer's history. `details` is JSON; `hash` covers the row and the hash before it."""

    customer = ForeignKeyField(Organization, index=False)
    sequence: int = IntegerField()
    at = Instant()
    kind: str = CharField(max_length=32)
    actor = ForeignKeyField(Contact, null=True, index=False)
    partner = ForeignKeyField(Organization, null=True, index=False)
    contact = ForeignKeyField(Contact, null=True)
    grant = ForeignKeyField(Grant, null=True)
    service_request = ForeignKeyField(ServiceRequest, null=True, index=False)
    details: str = TextField(default="{}")
    previous_hash: str = CharField(max_length=64)
    hash: str = CharField(max_length=64)

    class Meta:
        indexes = (
            (("customer", "sequence"), True),
            (("customer", "at", "sequence"), False),
            (("customer", "partner", "at", "sequence"), False),
            (("customer", "actor", "at", "sequence"), False),
            (("customer", "service_request", "at", "sequence"), False),
            (("customer", "kind", "at", "sequence"), False),
        )

    def digest(self):
        """Return the SHA-256 (hex) of this event's content and of the hash before it."""
        row = [
            self.customer_id,
            self.sequence,
            self.at.isoformat(timespec="microseconds"),
            self.kind,
            self.actor_id,
            self.partner_id,
            self.contact_id,
            self.grant_id,
            self.service_request_id,
            self.details,
            self.previous_hash,
        ]
        return hashlib.sha256(_as_hashed(row).encode()).hexdigest()


def record(customer, kind, at, *, actor=None, partner=None, contact=None, grant=None, service_request=None, **details):
    """Append an event to the customer's history and return it; call it inside the transaction of what it tells of."""
    hold_row(Organization, customer.id)
    last = next(iter(_last_of(customer.id)), None)
    event = HistoryEvent(
        customer=customer,
        sequence=last.sequence + 1 if last else 1,
        at=at,
        kind=kind,
        actor=actor,
        partner=partner,
        contact=contact,
        grant=grant,
        service_request=service_request,
        details=_as_kept(details),
        previous_hash=last.hash if last else "",
    )
    event.hash = event.digest()
    return added(event)


@prepared
def _last_of(customer):
    of_customer = HistoryEvent.select(HistoryEvent.sequence, HistoryEvent.hash).where(HistoryEvent.customer == customer)
    return of_customer.order_by(HistoryEvent.sequence.desc()).limit(1)


def done_under(grant):
    """Return what the partner's people did under the grant: requests read, created and changed, messages, downloads."""
    counted = (
        HistoryEvent.select(
            HistoryEvent.kind, fn.COUNT(HistoryEvent.id), fn.COUNT(HistoryEvent.service_request.distinct())
        )
        .where(HistoryEvent.grant == grant, HistoryEvent.kind.in_(WORK))
        .group_by(HistoryEvent.kind)
    )
    found = {kind: requests if kind in _BY_REQUEST else events for kind, events, requests in counted.tuples()}
    return {kind: found.get(kind, 0) for kind in WORK}
