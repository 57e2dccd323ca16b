"""The Support Experience Dashboard: what it counts, and that it counts nothing that its reader may not see."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest

from portal import charts, clock, permissions
from portal.dates import duration
from portal.models import Contact, Grant, ServiceRequest, Site, dashboard, request_changes, search
from portal.models.dashboard import Times, Weeks
from portal.permissions import Level
from tests.counting import statements
from tests.people import plain
from tests.world import grant, service_request

PATH = "/dashboard/kitahama"
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@pytest.fixture
def quiet(world):
    """The cast without requests: each test makes its own."""
    for request in ServiceRequest.select():
        request.delete_instance(recursive=True)
    search.rebuild()  # SQLite gives the numbers of what is no more to what comes next
    return world


def made(world, created_at, *, answered=None, solved=None, **values):
    """Create a request of Kitahama that was answered and solved so long after."""
    solved_at = created_at + solved if solved else None
    answered_at = created_at + answered if answered else None
    return service_request(
        values.pop("firm", world.kitahama),
        world.support,
        "Something",
        **{
            "created_at": created_at,
            "first_answer_at": answered_at,
            "solved_at": solved_at,
            "updated_at": max(one for one in (created_at, answered_at, solved_at) if one),
            "status": "solved" if solved else "open",
            **values,
        },
    )


def figures(world, who, at, weeks=13, zone="UTC", site=None):
    seen = dashboard.narrowed(permissions.visible_requests(who, at), world.kitahama, site)
    return dashboard.figures(seen, Weeks.up_to(at, weeks, zone), at)


# --- The figures -------------------------------------------------------------------------------------------------


def test_weeks_begin_on_the_readers_monday():
    sunday_evening = datetime(2026, 11, 22, 20, 0)
    assert Weeks.up_to(sunday_evening, 13, "UTC").mondays[-1].isoformat() == "2026-11-16"
    in_tokyo = Weeks.up_to(sunday_evening, 13, "Asia/Tokyo")
    assert in_tokyo.mondays[-1].isoformat() == "2026-11-23"
    assert in_tokyo.bounds[-2:] == [datetime(2026, 11, 22, 15), datetime(2026, 11, 29, 15)]
    assert len(in_tokyo.mondays) == 13


def test_a_week_in_which_the_clocks_change_is_still_a_week():
    weeks = Weeks.up_to(datetime(2026, 10, 28), 2, "Europe/Oslo")
    lengths = [later - earlier for earlier, later in zip(weeks.bounds, weeks.bounds[1:], strict=False)]
    assert lengths == [WEEK + HOUR, WEEK]


def test_what_was_opened_and_solved_is_counted_in_its_week(quiet):
    w, at = quiet, clock.now()
    weeks = Weeks.up_to(at, 13, "UTC")
    made(w, weeks.bounds[-2], solved=None)
    made(w, weeks.bounds[-2] - timedelta(seconds=1), solved=2 * HOUR)
    made(w, weeks.bounds[0], solved=8 * DAY)
    made(w, weeks.bounds[0] - timedelta(seconds=1), solved=HOUR)
    made(w, weeks.bounds[0] - 30 * DAY, solved=HOUR)
    found = figures(w, w.support, at)
    assert found.opened_by_week == [1, *[0] * 10, 1, 1]
    assert found.solved_by_week == [1, 1, *[0] * 10, 1]


def test_open_ones_are_counted_by_status_severity_and_age(quiet):
    w, at = quiet, clock.now()
    made(w, at - HOUR, severity=1)
    made(w, at - 2 * DAY, severity=2, status="waiting")
    made(w, at - 8 * DAY, severity=2)
    made(w, at - 400 * DAY, severity=4)
    made(w, at - 20 * DAY, solved=19 * DAY)
    made(w, at - 20 * DAY, solved=DAY, status="closed")
    found = figures(w, w.support, at)
    assert found.open_by_status == {"open": 3, "waiting": 1}
    assert found.open_by_severity == {1: 1, 2: 2, 3: 0, 4: 1}
    assert found.open_by_age == [1, 1, 1, 1]
    assert (found.open_now, found.open_a_week_ago, found.more_open_than_a_week_ago) == (4, 3, 1)


def test_times_are_those_of_what_was_answered_and_solved_in_these_weeks(quiet):
    w, at = quiet, clock.now()
    long_ago = at - 300 * DAY
    made(w, long_ago, answered=HOUR, solved=299 * DAY)
    for hours in (1, 2, 3):
        made(w, at - 9 * DAY, answered=hours * HOUR, solved=hours * DAY)
    found = figures(w, w.support, at)
    assert (found.all.first_response.count, found.all.first_response.median) == (3, 2 * 3600)
    assert (found.all.solution.count, found.all.solution.ninetieth) == (4, 299 * 86400)


# --- Solved, reopened, solved again ------------------------------------------------------------------------------


@pytest.fixture
def monday():
    """The Monday that began the present week (UTC), and a clock that stands on its Sunday evening."""
    monday = Weeks.up_to(clock.now(), 1, "UTC").bounds[0]
    return monday, monday + 6 * DAY + 20 * HOUR


def turned(world, opened, *turns):
    """Submit a request at `opened`, let the desk give it each status at its instant, and return it."""
    request = made(world, opened)
    for status, at in turns:
        request_changes.reply(request, world.desk, f"Now {status}.", at, status=status, readers=permissions.readers)
    return ServiceRequest.get_by_id(request.id)


def test_a_request_that_was_reopened_counts_as_open_and_in_no_week_as_solved(quiet, monday):
    w, (begin, now) = quiet, monday
    turned(w, begin - 13 * DAY, ("solved", begin - 12 * DAY), ("open", begin + DAY))
    found = figures(w, w.support, now)
    assert found.opened_by_week == [*[0] * 10, 1, 0, 0]
    assert found.solved_by_week == [0] * 13
    assert (found.all.solution.count, found.open_now) == (0, 1)
    assert found.open_by_age == [0, 0, 1, 0], "its age is counted from the submission: 19 days"
    assert (found.open_a_week_ago, found.more_open_than_a_week_ago) == (1, 0)


def test_a_request_solved_again_counts_once_in_the_week_of_the_last_solution(quiet, monday):
    w, (begin, now) = quiet, monday
    opened = begin - 13 * DAY
    turned(w, opened, ("solved", opened + 2 * DAY), ("waiting", begin - DAY), ("solved", begin + DAY))
    found = figures(w, w.support, now)
    assert found.solved_by_week == [*[0] * 12, 1]
    assert found.all.solution == Times(1, 14 * 86400.0, 14 * 86400.0)
    assert (found.open_now, found.open_by_age, found.open_a_week_ago) == (0, [0, 0, 0, 0], 1)


def test_closing_what_is_solved_moves_no_figure_and_closing_what_is_open_solves_it(quiet, monday):
    w, (begin, now) = quiet, monday
    turned(w, begin - 13 * DAY, ("solved", begin - 12 * DAY), ("closed", begin + DAY))
    turned(w, begin - 6 * DAY, ("closed", begin - 5 * DAY))
    found = figures(w, w.support, now)
    assert found.solved_by_week == [*[0] * 10, 1, 1, 0]
    assert found.all.solution == Times(2, 86400.0, 86400.0)


def test_the_first_response_is_measured_once_whatever_comes_after(quiet, monday):
    w, (begin, now) = quiet, monday
    opened = begin - 6 * DAY
    request = made(w, opened)
    tell = {"readers": permissions.readers}
    request_changes.reply(request, w.support, "Anybody?", opened + HOUR, **tell)
    request_changes.reply(request, w.desk, "Between us.", opened + 2 * HOUR, internal=True, **tell)
    request_changes.reply(request, w.desk, "", opened + 3 * HOUR, status="waiting", **tell)
    request_changes.reply(request, w.desk, "We look.", opened + 5 * HOUR, status="solved", **tell)
    request_changes.reply(request, w.support, "Again.", opened + 2 * DAY, status="open", **tell)
    request_changes.reply(request, w.desk, "Once more.", opened + 3 * DAY, status="solved", **tell)
    found = figures(w, w.support, now)
    assert found.all.first_response == Times(1, 5 * 3600.0, 5 * 3600.0)
    assert found.all.solution == Times(1, 3 * 86400.0, 3 * 86400.0)


def test_the_page_says_what_each_figure_means(world, browse):
    read = browse(world.look).sees(PATH)
    assert "How this is counted" in read
    for words in ("last solved or closed, and only once", "A reopening does not measure it again", "reopened ones too"):
        assert words in read


def by_the_definitions(seen, weeks, at):
    """Return what the page says, of each row by itself: counts by week, what is open, times under each heading."""
    rows = [row for row in seen if row.organization.slug == "kitahama"]
    spans = list(zip(weeks.bounds, weeks.bounds[1:], strict=False))
    begin, end = weeks.bounds[0], weeks.bounds[-1]

    def seconds(instant):
        return int(instant.replace(tzinfo=UTC).timestamp())

    def times(chosen, until):
        there = [row for row in chosen if getattr(row, until) and begin <= getattr(row, until) < end]
        return Times.of([seconds(getattr(row, until)) - seconds(row.created_at) for row in there])

    headings = {
        (name, key): [row for row in rows if getattr(row, f"{name}_id" if name == "site" else name) == key]
        for name in ("severity", "site", "category")
        for key in {getattr(row, f"{name}_id" if name == "site" else name) for row in rows}
    }
    return {
        "opened": [sum(a <= row.created_at < b for row in rows) for a, b in spans],
        "solved": [sum(bool(row.solved_at) and a <= row.solved_at < b for row in rows) for a, b in spans],
        "all": (times(rows, "first_answer_at"), times(rows, "solved_at")),
        "open": sum(row.status in ("open", "waiting") for row in rows),
        "week ago": sum(
            row.created_at <= at - WEEK and (row.status in ("open", "waiting") or (row.solved_at or at) > at - WEEK)
            for row in rows
            if row.status in ("open", "waiting") or row.solved_at
        ),
        "headings": {
            key: (times(chosen, "first_answer_at"), times(chosen, "solved_at"))
            for key, chosen in headings.items()
            if any(begin <= row.updated_at for row in chosen)
        },
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("who", ["look", "support", "narrowed", "desk"])
def test_the_figures_are_those_of_the_rows_one_by_one(quiet, who, seed):
    w, at, dice = quiet, clock.now(), random.Random(seed)
    for _ in range(60):
        created = at - dice.uniform(0, 200) * DAY
        room = (at - created) / DAY
        answered = dice.uniform(0, room) * DAY if dice.random() < 0.8 else None
        solved = dice.uniform(0, room) * DAY if dice.random() < 0.6 else None
        about = {"severity": dice.choice([1, 2, 3, 4]), "site": dice.choice([None, w.site])}
        made(w, created, answered=answered, solved=solved, confidential=dice.random() < 0.3, **about)
    zone = dice.choice(["UTC", "Asia/Tokyo", "America/New_York"])
    reader, weeks = getattr(w, who), Weeks.up_to(at, dice.choice([13, 26, 52]), zone)
    found = dashboard.figures(
        dashboard.narrowed(permissions.Sight(reader, at).narrowed_to({w.kitahama.id}).requests, w.kitahama), weeks, at
    )
    told = by_the_definitions(permissions.visible_requests(reader, at), weeks, at)
    views = {"severity": found.by_severity, "site": found.by_site, "category": found.by_category}
    assert found.opened_by_week == told["opened"] and found.solved_by_week == told["solved"]
    assert (found.all.first_response, found.all.solution) == told["all"]
    assert (found.open_now, found.open_a_week_ago) == (told["open"], told["week ago"])
    assert {
        (name, key): (group.first_response, group.solution)
        for name, groups in views.items()
        for key, group in groups.items()
    } == told["headings"]


def test_what_is_just_short_of_the_next_second_is_not_rounded_up(quiet):
    w, at = quiet, clock.now()
    created = (at - 9 * DAY).replace(microsecond=999_800)
    made(w, created, answered=timedelta(seconds=10, microseconds=300))
    assert figures(w, w.support, at).all.first_response == Times(1, 11.0, 11.0)


# --- Each heading ------------------------------------------------------------------------------------------------


def test_sites_severities_and_categories_each_have_their_own(quiet):
    w, at = quiet, clock.now()
    made(w, at - 9 * DAY, answered=HOUR, site=w.site, severity=1)
    made(w, at - 9 * DAY, answered=3 * HOUR, category="account")
    found = figures(w, w.support, at)
    assert {site: group.first_response.median for site, group in found.by_site.items()} == {
        w.site.id: 3600,
        None: 10800,
    }
    assert {key: group.opened for key, group in found.by_severity.items()} == {1: 1, 3: 1}
    assert set(found.by_category) == {"technical", "account"}
    assert figures(w, w.support, at, site=w.site.id).all.first_response == Times(1, 3600.0, 3600.0)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], Times(0, None, None)),
        ([5], Times(1, 5, 5)),
        ([10, 20], Times(2, 15, 20)),
        ([30, 10, 20], Times(3, 20, 30)),
        (list(range(1, 11)), Times(10, 5.5, 9)),
        (list(range(100, 0, -1)), Times(100, 50.5, 90)),
    ],
)
def test_the_median_and_what_nine_of_ten_stay_within(seconds, expected):
    assert Times.of(seconds) == expected


# --- Nothing that one may not see (rule 6) -----------------------------------------------------------------------


def shown(browser, path=PATH):
    """Return the page without the form tokens, which differ from answer to answer."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return re.sub(r'name="csrf_token"[^>]*', "", answer.text)


