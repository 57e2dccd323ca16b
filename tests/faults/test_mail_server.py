"""The mail server is away, refuses, dies or hangs: each mail arrives; none is lost, and none comes twice for nothing."""

from datetime import timedelta

import pytest
import time_machine

from portal import clock, delivery
from portal.models import Grant, Notification
from portal.models.notifications import notify
from tests.faults import mail_server
from tests.faults.mail_server import listening
from tests.faults.serving import free_port
from tests.people import plain

PASSING = [
    mail_server.REFUSES_NOW,
    mail_server.DIES_IN_DATA,
    mail_server.DIES_AFTER_DATA,
    mail_server.HANGS_AT_ONCE,
    mail_server.HANGS_AFTER_DATA,
]
TAKEN_UNSAID = {mail_server.DIES_AFTER_DATA, mail_server.HANGS_AFTER_DATA}


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def environment(environment, port):
    return {**environment, "MAIL_URL": f"smtp://127.0.0.1:{port}"}


@pytest.fixture
def three(world):
    """Three mails that are due, and nothing else to tell."""
    Grant.update(end_cause="expired").where(Grant.expires_at < clock.now()).execute()
    about = {"service_request": world.request, "organization": world.kitahama}
    notify("request_changed", [world.own, world.support, world.second_manager], clock.now(), actor=world.desk, **about)
    return {row.public_id for row in Notification.select()}


def states():
    return sorted(state for (state,) in Notification.select(Notification.mail_state).tuples())


@pytest.mark.parametrize("fault", PASSING)
def test_each_mail_arrives_once_the_server_is_well_again(app, three, port, monkeypatch, fault):
    monkeypatch.setattr("portal.smtp.TIMEOUT_SECONDS", 0.2)
    with listening(port) as server:
        server.mode = fault
        done = delivery.deliver_once(app)
        assert (done["sent"], done["refused"], done["failed"]) == (0, 0, 3)
        assert states() == ["due"] * 3
        server.let_go.set()
        unsaid = 3 if fault in TAKEN_UNSAID else 0
        assert server.wait_for(unsaid, 30)
        server.mode = mail_server.TAKES
        monkeypatch.undo()  # a busy machine takes its time to be well again
        with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False):
            done = delivery.deliver_once(app)
        assert (done["sent"], delivery.deliver_once(app)["sent"]) == (3, 0)
    twice = [one for one, times in server.taken.items() if times == 2]
    lost = three - set(server.taken)
    print(f"a server that {fault}: 3 mails, {len(twice)} came twice with their Message-ID, {len(lost)} lost")
    assert (set(server.taken), max(server.taken.values()), len(twice)) == (three, 2 if unsaid else 1, unsaid)
    assert states() == ["sent"] * 3


def test_during_an_hour_without_a_server_each_mail_is_tried_at_least_each_minute(app, three):
    began, tried, before = clock.now(), {one: [] for one in three}, attempts()
    for second in range(0, 3600, 5):
        at = began + timedelta(seconds=second)
        with time_machine.travel(at, tick=False):
            delivery.deliver_once(app)
            now = attempts()
            for one, count in now.items():
                tried[one] += [at] * (count - before[one])
            before = now
    pauses = [later - sooner for times in tried.values() for sooner, later in zip(times, times[1:], strict=False)]
    print(f"an hour without a server: {[len(times) for times in tried.values()]} attempts, longest pause {max(pauses)}")
    assert max(pauses) <= timedelta(minutes=1)
    assert all(began + timedelta(hours=1) - times[-1] <= timedelta(minutes=1) for times in tried.values())
    assert states() == ["due"] * 3


def attempts():
    return dict(Notification.select(Notification.public_id, Notification.mail_attempts).tuples())


def test_what_is_refused_for_good_is_tried_no_more_and_shown_to_the_desk(app, world, browse, three, port):
    with listening(port) as server:
        server.mode = mail_server.REFUSES_FOR_GOOD
        assert delivery.deliver_once(app)["refused"] == 3
        server.mode = mail_server.TAKES
        with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
            assert delivery.deliver_once(app)["sent"] == 0
        page = browse(world.desk).get("/desk/mail").text
        assert all(person.email in page for person in (world.own, world.support, world.second_manager))
        assert "554 never" in plain(page)
        one = Notification.get(Notification.contact == world.own)
        assert browse(world.desk).post(f"/desk/mail/{one.public_id}/again").status_code == 303
        assert delivery.deliver_once(app)["sent"] == 1
    print(f"refused for good: 3 shown to the desk, {len(server.taken)} sent again by it, 0 lost")
    assert set(server.taken) == {one.public_id}
    assert states() == ["refused", "refused", "sent"]
