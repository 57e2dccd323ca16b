"""The power fails: what was acknowledged is on the disk, for each commit waits until the disk has it."""

import re
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from tests.conftest import cannot_run
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
@pytest.mark.parametrize(("program", "synced"), [(("-m", "flask"), True), (("-c", CARELESS), False)])
def test_every_acknowledged_commit_was_synced_before(engine, database_url, tmp_path, strace, program, synced):
    """A kill cannot show this: the system still writes what a killed process left in its hands."""
    served, log = Served(database_url), tmp_path / "syncs"
    path = database_url.removeprefix("sqlite:///")
    served.start(strace, "-f", "-y", "-ttt", "-e", "trace=fdatasync,fsync", "-o", str(log), program=program)
    acknowledged = []
    # With a reader, the journal is not folded away after each reply, which would be a sync of its own.
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM message").fetchone()
        for number in range(REPLIES):
            began = time.time()
            assert served.reply(f"text {number}")[0] == 303
            acknowledged.append((began, time.time()))
        served.kill()
    syncs = [float(at) for at, file in _SYNC.findall(log.read_text()) if file == f"{path}-wal"]
    unsynced = [one for one in acknowledged if not any(one[0] <= at <= one[1] for at in syncs)]
    during = [at for at in syncs if acknowledged[0][0] <= at <= acknowledged[-1][1]]
    kind = "FULL" if synced else "NORMAL, to see that the count can fail"
    print(
        f"{kind}: {REPLIES} acknowledged, {len(during)} syncs of the journal, {len(unsynced)} lost if the power fails"
    )
    assert (len(unsynced) == 0 and len(during) >= REPLIES) == synced