@pytest.mark.parametrize("who", ["look", "update", "full_admin", "wide", "narrowed"])
def test_a_confidential_request_moves_no_figure_of_a_partner(world, browse, who):
    browser, at = browse(getattr(world, who)), clock.now()
    before = shown(browser)
    for severity in (1, 2, 3, 4):
        for ago in (HOUR, 3 * DAY, 20 * DAY, 60 * DAY):
            about = {"confidential": True, "severity": severity, "site": world.site, "category": "upgrade"}
            made(world, at - ago, **about)
            made(world, at - ago, answered=ago / 4, solved=ago / 2, **about)
    assert shown(browser) == before
    assert shown(browse(world.support)) != before


def test_a_confidential_request_that_names_me_is_counted(quiet):
    w, at = quiet, clock.now()
    made(w, at - HOUR, confidential=True, naming=[w.look])
    assert figures(w, w.look, at).open_now == 1
    assert figures(w, w.update, at).open_now == 0


def test_what_is_older_than_the_grant_covers_moves_no_figure(world, browse):
    day = clock.day_in(clock.now() - 30 * DAY, world.kitahama.timezone)
    grant(world.kitahama, world.colleague, Level.FULL_ADMIN, covers_from=day)
    browser = browse(world.colleague)
    before = shown(browser)
    made(world, clock.now() - 40 * DAY, answered=HOUR, solved=38 * DAY)
    made(world, clock.now() - 40 * DAY)
    assert shown(browser) == before


