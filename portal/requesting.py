"""What the form for requesting access offers: colleagues to name, levels held today, and what is prefilled."""

from portal.forms.access import AskForm
from portal.models import colleagues
from portal.models.access import AccessRequest, Grant
from portal.models.organizations import Organization
from portal.permissions import Level, may_extend, people_reached, standing
from portal.weighing import Scales

COLLEAGUES_SHOWN, COLLEAGUES_FOUND = 10, 30


class Requester:
    """One person about to ask, perhaps about a customer where they hold something already (`held`)."""

    def __init__(self, contact, at, customer_slug="", grant_id=""):
        self.contact = contact
        self.at = at
        self.firm = contact.organization
        self.held = self._grant_called(grant_id) or self._grant_at(customer_slug)
        self.scales = Scales(self.held.customer, [self.firm.id], at) if self.held else None

    @property
    def customer(self):
        """Return the customer whose access is to be changed, or None where nothing is known of one."""
        return self.held.customer if self.held else None

    @property
    def firm_size(self):
        """Return how many people a level for everybody reaches."""
        return len(self.scales.people(self.firm.id) if self.scales else people_reached([self.firm.id], self.at))

    def _grant_called(self, public_id):
        found = Grant.by_public_id(public_id) if public_id else None
        return found if found and may_extend(self.contact, found) else None

    def _grant_at(self, slug):
        customer = Organization.by_slug(slug) if slug else None
        return standing(self.contact, customer, self.at).grant if customer else None

    def prefilled(self, max_days):
        """Return the form as it first stands: what is held today, addressed to where it was approved, if we know."""
        form = AskForm(max_days)
        if self.held:
            code, person = Level(self.held.level).code, self.held.contact
            form.manager_email = AccessRequest.address_known_to(self.firm, self.held.customer) or ""
            form.days = str(min(max_days, max(1, (self.held.expires_at - self.held.starts_at).days)))
            form.organization_level = "" if person else code
            form.levels = {person.public_id: code} if person else {}
        return form

    def named(self, form):
        """Return {public id: contact} of the colleagues for whom a level was typed."""
        return colleagues.called(self.firm, form.levels)

    def rows(self, form):
        """Return (contact, code typed, Level today or None) of the people offered: me, those named, those searched."""
        named = self.named(form)
        shown = [self.contact, *(person for person in named.values() if person.id != self.contact.id)]
        most = COLLEAGUES_FOUND if form.colleague else COLLEAGUES_SHOWN
        found = colleagues.matching(self.firm, form.colleague, most, [person.id for person in shown])
        return [(one, form.levels.get(one.public_id, ""), self._level_today(one)) for one in (*shown, *found)]

    def _level_today(self, person):
        grant = self.scales.deciding_today(self.firm.id, person.id) if self.scales else None
        return Level(grant.level) if grant else None
