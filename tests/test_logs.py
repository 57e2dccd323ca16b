"""The log: a line for each request with an id that the error page shows, and nothing in it that anybody typed."""

import io
import json
import logging
import os
import re

import pytest

from portal import clock, logs
from portal.models import Link
from portal.models.sessions import VALID_FOR
from tests.people import plain
from tests.route_paths import PATHS
from tests.route_rows import ROWS

CANARY = "ocanary7h"
POSTS = sorted({line.split()[0] for line in ROWS.splitlines() if " POST " in line} - {"sign_in.logout"})
GETS = sorted({line.split()[0] for line in ROWS.splitlines() if " GET " in line})


@pytest.fixture
def written():
    """All that is logged during the test, as `flask serve` writes it."""
    stream, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("portal").level
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JSONLines())
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("portal").setLevel(logging.INFO)
    yield stream
    root.handlers[:], _level = before[0], root.setLevel(before[1])
    logging.getLogger("portal").setLevel(before[2])


def lines(written, event=None):
    """Return the lines as dicts, those of one event or all."""
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if event in {None, line["event"]}]


def test_a_request_is_one_line_with_all_that_one_looks_for(world, browse, written):
    answer = browse(world.look).get(f"/requests/{world.request.reference}?q={CANARY}")
    [line] = lines(written, "request")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line.pop("ms") > 0
    assert line == {
        "level": "info",
        "event": "request",
        "request": answer.headers["X-Request-Id"],
        "method": "GET",
        "route": "/requests/<reference>",
        "status": 200,
        "contact": world.look.public_id,
    }


def test_every_answer_has_its_line_and_its_id(world, browse, written):
    browser = browse(world.look)
    asked = ["/", "/nowhere", "/healthz", "/static/portal.css", "/requests.csv", "/desk"]
    given = []
    for path in asked:
        answer = browser.get(path)
        given.append(answer.headers["X-Request-Id"])
        answer.close()
    given.append(browser.post("/ask", {}, token=False).headers["X-Request-Id"])
    assert [line["request"] for line in lines(written, "request")] == given
    assert len(set(given)) == len(given)


@pytest.mark.parametrize("swap", [True, False])
def test_the_reference_on_the_error_page_is_found_in_the_log(world, browse, written, monkeypatch, swap):
    monkeypatch.setattr("portal.permissions.load_organization", lambda *_: int(f"{CANARY} typed"))
    answer = browse(world.look).post("/partner/my_customers/kitahama/subscription", swap=swap)
    shown = re.search(r"Reference for the desk: (\S+)", plain(answer.text))[1]
    failure, line = lines(written)
    assert (answer.status_code, line["status"]) == (500, 500)
    assert shown == failure["request"] == line["request"] == answer.headers["X-Request-Id"]
    assert failure["errors"][0]["kind"] == "builtins.ValueError"
    assert any("my_customers.py" in place for place in failure["errors"][0]["at"])
    assert CANARY not in written.getvalue()


@pytest.mark.parametrize(
    ("proxies", "sent", "kept"),
    [
        ("0", "abcdef-123456", False),
        ("1", "abcdef-123456", True),
        ("1", "short", False),
        ("1", "x" * 65, False),
        ("1", "with blank and more", False),
        ("1", 'quote"quote', False),
        ("1", "ana@kitahama.example", False),
    ],
)
def test_an_id_counts_only_from_a_trusted_proxy_and_well_formed(environment, request, proxies, sent, kept):
    environment["TRUSTED_PROXIES"] = proxies
    answer = request.getfixturevalue("app").test_client().get("/nowhere", headers={"X-Request-Id": sent})
    assert (answer.headers["X-Request-Id"] == sent) == kept
    assert re.fullmatch(r"[\w-]{8,64}", answer.headers["X-Request-Id"])


def test_nothing_that_anybody_typed_gets_into_the_log(app, world, browse, written):
    """Each form with its fields and a hundred others full of canaries, each page with them in its address."""
    typed = {name: f"{CANARY} {name}" for name in names_of_fields(world, browse)}
    typed |= {"email": f"{CANARY}@kitahama.example", "password": f"{CANARY} four herons"}
    for person in (world.manager, world.desk, None):
        browser = browse(person)
        for endpoint in POSTS:
            if endpoint in PATHS and endpoint != "preferences.end_sessions":
                path, form = PATHS[endpoint](world)
                browser.post(path, typed, headers={"User-Agent": CANARY})
                browser.post(path, {**form, "body": CANARY, "reason": CANARY, "subject": CANARY}, swap=True)
        for endpoint in GETS:
            if endpoint in PATHS:
                path = PATHS[endpoint](world)[0].partition("?")[0]
                browser.get(path, query_string={"q": CANARY, "cursor": CANARY, "next": f"/{CANARY}", "email": CANARY})
        browser.get(f"/{CANARY}/x")
        browser.client.open("/", method=CANARY.upper())
    told = lines(written, "request")
    assert len(told) > 250
    assert {200, 303, 403, 404, 422} <= {line["status"] for line in told}
    assert CANARY not in written.getvalue().casefold()
    assert not re.search(r"\S@\S", written.getvalue())