def test_another_organizations_requests_move_no_figure(world, browse):
    browser = browse(world.desk)
    before = shown(browser)
    made(world, clock.now() - HOUR, firm=world.nordlys)
    assert shown(browser) == before


@pytest.mark.parametrize("who", ["support", "own", "manager", "desk"])
def test_who_sees_everything_reads_that_everything_is_counted(world, browse, who):
    assert "Every request of Kitahama Foods is counted." in browse(getattr(world, who)).sees(PATH)


def test_a_partner_reads_that_not_everything_is_counted(world, browse):
    read = browse(world.look).sees(PATH)
    assert "nothing that Kitahama Foods keeps confidential, unless it names you." in read
    assert "Every request" not in read
    day = clock.day_in(clock.now() - 30 * DAY, world.kitahama.timezone)
    Grant.update(
        covers_from=day, covers_from_at=clock.start_of_day(day, world.kitahama.timezone)
    ).where(Grant.contact == world.look).execute()  # fmt: skip
    assert f"nothing from before {day.day} {day:%B %Y} and nothing that" in browse(world.look).sees(PATH)


@pytest.mark.parametrize(
    ("who", "status"),
    [("cc", 403), ("stranger", 404), ("expired", 404), ("ended", 404), ("look", 200), ("narrowed", 200), ("own", 200)],
)
def test_the_dashboard_needs_look(world, browse, who, status):
    assert browse(getattr(world, who)).get(PATH).status_code == status
    assert browse(getattr(world, who)).get("/dashboard/nowhere").status_code == 404


