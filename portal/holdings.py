"""What a person holds at each customer, as My Customers tells it: one fixed number of queries, however many they are."""

from dataclasses import dataclass, field

from portal.collation import in_order
from portal.models import site_notices
from portal.models.access import Grant
from portal.models.counting import by_organization, led_by_organization, not_done_by_organization
from portal.models.subscribing import organizations_subscribed
from portal.permissions import (
    Capability,
    Standing,
    customer_standings,
    identities,
    may_give_up,
    may_leave_site_notices,
    organizations_noticed,
    people_reached,
    visible_requests,
)

COLLEAGUES_SHOWN = 30


@dataclass(frozen=True)
class Holding:
    """One customer: the person's standing there, what it opens, and who else of the firm has access."""

    standing: Standing
    subscribed: bool
    requests: int  # not done yet; where only naming opens them, all that name me
    leads: int
    colleagues: list = field(default_factory=list)  # the firm's active grants but mine: everybody's, then by name
    colleague_count: int = 0
    mine_to_give_up: list = field(default_factory=list)
    receives_notices: bool = True
    notices: list = field(default_factory=list)  # of the customer's sites, those that are current

    @property
    def customer(self):
        """Return the customer."""
        return self.standing.organization

    @property
    def reads_all(self):
        """Return whether the level opens all the customer's requests."""
        return self.standing.allows(Capability.READ_ALL)

    @property
    def may_subscribe(self):
        """Return whether the level allows subscribing to new requests."""
        return self.standing.allows(Capability.SUBSCRIBE)

    @property
    def may_leave_notices(self):
        """Return whether the person may choose not to hear of what happens to the customer's sites."""
        return may_leave_site_notices(self.standing)

    @property
    def manages_contacts(self):
        """Return whether the level opens the customer's contacts."""
        return self.standing.allows(Capability.MANAGE_CONTACTS)

    @property
    def sees_dashboard(self):
        """Return whether the level opens the dashboard."""
        return self.standing.allows(Capability.DASHBOARD)


def holdings(contact, at):
    """Return a Holding for each customer that a grant opens to the contact, by the customer's name."""
    standings = in_order(customer_standings(contact, at), lambda one: one.organization.name)
    if not standings:
        return []
    seen = visible_requests(contact, at)
    wide_open = [one.organization.id for one in standings if one.allows(Capability.READ_ALL)]
    named_only = [one.organization.id for one in standings if not one.allows(Capability.READ_ALL)]
    requests = not_done_by_organization(seen, wide_open) | by_organization(seen, named_only)
    leads = led_by_organization(seen, identities(contact))
    subscribed = organizations_subscribed(contact)
    noticed = organizations_noticed(standings)
    notices = site_notices.current(noticed, at)
    firm = _Firm(contact, at)
    return [
        Holding(
            standing=one,
            subscribed=one.organization.id in subscribed,
            requests=requests.get(one.organization.id, 0),
            leads=leads.get(one.organization.id, 0),
            colleagues=firm.grants_beside_mine(one.organization.id),
            colleague_count=firm.colleagues_at(one.organization.id),
            mine_to_give_up=[grant for grant in (one.grant, one.overrules) if grant and may_give_up(contact, grant)],
            receives_notices=one.organization in noticed,
            notices=[notice for notice in notices if notice.site.organization_id == one.organization.id],
        )
        for one in standings
    ]


class _Firm:
    """The contact's organization: its people, and its active grants by customer."""

    def __init__(self, contact, at):
        self.me = contact.id
        self.people = {person.id for person in people_reached([contact.organization_id], at)}
        self.grants = {}
        for grant in Grant.active_of_partner(contact.organization_id, at):
            self.grants.setdefault(grant.customer_id, []).append(grant)

    def grants_beside_mine(self, customer):
        grants = [one for one in self.grants[customer] if one.contact_id is None or self._is_colleague(one.contact_id)]
        return sorted(grants, key=lambda one: one.contact_id is not None)

    def colleagues_at(self, customer):
        grants = self.grants[customer]
        if any(one.contact_id is None for one in grants):
            return len(self.people - {self.me})
        return sum(self._is_colleague(one.contact_id) for one in grants)

    def _is_colleague(self, person):
        return person != self.me and person in self.people
