"""Sign-in, signing out, and the mailed way back in."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from peewee import OperationalError

from portal import clock, credentials, database, passwords
from portal.models import Contact, Link, LoginFailure, Notification, Session
from portal.models.sessions import INVITATION, RESET, VALID_FOR
from tests.people import plain
from tests.world import grant

PASSWORD = "a lamp beside the window"
ANOTHER = "four herons on the weir"
SECRET_KEY = "a secret for the tests alone"


def is_signed_in(browser):
    """Sign-in leads those on who are signed in already."""
    return browser.get("/login").location == "/"


def sign_in(browser, email, password=PASSWORD, **more):
    return browser.post("/login", {"email": email, "password": password, **more})


def test_the_right_password_leads_to_the_start_page_in_a_new_session(ana, browse):
    browser = browse()
    answer = sign_in(browser, ana.email.upper() + " ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert Session.select().where(Session.contact == ana).count() == 1
    assert is_signed_in(browser)


def test_next_leads_back_to_a_page_of_the_portal(ana, browse):
    assert sign_in(browse(), ana.email, next="/requests?status=open").location == "/requests?status=open"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/a\n/b",
    ],
)
def test_next_never_leads_elsewhere(ana, browse, elsewhere):
    assert sign_in(browse(), ana.email, next=elsewhere).location == "/"


def test_next_is_kept_in_the_form_and_in_a_failure(ana, browse):
    kept = '<input type="hidden" name="next" value="/requests?status=open">'
    assert kept in browse().get("/login", query_string={"next": "/requests?status=open"}).text
    assert kept in sign_in(browse(), ana.email, "wrong", next="/requests?status=open").text


def test_every_failure_gives_the_same_page(world, ana, browse):
    hashed = ana.password_hash
    inactive, stand_in, suspended, without = world.cc, world.look, world.update, world.create
    Contact.update(password_hash=hashed, active=False).where(Contact.id == inactive.id).execute()
    Contact.update(password_hash=hashed, stands_in_for=ana).where(Contact.id == stand_in.id).execute()
    Contact.update(password_hash=hashed, added_by=world.lattice).where(Contact.id == suspended.id).execute()
    pages = set()
    for email, password in [
        ("nobody@nowhere.example", PASSWORD),
        (ana.email, "wrong"),
        (ana.email, ""),
        (inactive.email, PASSWORD),
        (stand_in.email, PASSWORD),
        (suspended.email, PASSWORD),
        (without.email, PASSWORD),
        (without.email, ""),
    ]:
        answer = sign_in(browse(), email, password)
        assert answer.status_code == 422
        assert f'value="{email}"' in answer.text
        pages.add(re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text.replace(email, "")))
    assert len(pages) == 1
    assert Session.select().count() == 0


def test_every_failure_asks_argon2_once(world, ana, browse, monkeypatch):
    asked = []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda *pair: asked.append(pair) or verify(*pair))
    for email in ("nobody@nowhere.example", ana.email, world.create.email):
        sign_in(browse(), email, "wrong")
    assert len(asked) == 3
    assert [bool(pair[0]) for pair in asked] == [False, True, False]


def test_a_contact_whom_an_active_partner_added_signs_in(world, ana, browse):
    Contact.update(added_by=world.lattice, organization=world.kitahama).where(Contact.id == ana.id).execute()
    assert sign_in(browse(), ana.email).status_code == 303
    world.grants["wide"].ended_at = clock.now() - timedelta(seconds=1)
    world.grants["wide"].save()
    world.grants["narrowed"].ended_at = clock.now() - timedelta(seconds=1)
    world.grants["narrowed"].save()
    assert sign_in(browse(), ana.email).status_code == 422
    grant(world.kitahama, world.lattice, 2)
    assert sign_in(browse(), ana.email).status_code == 303


@pytest.mark.parametrize("email", ["", "\0", "a" * 1_000_000, "x@y.example\0", "'; --", "日本@例え.example"])
def test_whatever_is_typed_is_only_a_failure(ana, browse, email):
    assert sign_in(browse(), email, "p\0" + "w" * 500_000).status_code == 422


def test_signing_in_ends_the_session_that_was_open_in_this_browser(world, ana, browse):
    browser = browse(world.look)
    sign_in(browser, ana.email)
    assert [row.contact_id for row in Session.select()] == [ana.id]


def test_who_is_signed_in_already_is_led_on(world, browse):
    answer = browse(world.look).get("/login?next=/requests")
    assert (answer.status_code, answer.location) == (303, "/requests")


def test_signing_in_without_the_token_of_the_form_changes_nothing(ana, browse):
    answer = browse().post("/login", {"email": ana.email, "password": PASSWORD}, token=False)
    assert answer.status_code == 400
    assert Session.select().count() == 0


def test_with_htmx_the_browser_is_led_on_by_a_header(ana, browse):
    answer = browse().post("/login", {"email": ana.email, "password": PASSWORD}, swap=True)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/")


def test_a_hash_of_older_parameters_is_renewed(ana, browse):
    outdated = PasswordHasher(time_cost=2, memory_cost=64, parallelism=1).hash(PASSWORD)
    ana.set_password_hash(outdated)
    assert sign_in(browse(), ana.email).status_code == 303
    renewed = Contact.get_by_id(ana.id).password_hash
    assert renewed != outdated
    assert not passwords.needs_rehash(renewed)
    assert sign_in(browse(), ana.email).status_code == 303


def test_a_copied_cookie_is_dead_after_signing_out(world, browse):
    browser = browse(world.look)
    copied = browser.client.get_cookie("session").value
    assert is_signed_in(browser)
    assert browser.post("/logout").location == "/login"
    browser.client.set_cookie("session", copied)
    assert not is_signed_in(browser)
    assert Session.select().count() == 0


def test_a_session_is_dead_once_its_contact_is_inactive(world, browse):
    browser = browse(world.look)
    assert is_signed_in(browser)
    Contact.update(active=False).where(Contact.id == world.look.id).execute()
    assert not is_signed_in(browser)


def test_whoever_comes_back_active_finds_every_session_ended(world, browse):
    browser = browse(world.look)
    browse(world.manager).post(f"/contacts/kitahama/{world.look.public_id}/deactivate")
    partner_manager = browse(world.partner_manager)
    partner_manager.post(f"/contacts/brightwater/{world.look.public_id}/deactivate")
    partner_manager.post(f"/contacts/brightwater/{world.look.public_id}/reactivate")
    assert Contact.get_by_id(world.look.id).active
    assert not is_signed_in(browser)


def _age(browser, **columns):
    Session.update(**{name: clock.now() - ago for name, ago in columns.items()}).execute()
    return is_signed_in(browser)


def test_a_session_ends_after_twelve_hours_without_a_visit(world, browse):
    assert not _age(browse(world.look), seen_at=timedelta(hours=12, seconds=1))


def test_a_visit_each_half_day_keeps_a_session(world, browse):
    assert _age(browse(world.look), seen_at=timedelta(hours=11, minutes=59), created_at=timedelta(days=6))


def test_a_session_ends_after_seven_days_however_often_it_is_used(world, browse):
    browser = browse(world.look)
    assert _age(browser, created_at=timedelta(days=6, hours=23))
    assert not _age(browser, created_at=timedelta(days=7, seconds=1))


def test_sessions_that_are_over_are_not_listed_and_go_at_the_next_sign_in(ana, browse):
    Session.open_for(ana, clock.now() - timedelta(days=2), "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0")
    browser = browse()
    assert sign_in(browser, ana.email).status_code == 303
    assert "Firefox on Linux" not in browser.sees("/preferences")
    assert Session.select().count() == 1


@pytest.mark.parametrize("path", ["/logout", "/preferences/sessions/end"])
def test_signing_out_makes_the_browser_drop_what_it_kept(world, browse, path):
    browser = browse(world.look)
    assert browser.post(path).headers["Clear-Site-Data"] == '"cache"'
    assert browse(world.look).post(path, swap=True).headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in browser.get("/login").headers


@pytest.mark.parametrize("proxies", [0, 1])
def test_forwarded_addresses_count_only_from_a_trusted_proxy(environment, request, proxies):
    environment |= {"TRUSTED_PROXIES": str(proxies), "LOGIN_FAILURES": "2"}
    browser = request.getfixturevalue("browse")()
    request.getfixturevalue("world")
    for last in ("1", "2", "3"):
        forwarded = {"X-Forwarded-For": f"9.9.9.9, 198.51.100.{last}", "X-Forwarded-Host": "evil.example"}
        form = {"email": "ana@nowhere.example", "password": "wrong"}
        answer = browser.post("/login", form, headers=forwarded)
        assert "evil.example" not in answer.text
    assert answer.status_code == (422 if proxies else 429)
    assert {one.address for one in LoginFailure.select()} == (
        {f"198.51.100.{last}" for last in "123"} if proxies else {"127.0.0.1"}
    )


def test_reading_pages_notes_the_visit_only_every_few_minutes(world, browse):
    browser = browse(world.look)
    before = Session.get()
    browser.get("/login")
    assert Session.get().seen_at == before.seen_at
    Session.update(seen_at=before.seen_at - timedelta(minutes=4)).execute()
    browser.get("/login")
    assert Session.get().seen_at == before.seen_at - timedelta(minutes=4)
    Session.update(seen_at=before.seen_at - timedelta(minutes=6)).execute()
    browser.get("/login")
    assert Session.get().seen_at >= before.seen_at


def test_reading_goes_on_where_the_visit_cannot_be_noted(world, browse, monkeypatch):
    browser = browse(world.look)
    Session.update(seen_at=Session.get().seen_at - timedelta(minutes=6)).execute()

    def full(**_values):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(Session, "update", full)
    assert is_signed_in(browser)


# --- Throttling ----------------------------------------------------------------------------------------------------


def fail(email, times, address="127.0.0.1", ago=timedelta(0)):
    for _ in range(times):
        LoginFailure.record(email, address, clock.now() - ago)


def test_the_eleventh_attempt_is_refused_even_with_the_right_password(ana, browse):
    fail(ana.email, 9)
    assert sign_in(browse(), ana.email, "wrong").status_code == 422
    answer = sign_in(browse(), ana.email)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in plain(answer.text)
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert LoginFailure.select().count() == 10


def test_the_refusal_names_the_minute_in_which_the_first_failure_stops_counting(ana, browse):
    fail(ana.email, 1, ago=timedelta(minutes=11, seconds=30))
    fail(ana.email, 9)
    assert "Try again in 4 minutes." in plain(sign_in(browse(), ana.email).text)


def test_failures_older_than_the_window_do_not_count(ana, browse):
    fail(ana.email, 10, ago=timedelta(minutes=15, seconds=1))
    assert sign_in(browse(), ana.email).status_code == 303


def test_failures_from_elsewhere_never_lock_the_owner_out(ana, browse):
    fail(ana.email, 200, address="203.0.113.9")
    assert sign_in(browse(), ana.email).status_code == 303


def test_ten_times_as_many_failures_block_an_address_for_every_account(ana, browse):
    for number in range(20):
        fail(f"guess-{number}@x.example", 5)
    assert sign_in(browse(), ana.email).status_code == 429
    LoginFailure.delete().where(LoginFailure.id == LoginFailure.select(LoginFailure.id).limit(1)).execute()
    assert sign_in(browse(), ana.email).status_code == 303


def test_success_is_never_throttled_and_forgives_the_account_but_not_the_address(ana, browse):
    fail("somebody@else.example", 3)
    for _ in range(12):
        fail(ana.email, 5)
        assert sign_in(browse(), ana.email).status_code == 303
    assert LoginFailure.select().count() == 3


def test_an_unknown_address_is_throttled_like_a_known_one(ana, browse):
    fail("nobody@nowhere.example", 10)
    fail(ana.email, 10)
    assert sign_in(browse(), "nobody@nowhere.example").status_code == sign_in(browse(), ana.email).status_code == 429


def test_the_setting_says_how_many_failures_in_how_many_minutes(environment, request):
    environment["LOGIN_FAILURES"] = "2 in 3 minutes"
    world, browse = request.getfixturevalue("world"), request.getfixturevalue("browse")
    world.look.set_password_hash(passwords.hash_password(PASSWORD))
    fail(world.look.email, 2)
    answer = sign_in(browse(), world.look.email)
    assert answer.status_code == 429
    assert "Try again in 3 minutes." in plain(answer.text)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        (None, ""),
        ("unix:", "unix:"),
    ],
)
def test_addresses_of_one_network_count_as_one(address, counted):
    assert credentials.neighbourhood(address) == counted


# --- Forgotten passwords -------------------------------------------------------------------------------------------


def reset_link(contact, purpose=RESET, at=None):
    link = Link.make(contact, purpose, at or clock.now(), VALID_FOR[purpose], SECRET_KEY)
    return link, f"/login/reset/{link.token(SECRET_KEY)}"


def test_a_forgotten_password_is_mailed_a_link(ana, browse):
    answer = browse().post("/login/forgot", {"email": ana.email})
    assert (answer.status_code, answer.location) == (303, "/login")
    told = Notification.get()
    assert (told.kind, told.contact_id, told.mail_state) == ("password_reset", ana.id, "due")
    assert told.link.contact_id == ana.id
    assert told.link.expires_at - told.link.created_at == timedelta(minutes=60)


def test_every_address_gets_the_same_answer_and_the_same_writes(world, ana, browse):
    Contact.update(active=False).where(Contact.id == world.cc.id).execute()
    Contact.update(stands_in_for=ana).where(Contact.id == world.look.id).execute()
    answers = set()
    for count, email in enumerate([ana.email, "nobody@nowhere.example", world.cc.email, world.look.email], 1):
        browser = browse()
        posted = browser.post("/login/forgot", {"email": email})
        shown = re.sub(r'name="csrf_token" value="[^"]*"', "", browser.get("/login").text)
        answers.add((posted.status_code, posted.location, shown))
        assert (Notification.select().count(), Link.select().count()) == (count, count)
    assert len(answers) == 1
    assert [row.contact_id for row in Notification.select().where(Notification.mail_state == "due")] == [ana.id]


def test_without_a_mail_server_the_page_says_that_the_link_waits(ana, browse):
    browser = browse()
    browser.post("/login/forgot", {"email": ana.email})
    assert "Mail is not set up yet" in browser.get("/login").text


class TestWithMail:
    @pytest.fixture
    def environment(self, environment):
        return {**environment, "MAIL_URL": "smtp://127.0.0.1:2525"}

    def test_with_a_mail_server_the_page_says_that_the_link_is_on_its_way_alone(self, ana, browse):
        browser = browse()
        browser.post("/login/forgot", {"email": ana.email})
        shown = browser.get("/login").text
        assert "a link is on its way" in shown
        assert "Mail is not set up yet" not in shown


@pytest.mark.parametrize("email", ["", "ana", "@", "a b@c.example", "\0", "a" * 100_000])
def test_what_is_no_address_is_told_beside_the_field(ana, browse, email):
    answer = browse().post("/login/forgot", {"email": email})
    assert answer.status_code == 422
    assert 'id="e-email"' in answer.text
    assert Link.select().count() == 0


def test_nobody_can_fill_a_mailbox_with_links(ana, browse):
    for _ in range(7):
        assert browse().post("/login/forgot", {"email": ana.email}).status_code == 303
    assert Link.select().where(Link.contact == ana).count() == 5
    assert Notification.select().where(Notification.contact == ana).count() == 5
    assert Notification.select().count() == 7


def test_looking_at_the_link_does_not_use_it(ana, browse):
    link, path = reset_link(ana)
    for _ in range(2):
        page = browse().get(path)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
    assert Link.get_by_id(link.id).used_at is None


def test_the_link_sets_the_password_once_and_ends_every_session(ana, browse):
    elsewhere = browse(ana)
    _, path = reset_link(ana)
    browser = browse()
    answer = browser.post(path, {"password": ANOTHER})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Your password is set." in browser.sees("/login")
    assert not is_signed_in(elsewhere)
    assert sign_in(browse(), ana.email, ANOTHER).status_code == 303
    assert sign_in(browse(), ana.email, PASSWORD).status_code == 422
    assert browse().get(path).status_code == 404
    assert browse().post(path, {"password": PASSWORD + PASSWORD}).status_code == 404
    assert sign_in(browse(), ana.email, ANOTHER).status_code == 303


def test_using_a_link_uses_up_the_others_of_that_person_alone(world, ana, browse):
    _, invitation = reset_link(ana, INVITATION)
    _, path = reset_link(ana)
    _, somebody_elses = reset_link(world.look)
    browse().post(path, {"password": ANOTHER})
    assert browse().get(invitation).status_code == 404
    assert browse().get(somebody_elses).status_code == 200


def test_a_newer_link_supersedes_the_older(ana, browse):
    _, older = reset_link(ana)
    _, newer = reset_link(ana)
    assert (browse().get(older).status_code, browse().get(newer).status_code) == (404, 200)


@pytest.mark.parametrize(("purpose", "lasts"), [(RESET, timedelta(minutes=60)), (INVITATION, timedelta(hours=72))])
def test_a_link_runs_out_to_the_second(ana, browse, purpose, lasts):
    _, path = reset_link(ana, purpose, clock.now() - lasts + timedelta(seconds=30))
    assert browse().get(path).status_code == 200
    _, path = reset_link(ana, purpose, clock.now() - lasts)
    assert browse().get(path).status_code == 404
    assert browse().post(path, {"password": ANOTHER}).status_code == 404
    assert Contact.get_by_id(ana.id).password_hash == ana.password_hash


def test_a_link_of_somebody_who_may_not_sign_in_is_dead(ana, browse):
    _, path = reset_link(ana)
    Contact.update(active=False).where(Contact.id == ana.id).execute()
    assert browse().get(path).status_code == browse().post(path, {"password": ANOTHER}).status_code == 404


def test_a_dead_link_and_one_that_never_was_look_the_same(ana, browse):
    link, path = reset_link(ana)
    link.use(clock.now())
    strip = re.compile(r'name="csrf_token" value="[^"]*"')
    pages = [browse().get(one) for one in (path, "/login/reset/never", f"/login/reset/{'f' * 64}")]
    assert {page.status_code for page in pages} == {404}
    assert len({strip.sub("", page.text) for page in pages}) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Use 15 characters or more"),
        ("x" * 14, "Use 15 characters or more"),
        ("1qaz2wsx3edc4rfv", "many people use"),
        ("Partner Portal 2026", "known to others"),
        ("x" * 1001, "Use 1,000 characters at most."),
        ("Colleague@Brightwater.example", "Your e-mail address is the first thing that others would try."),
    ],
)
def test_a_bad_password_is_told_beside_the_field_and_leaves_the_link(ana, browse, typed, sentence):
    link, path = reset_link(ana)
    answer = browse().post(path, {"password": typed})
    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert 'id="e-password"' in answer.text
    assert not typed or typed not in answer.text
    assert Link.get_by_id(link.id).used_at is None


def test_of_twenty_at_once_one_uses_the_link(app, ana):
    link, _ = reset_link(ana)
    start = Barrier(20, timeout=60)

    def use(number):
        start.wait()
        with app.app_context(), database.opened():
            return credentials.set_password_by(link, f"{PASSWORD} {number}", clock.now())

    with ThreadPoolExecutor(20) as threads:
        won = list(threads.map(use, range(20)))
    assert won.count(True) == 1
    assert passwords.verify(Contact.get_by_id(ana.id).password_hash, f"{PASSWORD} {won.index(True)}")


@pytest.mark.parametrize(("lang", "heading"), [("en", "Sign in"), ("ja", "ログイン"), ("es", "Iniciar sesión")])
def test_the_page_speaks_the_chosen_language(world, browse, lang, heading):
    page = browse().get(f"/login?lang={lang}")
    assert f'<html lang="{lang}">' in page.text
    assert f"<h1>{heading}</h1>" in page.text
    assert "Halyard Support" in page.text
