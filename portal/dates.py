"""Instants, days and time left, in the words of the reader's language and time zone.

Instants are naive UTC; a plain `date` is taken as it is. `zone` is an IANA name, by default the reader's;
`at` is the present instant, by default the clock's.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_location
from flask_babel import gettext, ngettext

from portal import clock
from portal.languages import current_locale, reader_zone

SOON_DAYS = 30
NOW_DAYS = 7


@dataclass(frozen=True)
class Forms:
    """How one language writes dates (CLDR patterns) and times."""

    day: str
    short_day: str
    weekday_day: str
    short_weekday_day: str
    hour: str
    day_and_time: str
    with_zone: str


FORMS = {
    "en": Forms("d MMMM y", "d MMM", "EEEE, d MMMM y", "EEE d MMM", "{:02}", "{}, {}", "{} {}"),
    "ja": Forms("y年M月d日", "M月d日", "y年M月d日（EEE）", "M月d日（EEE）", "{}", "{} {}", "{}（{}）"),
    "es": Forms("d 'de' MMMM 'de' y", "d MMM", "EEEE, d 'de' MMMM 'de' y", "EEE d MMM", "{}", "{}, {}", "{} ({})"),
}


def day(when, zone=None) -> str:
    """Return "5 December 2026"."""
    return _written("day", local_day(when, zone))


def weekday_day(when, zone=None) -> str:
    """Return "Saturday, 5 December 2026"."""
    return _written("weekday_day", local_day(when, zone))


def short_day(when, zone=None, at=None) -> str:
    """Return "20 Nov" for a day of the last 12 months, else the whole day with its year."""
    that = local_day(when, zone)
    return _written("short_day" if _within_a_year(that, _today(at, zone)) else "day", that)


def last_day(instant, zone=None) -> str:
    """Return the last whole day before `instant`: what "until" means to a person."""
    return _written("day", closing_day(instant, zone))


def clock_time(instant, zone=None) -> str:
    """Return "09:41", on a 24-hour clock."""
    return _clock(local(instant, zone))


def day_and_time(instant, zone=None) -> str:
    """Return "5 December 2026, 09:41", with the zone named where it is not the reader's."""
    there = local(instant, zone)
    words = forms().day_and_time.format(_written("day", there.date()), _clock(there))
    if zone is None or zone == reader_zone():
        return words
    return forms().with_zone.format(words, zone_name(instant, zone))


def exact(instant, zone=None) -> str:
    """Return the instant to the second with its zone: "5 December 2026, 00:00:00 JST"."""
    return _exact(instant, zone or reader_zone(), current_locale())


@lru_cache(4096)
def _exact(instant, zone, _locale):
    there = local(instant, zone)
    words = forms().day_and_time.format(_written("day", there.date()), f"{_clock(there)}:{there:%S}")
    return forms().with_zone.format(words, zone_name(instant, zone))


def span(starts, ends, zone=None) -> str:
    """Return "5 December 2026, 01:00 to 03:00", with both days where they differ."""
    if local_day(starts, zone) == local_day(ends, zone):
        return gettext("%(from)s to %(to)s", **{"from": day_and_time(starts, zone), "to": clock_time(ends, zone)})
    return gettext("%(from)s to %(to)s", **{"from": day_and_time(starts, zone), "to": day_and_time(ends, zone)})


