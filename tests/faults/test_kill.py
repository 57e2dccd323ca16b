"""The server is killed in the middle of its work: every reply that it acknowledged is there, and each mail arrives."""

import os
import signal
from collections import Counter

import pytest

from portal import clock
from portal.models import Lease, Notification
from tests.faults.mail_server import listening
from tests.faults.serving import Served
from tests.faults.test_workers import until
from tests.faults.writers import Writers

KILLED_AFTER = (7, 18, 31)  # acknowledged replies, each time
MAIL_KILLED_AFTER = (4, 9, 15)  # mails taken, each time


@pytest.mark.parametrize("workers", [1, 2])
def test_every_acknowledged_reply_survives_kill_minus_nine(engine, database_url, workers):
    served, writers = Served(database_url, workers), Writers()
    for count in KILLED_AFTER:
        served.start()
        writers.start(served, 3)
        writers.wait_for(count)
        served.kill()
        writers.join()
    served.start()
    status, page = served.get(f"/requests/{served.reference}")
    served.kill()
    writers.all_is_there_once(served, f"{engine.name}, {len(KILLED_AFTER)} kills of {workers}")
    assert status == 200 and writers.kept[-1] in page


def test_when_one_of_two_workers_is_killed_the_other_goes_on_and_nothing_is_lost(engine, database_url):
    served, writers = Served(database_url, workers=2), Writers()
    served.start()
    try:
        writers.start(served, 3, steadfast=True)
        for _kill in range(3):
            writers.wait_for_more(6)
            victim = min(served.processes())
            os.kill(victim, signal.SIGKILL)
            assert until(lambda: len(served.processes() - {victim}) == 2)  # noqa: B023
        writers.wait_for_more(6)
    finally:
        writers.stop()
        served.kill()
    writers.all_is_there_once(served, f"{engine.name}, 3 kills of one worker of 2")
    assert set(writers.answers) <= {303, "no answer"}


def test_every_mail_arrives_and_at_most_one_twice_a_kill(engine, database_url):
    with listening() as mail:
        served, writers, duplicates = Served(database_url, MAIL_URL=mail.url), Writers(), 0
        for count in MAIL_KILLED_AFTER:
            served.start()
            writers.start(served, 1, most=25)
            assert mail.wait_for(count)
            served.kill()
            writers.join()
            let_the_lease_run_out(served)
        served.start()
        assert mail.wait_for(len(served.mails()))
        assert served.stop() == 0
    states, duplicates = served.mails(), sum(mail.taken.values()) - len(mail.taken)
    lost = [mail_id for mail_id in states if not mail.taken[mail_id]]
    kills = len(MAIL_KILLED_AFTER)
    print(f"{engine.name}, {kills} kills: {len(states)} mails, {duplicates} came twice, {len(lost)} lost")
    assert lost == writers.lost(served.bodies()) == []
    assert Counter(states.values()) == {"sent": len(states)}
    assert duplicates <= kills


def let_the_lease_run_out(served):
    """Two minutes pass."""
    with served.looked_into():
        Notification.update(mail_due_at=clock.now()).where(Notification.mail_state == "due").execute()
        Lease.update(until=clock.now()).execute()
