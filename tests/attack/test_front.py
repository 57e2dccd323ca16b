"""The front to the browser, as a whole: every page, every cookie, every answer. docs/asvs.md names these tests."""

import hashlib
import re
import unicodedata

import pytest
from itsdangerous import URLSafeTimedSerializer

from portal import clock, database, headers
from portal.models import ALL, Contact, HistoryEvent, Link, Notification, Session
from portal.models.leases import Lease
from portal.models.sessions import RESET, VALID_FOR
from tests.people import Browser
from tests.route_paths import PATHS
from tests.route_rows import ROWS
from tests.second_factors import with_password
from tests.world import build_world

GETS = sorted({line.split()[0] for line in ROWS.splitlines() if " GET " in line})
OPEN = {line.split()[0] for line in ROWS.splitlines() if " GET " in line and line.split()[2] == "200"}
KINDS = {
    "text/html": "text/html; charset=utf-8",
    "text/csv": "text/csv; charset=utf-8",
    "text/plain": "text/plain; charset=utf-8",
    "application/json": "application/json",  # RFC 8259: it has no charset
    "application/octet-stream": "application/octet-stream",
}
NO_PAGES = {"attachments.download", "requests.export", "history.receipt", "service_request.news"}


def paths_in(world):
    """Return {endpoint: path} of each route that shows something; what it shows is made now."""
    return {endpoint: PATHS[endpoint](world)[0] for endpoint in GETS if endpoint in PATHS}


def visited(browser, world):
    """Yield (endpoint, answer) of each route that shows something."""
    for endpoint, path in paths_in(world).items():
        yield endpoint, browser.get(path)


@pytest.fixture
def secure(environment, request):
    """The app as people reach it over https."""
    environment["PUBLIC_URL"] = "https://portal.example"
    return request.getfixturevalue("app")


def over_https(app):
    return app.test_client(), {"base_url": "https://portal.example"}


# --- Cookies and https ---------------------------------------------------------------------------------------------


def test_over_https_every_answer_tells_the_browser_never_to_come_without(secure, db):
    client, here = over_https(secure)
    for path in ("/", "/login", "/nowhere", "/healthz", "/static/portal.css"):
        assert client.get(path, **here).headers["Strict-Transport-Security"] == headers.ONLY_HTTPS
    seconds = int(re.match(r"max-age=(\d+); includeSubDomains$", headers.ONLY_HTTPS)[1])
    assert seconds >= 365 * 24 * 3600


def test_without_https_nothing_is_said_of_it(app, db):
    assert "Strict-Transport-Security" not in app.test_client().get("/login").headers


def test_over_https_every_cookie_is_bound_to_the_host_and_hidden_from_scripts(secure, db):
    client, here = over_https(secure)
    cookies = client.get("/login?lang=es", **here).headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["__Host-lang", "__Host-session"]
    for cookie in cookies:
        attributes = {one.strip() for one in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= attributes
        assert not any(one.startswith("Domain") for one in attributes)
        assert len(cookie) < 4096
    assert '<html lang="es">' in client.get("/login", **here).text, "the browser's choice is kept"


def test_a_cookie_that_was_changed_or_is_signed_with_less_is_none(app, world):
    browser = Browser(app, world.look)
    signed = browser.client.get_cookie("session").value
    payload, dot, rest = signed.partition(".")
    key = Session.open_for(world.desk, clock.now())
    content = {"_user_id": key, "_fresh": True}
    weaker = URLSafeTimedSerializer(
        app.secret_key,
        salt="cookie-session",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha1},
    ).dumps(content)
    unsigned = f"{payload}{dot}{rest.rpartition('.')[0]}."
    for forged in (weaker, unsigned, signed[:-4] + ("AAAA" if signed[-4:] != "AAAA" else "BBBB")):
        attacker = Browser(app)
        attacker.client.set_cookie("session", forged)
        assert attacker.get("/requests").status_code == 303, forged
    assert browser.get("/requests").status_code == 200


def test_the_key_of_a_session_is_random_long_and_never_the_same(world):
    keys = {Session.open_for(world.look, clock.now()) for _session in range(50)}
    assert len(keys) == 50
    assert min(map(len, keys)) >= 43  # of 64 letters: 256 bits