def names_of_fields(world, browse):
    pages = [browse(world.manager).get(path).text for path in ("/ask", "/contacts/kitahama", "/preferences", "/")]
    found = {name for page in pages for name in re.findall(r' name="([^"]+)"', page)} - {"csrf_token"}
    return found | {"subject", "description", "body", "reason", "manager_email", "name", "url", "title"}


def test_no_link_stands_in_the_log(app, world, browse, written):
    """Reset, invitation and unsubscribe links have their token in the path."""
    tokens = []
    for purpose, lasts in VALID_FOR.items():
        link = Link.make(world.look, purpose, clock.now(), lasts, app.secret_key)
        tokens.append(link.token(app.secret_key))
        browse().get(f"/login/reset/{tokens[-1]}")
        browse().post(f"/login/reset/{tokens[-1]}", {"password": f"{CANARY} herons on the weir"})
    path = PATHS["unsubscribe.leave"](world)[0]
    tokens.append(path.rpartition("/")[2])
    browse().get(path)
    browse().post(path)
    assert len(lines(written, "request")) == 6
    assert not [token for token in tokens if token in written.getvalue()]
    assert {line["status"] for line in lines(written)} <= {200, 303}
    assert all("<token>" in line["route"] for line in lines(written))


def test_other_peoples_code_gets_no_values_into_the_log(written):
    logging.getLogger("peewee").error(("SELECT ?", [CANARY]))
    logging.getLogger("waitress").error("Exception while serving %s", f"/login/link/{CANARY}")
    logging.getLogger("odd").warning(f"made by hand: {CANARY}")
    logging.getLogger("portal.mail").warning("the server said 550 <ana@kitahama.example>: no")
    assert [line["event"] for line in lines(written)] == [
        "peewee: a message",
        "waitress: Exception while serving %s",
        "odd: a message",
        "the server said 550 <[address]>: no",
    ]
    assert CANARY not in written.getvalue()


def test_a_row_that_a_database_refuses_tells_nothing_of_itself(world, written):
    from portal.models import Contact

    try:
        Contact.create(name=CANARY, email=world.look.email, organization=world.kitahama)
    except Exception:
        logging.getLogger("portal").exception("failed")
    [line] = lines(written, "failed")
    assert "IntegrityError" in line["errors"][0]["kind"]
    assert line["errors"][0]["said"]
    assert world.look.email not in written.getvalue() and CANARY not in written.getvalue()


def test_only_lines_of_the_chosen_level_are_written(capfd):
    root, ours = logging.getLogger(), logging.getLogger("portal")
    before = root.handlers[:], root.level, ours.level
    try:
        logs.to_stderr("warning")
        logging.getLogger("portal.x").info("small")
        logging.getLogger("portal.x").warning("large")
        logging.getLogger("other").info("small")
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        ours.setLevel(before[2])
        logging.captureWarnings(False)
    [line] = capfd.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "large"


def test_a_reader_who_has_stopped_reading_stops_nobody():
    reading, writing = os.pipe()
    handler = logs.NeverWaiting(os.fdopen(writing, "w"))
    handler.setFormatter(logs.JSONLines())
    for number in range(3000):
        handler.emit(logging.LogRecord("portal.logs", logging.INFO, "", 0, "line %s", (number,), None))
    handler.stream.close()
    with os.fdopen(reading) as kept:
        events = [json.loads(line)["event"] for line in kept]
    assert 0 < len(events) < 3000
    assert events == [f"line {number}" for number in range(len(events))]


def test_who_goes_on_reading_gets_every_line(tmp_path):
    with (tmp_path / "log").open("w") as file:
        handler = logs.NeverWaiting(file)
        handler.setFormatter(logs.JSONLines())
        for number in range(100):
            record = logging.LogRecord("portal.logs", logging.INFO, "", 0, "%s", ("x" * 50_000,), None)
            record.facts = {"places": "x" * 300 * number}
            handler.emit(record)
    found = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [len(line["places"]) for line in found] == [300 * number for number in range(100)]
    assert {len(line["event"]) for line in found} == {logs.LONGEST}
