"""Signing in with a second factor; setting it up, replacing it, turning it off; and the way back."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal import authenticator, clock, passwords, sealing, second_factor
from portal.models import Contact, HistoryEvent, Link, LoginFailure, Notification, RecoveryCode, SecondFactor, Session
from portal.models.second_factors import HalfSignIn
from tests.people import plain
from tests.second_factors import (
    PASSWORD,
    SECRET_KEY,
    SHORT,
    code,
    codes_left,
    enter_code,
    enter_password,
    has_factor,
    hidden,
    open_form,
    shown_codes,
    shown_secret,
    with_factor,
    with_password,
    wrong,
)

PAGE = "/preferences/second_factor"


@pytest.fixture
def secret(ana, settings):
    """The secret in Ana's app: she has a second factor."""
    return with_factor(ana, settings)[0]


def is_signed_in(browser):
    return browser.get("/preferences").status_code == 200


def told(contact):
    rows = Notification.select().where(Notification.kind == "second_factor_changed", Notification.contact == contact)
    return [one.facts["what"] for one in rows.order_by(Notification.id)]


# --- Signing in ---------------------------------------------------------------------------------------------------


def test_without_a_second_factor_the_password_signs_in_as_ever(ana, browse):
    answer = enter_password(browse(), ana)
    assert (answer.status_code, answer.location) == (303, "/")


def test_after_the_password_the_code_is_asked_for(ana, secret, browse):
    browser = browse()
    answer = enter_password(browser, ana, next="/requests?status=open")
    assert (answer.status_code, answer.location) == (303, "/login/code?next=/requests?status%3Dopen")
    page = browser.get(answer.location).text
    assert re.search(r'<input id="code"[^>]* autocomplete="one-time-code" inputmode="numeric"[^>]* autofocus', page)
    assert hidden(page, "next") == "/requests?status=open"
    assert enter_code(browser, code(secret), next="/requests?status=open").location == "/requests?status=open"
    assert is_signed_in(browser)


def test_with_htmx_each_step_leads_on_by_a_header(ana, secret, browse):
    browser = browse()
    form = {"email": ana.email, "password": PASSWORD}
    assert browser.post("/login", form, swap=True).headers["HX-Redirect"] == "/login/code"
    open_form(browser)
    assert browser.post("/login/code", {"code": code(secret)}, swap=True).headers["HX-Redirect"] == "/"


@pytest.mark.parametrize("written", ["{0}{1}", " {0} {1} ", "{0}-{1}", "{0}\u3000{1}"])
def test_a_code_is_taken_however_it_is_grouped(ana, secret, browse, written):
    browser = browse()
    enter_password(browser, ana)
    now = code(secret)
    assert enter_code(browser, written.format(now[:3], now[3:])).status_code == 303


def test_a_code_in_wide_digits_is_taken(ana, secret, browse):
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, "".join(chr(ord(one) + 0xFEE0) for one in code(secret))).status_code == 303


@pytest.mark.parametrize(("steps", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_code_counts_one_step_early_and_one_step_late(ana, secret, browse, steps, status):
    with time_machine.travel(clock.now(), tick=False):
        browser = browse()
        enter_password(browser, ana)
        assert enter_code(browser, code(secret, steps=steps)).status_code == status


@pytest.mark.parametrize("typed", ["", "\0", "12345", "1234567", "abcdef", "½²³４", "０" * 6, "x" * 100_000, "a\r\nb"])
def test_whatever_else_is_typed_is_refused_beside_a_field(ana, secret, browse, typed):
    browser = browse()
    enter_password(browser, ana)
    answer = enter_code(browser, typed)
    assert answer.status_code == 422
    assert re.search(r'id="e-(code|recovery_code)"', answer.text)
    assert not is_signed_in(browser)


def test_a_half_sign_in_lasts_ten_minutes(ana, secret, browse):
    browser = browse()
    enter_password(browser, ana)
    HalfSignIn.update(created_at=clock.now() - timedelta(minutes=9, seconds=55)).execute()
    assert browser.get("/login/code").status_code == 200
    HalfSignIn.update(created_at=clock.now() - timedelta(minutes=10, seconds=1)).execute()
    assert browser.get("/login/code").location == "/login"
    assert enter_code(browser, code(secret)).location == "/login"
    assert "Sign in again." in browser.sees("/login")
    assert not is_signed_in(browser)


def test_a_recovery_code_signs_in_once_and_is_told_by_mail(ana, settings, browse):
    _secret, codes = with_factor(ana, settings)
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, codes[3].upper().replace("-", " ")).status_code == 303
    assert "9 are left." in browser.sees("/preferences")
    assert (codes_left(ana), told(ana)) == (9, ["set_up", "code_used"])
    again = browse()
    enter_password(again, ana)
    assert enter_code(again, codes[3]).status_code == 422
    assert not is_signed_in(again)


def test_another_contacts_recovery_code_is_worth_nothing(world, ana, secret, settings, browse):
    _secret, codes = with_factor(with_password(world.look), settings)
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, codes[0]).status_code == 422