# --- Every page ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["manager", "desk", "full_admin", None])
def test_every_answer_says_what_it_is_in_which_letters_and_lets_no_other_origin_read_it(world, browse, who):
    browser, count = browse(who and getattr(world, who)), 0
    for endpoint, answer in visited(browser, world):
        if answer.data:
            kind = answer.headers["Content-Type"]
            assert kind == KINDS[kind.partition(";")[0]], endpoint
            count += 1
        assert not [name for name, _value in answer.headers if name.startswith("Access-Control")], endpoint
    assert count > 10
    asked = browser.get("/requests", headers={"Origin": "https://evil.example"})
    assert not [name for name, _value in asked.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("who", ["manager", "desk", "full_admin"])
def test_every_page_of_somebody_signed_in_offers_signing_out_and_is_kept_nowhere(world, browse, who):
    pages = 0
    for endpoint, answer in visited(browse(getattr(world, who)), world):
        assert answer.headers["Cache-Control"] == "no-store" or endpoint == "health.healthz", endpoint
        if answer.status_code == 200 and endpoint not in NO_PAGES | OPEN:
            assert re.search(r'<form[^>]* action="/logout"[^>]* method="post"', answer.text), endpoint
            pages += 1
    assert pages > 12


@pytest.mark.parametrize("who", ["manager", "desk", "full_admin", None])
def test_no_address_carries_the_key_of_a_session_or_the_token_of_a_form(world, browse, who):
    browser = browse(who and getattr(world, who))
    for endpoint, answer in visited(browser, world):
        with browser.client.session_transaction() as kept:
            secrets = [kept[name] for name in ("_user_id", "csrf_token") if name in kept]
        leads = re.findall(
            r'(?:href|src|action|hx-get|hx-post)="([^"]*)"', answer.text if "html" in answer.mimetype else ""
        )
        for address in [*leads, answer.headers.get("Location", "")]:
            assert not any(secret in address for secret in secrets), endpoint
        for form in re.findall(r"<form\b.*?</form>", answer.text if leads else "", flags=re.S):
            assert 'method="post"' in form or "csrf_token" not in form, endpoint


@pytest.mark.parametrize("who", ["manager", "desk", "full_admin", "own"])
def test_looking_changes_nothing_but_that_one_has_looked(app, world, browse, who):
    """Neither GET nor HEAD: an image on another site could ask for them."""
    browser, paths = browse(getattr(world, who)), paths_in(world)
    noted = {"session", "read_mark", "history_event", Lease._meta.table_name}
    before, told = everything(noted), HistoryEvent.select().count()
    for path in (*paths.values(), *paths.values()):
        browser.get(path)
        browser.client.head(path)
    assert everything(noted) == before
    # Whoever reads or downloads under a grant is in the customer's history.
    new = HistoryEvent.select(HistoryEvent.kind).order_by(HistoryEvent.id).offset(told)
    assert {event.kind for event in new} <= {"read", "downloaded"}


def everything(but):
    return {
        table._meta.table_name: sorted(map(repr, table.select().tuples()))
        for table in ALL
        if table._meta.table_name not in but
    }


def test_a_password_is_typed_unseen_and_may_be_pasted_or_filled_in(world, browse):
    fields = []
    for browser in (browse(), browse(world.look)):
        for path in ("/login", "/preferences"):
            fields += re.findall(
                r'<input[^>]*name="(?:password|current|confirm_password)"[^>]*>', browser.get(path).text
            )
    assert len(fields) >= 3
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field), field
        assert "onpaste" not in field and "maxlength" not in field


def test_a_new_installation_has_nobody_who_could_sign_in(app):
    with database.opened():
        assert [
            table.__name__ for table in (Contact, Session, Notification, HistoryEvent) if table.select().exists()
        ] == []
        build_world()
        assert not Contact.select().where(Contact.password_hash.is_null(False)).exists()


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/HEAD", "/.env", "/app.py", "/secret_key", "/portal.db", "/static/", "/static/../app.py"]
    + [
        "/portal/settings.py",
        "/templates/pages/login.html",
        "/static/%2e%2e/secret_key",
        "/requirements.txt",
        "/tests/",
    ],
)
def test_nothing_that_lies_beside_the_pages_is_given_to_anybody(world, browse, path):
    for browser in (browse(), browse(world.desk)):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize(
    "password", ["  two blanks around it  ", "Große Ähren im Feld", "x" * 64 + " and more", "ｗｉｄｅ letters of mine"]
)
def test_a_password_counts_exactly_as_it_was_typed(world, browse, password):
    with_password(world.look, password)
    for typed in (password.strip(), password.lower(), password[:-1], unicodedata.normalize("NFKC", password)):
        expected = 303 if typed == password else 422
        answer = browse().post("/login", {"email": world.look.email, "password": typed})
        assert answer.status_code == expected, typed
    assert browse().post("/login", {"email": world.look.email, "password": password}).status_code == 303


def test_a_page_behind_a_mailed_link_tells_nobody_its_address(app, world, browse):
    link = Link.make(world.look, RESET, clock.now(), VALID_FOR[RESET], app.secret_key)
    for token in (link.token(app.secret_key), "none"):
        answer = browse().get(f"/login/reset/{token}")
        assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert not re.search(r'(?:src|href)="https?://', answer.text)
