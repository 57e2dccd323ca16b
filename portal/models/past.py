"""How things stood at an instant of the past: grants, people, and one request's marks and names."""

from dataclasses import dataclass

from peewee import JOIN

from portal.models.access import Grant
from portal.models.history import HistoryEvent
from portal.models.organizations import Contact, Organization
from portal.models.service_requests import AdditionalContact, ServiceRequest, ServiceRequestChange

ACTIVITY = ("contact_deactivated", "contact_reactivated")


@dataclass(frozen=True)
class Past:
    """What one needs to say who could see a request between two instants; loaded once, then asked of each instant."""

    service_request: ServiceRequest
    grants: list
    people: list
    changes: list  # of the request, newest first
    additional: set
    activity: dict  # contact id: [(at, kind)], oldest first

    def grants_at(self, at):
        """Return the customer's grants that were active at `at`."""
        return [grant for grant in self.grants if grant.was_active(at)]

    def was_active(self, person, at):
        """Return whether the person was active at `at`: as now, unless the history says that it changed since."""
        if person.created_at > at:
            return False
        since = next((kind for changed, kind in self.activity.get(person.id, ()) if changed > at), None)
        return person.active if since is None else since == "contact_deactivated"

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
        edges |= {at for events in self.activity.values() for at, _ in events}
        edges |= {at for one in self.people for at in (one.confirmed_at, one.kept_at) if at}
        return sorted(at for at in edges if since <= at < until)


def past(service_request, since, until):
    """Return the Past of a request between two instants, in five queries."""
    grants = _grants(service_request.organization_id, since, until)
    people = _people({service_request.organization_id, *(grant.partner_id for grant in grants)})
    changes = ServiceRequestChange.select().where(
        ServiceRequestChange.service_request == service_request, ServiceRequestChange.at >= service_request.created_at
    )
    additional = AdditionalContact.select(AdditionalContact.contact).where(
        AdditionalContact.service_request == service_request
    )
    return Past(
        service_request=service_request,
        grants=grants,
        people=people,
        changes=list(changes.order_by(ServiceRequestChange.at.desc(), ServiceRequestChange.id.desc())),
        additional={row[0] for row in additional.tuples()},
        activity=_activity(people, since),
    )


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


def _activity(people, since):
    events = HistoryEvent.select(HistoryEvent.contact, HistoryEvent.at, HistoryEvent.kind).where(
        HistoryEvent.customer.in_({person.organization_id for person in people}),
        HistoryEvent.kind.in_(ACTIVITY),
        HistoryEvent.at >= since,
    )
    found = {}
    for contact, at, kind in events.order_by(HistoryEvent.at, HistoryEvent.sequence).tuples():
        found.setdefault(contact, []).append((at, kind))
    return found
