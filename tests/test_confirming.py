"""Sensitive changes ask for the password again, and keep what was typed."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.models import Contact, LoginFailure, Session
from tests.contacts import page_of, typed
from tests.people import plain
from tests.second_factors import PASSWORD, code, has_factor, with_factor, with_password, wrong

ASKED = "Confirm that it is you"


@pytest.fixture
def manager(world):
    return with_password(world.manager)


def later(minutes=11, seconds=0):
    """Let the password have been typed so long ago in every session."""
    Session.update(confirmed_at=clock.now() - timedelta(minutes=minutes, seconds=seconds)).execute()


def fields(page):
    """Return what the form of the page would post, but for the password."""
    main = page.partition("<main")[2]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main))


def read(contact):
    return Contact.get_by_id(contact.id)


CHANGES = [{"email": "moved@kitahama.example"}, {"contact_manager": "on"}]


@pytest.mark.parametrize("change", CHANGES, ids=["address", "manager"])
def test_a_sensitive_change_asks_keeps_what_was_typed_and_goes_on(world, manager, browse, change):
    browser = browse(manager)
    later()
    answer = browser.post(page_of(world.own), typed(world.own, name="Renamed & Co", **change))
    assert answer.status_code == 422
    assert ASKED in answer.text
    assert read(world.own).name == world.own.name
    form = {name: value.replace("&amp;", "&") for name, value in fields(answer.text).items()}
    assert {name: form[name] for name in change} == change
    answer = browser.post(page_of(world.own), form | {"confirm_password": PASSWORD})
    assert answer.status_code == 303
    assert read(world.own).name == "Renamed & Co"
    assert all(str(getattr(read(world.own), name)) in (value, "True") for name, value in change.items())
    assert ASKED not in browser.post(page_of(read(world.own)), typed(read(world.own), email="x@kitahama.example")).text


@pytest.mark.parametrize("who", ["own", "support"])
def test_what_opens_no_door_is_not_asked_about(world, manager, browse, who):
    person = getattr(world, who)
    browser = browse(manager)
    later()
    answer = browser.post(page_of(person), typed(person, name="Renamed", locale="es"))
    assert answer.status_code == 303
    assert read(person).name == "Renamed"


def test_taking_the_flag_asks_too(world, manager, browse):
    browser = browse(manager)
    later()
    answer = browser.post(page_of(world.second_manager), typed(world.second_manager, contact_manager=None))
    assert (answer.status_code, read(world.second_manager).contact_manager) == (422, True)


@pytest.mark.parametrize("which", ["one", "all"])
def test_ending_sessions_asks(world, manager, browse, which):
    """Whoever sits before a browser that was left open does not shut its owner out everywhere else."""
    here, elsewhere = browse(manager), browse(manager)
    (number,) = re.findall(r'name="session" value="(\d+)"', here.get("/preferences").text)
    typed = {"session": number} if which == "one" else {}
    later()
    answer = here.post("/preferences/sessions/end", typed)
    assert (answer.status_code, ASKED in answer.text) == (422, True)
    assert elsewhere.get("/preferences").status_code == 200
    assert (
        here.post("/preferences/sessions/end", fields(answer.text) | {"confirm_password": PASSWORD}).status_code == 303
    )
    assert elsewhere.get("/preferences").status_code == 303


def test_adding_a_manager_asks_and_adding_a_contact_does_not(world, manager, browse):
    browser = browse(manager)
    later()
    new = {"name": "New One", "email": "new@kitahama.example", "timezone": "UTC", "locale": "en"}
    assert ASKED in browser.post("/contacts/kitahama/add", new | {"contact_manager": "on"}).text
    assert browser.post("/contacts/kitahama/add", new).status_code == 303


def test_the_flag_of_the_desk_asks(world, browse):
    desk = with_password(world.desk)
    colleague = Contact.create(
        email="two@halyard.example", name="Two", organization=world.halyard, created_at=clock.now()
    )
    browser = browse(desk)
    later()
    assert ASKED in browser.post(page_of(colleague), typed(colleague, desk="on")).text
    assert not read(colleague).desk


@pytest.mark.parametrize(("minutes", "asked"), [(9, False), (10, True)])
def test_a_password_typed_in_this_session_is_good_for_ten_minutes(world, manager, browse, minutes, asked):
    browser = browse(manager)
    later(minutes, seconds=50 if not asked else 0)
    answer = browser.post(page_of(world.own), typed(world.own, email="moved@kitahama.example"))
    assert (answer.status_code == 422) is asked


def test_a_session_from_before_is_asked(world, manager, browse):
    browser = browse(manager)
    Session.update(confirmed_at=None).execute()
    assert browser.post(page_of(world.own), typed(world.own, contact_manager="on")).status_code == 422


def test_what_was_confirmed_in_another_session_does_not_count(world, manager, browse):
    here = browse(manager)
    later()
    browse(manager)
    assert here.post(page_of(world.own), typed(world.own, contact_manager="on")).status_code == 422


def test_a_wrong_password_changes_nothing_counts_and_is_throttled(world, manager, browse):
    browser = browse(manager)
    later()
    form = typed(world.own, contact_manager="on")
    for _ in range(10):
        answer = browser.post(page_of(world.own), form | {"confirm_password": "wrong"})
        assert answer.status_code == 422
        assert 'id="e-confirm_password"' in answer.text
        assert fields(answer.text)["contact_manager"] == "on"
    assert LoginFailure.select().count() == 10
    answer = browser.post(page_of(world.own), form | {"confirm_password": PASSWORD})
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in plain(answer.text)
    assert not read(world.own).contact_manager


def test_the_password_itself_is_never_written_back(world, manager, browse):
    browser = browse(manager)
    later()
    form = typed(world.own, contact_manager="on") | {"confirm_password": "wrong but secret"}
    assert "wrong but secret" not in browser.post(page_of(world.own), form).text


def test_confirmed_the_session_has_another_key(world, manager, browse):
    browser = browse(manager)
    later()
    stolen = browser.client.get_cookie("session").value
    browser.post(page_of(world.own), typed(world.own, contact_manager="on") | {"confirm_password": PASSWORD})
    attacker = browse()
    attacker.client.set_cookie("session", stolen)
    assert browser.get("/preferences").status_code == 200
    assert attacker.get("/preferences").status_code == 303


def test_ones_own_address_asks_and_ends_the_other_sessions(world, manager, browse):
    here, elsewhere = browse(manager), browse(manager)
    later()
    form = typed(manager, email="moved@kitahama.example")
    assert ASKED in here.post(page_of(manager), form).text
    assert here.post(page_of(manager), form | {"confirm_password": PASSWORD}).status_code == 303
    assert read(manager).email == "moved@kitahama.example"
    assert here.get("/preferences").status_code == 200
    assert elsewhere.get("/preferences").status_code == 303


@pytest.mark.parametrize("path", ["", "/new"])
def test_setting_up_a_second_factor_asks_before_it_shows_a_secret(manager, browse, path):
    browser = browse(manager)
    later()
    page = browser.get(f"/preferences/second_factor{path}").text
    assert ASKED in page
    assert "typed-code" not in page
    following = fields(page)
    answer = browser.post("/preferences/confirm", following | {"confirm_password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, f"/preferences/second_factor{path}")
    assert "typed-code" in browser.get(answer.location).text


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example/", "/\\evil.example", ""])
def test_confirming_leads_nowhere_else(manager, browse, next):
    assert browse(manager).post("/preferences/confirm", {"next": next}).location == "/preferences"


@pytest.mark.parametrize("what", ["off", "codes"])
def test_changes_of_the_second_factor_ask(app, manager, browse, what):
    secret, _codes = with_factor(manager, app.config["PORTAL"])
    browser = browse(manager)
    later()
    assert ASKED in browser.post(f"/preferences/second_factor/{what}").text
    assert has_factor(manager)
    proof = {"confirm_password": PASSWORD, "confirm_code": code(secret)}
    answer = browser.post(f"/preferences/second_factor/{what}", proof)
    assert answer.status_code in {200, 303}
    assert ASKED not in answer.text
    assert has_factor(manager) is (what == "codes")


@pytest.mark.parametrize("typed_code", [None, "", "000", "wrong", "another's"])
def test_beside_a_second_factor_the_password_alone_confirms_nothing(app, world, manager, browse, typed_code):
    """Whoever has the open browser and the password does not get to put their own app in the place of the owner's."""
    secret, _codes = with_factor(manager, app.config["PORTAL"])
    _secret, others = with_factor(with_password(world.own), app.config["PORTAL"])
    browser = browse(manager)
    later()
    shown = browser.get("/preferences/second_factor/new").text
    assert 'name="confirm_code"' in shown and "typed-code" not in shown
    proof = {"confirm_password": PASSWORD} | ({} if typed_code is None else {"confirm_code": typed_code})
    if typed_code == "wrong":
        proof["confirm_code"] = wrong(secret)
    if typed_code == "another's":
        proof["confirm_code"] = others[0]
    answer = browser.post("/preferences/confirm", fields(shown) | proof)
    assert (answer.status_code, 'id="e-confirm_code"' in answer.text) == (422, True)
    assert "typed-code" not in browser.get("/preferences/second_factor/new").text


