"""Several workers: replaced when they die, told to stop together, patient with the slow, and no line carried over."""

import http.client
import os
import signal
import socket
import threading
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from portal import database, serving
from portal.patience import BODY_SECONDS, HEADER_SECONDS, SLOWEST, UNTAKEN_SECONDS, Patience
from tests.faults.serving import Served


@pytest.fixture
def served(engine):
    made = Served(engine.fresh(), workers=2)
    made.start()
    yield made
    if made.process.poll() is None:
        made.stop()


def until(condition, seconds=60):
    """Return whether `condition()` became true in time."""
    waiting = threading.Event()
    for _look in range(seconds * 20):
        if condition():
            return True
        waiting.wait(0.05)
    return False


def begin(served, text):
    """Open a connection and send the beginning of a request; return the socket."""
    opened = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    opened.sendall(text)
    return opened


def posting(served, body):
    """Return the head of a reply with `body` and the body itself."""
    cookie, token = served.people["support"]
    form = f"csrf_token={token}&body={body}".encode()
    head = (
        f"POST /requests/{served.reference}/messages HTTP/1.1\r\nHost: localhost\r\nCookie: session={cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
    )
    return head.encode(), form


# --- Their lives ---------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_is_replaced_and_the_log_says_so(served):
    before = served.processes()
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    assert until(lambda: len(served.processes() - {victim}) == 2)
    assert {served.get("/healthz")[0] for _ask in range(6)} == {200}
    assert served.stop() == 0
    assert any(f"Worker {victim} ended with -9" in line["event"] for line in served.log())


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_finished_when_one_is_told_to_stop(served, told):
    head, form = posting(served, "under+way")
    opened = begin(served, head + form[:-3])
    os.kill(served.process.pid, told)
    assert until(lambda: refuses(served)), "nobody new is let in"
    with opened:
        opened.sendall(form[-3:])
        assert opened.recv(4096).startswith(b"HTTP/1.1 303")
    served._gone()
    assert served.process.returncode == 0
    assert "under way" in served.bodies()


def refuses(served):
    try:
        begin(served, b"").close()
    except ConnectionError:
        return True
    return False


def test_workers_end_with_the_process_that_began_them(served):
    workers = served.processes()
    served.process.kill()  # it alone: nobody else is told
    served.process.wait(60)
    assert until(lambda: not any(is_alive(worker) for worker in workers))
    served._gone()


def is_alive(process_id):
    try:
        with open(f"/proc/{process_id}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_made_ready_holds_no_connection_that_a_fork_could_inherit(app, monkeypatch):
    database.handle.connect()
    monkeypatch.setattr(serving.gc, "freeze", lambda: None)
    serving._make_ready(app)
    assert database.handle.is_closed()
    if not database.is_sqlite():
        assert (database.handle.obj._connections, database.handle.obj._in_use) == ([], {})


# --- Whose turn it is ----------------------------------------------------------------------------------------------


def test_two_workers_have_equally_many_connections(served):
    wait_until_each_takes_people_in(served)
    with ExitStack() as leaving:
        opened = [leaving.enter_context(closing(answered(served))) for _person in range(40)]
        assert min(shares_of(served, opened)) >= 18


def test_a_worker_that_takes_the_place_of_another_is_given_the_next_connections(served):
    wait_until_each_takes_people_in(served)
    with ExitStack() as leaving:
        opened = [leaving.enter_context(closing(answered(served))) for _person in range(30)]
        victim = min(served.processes())
        os.kill(victim, signal.SIGKILL)
        assert until(lambda: len(served.processes() - {victim}) == 2)
        wait_until_each_takes_people_in(served)
        opened += [leaving.enter_context(closing(answered(served))) for _person in range(60)]
        few, many = sorted(shares_of(served, opened))
        assert few + many >= 60 + 12
        assert many - few <= 5


def test_nobody_waits_for_a_worker_that_hangs(served):
    hanging = min(served.processes())
    os.kill(hanging, signal.SIGSTOP)
    try:
        with ExitStack() as leaving:
            opened = [leaving.enter_context(closing(answered(served))) for _person in range(20)]
            assert sorted(shares_of(served, opened)) == [0, 20]
    finally:
        os.kill(hanging, signal.SIGCONT)


def wait_until_each_takes_people_in(served):
    """Come and go until each worker has had somebody: one that has just begun is not ready yet."""
    with ExitStack() as leaving:
        opened = []

        def each_has_somebody():
            opened.append(leaving.enter_context(closing(answered(served))))
            return min(shares_of(served, opened)) > 0

        assert until(each_has_somebody)


def answered(served):
    """Return a connection that has been answered, and stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request("GET", "/healthz")
    assert connection.getresponse().read()
    return connection


def shares_of(served, connections):
    """Return how many of `connections` each worker has."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {(row[1].partition(":")[2], row[2].partition(":")[2]): f"socket:[{row[9]}]" for row in rows}
    wanted = {sockets[f"{served.port:04X}", f"{one.sock.getsockname()[1]:04X}"] for one in connections}
    return [len(wanted & open_files(process)) for process in served.processes()]


def open_files(process):
    found = set()
    for number in os.listdir(f"/proc/{process}/fd"):
        with suppress(FileNotFoundError):  # closed in between
            found.add(os.readlink(f"/proc/{process}/fd/{number}"))
    return found


# --- Slow clients --------------------------------------------------------------------------------------------------


def test_many_who_never_finish_their_request_keep_nobody_waiting(served):
    head, form = posting(served, "slow")
    slow = [begin(served, head[:40]) for _client in range(30)] + [begin(served, head + form[:5]) for _ in range(30)]
    try:
        assert {served.get("/")[0] for _ask in range(5)} == {200}
        assert served.reply("in between")[0] == 303
    finally:
        for opened in slow:
            opened.close()


def test_patience_ends_with_time_however_busy_a_client_seems():
    coming = SimpleNamespace(headers_finished=False, body_bytes_received=0)
    channel = Channel(coming)
    patience = Patience()
    patience.look_at([channel], 100)
    patience.look_at([channel], 100 + HEADER_SECONDS)
    assert not channel.will_close
    patience.look_at([channel], 100.1 + HEADER_SECONDS)
    assert channel.will_close


def test_a_long_upload_has_the_time_that_its_bytes_take():
    upload = SimpleNamespace(headers_finished=True, body_bytes_received=0)
    channel = Channel(upload)
    patience = Patience()
    patience.look_at([channel], 0)
    upload.body_bytes_received = 100 * SLOWEST
    patience.look_at([channel], BODY_SECONDS + 100)
    assert not channel.will_close
    patience.look_at([channel], BODY_SECONDS + 101)
    assert channel.will_close


def test_the_next_request_of_a_connection_begins_its_own_time():
    channel = Channel(SimpleNamespace(headers_finished=False, body_bytes_received=0))
    patience = Patience()
    patience.look_at([channel], 0)
    channel.request = SimpleNamespace(headers_finished=False, body_bytes_received=0)
    patience.look_at([channel], HEADER_SECONDS + 1)
    assert not channel.will_close


def test_who_takes_nothing_of_the_answer_gives_the_thread_free():
    channel = Channel(None)
    channel.total_outbufs_len = 1
    Patience().look_at([channel], UNTAKEN_SECONDS)
    assert not channel.will_close
    Patience().look_at([channel], UNTAKEN_SECONDS + 0.1)
    assert channel.will_close


class Channel:
    """A connection as the patience sees it."""

    will_close = False
    total_outbufs_len = last_activity = 0

    def __init__(self, request):
        self.request = request
