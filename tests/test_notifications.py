"""The list of what one was told."""

import re
from datetime import timedelta

import pytest

from portal import clock, headlines, languages
from portal.models import Contact, Message, Notification, NotificationPreference
from portal.models.notification_lists import load_subjects
from portal.models.notifications import MAIL_ONLY, notify
from portal.permissions import Level
from tests import tellings
from tests.people import plain
from tests.world import grant, service_request

LISTED = [kind for kind in tellings.MAKERS if kind not in MAIL_ONLY]


def counted(browser):
    """Return the number beside Notifications in the menu."""
    found = re.search(r'href="/notifications"[^>]*>.*?class="count"[^>]*>(\d+)<', browser.get("/notifications").text)
    return int(found[1]) if found else 0


def times(handle, ask):
    """Return how many statements `ask()` takes."""
    statements, execute = [], handle.execute_sql

    def noting(sql, *args, **kwargs):
        statements.append(sql)
        return execute(sql, *args, **kwargs)

    handle.execute_sql = noting
    try:
        ask()
    finally:
        handle.execute_sql = execute
    return len(statements)


@pytest.mark.parametrize("kind", LISTED)
def test_each_kind_stands_in_the_list_as_a_sentence_with_a_link(app, world, browse, kind):
    told = tellings.make(world, kind)
    browser = browse(told.contact)
    page = browser.get("/notifications")
    with app.app_context(), languages.speaking_to(told.contact):
        load_subjects([told])
        sentence = headlines.headline(told)
    assert sentence in plain(page.text).replace("&#39;", "'")
    followed = browser.get(f"/notifications/{told.public_id}")
    assert followed.status_code == 303
    assert followed.location.startswith("/")
    assert Notification.get_by_id(told.id).read_at is not None


@pytest.mark.parametrize("kind", MAIL_ONLY)
def test_what_is_only_mailed_is_not_listed(world, browse, kind):
    told = tellings.make(world, kind)
    browser = browse(told.contact)
    assert "Nothing yet." in browser.sees("/notifications")
    assert counted(browser) == 0
    assert browser.get(f"/notifications/{told.public_id}").status_code == 404


def test_the_newest_comes_first_and_unread_rows_are_marked(world, browse):
    at = clock.now()
    about = {"service_request": world.request, "organization": world.kitahama}
    notify(
        "request_changed", [world.support], at - timedelta(hours=1), actor=world.desk, details={"severity": 1}, **about
    )
    notify("request_changed", [world.support], at, actor=world.desk, details={"severity": 2}, **about)
    Notification.update(read_at=at).where(Notification.created_at < at).execute()
    page = browse(world.support).get("/notifications").text
    assert page.index("severity of “Order export stops” to 2") < page.index("severity of “Order export stops” to 1")
    assert page.count('<tr class="new">') == 1


def test_marking_all_as_read_takes_the_form_and_leaves_others_alone(world, browse):
    told = tellings.make(world, "request_message")
    other = tellings.tell(
        "request_changed", world.own, actor=world.desk, service_request=world.request, organization=world.kitahama
    )
    browser = browse(told.contact)
    assert counted(browser) == 1
    answer = browser.post("/notifications/read")
    assert (answer.status_code, answer.location) == (303, "/notifications")
    assert counted(browser) == 0
    assert Notification.get_by_id(other.id).read_at is None


