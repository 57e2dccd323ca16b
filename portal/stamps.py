"""Many instants in one list: what `dates` says of each, with the reader's language, zone and day asked for once."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from portal import dates
from portal.languages import reader_zone


class Stamps:
    """Writes instants (naive UTC) for one reader: called with one, it returns <time> as lists tell when."""

    def __init__(self):
        self.zone = reader_zone()
        self._tz = ZoneInfo(self.zone)
        self._today = dates.local_day(dates.now(), self.zone)
        self._yesterday = self._today - timedelta(days=1)
        self._form = dates.forms()
        self._days, self._zones = {}, {}

    def __call__(self, instant):
        """Return the <time> element of `instant`: "08:12", "yesterday" or "20 Nov", the second and the zone beside it."""
        there = instant.replace(tzinfo=UTC).astimezone(self._tz)
        day, short = self._day(there.date(), instant)
        time = self._form.hour.format(there.hour) + there.strftime(":%M")
        zone = self._zone(there, instant)
        exact = self._form.with_zone.format(self._form.day_and_time.format(day, time + there.strftime(":%S")), zone)
        iso = there.isoformat(timespec="seconds")
        return Markup(f'<time datetime="{iso}" title="{exact}">{time if short is None else short}</time>')  # noqa: S704 (escaped above)

    def _day(self, day, instant):
        """Return (the whole day, what a list says of it), as HTML; None where it says the time of day."""
        if day not in self._days:
            said = None if day == self._today else dates.since(instant, self.zone)
            self._days[day] = tuple(one and str(Markup.escape(one)) for one in (dates.day(day), said))
        return self._days[day]

    def _zone(self, there, instant):
        name = there.tzname()
        if name not in self._zones:
            self._zones[name] = str(Markup.escape(dates.zone_name(instant, self.zone)))
        return self._zones[name]