def test_the_last_recovery_code_says_so(ana, settings, browse):
    _secret, codes = with_factor(ana, settings)
    RecoveryCode.update(used_at=clock.now()).where(
        RecoveryCode.code_hash != RecoveryCode.hash_of(ana, codes[0].replace("-", ""))
    ).execute()
    browser = browse()
    enter_password(browser, ana)
    enter_code(browser, codes[0])
    assert "You used your last recovery code." in browser.sees("/preferences")


# --- Setting up ---------------------------------------------------------------------------------------------------


def begin(browser, path=PAGE):
    """Open the page of setting up; return (the secret that it shows, what its form posts)."""
    page = browser.get(path).text
    secret = shown_secret(page)
    return secret, {"offer": hidden(page, "offer"), "code": code(secret)}


def test_the_picture_and_the_text_hold_the_same_secret(ana, browse, settings):
    page = browse(ana).get(PAGE).text
    secret = shown_secret(page)
    assert authenticator.picture(secret, ana.email, "Halyard Support") in page
    assert "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    address = authenticator.address(secret, ana.email, "Halyard Support")
    assert address.startswith("otpauth://totp/Halyard%20Support:colleague%40brightwater.example?secret=" + secret)


def test_setting_up_shows_ten_codes_once_and_ends_the_other_sessions(ana, browse):
    here, elsewhere = browse(ana), browse(ana)
    link = Link.make(ana, "reset", clock.now(), timedelta(hours=1), SECRET_KEY)
    secret, form = begin(here)
    answer = here.post(PAGE, form)
    codes = shown_codes(answer.text)
    assert (answer.status_code, len(set(codes))) == (200, 10)
    assert answer.headers["Cache-Control"] == "no-store"
    assert all(one in answer.text.partition("data:text/plain")[2].partition('"')[0] for one in codes)
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert Link.get_by_id(link.id).used_at is not None
    assert shown_codes(here.get(PAGE).text) == []
    assert "10 left" in here.sees(PAGE)
    assert told(ana) == ["set_up"]
    entering = browse()
    enter_password(entering, ana)
    assert enter_code(entering, codes[0]).status_code == 303


def test_the_code_of_setting_up_does_not_sign_in_as_well(ana, browse):
    secret, form = begin(browser := browse(ana))
    browser.post(PAGE, form)
    another = browse()
    enter_password(another, ana)
    assert enter_code(another, form["code"]).status_code == 422


def test_a_wrong_code_keeps_the_same_secret_on_the_page(ana, browse):
    browser = browse(ana)
    secret, form = begin(browser)
    answer = browser.post(PAGE, form | {"code": wrong(secret)})
    assert answer.status_code == 422
    assert shown_secret(answer.text) == secret
    assert 'id="e-code"' in answer.text
    assert not has_factor(ana)
    assert browser.post(PAGE, form).status_code == 200


@pytest.mark.parametrize("offer", ["", "x", "é", "A" * 900, "=" * 5000, "____"])
def test_an_offer_that_is_none_gives_another(ana, browse, offer):
    answer = browse(ana).post(PAGE, {"offer": offer, "code": "000000"})
    assert answer.status_code == 422
    assert "out of date" in plain(answer.text)
    assert shown_secret(answer.text)
    assert not has_factor(ana)


def test_another_persons_offer_is_worth_nothing(world, ana, browse):
    _secret, form = begin(browse(world.look))
    assert browse(ana).post(PAGE, form).status_code == 422
    assert not has_factor(ana)


def test_the_old_app_works_until_the_new_one_has_shown_a_code(ana, secret, browse):
    browser = browse(ana)
    another, form = begin(browser, f"{PAGE}/new")
    assert another != secret
    entering = browse()
    enter_password(entering, ana)
    assert enter_code(entering, code(secret)).status_code == 303
    before = {one.code_hash for one in RecoveryCode.select()}
    assert browser.post(PAGE, form).status_code == 200
    assert before.isdisjoint({one.code_hash for one in RecoveryCode.select()})
    assert told(ana)[-1] == "replaced"
    assert not is_signed_in(entering)
    enter_password(entering, ana)
    assert enter_code(entering, code(secret, steps=1)).status_code == 422
    assert enter_code(entering, code(another, steps=1)).status_code == 303


