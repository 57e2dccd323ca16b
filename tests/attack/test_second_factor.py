"""Attacks on the second factor: with the password alone, with a code seen, with guesses, with the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine

from portal import clock, credentials, database, passwords, second_factor
from portal.models import Contact, Link, LoginFailure, RecoveryCode, SecondFactor, Session, second_factors
from portal.models.sessions import HalfSignIn, fingerprint
from portal.permissions import Level
from tests.second_factors import (
    PASSWORD,
    SECRET_KEY,
    code,
    codes_left,
    enter_code,
    enter_password,
    has_factor,
    open_form,
    with_factor,
    with_password,
    wrong,
)

ANOTHER = "four herons on the weir"
HERE = "127.0.0.1"


@pytest.fixture
def kept(ana, settings):
    """(secret, recovery codes) of Ana's second factor."""
    return with_factor(ana, settings)


def is_signed_in(browser):
    return browser.get("/preferences").status_code == 200


def test_the_password_alone_opens_nothing(world, ana, kept, browse):
    browser = browse()
    enter_password(browser, ana)
    open_form(browser)
    assert Session.select().count() == 0
    for path in ("/", "/requests", "/preferences", "/preferences/second_factor", "/ask", "/notifications"):
        assert browser.get(path).location.startswith("/login")
    for path in ("/preferences/second_factor/off", "/preferences/confirm", "/preferences/password"):
        assert browser.post(path, {"current": PASSWORD, "password": ANOTHER}).location == "/login"
    assert has_factor(ana)


def test_the_key_of_a_half_sign_in_is_no_session(ana, kept, browse):
    browser = browse()
    enter_password(browser, ana)
    with browser.client.session_transaction() as kept_by_browser:
        kept_by_browser["_user_id"] = kept_by_browser["half_signed_in"]
    assert not is_signed_in(browser)


def test_what_the_database_holds_of_a_half_sign_in_goes_no_further(ana, kept, browse):
    enter_password(browse(), ana)
    attacker = browse()
    with attacker.client.session_transaction() as kept_by_browser:
        kept_by_browser["half_signed_in"] = HalfSignIn.get().key_hash
    assert enter_code(attacker, code(kept[0])).location == "/login"


def test_a_code_works_once(ana, kept, browse):
    """Whoever reads the code over a shoulder is too late, and so is every code before it."""
    with time_machine.travel(clock.now(), tick=False):
        owner, attacker = browse(), browse()
        enter_password(owner, ana)
        enter_password(attacker, ana)
        assert enter_code(owner, code(kept[0])).status_code == 303
        assert enter_code(attacker, code(kept[0])).status_code == 422
        assert enter_code(attacker, code(kept[0], steps=-1)).status_code == 422
        assert not is_signed_in(attacker)


def at_once(app, halves, typed):
    """Type the codes for these half sign-ins side by side; return how many got in."""
    barrier, settings = Barrier(len(halves)), app.config["PORTAL"]

    def enter(pair):
        half, one = pair
        barrier.wait()
        with app.app_context(), database.opened():
            try:
                return second_factor.enter(half, one, HERE, clock.now(), settings, "")
            except credentials.Throttled:
                return None

    with ThreadPoolExecutor(len(halves)) as pool:
        return sum(one is not None for one in pool.map(enter, zip(halves, typed, strict=True)))


def halves_of(contact, count):
    keys = [second_factors.wait(contact, clock.now()) for _ in range(count)]
    return [second_factors.waiting(key, clock.now()) for key in keys]


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_twenty_at_once_one_uses_the_code(app, ana, kept, environment, kind):
    typed = code(kept[0]) if kind == "app" else kept[1][0]
    assert at_once(app, halves_of(ana, 20), [typed] * 20) == 1
    assert Session.select().count() == 1


def test_one_half_sign_in_becomes_one_session(app, ana, kept):
    half = halves_of(ana, 1)[0]
    assert at_once(app, [half] * 5, kept[1][:5]) == 1
    assert Session.select().count() == 1


def test_guesses_side_by_side_are_counted_one_by_one(app, ana, kept):
    assert at_once(app, halves_of(ana, 20), [wrong(kept[0])] * 20) == 0
    assert LoginFailure.select().count() == 10


def test_wrong_codes_are_throttled_even_with_the_right_password_in_between(ana, kept, browse):
    browser = browse()
    for _ in range(10):
        enter_password(browser, ana)
        assert enter_code(browser, wrong(kept[0])).status_code == 422
    assert enter_password(browser, ana).status_code == 303
    answer = enter_code(browser, code(kept[0]))
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert not is_signed_in(browser)


def fail(account, times, address):
    for _ in range(times):
        LoginFailure.record(account, address, clock.now())


def test_wrong_codes_from_elsewhere_never_lock_the_owner_out(ana, kept, browse):
    fail(second_factor._account(ana), 99, "203.0.113.9")
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, code(kept[0])).status_code == 303


def test_who_knows_the_password_cannot_guess_codes_from_many_addresses(ana, kept, browse):
    """After a hundred wrong codes from anywhere no code of the app is tried; a recovery code still is."""
    for last in range(50):
        fail(second_factor._account(ana), 2, f"203.0.113.{last}")
    browser = browse()
    enter_password(browser, ana)
    answer = enter_code(browser, code(kept[0]))
    assert answer.status_code == 429
    assert "Use a recovery code" in answer.text
    assert enter_code(browser, kept[1][0]).status_code == 303


