"""The disk is full: writing is refused with a sentence, reading goes on, and room heals it without a restart."""

import os
import random
import resource
import shutil
import subprocess
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest

from tests.conftest import cannot_run
from tests.engines import NoServer, PostgreSQL
from tests.faults.serving import Served
from tests.faults.test_workers import until

FILE = random.Random(7).randbytes(400_000)  # not to be compressed


class SmallDisk:
    """A file system of a few megabytes."""

    full, workers = 507, 2

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:///{folder}/portal.db"

    @contextmanager
    def full_for(self, _served):
        ballast = self.folder / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        yield
        ballast.unlink()


class NoLargerFiles:
    """No file of the server may grow longer than the longest is: what a quota does."""

    full, workers = 503, 1

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:///{folder}/portal.db"

    @contextmanager
    def full_for(self, served):
        longest = max(path.stat().st_size for path in self.folder.iterdir())
        limits = (longest, resource.RLIM_INFINITY)
        before = resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, limits)
        yield
        resource.prlimit(served.process.pid, resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(request, folder, size, owner="root"):
    """Lend `folder` as a file system of its own, of so many megabytes."""
    folder.mkdir()
    options = f"size={size}m,mode=700,uid={owner}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if not shutil.which("mount") or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        cannot_run(request, "a small disk: root, who may mount a tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# --- SQLite --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[SmallDisk, NoLargerFiles])
def disk(request, engine, tmp_path):
    if request.param is SmallDisk:
        with small_disk(request, tmp_path / "disk", 12) as folder:
            yield SmallDisk(folder)
    else:
        (tmp_path / "disk").mkdir()
        yield NoLargerFiles(tmp_path / "disk")


@pytest.mark.engine("sqlite")
def test_a_full_disk_refuses_writing_lets_reading_go_on_and_heals_without_a_restart(disk):
    refuses_lets_read_and_heals(disk)


def refuses_lets_read_and_heals(disk):
    """Fill the disk under a portal that is in use; whatever was acknowledged, and nothing else, is there afterwards."""
    served = Served(disk.url, workers=disk.workers)
    served.start()
    acknowledged = []
    try:
        with disk.full_for(served):
            refused = reply_until_refused(served, acknowledged)
            assert served.get(f"/requests/{served.reference}")[0] == 200
            assert [served.get(path, "look")[0] for path in ("/", "/requests", "/partner/my_customers")] == [200] * 3
            partner = served.get(f"/requests/{served.reference}", "look")[0]
        assert served.reply("after", FILE)[0] == 303
        acknowledged.append("after")
    finally:
        served.kill()
    bodies = served.bodies()
    lost = [body for body in acknowledged if body not in bodies]
    print(f"{type(disk).__name__}: refused with {refused}, {len(acknowledged)} acknowledged, {len(lost)} lost")
    assert (refused, lost) == (disk.full, [])
    assert len(bodies) == len(set(bodies)) + bodies.count("It does not work.") - 1
    assert f"text {len(acknowledged) - 1}" not in bodies, "what was refused left nothing"
    # What a partner reads for the first time today goes into the customer's receipt, or is not read.
    assert (partner, served.readings()) in {(200, 1), (disk.full, 0)}
    assert served.check().returncode == 0


def reply_until_refused(served, acknowledged):
    """Send replies with files for as long as there is room in what the database has already.

    Return the status of the refusal, which says so in a sentence.
    """
    for number in range(300):
        status, page = served.reply(f"text {number}", FILE)
        if status != 303:
            assert "Nothing was saved" in page
            assert f"text {number}" in page, "what was typed is handed back"
            assert "Traceback" not in page
            return status
        acknowledged.append(f"text {number}")
    raise AssertionError("the disk never was full")


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


class SmallTablespace(SmallDisk):
    """A PostgreSQL whose tables lie on a small disk: it says so, and rolls back."""

    def __init__(self, folder, url):
        super().__init__(folder)
        self.url = url


@pytest.fixture
def tablespace(request, engine):
    try:
        place = engine.cluster / "small"
    except NoServer:
        cannot_run(request, "a PostgreSQL of Debian's: apt-get install postgresql")
    with small_disk(request, place, 48, "postgres") as folder:
        engine.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
        url = engine.empty_database("TABLESPACE small")
        yield SmallTablespace(folder, url)
        engine.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)", "DROP TABLESPACE small")


@pytest.mark.engine("postgresql")
def test_a_full_disk_of_postgresql_refuses_writing_lets_reading_go_on_and_heals_without_a_restart(tablespace):
    refuses_lets_read_and_heals(tablespace)


class SmallJournal(SmallDisk):
    """A PostgreSQL whose journal lies on a small disk: without room for it the server falls, and may not get up."""

    def __init__(self, folder, server):
        super().__init__(folder)
        self.server, self.url = server, server.url


@pytest.fixture
def journal(request, engine, tmp_path):
    disks, server = ExitStack(), None
    made = ["--waldir={cluster}/journal", "--wal-segsize=1"]
    run = ["min_wal_size=2MB", "max_wal_size=1GB"]
    with disks:
        try:
            server = PostgreSQL(
                tmp_path,
                made,
                run,
                lambda place: disks.enter_context(small_disk(request, place / "journal", 64, "postgres")),
            )
        except NoServer:
            cannot_run(request, "a PostgreSQL of Debian's: apt-get install postgresql")
        yield SmallJournal(server.cluster / "journal", server)
        if not server.runs():
            server.start()
        server.stop()


@pytest.mark.engine("postgresql")
def test_a_journal_without_room_costs_answers_and_nothing_else_and_heals_without_a_restart(journal):
    """Without its journal PostgreSQL ends itself: until it is back there is 503, and then all goes on."""
    served = Served(journal.url, workers=journal.workers)
    served.start()
    acknowledged, reads, writes = [], Counter(), Counter()
    try:
        with journal.full_for(served):
            refused = reply_until_refused(served, acknowledged)
            for number in range(20):
                reads[served.get(f"/requests/{served.reference}")[0]] += 1
                status = served.reply(f"meanwhile {number}", FILE)[0]
                writes[status] += 1
                acknowledged += [f"meanwhile {number}"] * (status == 303)
        fell = not journal.server.runs()
        if fell:
            journal.server.start()
        assert until(lambda: served.get("/healthz")[0] == 200)
        assert served.reply("after", FILE)[0] == 303
        acknowledged.append("after")
        assert served.get(f"/requests/{served.reference}")[0] == 200
    finally:
        served.kill()
    bodies = served.bodies()
    lost = [body for body in acknowledged if body not in bodies]
    print(
        f"{type(journal).__name__}: refused with {refused}, then {dict(writes)} to writers and {dict(reads)} to readers,"
        f" PostgreSQL {'ended' if fell else 'recovered by itself'}, {len(acknowledged)} acknowledged, {len(lost)} lost"
    )
    assert lost == []
    assert {refused, *reads, *writes} <= {200, 303, 503, 507}
    assert served.check().returncode == 0
