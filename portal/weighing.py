"""What a decision about access would change: who of the partner could do what today, and who could then (SPEC 4)."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from portal import clock, impact_told
from portal.models.access import Grant
from portal.models.impact import Extent, extents
from portal.permissions import ALLOWED, NOTHING, Capability, Level, Reached, deciding, names_reached


class Supposed(NamedTuple):
    """A grant that is only thought of: as much of it as is weighed."""

    partner_id: int
    contact_id: int | None
    level: int
    covers_from_at: datetime | None


@dataclass(frozen=True)
class Comparison:
    """The grant that decides today, and the one that would then."""

    before: Grant | None
    after: Grant | Supposed | None

    @cached_property
    def rank_before(self):
        """Return the rank of today's level, or None."""
        return self.before.level if self.before else None

    @cached_property
    def rank_after(self):
        """Return the rank of the level then, or None."""
        return self.after.level if self.after else None

    @cached_property
    def level_before(self):
        """Return today's level, or None."""
        return Level(self.rank_before) if self.before else None

    @cached_property
    def level_after(self):
        """Return the level then, or None."""
        return Level(self.rank_after) if self.after else None

    @cached_property
    def reads_all(self):
        """Return whether all requests that the grant covers are open then."""
        return Capability.READ_ALL in _allowed(self.after)

    @cached_property
    def goes_up(self):
        """Return whether something can be done then that cannot be done today."""
        return not _allowed(self.after) <= _allowed(self.before)

    @cached_property
    def goes_down(self):
        """Return whether something cannot be done then that can be done today."""
        return not _allowed(self.before) <= _allowed(self.after)

    @cached_property
    def reads_more(self):
        """Return whether requests open up that are closed today."""
        return _reach(self.after) < _reach(self.before)

    @cached_property
    def reads_less(self):
        """Return whether requests close that are open today."""
        return _reach(self.after) > _reach(self.before)


class Change(NamedTuple):
    """One person of the partner, and what a decision would change for them. It answers whatever its comparison does."""

    person: Reached
    comparison: Comparison

    def __getattr__(self, name):
        return getattr(self.comparison, name)


@dataclass(frozen=True)
class Weighed:
    """What a decision would change: for the people it decides for, and those whose own level it leaves alone."""

    changes: list
    keeping: list
    extent: Extent
    expires_at: datetime | None

    @cached_property
    def readers(self):
        """Return the changes of those who would read all that the decision opens."""
        return [one for one in self.changes if one.comparison.reads_all]

    @cached_property
    def named_only(self):
        """Return the changes of those who would read only what names them."""
        return [one for one in self.changes if one.comparison.after and not one.comparison.reads_all]

    @cached_property
    def reading_already(self):
        """Return those of the readers who can read as much today."""
        return [one for one in self.readers if not one.comparison.reads_more]

    @cached_property
    def readable_until(self):
        """Return when today's reading ends for all who can read as much today, or None where that differs."""
        ends = {one.comparison.before.over_at for one in self.reading_already}
        return ends.pop() if len(ends) == 1 else None

    def at_level(self, code):
        """Return how many people would have exactly the level called `code`."""
        return self._levels[code]

    @cached_property
    def _levels(self):
        return Counter(one.comparison.level_after.code for one in self.changes if one.comparison.after)

    @cached_property
    def going_up(self):
        """Return the changes of those who would be able to do what they cannot do today."""
        return [one for one in self.changes if one.comparison.goes_up]

    @cached_property
    def losing(self):
        """Return the changes of those who could do or read less than today."""
        return [one for one in self.changes if one.comparison.goes_down or one.comparison.reads_less]

    @cached_property
    def told(self):
        """Return all of it that pages tell, as plain values."""
        return impact_told.told(self)


class Scales:
    """One customer's partners as they stand at `at`, loaded once for everything that a page weighs."""

    def __init__(self, customer, partners, at, grants=None):
        """Load what is known of these partners (ids); `grants` are the customer's that are active, if at hand."""
        self.customer = customer
        self.at = at
        self.extents = {}
        self._grants = {partner: {} for partner in partners}
        self._people = {partner: [] for partner in partners}
        for grant in Grant.active_for_customer(customer, partners, at) if grants is None else grants:
            self._grants[grant.partner_id][grant.contact_id] = grant
        for person in names_reached(partners, at) if partners else ():
            self._people[person.organization_id].append(person)
        self._ids = {partner: {person.id for person in people} for partner, people in self._people.items()}

    def people(self, partner):
        """Return the people of the partner (id) whom its grants reach."""
        return self._people[partner]

    def knows(self, partner, contact):
        """Return whether the contact (id) is one of those whom the partner's grants reach."""
        return contact in self._ids[partner]

    def deciding_today(self, partner, contact):
        """Return the grant that decides today for this contact (id), or for everybody (None); None without one."""
        grants = self._grants.get(partner, {})
        return grants.get(contact) or grants.get(None)

    def reached_by(self, grant):
        """Return for how many people the grant decides, or would once it begins."""
        partner = grant.partner_id
        if grant.contact_id is not None:
            return int(self.knows(partner, grant.contact_id))
        return len(self._ids[partner] - self._grants[partner].keys())

    def weigh(self, partner, levels, covers_from=None, expires_at=None):
        """Return what it would change to give `levels`, {contact id or None for everybody: Level}, to the partner (id).

        None instead of a Level ends what the subject has.
        """
        today = self._grants.get(partner, {})
        since = self.instant_of(covers_from)
        then = today | {one: self._supposed(partner, one, level, since) for one, level in levels.items()}
        changes, keeping = [], []
        alike = {}  # most people of a firm have what everybody has: one comparison serves them all
        for person in self._people.get(partner, ()):
            subject = person.id if person.id in then else None
            if subject is not None or subject not in alike:
                alike[subject] = Comparison(_decider(today, person), _decider(then, person))
            change = Change(person, alike[subject])
            if _concerns(change, levels):
                changes.append(change)
            elif None in levels and change.after:
                keeping.append(change)
        return Weighed(changes, keeping, self._extent(since), expires_at)

    def instant_of(self, covers_from):
        """Return the first instant of the day that is covered, or None without one."""
        return clock.start_of_day(covers_from, self.customer.timezone) if covers_from else None

    def _supposed(self, partner, subject, level, since):
        return None if level is None else Supposed(partner, subject, int(level), since)

    def _extent(self, since):
        if since not in self.extents:
            self.extents |= extents(self.customer, [since])
        return self.extents[since]


def _concerns(change, levels):
    before, after = change.comparison.before, change.comparison.after
    given = after is not None and after.contact_id in levels
    taken = before is not None and before.contact_id in levels and before is not after
    return given or taken


def _decider(grants, person):
    """Return the grant that rule 1 picks for the person among a partner's, by subject."""
    reaching = [one for one in (grants.get(person.id), grants.get(None)) if one]
    return deciding(reaching, person)[0]


def _allowed(grant):
    return ALLOWED[Level(grant.level)] if grant else NOTHING


def _reach(grant):
    """Return from when on the grant opens requests; nothing is the latest there is."""
    if Capability.READ_ALL not in _allowed(grant):
        return datetime.max
    return grant.covers_from_at or datetime.min
