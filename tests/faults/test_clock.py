"""The clock is wrong: it jumps ahead a month or back an hour, or summer time begins and ends."""

import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import time_machine

from portal import clock, delivery
from portal.models import Grant, Notification, Organization, Session, access_lists, outbox, reminders
from portal.models.grant_changes import end
from portal.models.notifications import notify
from portal.permissions import Level
from tests.faults.mail_server import listening
from tests.faults.serving import free_port
from tests.world import grant

HOUR = timedelta(hours=1)


@contextmanager
def at(instant):
    """Let the clock stand still at an instant."""
    with time_machine.travel(instant, tick=False):
        yield


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def environment(environment, port):
    return {**environment, "MAIL_URL": f"smtp://127.0.0.1:{port}"}


@pytest.fixture
def calm(world):
    """The cast with one grant alone, that ends in forty days."""
    Grant.delete().execute()
    world.one = grant(world.kitahama, world.look, Level.LOOK, starts=-10, expires=40, by=world.manager)
    return world


def may_read(browse, world):
    return browse(world.look).get(f"/requests/{world.request.reference}").status_code


def reminded():
    facts = Notification.select().where(Notification.kind.in_(["access_ending", "access_ended"]))
    return Counter((one.kind, one.facts.get("days"), one.contact_id) for one in facts)


def test_a_month_too_far_nothing_is_told_twice_and_nobody_stays_in(calm, app, browse, port):
    signed_in, began = browse(calm.look), clock.now()
    with listening(port) as mail:
        assert signed_in.get("/requests").status_code == 200
        delivery.deliver_once(app)
        with at(began + timedelta(days=31)):
            delivery.deliver_once(app)
            assert signed_in.get("/requests").status_code == 303
            assert may_read(browse, calm) == 200
        delivery.deliver_once(app)  # somebody has put the clock right
        for day in (1, 20, 31, 35, 39.5, 40, 41, 80):
            with at(began + timedelta(days=day)):
                delivery.deliver_once(app)
        told = reminded()
    assert signed_in.get("/requests").status_code == 303
    managers = {calm.manager.id, calm.second_manager.id}
    assert {what[:2] for what in told} == {
        ("access_ending", 30),
        ("access_ending", 7),
        ("access_ending", 1),
        ("access_ended", None),
    }
    assert {what[2] for what in told} == {calm.look.id} | managers
    twice = [what for what, times in told.items() if times > 1]
    lost = [one.public_id for one in Notification.select() if one.mail_state == "due" and one.contact_id]
    print(
        f"ahead a month and back: {sum(told.values())} reminders, {len(twice)} twice, {len(lost)} mails lost, 0 sessions left"
    )
    assert (twice, lost, max(mail.taken.values())) == ([], [], 1)


def test_an_hour_back_no_lease_is_stuck_and_no_reminder_doubled(calm, app, port):
    about = {"service_request": calm.request, "organization": calm.kitahama}
    now = calm.one.expires_at - timedelta(days=7)
    with listening(port) as mail:
        with at(now + HOUR):
            reminders.remind(clock.now())
            notify("request_changed", [calm.own, calm.support], clock.now(), actor=calm.desk, **about)
            leased = outbox.lease(clock.now(), 100)  # by a deliverer that is killed now
            assert leased
        before = reminded()
        with at(now):
            done = delivery.deliver_once(app)
        with at(now + HOUR):
            again = delivery.deliver_once(app)
    lost = [one for one in Notification.select() if one.mail_state != "sent"]
    print(f"back an hour: {len(leased)} mails leased before, {len(lost)} stuck, {done['sent'] - len(leased)} twice")
    assert (lost, done["sent"], again["sent"]) == ([], len(leased), 0)
    assert max(mail.taken.values()) == 1
    assert reminded() == before


def test_a_mail_that_another_deliverer_has_is_left_to_it_when_the_clock_stands_right(calm):
    about = {"service_request": calm.request, "organization": calm.kitahama}
    now = clock.now()
    notify("request_changed", [calm.own], now, actor=calm.desk, **about)
    assert len(outbox.lease(now, 10)) == 1
    for seconds in (0, 1, 60, 119):
        assert outbox.lease(now + timedelta(seconds=seconds), 10) == []


def test_an_hour_back_revives_no_session(calm, browse):
    browser, began = browse(calm.look), clock.now()
    with at(began + 12 * HOUR):
        assert browser.get("/requests").status_code == 303
    with at(began + 11 * HOUR):
        assert browser.get("/requests").status_code == 303
    print(f"back an hour after its end: {Session.select().count()} sessions revived")
    assert Session.select().count() == 0


def test_an_hour_back_revives_no_grant_that_was_ended_or_told_to_have_ended(calm, browse):
    expiry = calm.one.expires_at
    with at(expiry):
        reminders.remind(clock.now())
    with at(expiry - HOUR):
        assert may_read(browse, calm) == 404
    other = grant(calm.kitahama, calm.look, Level.LOOK)
    now = clock.now()
    assert may_read(browse, calm) == 200
    with at(now + HOUR):  # on a server whose clock is ahead
        assert end(other, calm.manager, clock.now())
    assert may_read(browse, calm) == 404
    assert not Grant.select().where(Grant.active_at(now), Grant.contact == calm.look).exists()
    assert [one.is_active(now) for one in (calm.one.as_it_is(), other.as_it_is())] == [False, False]
    current, over = access_lists.grants_of_customer(calm.kitahama, now)
    assert (current, {one.id for one in over}) == ([], {calm.one.id, other.id})
    assert Grant.current_for_customer(calm.kitahama, now) == []
    assert not any(end(one, calm.manager, now) for one in (calm.one, other))
    assert other.as_it_is().was_active(now)  # which the history goes on telling


@pytest.mark.parametrize(
    ("zone", "decided", "days", "ends"),
    [
        ("America/New_York", datetime(2026, 10, 30, 12), 5, datetime(2026, 11, 5, 5)),
        ("Europe/Oslo", datetime(2027, 3, 27, 12), 2, datetime(2027, 3, 29, 22)),
        (
            "America/Santiago",
            datetime(2026, 9, 3, 15),
            2,
            datetime(2026, 9, 6, 4),
        ),  # whose midnight is left out that day
    ],
)
def test_a_grant_ends_at_its_second_whatever_summer_time_does(calm, browse, zone, decided, days, ends):
    Organization.update(timezone=zone).where(Organization.id == calm.kitahama.id).execute()
    expires_at = clock.end_after_days(decided, days, zone)
    assert expires_at == ends
    values = {"starts_at": decided, "expires_at": expires_at}
    Grant.update(**values).where(Grant.id == calm.one.id).execute()
    seen = {}
    for seconds in (-3601, -1, 0, 1, 3601):
        with at(ends + timedelta(seconds=seconds)):
            seen[seconds] = may_read(browse, calm)
    print(f"{zone}: {days} days from {decided} end at {ends}, and {seen}")
    assert seen == {-3601: 200, -1: 200, 0: 404, 1: 404, 3601: 404}


def test_the_zone_of_the_machine_means_nothing(monkeypatch):
    found = []
    for zone in ("Pacific/Kiritimati", "America/New_York", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.append(clock.now())
    monkeypatch.undo()
    time.tzset()
    assert max(found) - min(found) < timedelta(minutes=1)
