"""What one organization offers to somebody who asks a question for it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask_babel import gettext as _

from portal import permissions
from portal.collation import in_order
from portal.forms import people as people_options
from portal.languages import zone_names
from portal.models.service_requests import ACCOUNT, CATEGORIES, SITE_ADMINISTRATION, TECHNICAL, UPGRADE
from portal.models.zones import zones_in_use
from portal.permissions import Capability, Level, Submission
from portal.words import category_word, level_word


@dataclass
class Offer:
    """The choices that depend on the organization. Everything is asked of the database once, when it is needed."""

    submission: Submission
    at: datetime

    @cached_property
    def sites(self):
        return self.organization.sites_by_name()

    @cached_property
    def people(self):
        """(contact, Standing) of all whom the request may name."""
        return permissions.people_to_name(self.submission.request_standing(self.at))

    @cached_property
    def zones(self):
        """The zones that the organization's contacts use."""
        return zones_in_use(self.organization) if self.zone_matters else []

    @property
    def organization(self):
        return self.submission.organization

    @property
    def standing(self):
        return self.submission.standing

    @property
    def contact(self):
        return self.submission.standing.contact

    @property
    def zone_matters(self):
        """Whether the time zone is asked for: of whoever submits for a customer as its primary contact (SPEC 4)."""
        return self.standing.kind != "own"

    @property
    def may_be_confidential(self):
        return self.standing.keeps_confidence

    @cached_property
    def sites_by_id(self):
        return {site.public_id: site for site in self.sites}

    @property
    def site_options(self):
        return [(site.public_id, site.name) for site in in_order(self.sites)]

    @cached_property
    def nameable_by_id(self):
        return {person.public_id: person for person, _one in self.people}

    @cached_property
    def primaries(self):
        return [pair for pair in self.people if pair[1].allows(Capability.BE_PRIMARY_CONTACT)]

    @cached_property
    def primary_by_id(self):
        return {person.public_id: person for person, _one in self.primaries}

    @property
    def primary_options(self):
        """The groups of the drop-down of primary contacts."""
        return people_options.option_groups(self.primaries, without={self.contact.id})

    @property
    def additional_groups(self):
        """[(organization name, [(public id, label)])] of those who may be additional contacts."""
        groups = people_options.option_groups(self.people, without={self.contact.id})
        return [(group["label"], group["options"]) for group in groups]

    @property
    def partners_who_read(self):
        """[(partner's name, number of people)] whose level opens every request of the organization."""
        counts = {}
        for person, one in self.people:
            if one.grant and one.allows(Capability.READ_ALL):
                counts[person.organization.name] = counts.get(person.organization.name, 0) + 1
        return sorted(counts.items())

    @property
    def category_options(self):
        """The groups of the category drop-down; what is not allowed says what it needs."""
        return [
            {"label": _("Questions"), "options": self._categories((TECHNICAL, ACCOUNT))},
            {"label": _("Site administration"), "options": self._categories(SITE_ADMINISTRATION)},
            {"label": _("Upgrades"), "options": self._categories((UPGRADE,))},
        ]

    def _categories(self, categories):
        allowed = self.submission.categories
        return [(one, self._category_label(one), one not in allowed) for one in categories if one in CATEGORIES]

    def _category_label(self, category):
        word = category_word(category)
        if category in self.submission.categories:
            return word
        if category == UPGRADE or self.standing.kind == "own":
            return _("%(category)s (the organization’s own support contacts only)", category=word)
        return _("%(category)s (needs %(level)s)", category=word, level=level_word(Level.SERVICE_ADMIN))

    @property
    def other_zone(self):
        """The zone that one click changes to from the person's own: the customer's, unless both are one."""
        theirs = self.organization.timezone
        return theirs if theirs != self.contact.timezone else ""

    @property
    def zone_options(self):
        """The groups of the time zone drop-down: the customer's first, then one's own, then all others."""
        theirs = list(dict.fromkeys([*self.zones, self.organization.timezone]))
        mine = [self.contact.timezone] if self.contact.timezone not in theirs else []
        rest = [zone for zone in zone_names() if zone not in theirs and zone not in mine]
        named = _("Used at %(organization)s", organization=self.organization.name)
        groups = [(named, theirs), (_("Yours"), mine), (_("All others"), rest)]
        return [{"label": label, "options": [(zone, zone) for zone in zones]} for label, zones in groups if zones]
