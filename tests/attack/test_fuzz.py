"""Hypothesis throws rough input at every form and every query parameter: an answer, never a failure."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.route_paths import PATHS
from tests.route_rows import ROWS

FEW = settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
POSTS = sorted({line.split()[0] for line in ROWS.splitlines() if " POST " in line} - {"sign_in.logout"})
GETS = sorted({line.split()[0] for line in ROWS.splitlines() if " GET " in line})
LEAVING = {"preferences.end_sessions", "preferences.password"}  # they end the session, or ask Argon2 each time
PARAMETERS = [
    "organization",
    "status",
    "mine",
    "q",
    "sort",
    "cursor",
    "category",
    "page",
    "weeks",
    "site",
    "next",
    "lang",
    "colleague",
    "kind",
    "person",
    "partner",
    "from",
    "to",
    "reference",
    "day",
    "grant",
    "contact",
    "severity",
    "assignee",
    "age",
    "add",
    "answer",
    "audience",
    "locale",
    "days",
    "email",
    "manager_email",
    "level",
]
ROUGH = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "\0", "a" * 70_000, "-1", "1e9", "9" * 400, "９９９", "'; DROP TABLE contact;--", "%s{{7*7}}", "\ud7ff\u202e",
         "2026-13-45", "0000-01-01", "9999-12-31", "none", "full_admin", "kitahama", "on", "☃" * 300, "=1+1", "//evil"]
    ),
)  # fmt: skip


def names_in(pages):
    """Return the names of all the fields that these pages have."""
    return sorted(
        {name for page in pages for name in re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page)}
    )


def seen_by(browser, world):
    return [browser.get(PATHS[endpoint](world)[0]).text for endpoint in GETS if endpoint in PATHS]


def test_no_form_fails_whatever_is_posted(world, browse):
    people = [browse(person) for person in (world.manager, world.desk, world.full_admin, world.own)]
    names = names_in([*seen_by(people[0], world), *seen_by(people[1], world)])
    assert {"subject", "manager_email", "contact_manager"} <= set(names)
    endpoints = [one for one in POSTS if one in PATHS and one not in LEAVING]

    @FEW
    @given(
        st.sampled_from(endpoints),
        st.sampled_from(people),
        st.dictionaries(st.sampled_from(names), ROUGH, max_size=8),
        st.booleans(),
    )
    def post(endpoint, browser, typed, swap):
        path, form = PATHS[endpoint](world)
        typed.pop("csrf_token", None)
        answer = browser.post(path, {**form, **typed}, swap=swap)
        assert answer.status_code < 500, (endpoint, typed)
        assert "Traceback" not in answer.text

    post()


def test_no_page_fails_whatever_its_address_asks(world, browse):
    people = [browse(person) for person in (world.manager, world.desk, world.look, None)]
    endpoints = [one for one in GETS if one in PATHS]

    @FEW
    @given(
        st.sampled_from(endpoints),
        st.sampled_from(people),
        st.dictionaries(st.sampled_from(PARAMETERS), ROUGH, min_size=1, max_size=5),
    )
    def get(endpoint, browser, asked):
        path = PATHS[endpoint](world)[0].partition("?")[0]
        answer = browser.get(path, query_string=asked)
        assert answer.status_code < 500, (endpoint, asked)
        assert "Traceback" not in answer.text

    get()


def test_no_path_fails_whatever_stands_in_it(app, world, browse):
    people = [browse(person) for person in (world.manager, world.desk, None)]
    rules = sorted({rule.rule for rule in app.url_map.iter_rules() if rule.arguments and rule.endpoint != "static"})

    @FEW
    @given(st.sampled_from(rules), st.sampled_from(people), ROUGH.filter(lambda one: len(one) < 1000), st.booleans())
    def visit(rule, browser, typed, post):
        path = re.sub(r"<[^>]+>", lambda _found: typed.replace("/", "").replace("?", "").replace("#", "") or "x", rule)
        answer = browser.post(path) if post else browser.get(path)
        assert answer.status_code < 500, path

    visit()