def test_new_recovery_codes_make_the_old_ones_worthless(ana, settings, browse):
    _secret, old = with_factor(ana, settings)
    answer = browse(ana).post(f"{PAGE}/codes")
    new = shown_codes(answer.text)
    assert (len(new), codes_left(ana), told(ana)[-1]) == (10, 10, "codes")
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, old[0]).status_code == 422
    assert enter_code(browser, new[0]).status_code == 303


def test_turned_off_the_password_alone_is_enough_again(ana, secret, browse):
    here, elsewhere = browse(ana), browse(ana)
    assert here.post(f"{PAGE}/off").location == "/preferences"
    assert "Your second factor is off." in here.sees("/preferences")
    assert not is_signed_in(elsewhere)
    assert (has_factor(ana), codes_left(ana), told(ana)[-1]) == (False, 0, "turned_off")
    assert enter_password(browse(), ana).location == "/"


def test_without_one_there_is_nothing_to_turn_off_or_to_make_codes_for(ana, browse):
    browser = browse(ana)
    assert browser.post(f"{PAGE}/codes").location == PAGE
    assert browser.post(f"{PAGE}/off").location == "/preferences"
    assert (codes_left(ana), told(ana)) == (0, [])


def test_preferences_say_how_things_stand(ana, settings, browse):
    assert "Set up a second factor" in browse(ana).sees("/preferences")
    with_factor(ana, settings)
    assert "10 recovery codes are left." in browse(ana).sees("/preferences")


# --- Passwords beside it ------------------------------------------------------------------------------------------


def change(browser, password, current=PASSWORD):
    return browser.post("/preferences/password", {"current": current, "password": password})


def test_beside_a_second_factor_eight_characters_are_enough(ana, secret, browse):
    browser = browse(ana)
    assert "Use 8 characters or more" in browser.sees("/preferences")
    assert change(browser, "heron-7").status_code == 422
    assert change(browser, "password1").status_code == 422
    assert change(browser, SHORT).status_code == 303
    assert SecondFactor.of(ana).short_password


def test_a_short_password_has_to_grow_before_the_second_factor_goes(ana, secret, browse):
    browser = browse(ana)
    change(browser, SHORT)
    answer = browser.post(f"{PAGE}/off")
    assert answer.status_code == 422
    assert "too short to stand alone" in plain(answer.text)
    assert has_factor(ana)
    assert change(browser, PASSWORD, SHORT).status_code == 303
    assert browser.post(f"{PAGE}/off").status_code == 303
    assert not has_factor(ana)


def test_a_link_sets_a_short_password_beside_a_second_factor_alone(world, ana, secret, browse):
    world.look.set_password_hash(passwords.hash_password(PASSWORD))
    for contact, status in ((ana, 303), (world.look, 422)):
        link = Link.make(contact, "reset", clock.now(), timedelta(hours=1), SECRET_KEY)
        answer = browse().post(f"/login/reset/{link.token(SECRET_KEY)}", {"password": SHORT})
        assert answer.status_code == status
    assert SecondFactor.of(ana).short_password


def test_a_factor_turned_off_in_between_refuses_the_short_password_and_keeps_the_link(ana, secret, browse, monkeypatch):
    from portal.routes import sign_in

    link = Link.make(ana, "reset", clock.now(), timedelta(hours=1), SECRET_KEY)

    def check_then_lose(password, contact, least):
        SecondFactor.remove(contact)

    monkeypatch.setattr(sign_in, "password_problem", check_then_lose)
    answer = browse().post(f"/login/reset/{link.token(SECRET_KEY)}", {"password": SHORT})
    assert (answer.status_code, Link.get_by_id(link.id).used_at) == (422, None)
    assert passwords.verify(Contact.get_by_id(ana.id).password_hash, PASSWORD)


# --- Who must have one --------------------------------------------------------------------------------------------


@pytest.fixture
def required(environment, request):
    environment["SECOND_FACTOR"] = getattr(request, "param", "managers")
    return request.getfixturevalue("world"), request.getfixturevalue("browse")


@pytest.mark.parametrize("path", ["/", "/preferences", "/requests", "/ask?category=account", "/answers", f"{PAGE}/new"])
def test_who_must_have_one_is_led_to_it_from_everywhere(required, path):
    world, browse = required
    for person in (world.manager, world.desk, world.partner_manager):
        answer = browse(person).get(path)
        assert (answer.status_code, answer.location) == (303, PAGE)
    assert browse(world.own).get(path).status_code == 200
    assert browse(world.manager).post("/ask", {"subject": "x"}, swap=True).headers["HX-Redirect"] == PAGE


