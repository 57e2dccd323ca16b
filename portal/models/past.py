"""How things stood at an instant of the past: grants, people, stand-ins, and one request's marks and names."""

import json
from dataclasses import dataclass

from peewee import JOIN

from portal.models.access import Grant
from portal.models.history import HistoryEvent
from portal.models.organizations import Contact, Organization
from portal.models.service_requests import AdditionalContact, ServiceRequest, ServiceRequestChange

ACTIVITY = ("contact_deactivated", "contact_reactivated")
LINKING = ("stand_in_linked", "stand_in_unlinked")
NAMING = ("contact_added", "contact_removed", "primary_contact")


@dataclass(frozen=True)
class Past:
    """What one needs to say who could see a request between two instants; loaded once, then asked of each instant."""

    service_request: ServiceRequest
    grants: list
    people: list
    changes: list  # of the request, newest first
    additional: set
    records: list  # the people, and those of other organizations whom the request ever named
    activity: dict  # contact id: [(at, kind)], oldest first
    links: dict  # record id: [(at, kind, id of the person behind, 0 where nobody of the people)], oldest first

    def grants_at(self, at):
        """Return the customer's grants that were active at `at`."""
        return [grant for grant in self.grants if grant.was_active(at)]

    def was_active(self, person, at):
        """Return whether the person was active at `at`: as now, unless the history says that it changed since."""
        if person.created_at > at:
            return False
        since = next((kind for changed, kind in self.activity.get(person.id, ()) if changed > at), None)
        return person.active if since is None else since == "contact_deactivated"

    def stood_in_at(self, at):
        """Return {record id: id of the person behind} of the records that were stand-ins at `at`."""
        found = {}
        for record in self.records:
            since = next((one for one in self.links.get(record.id, ()) if one[0] > at), None)
            if since is None:
                behind = record.stands_in_for_id
            else:
                behind = since[2] if since[1] == "stand_in_unlinked" else None
            if behind is not None:
                found[record.id] = behind
        return found

    def was_confidential(self, at):
        """Return whether the request was confidential at `at`."""
        undone = [one for one in self.changes if one.at > at and one.what == "confidential"]
        return undone[-1].before == "True" if undone else self.service_request.confidential

    def named_at(self, at):
        """Return the ids of the contacts whom the request named at `at`."""
        request, additional, primary = (
            self.service_request,
            set(self.additional),
            self.service_request.primary_contact_id,
        )
        for change in self.changes:
            if change.at <= at:
                break
            if change.what == "contact_added":
                additional.discard(int(change.after))
            elif change.what == "contact_removed":
                additional.add(int(change.before))
            elif change.what == "primary_contact":
                primary = int(change.before)
                self._undo_primary(change, additional)
        return {request.submitted_by_id, primary, *additional}

    def _undo_primary(self, change, additional):
        """Put back who was an additional contact before the change: the earlier primary one became one by it."""
        earlier = {one.after for one in self.changes if one.what == "contact_added" and one.at <= change.at}
        if change.before not in earlier:
            additional.discard(int(change.before))
        if change.after in earlier:
            additional.add(int(change.after))

    def instants(self, since, until):
        """Return `since` and each instant before `until` at which anything changed, in order."""
        edges = {since, *(one.at for one in self.changes), *(one.starts_at for one in self.grants)}
        edges |= {one.over_at for one in self.grants} | {one.created_at for one in self.people}
        edges |= {one[0] for told in (self.activity, self.links) for events in told.values() for one in events}
        edges |= {at for one in self.people for at in (one.confirmed_at, one.kept_at) if at}
        return sorted(at for at in edges if since <= at < until)


def past(service_request, since, until):
    """Return the Past of a request between two instants, in six queries."""
    grants = _grants(service_request.organization_id, since, until)
    people = _people({service_request.organization_id, *(grant.partner_id for grant in grants)})
    changes = _changes(service_request)
    query = AdditionalContact.select(AdditionalContact.contact)
    additional = {row[0] for row in query.where(AdditionalContact.service_request == service_request).tuples()}
    records = people + _named_elsewhere(service_request, additional, changes, people)
    events = _events(records, since)
    return Past(
        service_request=service_request,
        grants=grants,
        people=people,
        changes=changes,
        additional=additional,
        records=records,
        activity=_activity(events),
        links=_links(events, people),
    )


def _changes(service_request):
    query = ServiceRequestChange.select().where(
        ServiceRequestChange.service_request == service_request, ServiceRequestChange.at >= service_request.created_at
    )
    return list(query.order_by(ServiceRequestChange.at.desc(), ServiceRequestChange.id.desc()))


def _named_elsewhere(service_request, additional, changes, people):
    """Return whom the request ever named outside `people`: such a record may stand in for one of them."""
    named = {service_request.submitted_by_id, service_request.primary_contact_id, *additional}
    named |= {int(told) for one in changes if one.what in NAMING for told in (one.before, one.after) if told}
    others = named - {person.id for person in people} - {None}
    columns = (Contact.id, Contact.organization, Contact.stands_in_for)
    return list(Contact.select(*columns).where(Contact.id.in_(sorted(others))))


def _grants(customer, since, until):
    """Return the customer's grants that were active at any instant from `since` to `until`, with who approved them."""
    approver = Contact.alias()
    query = Grant.select(Grant, Organization, approver).join(Organization, on=Grant.partner)
    query = query.join_from(Grant, approver, JOIN.LEFT_OUTER, on=Grant.approved_by, attr="approved_by")
    return list(
        query.where(
            Grant.customer == customer,
            Grant.starts_at < until,
            Grant.expires_at > since,
            Grant.ended_at.is_null() | (Grant.ended_at > since),
        ).order_by(Organization.name, Grant.id)
    )


def _people(organizations):
    query = Contact.select(Contact, Organization).join(Organization, on=Contact.organization)
    query = query.where(Contact.organization.in_(list(organizations)))
    return list(query.order_by(Organization.name, Organization.id, Contact.name, Contact.id))


def _events(records, since):
    query = HistoryEvent.select(
        HistoryEvent.contact, HistoryEvent.at, HistoryEvent.kind, HistoryEvent.partner, HistoryEvent.details
    ).where(
        HistoryEvent.customer.in_({record.organization_id for record in records}),
        HistoryEvent.kind.in_(ACTIVITY + LINKING),
        HistoryEvent.at >= since,
    )
    return list(query.order_by(HistoryEvent.at, HistoryEvent.sequence).tuples())


def _activity(events):
    found = {}
    for contact, at, kind, _partner, _details in events:
        if kind in ACTIVITY:
            found.setdefault(contact, []).append((at, kind))
    return found


def _links(events, people):
    found = {}
    for contact, at, kind, partner, details in events:
        if kind in LINKING:
            found.setdefault(contact, []).append((at, kind, _behind(json.loads(details), partner, people)))
    return found


def _behind(told, partner, people):
    """Return the id of the person whom an event names, 0 for nobody of the people. Older events tell the name alone."""
    if "person_id" in told:
        return next((one.id for one in people if one.public_id == told["person_id"]), 0)
    same = [one.id for one in people if one.organization_id == partner and one.name == told["person"]]
    return same[0] if len(same) == 1 else 0
