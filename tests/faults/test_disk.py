"""The disk is full: writing is refused with a sentence, reading goes on, and room heals it without a restart."""

import os
import resource
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from tests.conftest import cannot_run
from tests.faults.serving import Served

FILE = b"x" * 400_000


class SmallDisk:
    """A file system of a few megabytes."""

    full = 507

    def __init__(self, folder):
        self.folder = folder

    @contextmanager
    def full_for(self, _process):
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

    full = 503

    def __init__(self, folder):
        self.folder = folder

    @contextmanager
    def full_for(self, process):
        longest = max(path.stat().st_size for path in self.folder.iterdir())
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))
        yield
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=[SmallDisk, NoLargerFiles])
def disk(request, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if request.param is NoLargerFiles:
        yield NoLargerFiles(folder)
        return
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if not shutil.which("mount") or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        cannot_run(request, "a small disk: root, who may mount a tmpfs")
    yield SmallDisk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_refuses_writing_lets_reading_go_on_and_heals_without_a_restart(disk):
    served = Served(f"sqlite:///{disk.folder}/portal.db")
    served.start()
    acknowledged = []
    try:
        with disk.full_for(served.process):
            refused, page = reply_until_refused(served, acknowledged)
            assert "Nothing was saved" in page
            assert f"text {len(acknowledged)}" in page, "what was typed is handed back"
            assert "Traceback" not in page
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
    """Send replies with files for as long as there is room in what the database has already; return the refusal."""
    for number in range(100):
        status, page = served.reply(f"text {number}", FILE)
        if status != 303:
            return status, page
        acknowledged.append(f"text {number}")
    raise AssertionError("the disk never was full")