def test_marking_goes_no_further_than_what_was_on_the_page(world, browse):
    seen = tellings.make(world, "request_changed")
    later = tellings.tell(
        "request_changed", seen.contact, actor=world.desk, service_request=world.request, organization=world.kitahama
    )
    answer = browse(seen.contact).post("/notifications/read", {"newest": seen.public_id}, swap=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section class="section swapped" id="notifications"')
    assert Notification.get_by_id(seen.id).read_at is not None
    assert Notification.get_by_id(later.id).read_at is None


@pytest.mark.parametrize("newest", ["", "\0", "nothing", "a" * 1000])
def test_marking_takes_whatever_is_typed(world, browse, newest):
    told = tellings.make(world, "request_changed")
    assert browse(told.contact).post("/notifications/read", {"newest": newest}).status_code == 303


def test_looking_at_the_list_marks_nothing(world, browse):
    told = tellings.make(world, "request_changed")
    browse(told.contact).get("/notifications")
    assert Notification.get_by_id(told.id).read_at is None


def test_another_persons_notification_does_not_exist(world, browse):
    told = tellings.make(world, "request_changed")
    assert browse(world.own).get(f"/notifications/{told.public_id}").status_code == 404
    assert Notification.get_by_id(told.id).read_at is None


def test_pages_go_on_by_cursor_without_loss_or_repeat(world, browse):
    at = clock.now()
    about = {"service_request": world.request, "organization": world.kitahama}
    for number in range(120):
        when = at - timedelta(minutes=number // 2)
        notify("request_changed", [world.support], when, actor=world.desk, details={"severity": number}, **about)
    browser, seen, address = browse(world.support), [], "/notifications"
    while address:
        text = browser.get(address).text
        seen += [int(part.split("<")[0]) for part in text.split("“Order export stops” to ")[1:]]
        address = text.split('rel="next" href="')[1].split('"')[0] if 'rel="next"' in text else None
    assert len(seen) == 120
    assert set(seen) == set(range(120))


@pytest.mark.parametrize("cursor", ["", "x", "a.b", "\0", "9" * 3000])
def test_a_broken_cursor_is_the_first_page(world, browse, cursor):
    told = tellings.make(world, "request_changed")
    assert "Order export stops" in browse(told.contact).get("/notifications", query_string={"cursor": cursor}).text


def test_fifty_rows_take_as_many_queries_as_five(db, world, browse):
    def fill(count):
        for number in range(count):
            request = service_request(world.kitahama, world.support, f"Case {number}")
            message = Message.get(Message.service_request == request)
            given = grant(world.kitahama, world.colleague, Level.LOOK, ended=-1)
            asked = tellings.access_request(world, "approved", days_given=3)
            at = clock.now()
            about = {"service_request": request, "message": message, "organization": world.kitahama}
            notify("request_message", [world.manager], at, actor=world.support, **about)
            notify("access_ended", [world.manager], at, actor=world.colleague, grant=given, organization=world.kitahama)
            notify("access_withdrawn", [world.manager], at, actor=world.colleague, access_request=asked)

    browser = browse(world.manager)
    fill(2)
    few = times(db.obj, lambda: browser.get("/notifications"))
    fill(14)
    assert times(db.obj, lambda: browser.get("/notifications")) == few


# --- What one may no longer see ------------------------------------------------------------------------------------


def test_rows_about_what_one_may_no_longer_see_are_neither_shown_nor_counted(world, browse):
    about = {"service_request": world.request, "organization": world.kitahama, "actor": world.support}
    told = tellings.tell("request_changed", world.look, **about)
    browser = browse(world.look)
    assert "Order export stops" in browser.sees("/notifications")
    assert counted(browser) == 1
    world.grants["look"].ended_at = clock.now() - timedelta(seconds=1)
    world.grants["look"].save()
    assert "Order export stops" not in browser.sees("/notifications")
    assert counted(browser) == 0
    assert browser.get(f"/notifications/{told.public_id}").status_code == 404


def test_internal_messages_are_listed_to_the_desk_alone(world, browse):
    message = Message.create(
        service_request=world.request,
        author=world.desk,
        author_organization=world.halyard,
        created_at=clock.now(),
        internal=True,
        body="Between us.",
    )
    about = {"service_request": world.request, "message": message, "organization": world.kitahama}
    tellings.tell("request_message", world.support, actor=world.desk, **about)
    tellings.tell("request_message", world.desk, actor=world.update, **about)
    assert "Nothing yet." in browse(world.support).sees("/notifications")
    assert counted(browse(world.support)) == 0
    assert "wrote internally in" in browse(world.desk).sees("/notifications")


def test_who_manages_no_more_sees_no_requests_for_access(world, browse):
    told = tellings.make(world, "access_asked")
    browser = browse(told.contact)
    assert "Brightwater Consulting asks for access" in browser.sees("/notifications")
    Contact.update(contact_manager=False).where(Contact.id == told.contact_id).execute()
    assert "Brightwater Consulting asks for access" not in browser.sees("/notifications")


def test_what_is_switched_off_in_the_list_is_neither_shown_nor_counted(world, browse):
    told = tellings.make(world, "request_changed")
    browser = browse(told.contact)
    NotificationPreference.switch_off(told.contact, {"request_changed"}, set())
    assert counted(browser) == 1
    NotificationPreference.switch_off(told.contact, set(), {"request_changed"})
    assert counted(browser) == 0
    assert "Nothing yet." in browser.sees("/notifications")


# --- While mail waits ----------------------------------------------------------------------------------------------


def test_the_page_says_how_many_mails_wait(world, browse):
    told = tellings.make(world, "request_changed")
    tellings.make(world, "access_asked")
    assert "Mail is not set up yet: 1 mail to you waits." in browse(told.contact).sees("/notifications")
    assert "Mail is not set up yet: 2 mails wait." in browse(world.desk).sees("/notifications")
    assert "Mail is not set up" not in browse(world.own).sees("/notifications")


def test_with_a_mail_server_nothing_is_said_of_waiting(environment, request):
    environment["MAIL_URL"] = "smtp://127.0.0.1:9"
    world, browse = request.getfixturevalue("world"), request.getfixturevalue("browse")
    tellings.make(world, "request_changed")
    assert "Mail is not set up" not in browse(world.desk).sees("/notifications")