# --- The page ----------------------------------------------------------------------------------------------------


def test_each_chart_has_its_table(quiet, browse):
    w, at = quiet, clock.now()
    made(w, at - HOUR, site=w.site)
    page = browse(w.support).get(PATH).text
    weekly = page[page.index("The same as a table") : page.index("</details>")]
    assert len(re.findall(r'<tr><th scope="row">', weekly)) == 13
    assert re.findall(r'<td class="num">(\d+)</td><td class="num">(\d+)</td></tr>', weekly)[-1] == ("1", "0")
    for drawing in re.findall(r'<svg class="chart.*?</svg>', page, flags=re.DOTALL):
        assert "<title " in drawing and "<desc " in drawing
        assert len(re.findall(r'<rect class="one"', drawing)) == 1


@pytest.mark.parametrize(
    ("weeks", "count"), [("13", 13), ("26", 26), ("52", 52), ("", 13), ("9" * 5000, 13), ("\0", 13)]
)
def test_one_chooses_how_far_to_look_back(world, browse, weeks, count):
    page = browse(world.look).get(PATH, query_string={"weeks": weeks}).text
    weekly = page[page.index("The same as a table") : page.index("</details>")]
    assert len(re.findall(r'<tr><th scope="row">', weekly)) == count
    assert f'<option value="{count}" selected>' in page


