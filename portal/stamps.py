"""Many instants on one page: what `dates` says of each, with the reader's language, zone and day asked for once."""

from functools import lru_cache

from markupsafe import Markup

from portal import dates
from portal.languages import current_locale, reader_zone


class Stamps:
    """Writes instants (naive UTC) for one reader: called with one, it returns <time> as lists tell when."""

    def __init__(self):
        self.zone = reader_zone()
        self._reader = (self.zone, current_locale(), dates.local_day(dates.now(), self.zone))

    def __eq__(self, other):
        return isinstance(other, Stamps) and self._reader == other._reader

    def __hash__(self):
        return hash(self._reader)

    def __call__(self, instant):
        """Return the <time> element of `instant`: "08:12", "yesterday" or "20 Nov", the second and the zone beside it."""
        return _stamp(dates.since, instant, *self._reader)

    def moment(self, instant):
        """Return the same as threads tell when: "08:12", "yesterday, 16:40" or "Wed 18 Nov, 09:14"."""
        return _stamp(dates.moment, instant, *self._reader)


@lru_cache(8192)  # the same fifty, on each page
def _stamp(words, instant, zone, _locale, today):
    iso, exact, short = dates.iso(instant, zone), dates.exact(instant, zone), words(instant, zone, today)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, exact, short)
