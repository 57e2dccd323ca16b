"""The only clock of the house."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_ahead = timedelta(0)


def now() -> datetime:
    """Return the present instant as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None) + _ahead


def turn_forward(by: timedelta) -> None:
    """Make this process live `by` later; only the preview does that."""
    global _ahead
    _ahead += by


def start_of_day(day: date, timezone: str) -> datetime:
    """Return the first instant of `day` in `timezone`, as naive UTC."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def day_in(instant: datetime, timezone: str) -> date:
    """Return the calendar day on which naive-UTC `instant` falls in `timezone`."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()


def instant_of(local: datetime, timezone: str) -> datetime:
    """Return the naive-UTC instant at which clocks in `timezone` show the naive `local`."""
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def end_after_days(decided_at: datetime, days: int, timezone: str) -> datetime:
    """Return the midnight that closes the last of `days` days after the decision (SPEC 3, rule 2), naive UTC."""
    return start_of_day(day_in(decided_at, timezone) + timedelta(days=days + 1), timezone)