def test_one_chooses_a_site(quiet, browse):
    w, at = quiet, clock.now()
    other = Site.create(organization=w.kitahama, name="Warehouse Nanko")
    made(w, at - HOUR, site=w.site)
    for _ in range(2):
        made(w, at - HOUR, site=other)

    def opened(site):
        page = browse(w.support).get(PATH, query_string={"site": site}).text
        return int(re.search(r"(\d+) requests? (?:was|were) opened in this time", page)[1])

    assert [opened(one) for one in ("", w.site.public_id, other.public_id)] == [3, 1, 2]
    nordlys_site = Site.create(organization=w.nordlys, name="Bergen")
    assert [opened(one) for one in (nordlys_site.public_id, "nowhere", "\0", "x" * 5000)] == [0, 0, 3, 0]


def test_the_menu_leads_to_the_dashboard_of_ones_own_organization(world, browse):
    page = browse(world.look).get("/dashboard/brightwater").text
    assert re.search(r'href="/dashboard/brightwater" aria-current="page"', page)


def test_the_page_asks_as_often_for_many_requests_as_for_one(quiet, browse):
    w, at = quiet, clock.now()

    def asked():
        with statements() as found:
            assert browse(w.look).get(PATH).status_code == 200
        return len(found)

    made(w, at - HOUR)
    once = asked()
    for number in range(8):
        site = Site.create(organization=w.kitahama, name=f"Hall {number}")
        made(w, at - number * 9 * DAY, answered=HOUR, solved=DAY, site=site, severity=number % 4 + 1)
    assert asked() == once


@pytest.mark.parametrize("locale", ["ja", "es"])
def test_the_page_is_drawn_in_each_language(world, browse, locale):
    Contact.update(locale=locale).where(Contact.id == world.support.id).execute()
    answer = browse(world.support).get(PATH)
    assert answer.status_code == 200
    assert "Opened" not in plain(answer.text)


# --- Drawing -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "top", "step"), [(0, 4, 1), (4, 4, 1), (5, 6, 2), (9, 10, 5), (21, 30, 10), (1234, 1500, 500)]
)
def test_the_scale_ends_at_a_round_figure(highest, top, step):
    assert (charts.scale_top(highest), charts.scale_step(highest)) == (top, step)


@pytest.mark.parametrize("count", [13, 26, 52])
@pytest.mark.parametrize("width", [358, 720])
def test_no_column_lies_upon_another_or_outside(count, width):
    series = ([7] * count, [3] * count)
    chart = charts.columns([""] * count, series, width=width, height=240, label_width=80)
    places = sorted((column.x, column.x + column.width) for column in chart.columns)
    assert len(places) == 2 * count
    assert all(end <= begin for (_, end), (begin, _) in zip(places, places[1:], strict=False))
    assert places[0][0] >= chart.left and places[-1][1] <= width
    assert all(column.width > 1 for column in chart.columns)
    highest = max(column.y + column.height for column in chart.columns)
    assert highest <= chart.baseline


def test_columns_are_as_high_as_their_figures():
    chart = charts.columns(["a", "b"], ([1, 4], [0, 2]), width=400, height=200, label_width=80)
    filled = [column.height for column in chart.columns if column.series == 0]
    assert filled[1] == pytest.approx(4 * filled[0])
    assert len(chart.columns) == 3 and chart.peak.text == 4


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(40, "1 min"), (38 * 60, "38 min"), (3599, "1 h 0 min"), (7800, "2 h 10 min"), (52 * 3600, "2 d 4 h")],
)
def test_how_long_something_took_is_said_in_two_units(app, seconds, words):
    with app.test_request_context():
        assert duration(seconds) == words
