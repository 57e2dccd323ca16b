"""What one chooses for oneself."""

import re
from datetime import timedelta

import pytest

from portal import clock, passwords
from portal.browsers import browser_word
from portal.models import Contact, Link, LoginFailure, NotificationPreference, Session, second_factors
from portal.models.notifications import TOPICS
from tests.people import plain

PASSWORD = "a lamp beside the window"
ANOTHER = "four herons on the weir"


def read(contact):
    return Contact.get_by_id(contact.id)


def test_the_page_leads_to_my_customers(ana, browse):
    assert 'href="/partner/my_customers"' in browse(ana).get("/preferences").text.partition("<main")[2]


def test_language_and_time_zone_are_kept_and_spoken_at_once(ana, browse):
    browser = browse(ana)
    answer = browser.post("/preferences", {"locale": "ja", "timezone": "Asia/Tokyo"})
    assert (answer.status_code, answer.location) == (303, "/preferences")
    assert (read(ana).locale, read(ana).timezone) == ("ja", "Asia/Tokyo")
    page = browser.get("/preferences").text
    assert '<html lang="ja">' in page
    assert "言語とタイムゾーンを保存しました。" in page
    assert '<option value="Asia/Tokyo" selected>' in page


@pytest.mark.parametrize(
    ("locale", "timezone", "wrong"),
    [
        ("xx", "Asia/Tokyo", "locale"),
        ("", "Asia/Tokyo", "locale"),
        ("en", "Mars/Olympus", "timezone"),
        ("en", "", "timezone"),
        ("en", "../../etc/passwd", "timezone"),
        ("en", "\0", "timezone"),
        ("en", "Asia/" + "x" * 100_000, "timezone"),
    ],
)
def test_what_does_not_exist_is_told_beside_the_field(ana, browse, locale, timezone, wrong):
    answer = browse(ana).post("/preferences", {"locale": locale, "timezone": timezone})
    assert answer.status_code == 422
    assert f'id="e-{wrong}"' in answer.text
    assert (read(ana).locale, read(ana).timezone) == (ana.locale, ana.timezone)


def test_every_time_zone_is_offered_and_an_unusual_one_stays(ana, browse):
    Contact.update(timezone="Etc/GMT+5").where(Contact.id == ana.id).execute()
    page = browse(ana).get("/preferences").text
    assert '<option value="Etc/GMT+5" selected>' in page
    assert '<option value="America/Argentina/Buenos_Aires">America/Argentina/Buenos Aires</option>' in page
    assert page.count("<option") > 300


# --- The password --------------------------------------------------------------------------------------------------


def change(browser, current=PASSWORD, password=ANOTHER):
    return browser.post("/preferences/password", {"current": current, "password": password})


def test_another_password_ends_the_other_sessions_and_links(ana, browse):
    link = Link.make(ana, "reset", clock.now(), timedelta(hours=1), "x" * 16)
    here, elsewhere = browse(ana), browse(ana)
    assert change(here).status_code == 303
    assert "Your password is changed." in here.sees("/preferences")
    assert elsewhere.get("/preferences").status_code == 303
    assert passwords.verify(read(ana).password_hash, ANOTHER)
    assert Link.get_by_id(link.id).used_at is not None


