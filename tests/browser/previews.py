"""A preview of one's own: the real command in a process of its own, until it is stopped."""

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class Preview:
    """`flask preview` on a free port. Nothing of the caller's environment configures it."""

    def __init__(self, *options):
        self.port = _free_port()
        command = [sys.executable, "-m", "flask", "preview", "--port", str(self.port), *options]
        environ = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
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


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
