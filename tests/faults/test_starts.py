"""Workers that start together on an empty database all come up, each time.

A few starts belong to every run; `STARTS=50 pytest tests/faults/test_starts.py` makes as many as one likes.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from portal import database
from tests.faults.serving import ROOT, SECRET_KEY, free_port

STARTS = int(os.environ.get("STARTS", "3"))
SERVERS, WORKERS = 2, 2  # four workers: two app servers, as on two machines, of two workers each


@pytest.mark.engine("postgresql")
def test_four_workers_starting_on_an_empty_postgresql_all_come_up(engine):
    seconds, failures = [], []
    for start in range(STARTS):
        before = database.handle.obj
        url = engine.empty_database()
        database.handle.initialize(before)
        began = time.monotonic()
        outcomes = start_together(url)
        seconds.append(time.monotonic() - began)
        failures += [(start, outcome) for outcome in outcomes if outcome != ("ok", 0)]
    print(
        f"{STARTS} starts of {SERVERS} servers with {WORKERS} workers: {len(failures)} failed,"
        f" {sorted(seconds)[len(seconds) // 2]:.1f} s in the middle, {max(seconds):.1f} s at most"
    )
    assert failures == []


def start_together(url):
    """Start the servers at once, ask each, and stop them; return (answer, exit code) of each."""
    servers = [(port, start(url, port)) for port in (free_port() for _server in range(SERVERS))]
    answers = []
    for port, process in servers:
        said = list(until_it_serves(process, port))
        answers.append(ask(port) if f"port {port}" in "".join(said) else said)
    for _port, process in servers:
        process.send_signal(signal.SIGTERM)
    ends = [process.communicate(timeout=60) and process.returncode for _port, process in servers]
    return list(zip(answers, ends, strict=True))


def until_it_serves(process, port):
    """Yield the lines that it writes, its log among them, up to the one that says that it serves."""
    for line in process.stdout:
        yield line
        if f"port {port}" in line:
            return


def start(url, port):
    command = [sys.executable, "-m", "flask", "serve", "--port", str(port), "--workers", str(WORKERS)]
    environ = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def ask(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60) as answer:
        return answer.read().decode()
