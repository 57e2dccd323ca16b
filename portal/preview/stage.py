"""The stage of the preview: its firms and people as rows, and what happens to them, in the order of time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from portal import clock
from portal.models import Contact, Organization, Site
from portal.preview import cast

LONG_AGO = timedelta(days=500)


class Stage:
    """Rows by the names that stories use, and the acts that wait to be played."""

    def __init__(self, now: datetime):
        self.now = now
        self.firms = {firm.slug: _make_firm(firm) for firm in cast.FIRMS}
        self.sites = {site.name: site for site in Site.select()}
        self.people: dict = {}
        self._acts: list = []

    def let_in(self, password_hash):
        """Create the people, all with the same password."""
        self.people = {person.key: self._make_person(person, password_hash) for person in cast.PEOPLE}

    def ago(self, days, at_time, timezone):
        """Return the instant of `at_time` (HH:MM) in `timezone`, that many days before today there, as naive UTC."""
        day: date = clock.day_in(self.now, timezone) - timedelta(days=days)
        local = datetime.combine(day, time.fromisoformat(at_time), ZoneInfo(timezone))
        return local.astimezone(UTC).replace(tzinfo=None)

    def then(self, at, act):
        """Remember that `act(at)` happens at that instant."""
        self._acts.append((min(at, self.now), len(self._acts), act))

    def play(self):
        """Let everything happen, the earliest first: a history is a chain, so its order is that of the calls."""
        for at, _order, act in sorted(self._acts, key=lambda one: one[:2]):
            act(at)
        self._acts.clear()

    def _make_person(self, person, password_hash):
        firm = self.firms[person.firm]
        return Contact.create(
            email=person.email,
            name=person.name,
            organization=firm,
            timezone=person.timezone or firm.timezone,
            locale=person.locale or firm.locale,
            password_hash=password_hash,
            created_at=self.now - LONG_AGO,
            **dict.fromkeys(person.flags, True),
        )


def _make_firm(firm):
    made = Organization.create(slug=firm.slug, name=firm.name, timezone=firm.timezone, locale=firm.locale)
    for name, url in firm.sites:
        Site.create(organization=made, name=name, url=url)
    return made