@pytest.mark.parametrize(
    ("current", "password", "field", "sentence"),
    [
        ("wrong", ANOTHER, "current", "This is not your password of today."),
        ("", ANOTHER, "current", "This is not your password of today."),
        (PASSWORD, "short", "password", "Use 15 characters or more"),
        (PASSWORD, "colleague@brightwater.example", "password", "Your e-mail address is the first thing"),
        (PASSWORD, "passwordpassword", "password", "many people use"),
        (PASSWORD, "colleague colleague", "password", "known to others"),
        (PASSWORD, "x" * 1_000_000, "password", "Use 1,000 characters at most."),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_changes(ana, browse, current, password, field, sentence):
    here, elsewhere = browse(ana), browse(ana)
    answer = change(here, current, password)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert sentence in plain(answer.text)
    assert passwords.verify(read(ana).password_hash, PASSWORD)
    assert elsewhere.get("/preferences").status_code == 200


def test_guessing_the_password_of_an_open_session_is_throttled(ana, browse):
    browser = browse(ana)
    for _ in range(10):
        LoginFailure.record(ana.email, "127.0.0.1", clock.now())
    answer = change(browser)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in plain(answer.text)
    assert passwords.verify(read(ana).password_hash, PASSWORD)


def test_wrong_passwords_count_as_failures(ana, browse):
    change(browse(ana), "wrong")
    assert LoginFailure.select().count() == 1


# --- What one is told ----------------------------------------------------------------------------------------------


def test_topics_are_switched_off_by_mail_and_in_the_list(ana, browse):
    browser = browse(ana)
    kept = {f"{way}-{topic}": "on" for topic in TOPICS for way in ("mail", "list")}
    del kept["mail-request_new"], kept["list-request_changed"]
    answer = browser.post("/preferences/notifications", kept)
    assert (answer.status_code, answer.location) == (303, "/preferences#told")
    assert NotificationPreference.switched_off(ana) == ({"request_new"}, {"request_changed"})
    page = browser.get("/preferences").text
    assert 'name="mail-request_new" aria-label="By mail: A request is submitted">' in page
    assert 'name="list-request_new" aria-label="In the list: A request is submitted" checked>' in page
    browser.post("/preferences/notifications", {f"{way}-{topic}": "on" for topic in TOPICS for way in ("mail", "list")})
    assert NotificationPreference.switched_off(ana) == (set(), set())


def test_only_what_can_reach_a_person_is_offered(world, browse):
    def offered(contact):
        return {topic for topic in TOPICS if f'name="mail-{topic}"' in browse(contact).get("/preferences").text}

    common = set(TOPICS) - {"access_asked", "contact_added", "request_assigned"}
    assert offered(world.look) == common
    assert offered(world.manager) == common | {"access_asked", "contact_added"}
    assert offered(world.desk) == common | {"request_assigned"}


def test_what_is_not_offered_stays_on(ana, browse):
    browse(ana).post("/preferences/notifications", {})
    mails, _entries = NotificationPreference.switched_off(ana)
    assert mails == set(TOPICS) - {"access_asked", "contact_added", "request_assigned"}


def test_leaving_the_site_notices_of_a_customer_is_another_matter(world, ana, browse):
    NotificationPreference.create(
        contact=ana, kind="site_notice", organization=world.kitahama, by_mail=False, in_list=False
    )
    browse(ana).post("/preferences/notifications", {})
    assert NotificationPreference.site_notices_left_by(ana) == {world.kitahama.id}


# --- Sessions ------------------------------------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"


def test_sessions_are_listed_with_their_browser(world, ana, browse):
    Session.open_for(ana, clock.now() - timedelta(hours=2), FIREFOX)
    Session.open_for(world.look, clock.now(), "curl/8")
    shown = browse(ana).sees("/preferences")
    assert "Firefox on Linux" in shown
    assert "this one" in shown
    assert "curl" not in shown


def test_signing_out_everywhere_ends_every_session_of_that_person_alone(world, ana, browse):
    here, elsewhere, others = browse(ana), browse(ana), browse(world.look)
    answer = here.post("/preferences/sessions/end")
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "You are signed out everywhere." in here.sees("/login")
    assert elsewhere.get("/preferences").status_code == here.get("/preferences").status_code == 303
    assert others.get("/preferences").status_code == 200


def test_the_command_signs_one_person_out_everywhere(app, world, ana, browse):
    browsers, other = [browse(ana), browse(ana)], browse(world.look)
    half = second_factors.wait(ana, clock.now())
    done = app.test_cli_runner().invoke(args=["end-sessions", ana.email.upper()])
    assert (done.exit_code, done.stdout) == (0, f"{ana.name} is signed out everywhere.\n")
    assert [one.get("/preferences").status_code for one in (*browsers, other)] == [303, 303, 200]
    assert second_factors.waiting(half, clock.now()) is None


def test_the_command_signs_everybody_out(app, world, ana, browse):
    browsers = [browse(ana), browse(ana), browse(world.look)]
    half = second_factors.wait(world.look, clock.now())
    done = app.test_cli_runner().invoke(args=["end-sessions", "--all"])
    assert (done.exit_code, done.stdout) == (0, "3 sessions have ended.\n")
    assert {one.get("/preferences").status_code for one in browsers} == {303}
    assert second_factors.waiting(half, clock.now()) is None


@pytest.mark.parametrize("words", [[], ["ana@brightwater.example", "--all"], ["nobody@nowhere.example"]])
def test_the_command_signs_nobody_out_by_mistake(app, world, browse, words):
    browser = browse(world.look)
    done = app.test_cli_runner().invoke(args=["end-sessions", *words])
    assert (done.exit_code, done.stderr.startswith("Error: ")) == (1, True)
    assert browser.get("/preferences").status_code == 200


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Edg/120", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17 Mobile Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Chrome/120 Safari/537", "Chrome on macOS"),
        ("curl/8.5", "curl"),
        ("", "A browser that does not say its name"),
        ("<script>", "A browser that does not say its name"),
    ],
)
def test_browsers_are_called_by_names_that_people_know(app, said, words):
    with app.test_request_context():
        assert browser_word(said) == words


def test_one_browser_is_signed_out_alone_and_only_by_its_owner(world, ana, browse):
    here, elsewhere, others = browse(ana), browse(ana), browse(world.look)
    (one,) = re.findall(r'name="session" value="(\d+)"', here.get("/preferences").text)
    others.post("/preferences/sessions/end", {"session": one})
    assert elsewhere.get("/preferences").status_code == 200
    answer = here.post("/preferences/sessions/end", {"session": one})
    assert (answer.status_code, answer.location) == (303, "/preferences#sessions")
    assert "That browser is signed out." in here.sees("/preferences")
    assert elsewhere.get("/preferences").status_code == 303


@pytest.mark.parametrize("typed", ["", "x", "0", "9" * 40, "-1"])
def test_what_names_no_session_of_mine_never_ends_this_one_alone(ana, browse, typed):
    here, elsewhere = browse(ana), browse(ana)
    here.post("/preferences/sessions/end", {"session": typed})
    assert here.get("/preferences").status_code == elsewhere.get("/preferences").status_code


@pytest.mark.parametrize(
    "path", ["/preferences", "/preferences/password", "/preferences/notifications", "/preferences/sessions/end"]
)
def test_nothing_changes_without_the_token_of_the_form_or_a_session(ana, browse, path):
    browser = browse(ana)
    assert browser.post(path, {"locale": "ja", "timezone": "UTC"}, token=False).status_code == 400
    assert browse().post(path, {"locale": "ja", "timezone": "UTC"}).location.startswith("/login")
    assert browser.get("/preferences").status_code == 200
    assert read(ana).locale == "en"
