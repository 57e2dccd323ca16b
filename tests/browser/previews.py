"""A preview of one's own: the real command in a process of its own, until it is stopped."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from portal import database
from portal.preview import mailbox
from portal.preview.factory import create_preview_app
from tests import kept_templates

ROOT = Path(__file__).resolve().parent.parent.parent


class Preview:
    """`flask preview` on a free port. Nothing of the caller's environment configures it."""

    def __init__(self, *options, program="flask"):
        self.port = _free_port()
        command = [sys.executable, "-m", program, "preview", "--port", str(self.port), *options]
        passed_on = ("PATH", "HOME", "TMPDIR", "LANG", kept_templates.PLACE)
        environ = {name: os.environ[name] for name in passed_on if name in os.environ}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.url = f"http://127.0.0.1:{self.port}"
        self._wait()

    def _wait(self):
        said = []
        for line in self.process.stdout:
            said.append(line)
            if self.url in line:
                return
        self.stop()
        raise RuntimeError(f"the preview did not start:\n{''.join(said)}")

    def stop(self):
        """End the process and what it holds."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def fill(folder):
    """Make in `folder` what a preview makes there at its first start; its mail is left to be sent."""
    before = database.handle.obj
    with mock.patch.object(mailbox, "deliver"):
        create_preview_app(folder, "http://127.0.0.1")
    database.let_go()
    if before is not None:
        database.handle.initialize(before)


@contextmanager
def on_a_copy(filled, folder):
    """Lend a preview on a copy of a folder that `fill` has filled: to fill it takes twice as long as to start."""
    shutil.copytree(filled, folder)
    preview = Preview("--keep", str(folder), program="tests.kept_templates")
    try:
        yield preview
    finally:
        preview.stop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
