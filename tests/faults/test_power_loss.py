"""The power fails: what was acknowledged is on the disk, for each commit waits until the disk has it."""

import re
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from tests.conftest import cannot_run
from tests.engines import NoServer, PostgreSQL
from tests.faults.serving import Served

REPLIES = 20
# The same server, that leaves it to the system when the disk gets what.
CARELESS = """
from flask.cli import main
from portal import database
careful = database._sqlite
def careless(url):
    made = careful(url)
    made.pragma("synchronous", "normal", permanent=True)
    return made
database._sqlite = careless
main()
"""
_SYNC = re.compile(r"(\d+\.\d+) (?:fdatasync|fsync)\(\d+<([^>]+)>\)")


@pytest.fixture
def strace(request):
    found = shutil.which("strace")
    if not found or subprocess.run([found, "-f", "true"], capture_output=True).returncode:
        cannot_run(request, "strace, and the right to trace: apt-get install strace")
    return found


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("program", "workers", "synced"),
    [(("-m", "flask"), 1, True), (("-m", "flask"), 2, True), (("-c", CARELESS), 2, False)],
)
def test_every_acknowledged_commit_was_synced_before(engine, database_url, tmp_path, strace, program, workers, synced):
    """A kill cannot show this: the system still writes what a killed process left in its hands."""
    served, log = Served(database_url, workers), tmp_path / "syncs"
    path = database_url.removeprefix("sqlite:///")
    served.start(*tracing(strace, log), program=program)
    # With a reader, the journal is not folded away after each reply, which would be a sync of its own.
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        acknowledged = replies(served)
        served.kill()
    syncs = [at for at, file in synced_files(log) if file == f"{path}-wal"]
    compare(acknowledged, syncs, synced, "FULL" if synced else "NORMAL, to see that the count can fail")


def tracing(strace, log):
    return strace, "-f", "-y", "-ttt", "-e", "trace=fdatasync,fsync", "-o", str(log)


def replies(served):
    """Return when each of REPLIES replies was begun, and when it was acknowledged."""
    acknowledged = []
    for number in range(REPLIES):
        began = time.time()
        assert served.reply(f"text {number}")[0] == 303
        acknowledged.append((began, time.time()))
    return acknowledged


def synced_files(log):
    return [(float(at), file) for at, file in _SYNC.findall(log.read_text())]


def compare(acknowledged, syncs, synced, kind):
    unsynced = [one for one in acknowledged if not any(one[0] <= at <= one[1] for at in syncs)]
    during = [at for at in syncs if acknowledged[0][0] <= at <= acknowledged[-1][1]]
    print(
        f"{kind}: {REPLIES} acknowledged, {len(during)} syncs of the journal, {len(unsynced)} lost if the power fails"
    )
    assert (len(unsynced) == 0 and len(during) >= REPLIES) == synced


# --- PostgreSQL ----------------------------------------------------------------------------------------------------

# The same server, that takes PostgreSQL as it finds it.
TRUSTING = """
from flask.cli import main
from portal import database
database.SYNCED = ""
main()
"""


@pytest.fixture(scope="module")
def hasty(request, engine, tmp_path_factory):
    """A PostgreSQL that syncs, and is told not to let anybody wait for it."""
    try:
        server = PostgreSQL(tmp_path_factory.mktemp("hasty"), run=["fsync=on", "synchronous_commit=off"])
    except NoServer:
        cannot_run(request, "a PostgreSQL of Debian's: apt-get install postgresql")
    yield server
    server.stop()


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize(("program", "synced"), [(("-m", "flask"), True), (("-c", TRUSTING), False)])
def test_every_acknowledged_commit_was_synced_by_postgresql_before(hasty, tmp_path, strace, program, synced):
    """The portal lets PostgreSQL wait for the disk, whatever the server's own setting is."""
    served, log = Served(hasty.empty_database(), workers=2), tmp_path / "syncs"
    # Its process of each connection is begun from now on, and syncs what it commits itself.
    traced = subprocess.Popen([*tracing(strace, log), "-p", str(hasty.process_id())], stderr=subprocess.PIPE, text=True)
    try:
        assert "attached" in traced.stderr.readline()
        served.start(program=program)
        acknowledged = replies(served)
        served.kill()
    finally:
        traced.terminate()
        traced.communicate(timeout=60)
    syncs = [at for at, file in synced_files(log) if "/pg_wal/" in file]
    compare(
        acknowledged, syncs, synced, "PostgreSQL" if synced else "as the server says, to see that the count can fail"
    )


@pytest.mark.engine("postgresql")
def test_a_postgresql_that_never_asks_its_disk_is_told_of(engine, hasty, database_url):
    said = {}
    for name, url in (("never", database_url), ("asks", hasty.empty_database())):
        served = Served(url)
        served.start()
        served.kill()
        checked = served.check()
        assert checked.returncode == 0
        said[name] = "fsync = off" in checked.stdout, any("fsync = off" in line["event"] for line in served.log())
    assert said == {"never": (True, True), "asks": (False, False)}
