"""Who could see a request on a day of the past, and why: today's rule, asked of how things stood then."""

from dataclasses import dataclass
from datetime import datetime

from portal import clock, permissions
from portal.models.access import Grant
from portal.models.organizations import Contact
from portal.models.past import past
from portal.permissions import ALLOWED, Capability, Level


@dataclass(frozen=True)
class Reason:
    """Why somebody could see a request: `own` people, a grant that `opened` it, or being `named` under a grant."""

    kind: str
    grant: Grant | None = None
    overrules: Grant | None = None


@dataclass(frozen=True)
class Sight:
    """One person who could see the request for one reason, from `since` until `until` (None: the whole of the day)."""

    person: Contact
    reason: Reason
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Group:
    """People of one organization who could see the request for the same reason over the same stretch of the day."""

    sight: Sight  # the first one's, for all
    people: list


@dataclass(frozen=True)
class Answer:
    """Who could see a request between two instants; nobody where it did not exist yet or the day is still to come."""

    since: datetime
    until: datetime
    own: list
    partners: list

    @property
    def existed(self):
        """Return whether the request existed on that day and the day has begun."""
        return self.since < self.until


def who_could_see(service_request, day, at):
    """Return the Answer for one calendar day, by the customer's time zone; `at` is now."""
    zone = service_request.organization.timezone
    since = max(clock.start_of_day(day, zone), service_request.created_at)
    until = min(clock.end_after_days(clock.start_of_day(day, zone), 0, zone), at)
    if since >= until:
        return Answer(since, until, [], [])
    known = past(service_request, since, until)
    sights = _sights(known, since, until)
    customer = service_request.organization_id
    return Answer(
        since,
        until,
        own=_grouped(one for one in sights if one.person.organization_id == customer),
        partners=_grouped(one for one in sights if one.person.organization_id != customer),
    )


def _grouped(sights):
    groups = {}
    for one in sights:
        key = (one.person.organization_id, one.reason, one.since, one.until)
        groups.setdefault(key, Group(one, [])).people.append(one.person)
    return list(groups.values())


def _sights(known, since, until):
    instants = known.instants(since, until)
    moments = [_Moment(known, instant) for instant in instants]
    return [
        Sight(person, reason, start if start > since else None, end if end < until else None)
        for person in known.people
        for reason, start, end in _stretches(person, moments, until)
    ]


def _stretches(person, moments, until):
    """Yield (reason, from, until) for each stretch of the day in which one reason let the person see the request."""
    reason, start = None, None
    for moment in moments:
        present = moment.reason(person)
        if present != reason:
            if reason is not None:
                yield reason, start, moment.at
            reason, start = present, moment.at
    if reason is not None:
        yield reason, start, until


class _Moment:
    """The rule of SPEC 3 at one instant of the past."""

    def __init__(self, known, at):
        self.at = at
        self._known = known
        self._stood_in = known.stood_in_at(at)
        self._grants = known.grants_at(at)
        self._confidential = known.was_confidential(at)
        self._named = {self._stood_in.get(one, one) for one in known.named_at(at)}

    def reason(self, person):
        """Return the Reason why the person could see the request at this instant, or None."""
        if person.id in self._stood_in or not self._known.was_active(person, self.at) or self._suspended(person):
            return None
        if person.organization_id == self._known.service_request.organization_id:
            return Reason("own")
        grant, overruled = permissions.deciding(self._grants, person) if self._counts(person) else (None, None)
        if grant is None:
            return None
        reads_all = Capability.READ_ALL in ALLOWED[Level(grant.level)]
        if reads_all and not self._confidential and self._covers(grant):
            return Reason("opened", grant, overruled)
        return Reason("named", grant, overruled) if person.id in self._named else None

    def _covers(self, grant):
        return grant.covers_from_at is None or self._known.service_request.created_at >= grant.covers_from_at

    def _counts(self, person):
        return person.added_by_id is None or (person.confirmed_at is not None and person.confirmed_at <= self.at)

    def _suspended(self, person):
        if person.added_by_id is None or (person.kept_at is not None and person.kept_at <= self.at):
            return False
        if person.organization_id == self._known.service_request.organization_id:
            return all(grant.partner_id != person.added_by_id for grant in self._grants)
        return permissions.is_suspended(person, self.at)