def test_until_then_one_can_choose_the_language_and_sign_out(required):
    world, browse = required
    browser = browse(world.manager)
    page = browser.get(PAGE).text
    assert "/requests" not in page
    assert browser.post(PAGE, {"lang": "ja"}).status_code == 200
    assert '<html lang="ja">' in browser.get(PAGE).text
    assert browser.post("/logout").location == "/login"


def test_once_set_up_everything_opens(required):
    world, browse = required
    browser = browse(world.manager)
    _secret, form = begin(browser)
    assert len(shown_codes(browser.post(PAGE, form).text)) == 10
    assert browser.get("/requests").status_code == 200


def test_where_it_is_required_it_is_not_turned_off(required):
    world, browse = required
    browser = browse(world.manager)
    _secret, form = begin(browser)
    browser.post(PAGE, form)
    assert f'action="{PAGE}/off"' not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/off").status_code == 422
    assert has_factor(world.manager)


@pytest.mark.parametrize("required", ["everyone"], indirect=True)
def test_everyone_means_everyone(required):
    world, browse = required
    assert browse(world.cc).get("/requests").location == PAGE
    assert browse().get("/answers").status_code == 200


# --- The way back -------------------------------------------------------------------------------------------------


def reset_path(contact):
    return f"/contacts/{contact.organization.slug}/{contact.public_id}/second_factor/reset"


def test_the_desk_takes_it_away_recorded_and_told(world, ana, secret, browse):
    browser, theirs = browse(world.desk), browse(ana)
    page = f"/contacts/brightwater/{ana.public_id}"
    assert reset_path(ana) in browser.get(page).text
    assert browser.post(reset_path(ana)).location == page
    assert "second factor of Colleague of Brightwater Consulting is gone" in browser.sees(page)
    assert not is_signed_in(theirs)
    assert (has_factor(ana), told(ana)[-1]) == (False, "reset")
    event = HistoryEvent.get(HistoryEvent.kind == "contact_second_factor_reset")
    assert (event.customer, event.actor, event.contact) == (world.brightwater, world.desk, ana)
    assert enter_password(browse(), ana).location == "/"
    assert "Took away the second factor of Colleague" in browse(world.partner_manager).sees("/history/brightwater")


def test_a_password_too_short_to_stand_alone_goes_with_it(world, ana, secret, settings, browse):
    change(browse(ana), SHORT)
    assert second_factor.reset(ana, world.desk, clock.now(), settings)
    assert Contact.get_by_id(ana.id).password_hash is None
    assert enter_password(browse(), ana, SHORT).status_code == 422
    link = Notification.get(Notification.kind == "password_reset", Notification.contact == ana).link
    address = f"/login/reset/{link.token(SECRET_KEY)}"
    assert browse().post(address, {"password": SHORT}).status_code == 422
    assert browse().post(address, {"password": PASSWORD}).status_code == 303
    assert enter_password(browse(), ana).location == "/"


def test_the_command_takes_it_away(app, world, ana, secret):
    ran = app.test_cli_runner().invoke(args=["reset-second-factor", ana.email.upper()])
    assert (ran.exit_code, has_factor(ana), told(ana)[-1]) == (0, False, "reset")
    assert HistoryEvent.get(HistoryEvent.kind == "contact_second_factor_reset").actor is None
    again = app.test_cli_runner().invoke(args=["reset-second-factor", ana.email])
    assert again.exit_code == 1
    assert "has no second factor" in again.output
    assert app.test_cli_runner().invoke(args=["reset-second-factor", "nobody@nowhere.example"]).exit_code == 1


def test_after_another_secret_key_recovery_codes_still_work(ana, settings, browse):
    secret, codes = with_factor(ana, settings)
    sealed = sealing.seal(secret, f"kept:{ana.public_id}", "another secret key")
    SecondFactor.update(secret=sealed).execute()
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, code(secret)).status_code == 422
    assert enter_code(browser, codes[0]).status_code == 303


def test_old_failures_do_not_follow_who_gets_in(ana, secret, browse):
    browser = browse()
    enter_password(browser, ana)
    enter_code(browser, wrong(secret))
    assert LoginFailure.select().count() == 1
    enter_code(browser, code(secret))
    assert LoginFailure.select().count() == 0


def test_the_session_after_the_code_is_listed_and_knows_when_the_password_was_typed(ana, secret, browse):
    browser = browse()
    enter_password(browser, ana)
    assert Session.select().count() == 0
    enter_code(browser, code(secret))
    assert [(one.contact_id, one.confirmed_at is not None) for one in Session.select()] == [(ana.id, True)]
    assert HalfSignIn.select().count() == 0
