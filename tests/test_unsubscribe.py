"""One-click unsubscribe: in each mail that one may leave, without sign-in, and good for nothing else."""

import email
import re
from email.policy import SMTP

import pytest

from portal import clock, mail, unsubscribing
from portal.models import AnswerSubscription, Notification, NotificationPreference, Session, Subscription, site_notices
from portal.models.notifications import TOPIC_OF, notify
from portal.permissions import is_told_of_site_notices
from tests import tellings
from tests.people import plain

NEVER_LEFT = {"password_reset", "invitation", "email_changed", "email_left", "second_factor_changed", "site_notice"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # what a mail program posts, and nothing else


@pytest.fixture
def write(app, world):
    """Return the mail for a notification as it arrives, or None where it is dropped."""

    def build(notification):
        with app.app_context():
            made = mail.build(Notification.get_by_id(notification.id), clock.now())
        return made and email.message_from_bytes(made.as_bytes(), policy=SMTP)

    return build


@pytest.fixture
def program(app):
    """A mail program: no cookie, no token, no page seen before."""
    return app.test_client()


def path_in(message):
    address = message["List-Unsubscribe"]
    assert re.fullmatch(r"<http://localhost/unsubscribe/[\w.-]+>", address), address
    return address.removeprefix("<http://localhost").removesuffix(">")


def announce(world, reader):
    told = tellings.make(world, "site_notice")
    Notification.update(contact=reader).where(Notification.id == told.id).execute()
    return told


def tell_of_new_request(world, reader):
    notify("request_new", [reader], clock.now(), service_request=world.request, organization=world.kitahama)
    return Notification.select().order_by(Notification.id.desc()).get()


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_each_mail_that_one_may_leave_carries_the_link_and_no_other_does(world, write, kind):
    message = write(tellings.make(world, kind))
    links = re.findall(r"http://localhost/unsubscribe/[\w.-]+", message.as_string().replace("=\n", ""))
    if kind in NEVER_LEFT:
        assert message["List-Unsubscribe"] is message["List-Unsubscribe-Post"] is None
        assert not links
    else:
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = path_in(message)
        for part in ("plain", "html"):
            assert f"http://localhost{path}" in message.get_body((part,)).get_content()


def test_the_address_stands_on_one_line_however_long_it_is(environment, request):
    environment["PUBLIC_URL"] = f"https://{'long.' * 20}example"
    app, world = request.getfixturevalue("app"), request.getfixturevalue("world")
    told = tellings.make(world, "request_message")
    with app.app_context():
        raw = mail.build(told, clock.now()).as_bytes().decode()
    line = next(one for one in raw.split("\r\n") if one.startswith("List-Unsubscribe:"))
    assert re.fullmatch(r"List-Unsubscribe: <https://(long\.){20}example/unsubscribe/[\w.-]+>", line)


@pytest.mark.parametrize("kind", sorted(TOPIC_OF.keys() - {"answer_changed"}))
def test_one_click_stops_mail_of_that_topic_and_leaves_the_list_and_the_rest(world, write, program, kind):
    told = tellings.make(world, kind)
    answer = program.post(path_in(write(told)), data=ONE_CLICK)
    assert answer.status_code == 200
    assert "This mail comes no more" in answer.text
    assert NotificationPreference.switched_off(told.contact) == ({TOPIC_OF[kind]}, set())
    assert write(told) is None


def test_once_more_is_as_good_as_once(world, write, program):
    told = tellings.make(world, "request_message")
    path = path_in(write(told))
    for _ in range(3):
        assert program.post(path, data=ONE_CLICK).status_code == 200
    assert NotificationPreference.select().count() == 1


def test_what_was_switched_off_in_the_list_stays_off(world, write, program):
    told = tellings.make(world, "request_message")
    path = path_in(write(told))
    NotificationPreference.switch_off(told.contact, set(), {"request_message", "request_new"})
    program.post(path, data=ONE_CLICK)
    assert NotificationPreference.switched_off(told.contact) == (
        {"request_message"},
        {"request_message", "request_new"},
    )


def test_looking_at_the_link_changes_nothing_and_shows_a_button(world, write, program):
    told = tellings.make(world, "request_message")
    answer = program.get(path_in(write(told)))
    assert answer.status_code == 200
    assert "Somebody writes in a request" in plain(answer.text)
    assert "Stop this mail" in answer.text
    assert told.contact.email not in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert NotificationPreference.select().count() == 0
    assert write(told) is not None


def test_a_subscriber_leaves_that_customers_new_requests_alone(world, write, program):
    for customer in (world.kitahama, world.nordlys):
        Subscription.create(contact=world.look, organization=customer, created_at=clock.now())
    told = tell_of_new_request(world, world.look)
    answer = program.post(path_in(write(told)), data=ONE_CLICK)
    assert world.kitahama.name in plain(answer.text)
    assert [one.organization for one in Subscription.select()] == [world.nordlys]
    assert NotificationPreference.select().count() == 0
    assert write(told) is None


def test_who_follows_an_answer_leaves_that_answer(world, write, program):
    told = tellings.make(world, "answer_changed")
    program.post(path_in(write(told)), data=ONE_CLICK)
    assert AnswerSubscription.select().count() == 0
    assert NotificationPreference.select().count() == 0


def test_with_look_one_leaves_a_customers_site_notices(world, write, program):
    told = announce(world, world.look)
    assert program.post(path_in(write(told)), data=ONE_CLICK).status_code == 200
    assert not is_told_of_site_notices(world.look, world.kitahama, clock.now())


@pytest.mark.parametrize("who", ["update", "full_admin", "support"])
def test_site_notices_that_one_cannot_leave_carry_no_link(world, write, who):
    assert write(announce(world, getattr(world, who)))["List-Unsubscribe"] is None


def test_a_link_from_the_time_with_look_leaves_no_site_notices_with_update(app, world, program):
    leaving = unsubscribing.Leaving(world.update, unsubscribing.SITE_NOTICES, world.kitahama)
    answer = program.post(f"/unsubscribe/{unsubscribing.token(leaving, app.secret_key)}", data=ONE_CLICK)
    assert answer.status_code == 403
    assert "site notices cannot be left" in plain(answer.text)
    assert site_notices.NotificationPreference.select().count() == 0


def test_a_link_that_is_not_ours_or_was_changed_is_none(app, world, write, program):
    good = path_in(write(tellings.make(world, "request_message")))
    elsewhere = unsubscribing.token(unsubscribing.Leaving(world.support, "request_message"), "another secret key")
    of_nothing = unsubscribing.token(unsubscribing.Leaving(world.support, "password_reset"), app.secret_key)
    for path in (good[:-1], f"{good}x", "/unsubscribe/x", f"/unsubscribe/{elsewhere}", f"/unsubscribe/{of_nothing}"):
        assert program.get(path).status_code == program.post(path, data=ONE_CLICK).status_code == 404
    assert NotificationPreference.select().count() == 0


def test_the_link_signs_nobody_in_and_does_nothing_else(world, write, program):
    sessions = Session.select().count()
    path = path_in(write(tellings.make(world, "request_message")))
    program.post(path, data={"locale": "ja", "password": "four herons on the weir", "topic": "request_new"})
    assert Session.select().count() == sessions
    assert program.get("/preferences").status_code == 303
    assert NotificationPreference.switched_off(world.support)[0] == {"request_message"}


def test_the_portals_cookies_are_no_use_to_the_link(world, write, browse):
    """Another person who is signed in and follows it stops the reader's mail, never their own."""
    told = tellings.make(world, "request_message")
    assert browse(world.look).post(path_in(write(told)), token=False).status_code == 200
    assert NotificationPreference.switched_off(world.look) == (set(), set())
    assert NotificationPreference.switched_off(told.contact)[0] == {"request_message"}
