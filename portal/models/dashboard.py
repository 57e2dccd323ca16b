"""The figures of the dashboard. The select of what one may see is handed in: nothing else is ever counted (rule 6)."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock

from peewee import SQL, Case, fn

from portal import clock
from portal.database import handle, is_sqlite
from portal.models.service_requests import OPEN, SEVERITIES, WAITING, ServiceRequest

WEEK = timedelta(days=7)
_one_at_a_time = Lock()  # of this process: at once they would take no less time, and all their memory together
NEVER = -(2**40)  # seconds since 1970: before everything
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
            return NO_TIMES
        middle = (ranked[(count - 1) // 2] + ranked[count // 2]) / 2
        return cls(count, float(middle), float(ranked[(9 * count + 9) // 10 - 1]))


NO_TIMES = Times(0, None, None)


@dataclass(frozen=True)
class Group:
    """How many requests were opened under one heading, and how long it took to answer and to solve them."""

    opened: int = 0
    first_response: Times = NO_TIMES  # from a request to the desk's first answer
    solution: Times = NO_TIMES


class _Measured:
    """What a Group is worked out from: how long each answer and each solution took."""

    def __init__(self):
        self.opened, self.answers, self.solutions = 0, array("q"), array("q")

    def take_in(self, other):
        self.opened += other.opened
        self.answers += other.answers
        self.solutions += other.solutions

    @property
    def group(self):
        return Group(self.opened, Times.of(self.answers), Times.of(self.solutions))


@dataclass
class Figures:
    """What one page of the dashboard tells."""

    opened_by_week: list = field(default_factory=list)
    solved_by_week: list = field(default_factory=list)
    all: Group = Group()
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
    parts = {}  # of each three numbers a request, side by side: as rows they would take ten times the memory
    for row in handle.execute(query):
        parts.setdefault(row[:3], array("q")).extend(row[3:])
    with _one_at_a_time:
        _gather(found, parts, bounds)
    for numbers in parts.values():
        pairs = zip(numbers[0::3], numbers[2::3], strict=True)
        found.open_a_week_ago += sum([begun <= a_week_ago for begun, done in pairs if done > a_week_ago])


def _gather(found, parts, bounds):
    """Work out what was opened and solved by week, and each heading's Group."""
    whole, views = _Measured(), ({}, {}, {})
    found.opened_by_week = found.solved_by_week = [0] * (len(bounds) - 1)
    for key, numbers in parts.items():
        opened, answered, solved = numbers[0::3], numbers[1::3], numbers[2::3]
        found.opened_by_week = _with_weeks(found.opened_by_week, opened, bounds)
        found.solved_by_week = _with_weeks(found.solved_by_week, solved, bounds)
        part = _measured(opened, answered, solved, bounds[0], bounds[-1])
        for measured in (whole, *(view.setdefault(one, _Measured()) for view, one in zip(views, key, strict=True))):
            measured.take_in(part)
    found.all = whole.group
    headings = ({one: measured.group for one, measured in view.items()} for view in views)
    found.by_severity, found.by_site, found.by_category = headings


def _measured(opened, answered, solved, begin, end):
    """Return what these instants measure, each list in order: thus many are quickly put in one order."""
    found = _Measured()
    found.opened = sum([begin <= one < end for one in opened])
    for times, over in ((found.answers, answered), (found.solutions, solved)):
        times.extend(sorted([done - begun for begun, done in zip(opened, over, strict=True) if begin <= done < end]))
    return found


def _with_weeks(counts, instants, bounds):
    """Return the counts by week with these instants counted too."""
    ranked = sorted(instants)
    places = [bisect_left(ranked, bound) for bound in bounds]
    return [count + end - begin for count, begin, end in zip(counts, places, places[1:], strict=False)]


def _epoch(column):
    """Return the whole seconds since 1970, long ago for NULL.

    SQLite would round up what is less than a thousandth short of the next.
    """
    if is_sqlite():
        return fn.COALESCE(fn.strftime("%s", fn.SUBSTR(column, 1, 19)).cast("BIGINT"), NEVER)
    return fn.COALESCE(fn.FLOOR(column.to_timestamp()).cast("BIGINT"), NEVER)


def _seconds(instant):
    return int(instant.replace(tzinfo=UTC).timestamp())
