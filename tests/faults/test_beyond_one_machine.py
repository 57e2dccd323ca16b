"""Three app servers behind nginx on one PostgreSQL: one server is killed, the database restarted, and nothing is lost."""

import copy
import http.client
import os
import secrets
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from portal import database
from tests.conftest import cannot_run
from tests.engines import NoServer, PostgreSQL, _as_server_user
from tests.faults import nginx
from tests.faults.serving import Served, free_port
from tests.faults.test_workers import until

SERVERS, READERS, WRITERS = 3, 3, 3
TRIES = 150  # with a tenth of a second between two
CURED_BY_TRYING_AGAIN = {502, 503, 504}


class Cluster:
    """A PostgreSQL of this test alone, which can be restarted."""

    def __init__(self, folder):
        self.server = PostgreSQL(folder)
        self.url = self.server.url
        self.binaries, self.place = map(Path, (folder / "cluster").read_text().split())

    def restart(self):
        """Cut every connection, stop, and start again."""
        control = [self.binaries / "pg_ctl", "-D", self.place / "data", "-l", self.place / "log"]
        _as_server_user([*control, "-w", "-m", "fast", "restart"])


class Load:
    """Readers and writers who try again whatever may be tried again, and remember what was acknowledged."""

    def __init__(self, served, port):
        self.served, self.port = served, port
        self.acknowledged, self.read, self.incurable, self.seen = [], 0, [], Counter()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]
        self._threads += [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self, writes):
        """Wait until so many more writes were acknowledged and something was read; return whether that came."""
        wanted, read = len(self.acknowledged) + writes, self.read
        return until(lambda: len(self.acknowledged) >= wanted and self.read > read or self.incurable)

    def _read(self):
        paths = ["/requests", f"/requests/{self.served.reference}", "/healthz"]
        while not self._stop.is_set():
            for path in paths:
                self._persist("GET", path, None, {200})
                self.read += 1

    def _write(self, writer):
        number = 0
        while not self._stop.is_set():
            number += 1
            body = f"writer {writer} number {number}."
            # The form carries a key of its own: sent twice it is done once, so that it may be tried again as well.
            form = {"csrf_token": self.served.people["support"][1], "body": body, "submission": secrets.token_urlsafe()}
            path = f"/requests/{self.served.reference}/messages"
            if self._persist("POST", path, urlencode(form), {303}):
                self.acknowledged.append(body)

    def _persist(self, method, path, form, good):
        """Try until the answer is `good`; return whether it came to be."""
        for _try in range(TRIES):
            answer = self._ask(method, path, form)
            self.seen[method, answer] += 1
            if answer in good:
                return True
            if answer is not None and answer not in CURED_BY_TRYING_AGAIN:
                break
            threading.Event().wait(0.1)
        self.incurable.append((method, path, answer))
        return False

    def _ask(self, method, path, form):
        """Return the status, or None where the connection broke."""
        headers = {"Cookie": f"session={self.served.people['support'][0]}"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, form, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


@pytest.fixture
def cluster(request, tmp_path):
    if nginx.find() is None:
        cannot_run(request, "nginx: apt-get install nginx")
    before = database.handle.obj
    try:
        made = Cluster(tmp_path)
    except (NoServer, FileNotFoundError):
        cannot_run(request, "Debian's PostgreSQL: apt-get install postgresql")
    if before is not None:
        database.handle.initialize(before)
    yield made
    made.server.stop()


@pytest.fixture
def app_servers(cluster):
    first = Served(cluster.url, workers=2, TRUSTED_PROXIES="1")
    with ExitStack() as running:
        served = [first, *(beside(first) for _server in range(SERVERS - 1))]
        for one in served:
            one.start()
            running.callback(lambda one=one: one.process.poll() is None and one.stop())
        yield served


def beside(served):
    """Return the same portal on another port."""
    other = copy.copy(served)
    other.port, other.process, other._log = free_port(), None, []
    return other


def test_a_killed_app_server_and_a_restarted_database_lose_nothing_and_cost_no_more_than_a_retry(
    cluster, app_servers, tmp_path
):
    began = time.monotonic()
    victim = app_servers[1]
    with nginx.before([one.port for one in app_servers], tmp_path) as port, Load(app_servers[0], port) as load:
        assert load.goes_on(10), load.incurable
        workers = victim.processes()
        victim.kill()
        for worker in workers:
            kill(worker)
        assert load.goes_on(10), load.incurable
        cluster.restart()
        assert load.goes_on(10), load.incurable
        victim.start()
        assert load.goes_on(10), load.incurable
    bodies = Counter(app_servers[0].bodies())
    lost = [body for body in load.acknowledged if not bodies[body]]
    twice = [body for body in load.acknowledged if bodies[body] > 1]
    tried_again = sum(count for (_method, answer), count in load.seen.items() if answer not in {200, 303})
    print(
        f"{SERVERS} servers, 1 killed, database restarted: {load.read} read, {len(load.acknowledged)} written,"
        f" {tried_again} tried again, {len(lost)} lost, {len(twice)} twice, in {time.monotonic() - began:.1f} s"
    )
    assert (load.incurable, lost, twice) == ([], [], [])
    assert all(one.get("/healthz")[0] == 200 for one in app_servers), "who stood the restart goes on by itself"
    checked = app_servers[0].check()
    assert checked.returncode == 0, checked.stdout + checked.stderr


def kill(process_id):
    """End a worker of the server that was killed, as the machine it stood on would have."""
    with suppress(ProcessLookupError):
        os.kill(process_id, signal.SIGKILL)