def test_wrong_passwords_never_keep_the_owners_codes_from_being_tried(ana, kept, browse):
    fail(ana.email, 500, "203.0.113.9")
    browser = browse()
    enter_password(browser, ana)
    assert enter_code(browser, code(kept[0])).status_code == 303


def test_a_reset_by_mail_does_not_pass_by_the_second_factor(ana, kept, browse):
    link = Link.make(ana, "reset", clock.now(), timedelta(hours=1), SECRET_KEY)
    attacker = browse()
    assert attacker.post(f"/login/reset/{link.token(SECRET_KEY)}", {"password": ANOTHER}).status_code == 303
    assert enter_password(attacker, ana, ANOTHER).location == "/login/code"
    assert not is_signed_in(attacker)
    assert has_factor(ana)


def test_another_password_ends_the_half_sign_ins(ana, kept, browse):
    attacker, owner = browse(), browse(ana)
    enter_password(attacker, ana)
    owner.post("/preferences/password", {"current": PASSWORD, "password": ANOTHER})
    assert enter_code(attacker, code(kept[0])).location == "/login"


def test_a_deactivated_contact_finishes_no_sign_in(ana, kept, browse):
    browser = browse()
    enter_password(browser, ana)
    Contact.update(active=False).where(Contact.id == ana.id).execute()
    assert enter_code(browser, code(kept[0])).status_code == 422
    assert Session.select().count() == 0


def test_a_password_changed_between_check_and_session_begins_nothing(ana, settings):
    found = credentials.check(ana.email, PASSWORD, HERE, clock.now(), settings)
    ana.set_password_hash(passwords.hash_password(ANOTHER))
    assert credentials.begin(found, clock.now(), "") is None
    assert Session.select().count() == 0


def test_a_second_factor_set_up_between_check_and_session_is_asked_for(ana, settings):
    found = credentials.check(ana.email, PASSWORD, HERE, clock.now(), settings)
    with_factor(ana, settings)
    assert credentials.begin(found, clock.now(), "").waits_for_code
    assert Session.select().count() == 0


def test_no_session_id_is_kept_at_the_second_step_or_when_factors_change(ana, kept, browse):
    def key(browser):
        with browser.client.session_transaction() as kept_by_browser:
            return kept_by_browser.get("_user_id"), kept_by_browser.get("half_signed_in")

    browser = browse()
    enter_password(browser, ana)
    half = key(browser)[1]
    enter_code(browser, code(kept[0]))
    whole, left = key(browser)
    assert (left, whole == half) == (None, False)
    stolen = browser.client.get_cookie("session").value
    open_form(browser)
    browser.post("/preferences/second_factor/off")
    assert key(browser)[0] != whole
    attacker = browse()
    attacker.client.set_cookie("session", stolen)
    assert is_signed_in(browser) and not is_signed_in(attacker)


def test_a_copy_of_the_database_gives_no_secret_and_no_recovery_code_away(ana, kept):
    secret, codes = kept
    row = SecondFactor.of(ana)
    stored = {one.code_hash for one in RecoveryCode.select()}
    assert secret not in row.secret
    assert second_factor.sealing.unseal(row.secret, f"kept:{ana.public_id}", "a guess at the secret key") is None
    assert stored.isdisjoint({*codes, *(one.replace("-", "") for one in codes)})
    assert stored.isdisjoint({fingerprint(one) for one in codes})


def test_a_secret_moved_to_another_account_is_worth_nothing(world, ana, kept, settings, browse):
    """Whoever can write rows cannot give somebody else's account the secret of their own app."""
    victim = with_password(world.desk)
    with_factor(victim, settings)
    SecondFactor.update(secret=SecondFactor.of(ana).secret).where(SecondFactor.contact == victim).execute()
    browser = browse()
    enter_password(browser, victim)
    assert enter_code(browser, code(kept[0])).status_code == 422


@pytest.mark.parametrize("who", [*(level.code for level in Level), "manager", "second_manager", "support", "own"])
def test_nobody_but_the_desk_takes_a_second_factor_away(world, settings, browse, who):
    victim = world.own if who != "own" else world.support
    with_factor(victim, settings)
    browser = browse(getattr(world, who))
    path = f"/contacts/kitahama/{victim.public_id}"
    assert browser.post(f"{path}/second_factor/reset").status_code == 403
    assert "second_factor/reset" not in browser.get(path).text
    assert has_factor(victim)


def test_a_partner_does_not_learn_who_has_a_second_factor(world, settings, browse):
    before = browse(world.full_admin).sees(f"/contacts/kitahama/{world.own.public_id}")
    with_factor(world.own, settings)
    assert browse(world.full_admin).sees(f"/contacts/kitahama/{world.own.public_id}") == before


def test_the_first_step_tells_nothing_of_a_second(ana, kept, browse):
    wrong_password = enter_password(browse(), ana, "wrong")
    nobody = browse().post("/login", {"email": "nobody@nowhere.example", "password": "wrong"})
    assert wrong_password.status_code == nobody.status_code == 422
    assert "code" not in wrong_password.text.partition("<form")[2].partition("</form>")[0]
    assert codes_left(ana) == 10
