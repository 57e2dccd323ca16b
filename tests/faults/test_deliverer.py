"""One deliverer over all workers: killed, another takes its place; mail goes on, and what time brings is said once."""

import os
import signal
from collections import Counter
from datetime import timedelta

import pytest

from portal import clock, database
from portal.models import AccessRequest, Grant, HistoryEvent, Lease, Notification, leases
from portal.models.notifications import notify
from portal.permissions import Level
from tests import tellings
from tests.faults import mail_server
from tests.faults.mail_server import listening
from tests.faults.serving import Served
from tests.faults.test_workers import until
from tests.world import grant

AT = clock.now()


# --- The lease -----------------------------------------------------------------------------------------------------


def test_a_lease_has_one_holder_until_it_runs_out(db):
    assert leases.take("a", "one", AT)
    assert not leases.take("a", "two", AT + leases.LENGTH - timedelta(microseconds=1))
    assert leases.take("b", "two", AT)
    assert leases.take("a", "two", AT + leases.LENGTH)
    assert not leases.take("a", "one", AT + leases.LENGTH)


def test_its_holder_goes_on_with_it_and_writes_but_now_and_then(db):
    assert leases.take("a", "one", AT)
    assert leases.take("a", "one", AT + leases.LENGTH / 4)
    assert Lease.get().until == AT + leases.LENGTH
    assert leases.take("a", "one", AT + leases.LENGTH / 2)
    assert Lease.get().until == AT + leases.LENGTH * 3 / 2


def test_a_lease_that_is_given_up_is_free_at_once_and_only_by_its_holder(db):
    leases.take("a", "one", AT)
    leases.give_up("a", "two")
    assert not leases.take("a", "two", AT)
    leases.give_up("a", "one")
    assert leases.take("a", "two", AT)


# --- Real processes ------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    with listening() as made:
        yield made


@pytest.fixture
def served(engine, server):
    made = Served(engine.fresh(), workers=4, MAIL_URL=server.url)
    with made.looked_into():
        Grant.update(end_cause="expired").where(Grant.expires_at < clock.now()).execute()
    made.start()
    yield made
    if made.process.poll() is None:
        made.stop()


def tell(served, count):
    """Write `count` mails that are due."""
    world = served.world
    with served.looked_into(), database.transaction():
        for _mail in range(count):
            about = {"service_request": world.request, "organization": world.kitahama}
            notify("request_changed", [world.own], clock.now(), actor=world.desk, **about)


def holder(served):
    """Return the id of the process that delivers, or None."""
    with served.looked_into():
        lease = Lease.get_or_none(Lease.name == "deliverer")
        return lease and int(lease.holder.split()[1])


def test_when_the_deliverer_is_killed_another_goes_on_and_nothing_is_lost(served, server):
    tell(served, 5)
    assert server.wait_for(5)
    server.mode = mail_server.HANGS_AFTER_DATA
    tell(served, 3)
    assert server.reached.wait(60), "the deliverer is in the midst of a mail"
    victim = holder(served)
    assert victim in served.processes()
    os.kill(victim, signal.SIGKILL)
    server.mode = mail_server.TAKES
    server.let_go.set()
    assert until(lambda: holder(served) not in {None, victim})
    tell(served, 5)
    with served.looked_into():  # what was in the victim's hands is due again after two minutes
        Notification.update(mail_due_at=clock.now()).where(Notification.mail_state == "due").execute()
    assert until(lambda: set(served.mails().values()) == {"sent"})
    twice = [one for one, count in server.taken.items() if count > 1]
    print(
        f"{len(served.mails())} mails, 1 kill: {len(set(served.mails()) - set(server.taken))} lost, {len(twice)} twice"
    )
    assert set(server.taken) == set(served.mails())
    assert len(twice) <= 1


def test_what_time_brings_is_said_once_however_many_workers_there_are(served, server):
    with served.looked_into():
        world = served.world
        soon = grant(world.kitahama, world.colleague, Level.LOOK, starts=-60, expires=6, by=world.manager)
        asked = tellings.access_request(world, created_at=clock.now() - timedelta(days=31))
    assert until(lambda: lapsed(served, asked) and told_of(served, soon))
    os.kill(holder(served), signal.SIGKILL)
    assert until(lambda: len(served.processes()) == 4)
    assert until(lambda: holder(served) in served.processes())
    assert served.stop() == 0
    with served.looked_into():
        events = HistoryEvent.select().where(HistoryEvent.kind == "lapsed").count()
        told = Counter(Notification.select(Notification.kind, Notification.contact).tuples())
    assert events == 1
    assert {kind for kind, _contact in told} >= {"access_ending", "access_lapsed"}
    assert set(told.values()) == {1}


def lapsed(served, asked):
    with served.looked_into():
        return AccessRequest.get_by_id(asked.id).status == "lapsed"


def told_of(served, soon):
    with served.looked_into():
        return Grant.get_by_id(soon.id).reminded_days == 7


def test_who_stops_in_order_gives_the_turn_up_at_once(served):
    assert until(lambda: holder(served) is not None)
    assert served.stop() == 0
    assert holder(served) is None
