"""Every route, and what each standing gets from it. A route without a row fails the last test."""

import pytest

from tests.route_rows import COLUMNS, ROWS


def rows_read_aloud():
    for line in ROWS.strip().splitlines():
        words = line.split("#")[0].split()
        if words:
            endpoint, method, *expected = words
            assert len(expected) == len(COLUMNS), f"{endpoint} {method}: {len(expected)} of {len(COLUMNS)} columns"
            yield endpoint, method, expected


CASES = list(rows_read_aloud())


@pytest.mark.parametrize(("endpoint", "method", "expected"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_each_standing_gets_what_the_table_says(app, world, browse, endpoint, method, expected):
    from tests.route_paths import PATHS

    answered = []
    for column in COLUMNS:
        path, form = PATHS.get(endpoint, lambda world: (None, {}))(world)
        browser = browse(None if column == "anonymous" else getattr(world, column))
        answer = browser.get(path) if method == "GET" else browser.post(path, form)
        answered.append(str(answer.status_code))
        answer.close()
    told = dict(zip(COLUMNS, answered, strict=True))
    assert told == dict(zip(COLUMNS, expected, strict=True))


def test_no_route_is_without_its_row(app):
    listed = {(endpoint, method) for endpoint, method, _ in CASES}
    routes = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert routes - listed == set(), "add a row to tests/route_rows.py"
    assert listed - routes == set(), "these routes are no more"