def duration(seconds) -> str:
    """Return how long something took, in its two largest units: "38 min", "2 h 10 min", "3 d 4 h"."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return gettext("%(minutes)s min", minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=minutes)
    days, hours = divmod(round(seconds / 3600), 24)
    return gettext("%(days)s d %(hours)s h", days=days, hours=hours)


def since(instant, zone=None, at=None) -> str:
    """Return how a list tells when: "08:12" today, "yesterday", "20 Nov"."""
    that, today = local_day(instant, zone), _today(at, zone)
    if that == today:
        return clock_time(instant, zone)
    if that == today - timedelta(days=1):
        return gettext("yesterday")
    return short_day(instant, zone, at)


def moment(instant, zone=None, at=None) -> str:
    """Return how a thread tells when: "08:12" today, "yesterday, 16:40", "Wed 18 Nov, 09:14"."""
    that, today, time = local_day(instant, zone), _today(at, zone), clock_time(instant, zone)
    if that == today:
        return time
    if that == today - timedelta(days=1):
        return gettext("yesterday, %(time)s", time=time)
    form = "short_weekday_day" if _within_a_year(that, today) else "day"
    return forms().day_and_time.format(_written(form, that), time)


def spoken_until(instant, at=None, zone=None) -> str:
    """Return "ends in 12 days", "ends today" or "ended 3 days ago", by the calendar of `zone`."""
    days = days_left(instant, at, zone)
    if is_over(instant, at):
        return _spoken_end(-days)
    if days == 0:
        return gettext("ends today")
    if days == 1:
        return gettext("ends tomorrow")
    return ngettext("ends in %(num)s day", "ends in %(num)s days", days)


def spoken_lapse(instant, at=None, zone=None) -> str:
    """Return "lapses in 26 days" or "lapsed 3 days ago": for what nobody has answered."""
    days = days_left(instant, at, zone)
    if is_over(instant, at):
        if days == 0:
            return gettext("lapsed today")
        return ngettext("lapsed %(num)s day ago", "lapsed %(num)s days ago", -days)
    if days == 0:
        return gettext("lapses today")
    return ngettext("lapses in %(num)s day", "lapses in %(num)s days", days)


def spoken_start(instant, at=None, zone=None) -> str:
    """Return "starts in 12 days" for what lies ahead, "started today" or "started on 20 Nov" for what does not."""
    days = (local_day(instant, zone) - _today(at, zone)).days
    if is_over(instant, at):
        if days == 0:
            return gettext("started today")
        return gettext("started on %(day)s", day=short_day(instant, zone, at))
    if days == 0:
        return gettext("starts today")
    return ngettext("starts in %(num)s day", "starts in %(num)s days", days)


def nearness(instant, at=None, zone=None) -> str:
    """Return "over", "now" (7 days), "soon" (30 days) or "" for the mark of a coming end."""
    if is_over(instant, at):
        return "over"
    days = days_left(instant, at, zone)
    if days <= NOW_DAYS:
        return "now"
    return "soon" if days <= SOON_DAYS else ""


def percent_left(starts, expires, at=None) -> int:
    """Return how much of the time between two instants is left, 0 to 100."""
    whole = (expires - starts).total_seconds()
    left = (expires - now(at)).total_seconds()
    if whole <= 0:
        return 0
    return max(0, min(100, round(100 * left / whole)))


def days_left(instant, at=None, zone=None) -> int:
    """Return the calendar days from today to the day that closes at `instant`; negative once it is past."""
    return (closing_day(instant, zone) - _today(at, zone)).days


def is_over(instant, at=None) -> bool:
    """Return whether `instant` has come, to the second (SPEC 3, rule 2)."""
    return now(at) >= instant


def closing_day(instant, zone=None) -> date:
    """Return the calendar day that closes at `instant`: at midnight the day before, else that day itself."""
    if not isinstance(instant, datetime):
        return instant
    return local_day(instant - timedelta(microseconds=1), zone)


def local_day(when, zone=None) -> date:
    """Return the calendar day of an instant in `zone`; a date is returned as it is."""
    return local(when, zone).date() if isinstance(when, datetime) else when


def local(instant, zone=None) -> datetime:
    """Return naive-UTC `instant` as an aware datetime in `zone`."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone or reader_zone()))


def iso(when, zone=None) -> str:
    """Return machine time for `<time datetime>`: ISO 8601 with offset, or the date alone."""
    return local(when, zone).isoformat(timespec="seconds") if isinstance(when, datetime) else when.isoformat()


def zone_name(instant, zone=None) -> str:
    """Return what people call the zone at that instant: "JST", 日本時間, "hora de Japón", "UTC-3"."""
    there = local(instant, zone)
    short = there.tzname()
    if short == "UTC":
        return short
    if current_locale() != "en":
        place = _location(str(there.tzinfo), current_locale())
        # A country with several zones comes with its city in brackets, which reads badly inside other brackets.
        if not set("(（") & set(place):
            return place
    return short if short.isalpha() else _offset(there)


@lru_cache(1024)
def _location(zone, locale):
    return get_timezone_location(ZoneInfo(zone), locale=locale)


def _spoken_end(days_ago) -> str:
    if days_ago == 0:
        return gettext("ended today")
    if days_ago == 1:
        return gettext("ended yesterday")
    return ngettext("ended %(num)s day ago", "ended %(num)s days ago", days_ago)


def _offset(there) -> str:
    minutes = round(there.utcoffset().total_seconds() / 60)
    sign = "−" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def _written(form, that) -> str:
    return _written_in(current_locale(), form, that)


@lru_cache(4096)
def _written_in(locale, form, that):
    return format_date(that, getattr(FORMS[locale], form), locale=locale)


def _clock(there) -> str:
    return f"{forms().hour.format(there.hour)}:{there:%M}"


def forms() -> Forms:
    """Return how the reader's language writes dates and times."""
    return FORMS[current_locale()]


def _today(at, zone) -> date:
    return local_day(now(at), zone)


def now(at=None) -> datetime:
    """Return `at`, or the present instant where it is None."""
    return at if at is not None else clock.now()


def _within_a_year(that, today) -> bool:
    return that <= today and (that.year + 1, that.month, that.day) > (today.year, today.month, today.day)