def test_a_code_confirms_once_and_a_recovery_code_too(app, world, manager, browse):
    secret, recovery = with_factor(manager, app.config["PORTAL"])
    browser = browse(manager)
    with time_machine.travel(clock.now(), tick=False):
        for one, status in ((code(secret), 303), (code(secret), 422), (recovery[0], 303), (recovery[0], 422)):
            later()
            proof = {"confirm_password": PASSWORD, "confirm_code": one, "next": "/preferences"}
            assert browser.post("/preferences/confirm", proof).status_code == status


def test_codes_guessed_at_the_confirmation_are_throttled_as_at_sign_in(app, manager, browse):
    secret, _codes = with_factor(manager, app.config["PORTAL"])
    browser = browse(manager)
    later()
    for _ in range(10):
        proof = {"confirm_password": PASSWORD, "confirm_code": wrong(secret)}
        assert browser.post("/preferences/confirm", proof).status_code == 422
    answer = browser.post("/preferences/confirm", {"confirm_password": PASSWORD, "confirm_code": code(secret)})
    assert answer.status_code == 429
    assert "Try again in" in plain(answer.text)


def test_without_a_second_factor_no_code_is_asked_for(manager, browse):
    browser = browse(manager)
    later()
    assert "confirm_code" not in browser.get("/preferences/second_factor").text


def test_taking_somebodys_second_factor_away_asks(app, world, browse):
    desk = with_password(world.desk)
    with_factor(world.own, app.config["PORTAL"])
    browser = browse(desk)
    later()
    path = page_of(world.own, "second_factor/reset")
    assert ASKED in browser.post(path).text
    assert has_factor(world.own)
    assert browser.post(path, {"confirm_password": PASSWORD}).status_code == 303
    assert not has_factor(world.own)


def test_who_may_not_do_it_is_refused_before_any_password(world, manager, browse):
    browser = browse(world.support)
    later()
    assert browser.post(page_of(world.own), typed(world.own, contact_manager="on")).status_code == 403


def test_nothing_is_confirmed_without_the_token_of_the_form(world, manager, browse):
    browser = browse(manager)
    later()
    form = typed(world.own, contact_manager="on") | {"confirm_password": PASSWORD}
    assert browser.post(page_of(world.own), form, token=False).status_code == 400
    assert not read(world.own).contact_manager
