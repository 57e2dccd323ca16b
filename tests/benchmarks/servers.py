"""The servers that are measured, and how one asks them."""

import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


class Server:
    """One server command on a free port, and a way to ask it."""

    def __init__(self, command, environment):
        self.port = free_port()
        words = [word.replace("PORT", str(self.port)) for word in command]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(words, cwd=ROOT, env=environment, **quiet)

    def wait(self, path):
        """Wait until it answers."""
        for _ in range(400):
            try:
                self.ask(path)
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server does not answer")

    def ask(self, path, headers=None, body=None, connection=None):
        """Return (status, body) of one answer."""
        connection = connection or HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request("POST" if body is not None else "GET", path, body, {**sent, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def timed(self, page, seconds):
        """Ask again and again over one connection; return the milliseconds of each answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        took, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(took) < 5:
            path, body = page.next()
            start = time.perf_counter()
            status, text = self.ask(path, page.headers, body, connection)
            took.append((time.perf_counter() - start) * 1000)
            if status not in {200, 303}:
                raise RuntimeError(f"{page.name}: {path} answered {status}: {text[:300]!r}")
        return took

    def at_once(self, page, connections, seconds):
        """Ask over several connections at once; return the milliseconds of all answers."""
        took = []
        threads = [threading.Thread(target=lambda: took.extend(self.timed(page, seconds))) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took

    def memory(self):
        """Return the proportional memory (PSS) of the server and all below it, in MiB."""
        return sum(_proportional(pid) for pid in _with_children(self.process.pid)) / 1024

    def stop(self):
        """Stop it, and wait for its end."""
        self.process.terminate()
        self.process.wait(timeout=60)


def portal(environment, workers):
    """Return the portal behind its own command."""
    command = [sys.executable, "-m", "flask", "--app", "app.py", "serve", "--port", "PORT", "--workers", str(workers)]
    return Server(command, environment).wait("/healthz")


def floor(environment):
    """Return the floor over the same database."""
    command = [sys.executable, "-m", "tests.benchmarks.floor", environment["DATABASE_URL"], "PORT"]
    return Server(command, environment).wait("/list")


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _with_children(pid):
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += _with_children(int(child))
    return found


def _proportional(pid):
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


class PostgreSQL:
    """A server of Debian's, for the length of a run, with every commit on the disk."""

    def __init__(self):
        self.binaries = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"))[-1]).parent
        self.folder = Path(tempfile.mkdtemp(prefix="portal-benchmark-", dir="/tmp"))  # noqa: S108
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
        port = free_port()
        options = f"-p {port} -k {self.folder} -c listen_addresses=127.0.0.1 -c shared_buffers=512MB -c jit=off"
        initdb = ["-D", self.folder / "data", "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        self._run("initdb", *initdb)
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", options, "start")
        self.port = port

    def url(self, name):
        """Return the URL of a database of this name, which is made."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "portal", name)
        return f"postgresql://portal@127.0.0.1:{self.port}/{name}"

    def stop(self):
        """Stop the server, and remove what it held."""
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *words):
        command = [str(word) for word in (self.binaries / program, *words)]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        subprocess.run(command, check=True, capture_output=True, cwd="/tmp")  # noqa: S108
