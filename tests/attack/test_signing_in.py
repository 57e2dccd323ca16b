"""Attacks on who one is: planted sessions, links of another purpose, empty passwords."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal import clock, mail, passwords, unsubscribing
from portal.models import Contact, Link, Notification, Session
from portal.models.sessions import INVITATION, RESET, VALID_FOR, fingerprint

PASSWORD = "a lamp beside the window"
ANOTHER = "four herons on the weir"


def key_in(browser):
    with browser.client.session_transaction() as kept:
        return kept.get("_user_id"), kept.get("csrf_token")


def enter(browser, email, password):
    return browser.post("/login", {"email": email, "password": password})


def test_no_session_id_is_kept_at_sign_in(world, ana, browse):
    """Session fixation: what an attacker planted in the browser is worth nothing once its owner has signed in."""
    planted = browse(world.look)
    stolen = planted.client.get_cookie("session").value
    before = key_in(planted)
    assert enter(planted, ana.email, PASSWORD).status_code == 303
    planted.get("/")
    assert set(before) & set(key_in(planted)) == set()
    attacker = browse()
    attacker.client.set_cookie("session", stolen)
    assert attacker.get("/").status_code == 303
    assert [one.contact for one in Session.select()] == [ana]


def test_what_the_database_holds_of_a_session_opens_none(world, browse):
    browser = browse(world.look)
    stored = fingerprint(key_in(browser)[0])
    attacker = browse()
    with attacker.client.session_transaction() as kept:
        kept["_user_id"] = stored
    assert attacker.get("/").status_code == 303


@pytest.mark.parametrize(("made", "other"), [(INVITATION, RESET), (RESET, INVITATION)])
def test_a_link_is_worth_nothing_for_another_purpose(app, ana, browse, made, other):
    link = Link.make(ana, made, clock.now(), VALID_FOR[made], app.secret_key)
    link.purpose = other
    assert browse().post(f"/login/reset/{link.token(app.secret_key)}", {"password": ANOTHER}).status_code == 404
    assert passwords.verify(Contact.get_by_id(ana.id).password_hash, PASSWORD)


def test_an_unsubscribe_link_sets_no_password_and_a_reset_link_unsubscribes_nobody(app, ana, browse):
    leave = unsubscribing.token(unsubscribing.Leaving(ana, "request_message"), app.secret_key)
    link = Link.make(ana, RESET, clock.now(), VALID_FOR[RESET], app.secret_key)
    assert browse().post(f"/login/reset/{leave}", {"password": ANOTHER}).status_code == 404
    assert browse().post(f"/unsubscribe/{link.token(app.secret_key)}").status_code == 404


def test_what_the_database_holds_of_a_link_opens_nothing(app, ana, browse):
    link = Link.make(ana, RESET, clock.now(), VALID_FOR[RESET], app.secret_key)
    for known in (link.token_hash, link.public_id):
        assert browse().get(f"/login/reset/{known}").status_code == 404


@pytest.mark.parametrize("stored", [None, "", "!", "$argon2id$", "plain text"])
@pytest.mark.parametrize("typed", ["", "!", "None", "$argon2id$", "plain text", "the password of nobody"])
def test_a_blank_or_broken_hash_fits_no_password(ana, browse, stored, typed):
    Contact.update(password_hash=stored).where(Contact.id == ana.id).execute()
    assert enter(browse(), ana.email, typed).status_code == 422
    assert Session.select().count() == 0


def test_the_hash_itself_is_no_password(ana, browse):
    assert enter(browse(), ana.email, ana.password_hash).status_code == 422


@pytest.mark.parametrize("header", ["Host", "X-Forwarded-Host", "X-Original-Host", "Forwarded"])
def test_no_header_of_a_request_gets_into_a_mailed_link(app, ana, header):
    """Reset poisoning: whoever asks for somebody's link with another host gets nothing of it."""
    value = "host=evil.example" if header == "Forwarded" else "evil.example"
    client = app.test_client()
    asked = {"base_url": "http://evil.example"} if header == "Host" else {"headers": {header: value}}
    form = client.get("/login/forgot", **asked).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    assert client.post("/login/forgot", data={"email": ana.email, "csrf_token": token}, **asked).status_code == 303
    told = Notification.get(Notification.kind == "password_reset", Notification.contact == ana)
    with app.app_context():
        raw = mail.build(told, clock.now()).as_string()
    assert "http://localhost/login/reset/" in raw.replace("=\n", "")
    assert "evil.example" not in raw


class Meeting:
    """A hasher in which three have to meet; whoever waits for a third in vain has hashed all the same."""

    def __init__(self):
        self.place, self.met = threading.Barrier(3), []

    def hash(self, _typed):
        return "of nobody"

    def verify(self, *_typed):
        try:
            self.place.wait(0.3)
            self.met.append(True)
        except threading.BrokenBarrierError:
            pass
        return True


def test_however_many_sign_in_at_once_no_three_passwords_are_hashed_side_by_side(monkeypatch):
    """Each takes 64 MiB: a thousand who sign in at once would take the machine down."""
    meeting = Meeting()
    monkeypatch.setattr(passwords, "_hasher", meeting)
    with ThreadPoolExecutor(6) as many:
        assert all(many.map(lambda number: passwords.verify("a hash", f"password {number}"), range(6)))
    assert meeting.met == []
