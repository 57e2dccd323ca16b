"""The figures of the dashboard. The select of what one may see is handed in: nothing else is ever counted (rule 6)."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from peewee import SQL, Case, fn

from portal import clock
from portal.database import handle, is_sqlite
from portal.models.service_requests import OPEN, SEVERITIES, WAITING, ServiceRequest

WEEK = timedelta(days=7)
AGES = (1, 7, 30)  # days: up to one, up to a week, up to a month, older


@dataclass(frozen=True)
class Weeks:
    """Whole ISO weeks up to the present one: their Mondays, and the instants (naive UTC) at which they begin and end."""

    mondays: list[date]
    bounds: list[datetime]

    @classmethod
    def up_to(cls, at, count, timezone):
        """Return the last `count` weeks at `at` by the calendar of `timezone`; the present one is the last."""
        today = clock.day_in(at, timezone)
        monday = today - timedelta(days=today.weekday())
        mondays = [monday - WEEK * (count - 1 - place) for place in range(count)]
        return cls(mondays, [clock.start_of_day(day, timezone) for day in [*mondays, monday + WEEK]])


@dataclass(frozen=True)
class Times:
    """How long something took, in seconds: how often it was measured, the median, and what nine of ten stayed within."""

    count: int
    median: float | None
    ninetieth: float | None

    @classmethod
    def of(cls, seconds):
        """Return the Times of these durations: the median of an even number lies between the middle two."""
        ranked, count = sorted(seconds), len(seconds)
        if not count:
            return cls(0, None, None)
        middle = (ranked[(count - 1) // 2] + ranked[count // 2]) / 2
        return cls(count, float(middle), float(ranked[(9 * count + 9) // 10 - 1]))


@dataclass
class Group:
    """What was opened and solved under one heading (seconds since 1970), and how long answers and solutions took."""

    opened: list = field(default_factory=list)
    solved: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    solutions: list = field(default_factory=list)

    def take_in(self, other):
        """Add all of another group to this one."""
        self.opened += other.opened
        self.solved += other.solved
        self.answers += other.answers
        self.solutions += other.solutions

    @property
    def first_response(self):
        """Return the Times from a request to the desk's first answer."""
        return Times.of(self.answers)

    @property
    def solution(self):
        """Return the Times from a request to its solution."""
        return Times.of(self.solutions)


@dataclass
class Figures:
    """What one page of the dashboard tells."""

    opened_by_week: list = field(default_factory=list)
    solved_by_week: list = field(default_factory=list)
    all: Group = field(default_factory=Group)
    by_severity: dict = field(default_factory=dict)
    by_site: dict = field(default_factory=dict)  # by the site's id, None without a site
    by_category: dict = field(default_factory=dict)
    open_by_status: dict = field(default_factory=dict)
    open_by_severity: dict = field(default_factory=dict)
    open_by_age: list = field(default_factory=lambda: [0] * (len(AGES) + 1))
    open_a_week_ago: int = 0

    @property
    def open_now(self):
        """Return how many requests are open or waiting."""
        return sum(self.open_by_status.values())

    @property
    def more_open_than_a_week_ago(self):
        """Return how many more are open than a week ago, negative where they are fewer; one reopened counts as open."""
        return self.open_now - self.open_a_week_ago

    @property
    def opened_in_other_weeks(self):
        """Return how many were opened in a week on average, the present one left out as it is not over."""
        others = self.opened_by_week[:-1]
        return sum(others) / len(others)


def narrowed(seen, organization, site=None):
    """Return the select `seen` narrowed to one organization, and to one of its sites if given."""
    seen = seen.where(ServiceRequest.organization == organization)
    return seen if site is None else seen.where(ServiceRequest.site == site)


def figures(seen, weeks, at):
    """Return the Figures of the select `seen` for these Weeks, in two queries however much there is."""
    found = Figures()
    _count_open(found, seen, at)
    _count_period(found, seen, weeks, _seconds(at - WEEK))
    return found


def _count_open(found, seen, at):
    ages = [(ServiceRequest.created_at > at - timedelta(days=days), place) for place, days in enumerate(AGES)]
    age = Case(None, ages, len(AGES)).alias("age_group")
    groups = (ServiceRequest.status, ServiceRequest.severity, SQL("age_group"))
    earlier = fn.SUM(Case(None, [(ServiceRequest.created_at <= at - WEEK, 1)], 0))
    open_now = seen.where(ServiceRequest.status.in_((OPEN, WAITING)))
    found.open_by_status = {OPEN: 0, WAITING: 0}
    found.open_by_severity = dict.fromkeys(SEVERITIES, 0)
    columns = (ServiceRequest.status, ServiceRequest.severity, age, fn.COUNT(ServiceRequest.id), earlier)
    for status, severity, place, count, before in open_now.select(*columns).group_by(*groups).tuples():
        found.open_by_status[status] += count
        found.open_by_severity[severity] += count
        found.open_by_age[place] += count
        found.open_a_week_ago += before


def _count_period(found, seen, weeks, a_week_ago):
    """Go once through what moved in these weeks: opening, answering and solving each set `updated_at`, or left it later."""
    bounds = [_seconds(bound) for bound in weeks.bounds]
    query = seen.where(ServiceRequest.updated_at >= weeks.bounds[0]).select(
        ServiceRequest.severity,
        ServiceRequest.site,
        ServiceRequest.category,
        _epoch(ServiceRequest.created_at),
        _epoch(ServiceRequest.first_answer_at),
        _epoch(ServiceRequest.solved_at),
    )
    parts = {}
    for row in handle.execute(query).fetchall():
        parts.setdefault(row[:3], []).append(row[3:])
    for (severity, site, category), rows in parts.items():
        part = _group(rows, bounds[0], bounds[-1])
        for views, key in ((found.by_severity, severity), (found.by_site, site), (found.by_category, category)):
            views.setdefault(key, Group()).take_in(part)
        found.all.take_in(part)
        found.open_a_week_ago += sum(
            solved is not None and opened <= a_week_ago < solved for opened, _answered, solved in rows
        )
    found.opened_by_week = _by_week(found.all.opened, bounds)
    found.solved_by_week = _by_week(found.all.solved, bounds)


def _group(rows, begin, end):
    """Return the Group of rows (opened, answered, solved), each list in order: thus many are quickly put in one order."""
    within = range(begin, end)
    solved = [row for row in rows if row[2] is not None and row[2] in within]
    return Group(
        opened=sorted([row[0] for row in rows if row[0] in within]),
        solved=sorted([row[2] for row in solved]),
        answers=sorted([row[1] - row[0] for row in rows if row[1] is not None and row[1] in within]),
        solutions=sorted([row[2] - row[0] for row in solved]),
    )


def _by_week(instants, bounds):
    ranked = sorted(instants)
    places = [bisect_left(ranked, bound) for bound in bounds]
    return [end - begin for begin, end in zip(places, places[1:], strict=False)]


def _epoch(column):
    """Return the whole seconds since 1970; SQLite would round up what is less than a thousandth short of the next."""
    if is_sqlite():
        return fn.strftime("%s", fn.SUBSTR(column, 1, 19)).cast("BIGINT")
    return fn.FLOOR(column.to_timestamp()).cast("BIGINT")


def _seconds(instant):
    return int(instant.replace(tzinfo=UTC).timestamp())
