"""A real `flask serve` on a database of the cast, and a client that notes what was acknowledged."""

import copy
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlencode

from portal import create_app, database
from portal.models import HistoryEvent, Message, Notification
from tests.people import Browser
from tests.world import build_world

ROOT = Path(__file__).parent.parent.parent
SECRET_KEY = "a secret for the tests alone"
FORM = "application/x-www-form-urlencoded"


class Served:
    """The portal on one database; `start` and `kill` as often as one likes."""

    def __init__(self, url, workers=1, **settings):
        self.workers = workers
        self.settings = {"DATABASE_URL": str(url), "SECRET_KEY": SECRET_KEY, **settings}
        before = database.handle.obj
        try:
            app = create_app(self.settings)
        finally:
            if before is not None:
                database.handle.initialize(before)
        with self.looked_into():
            database.migrate()
            world = self.world = build_world()
            self.reference = world.request.reference
            names = ("support", "look", "desk")
            self.people = {name: _cookie_and_token(app, getattr(world, name)) for name in names}
        self.port, self.process, self._log = free_port(), None, []

    # --- Its life ------------------------------------------------------------------------------------------------

    def start(self, *before, program=("-m", "tests.kept_templates")):
        """Start it, with the words of another command `before` its own, or as another program, if need be."""
        command = [*before, sys.executable, *program, "serve", "--port", str(self.port)]
        command += ["--workers", str(self.workers)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._log.extend, args=(self.process.stderr,), daemon=True)
        self._reader.start()
        said = self.process.stdout.readline()
        assert f"port {self.port}" in said, "".join(self._log)

    def kill(self):
        """End the server as a power cut would: nothing is asked, nothing is finished."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self._gone()

    def stop(self):
        """Ask the server to stop; return its exit code once it has."""
        self.process.terminate()
        return self.ended()

    def ended(self):
        """Return the exit code once the server has ended."""
        self._gone()
        return self.process.returncode

    def processes(self):
        """Return the ids of its workers."""
        return set(map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()))

    def _gone(self):
        self.process.wait(timeout=60)
        self._reader.join(timeout=60)
        self.process.stdout.close()
        self.process.stderr.close()

    def environ(self):
        return {**os.environ, "PYTHONUNBUFFERED": "1", "FLASK_APP": str(ROOT / "app.py"), **self.settings}

    def command(self, *words):
        """Run another command of `flask` beside it; return what became of it."""
        command = [sys.executable, "-m", "flask", *map(str, words)]
        return subprocess.run(command, cwd=ROOT, env=self.environ(), capture_output=True, text=True)

    def elsewhere(self, url):
        """Return the same portal on another database."""
        other = copy.copy(self)
        other.settings = {**self.settings, "DATABASE_URL": url}
        return other

    def check(self):
        """Return what `flask check` says."""
        return self.command("check")

    # --- What one asks it ----------------------------------------------------------------------------------------

    def get(self, path, who="support"):
        """Return (status, page)."""
        return self._ask("GET", path, who)

    def post(self, path, body, kind=FORM, who="support"):
        """Return (status, page)."""
        return self._ask("POST", path, who, body, {"Content-Type": kind})

    def reply(self, body, file=b""):
        """Write into the request; return (status, page)."""
        form, kind = _form({"csrf_token": self.people["support"][1], "body": body}, file)
        return self.post(f"/requests/{self.reference}/messages", form, kind)

    def cookie(self, who="support"):
        """Return the header with which somebody is signed in."""
        return {"Cookie": f"session={self.people[who][0]}"}

    def _ask(self, method, path, who, form=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, form, {**self.cookie(who), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    # --- What it leaves ------------------------------------------------------------------------------------------

    @contextmanager
    def looked_into(self):
        """Let the block ask the database itself, whatever the test is bound to."""
        before = database.handle.obj
        bound = database.use(self.settings["DATABASE_URL"])
        try:
            with database.opened():
                yield
        finally:
            bound.close()
            if hasattr(bound, "close_all"):
                bound.close_all()
            if before is not None:
                database.handle.initialize(before)

    def bodies(self):
        """Return the texts of all messages."""
        with self.looked_into():
            return [body for (body,) in Message.select(Message.body).tuples()]

    def readings(self):
        """Return how many readings the customers' histories hold."""
        with self.looked_into():
            return HistoryEvent.select().where(HistoryEvent.kind == "read").count()

    def mails(self):
        """Return the states of the mails to be sent, by their Message-ID without the host."""
        with self.looked_into():
            return dict(Notification.select(Notification.public_id, Notification.mail_state).tuples())

    def log(self):
        """Return the lines that it wrote so far, as dicts; a line that is none is a dict of its own."""
        return [json.loads(line) if line.startswith("{") else {"event": line} for line in self._log]

    # --- Its memory ----------------------------------------------------------------------------------------------

    def memory(self):
        """Return how much memory the server has to itself, in bytes."""
        return self._figure("smaps_rollup", "Pss")

    def forget_peak(self):
        """Let the next `peak` count from now."""
        for pid in self._pids():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak(self):
        """Return the most memory that the server had since `forget_peak`, in bytes."""
        return self.memory() + self._figure("status", "VmHWM") - self._figure("status", "VmRSS")

    def _figure(self, file, name):
        texts = [Path(f"/proc/{pid}/{file}").read_text() for pid in self._pids()]
        return sum(int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) * 1024 for text in texts)

    def _pids(self):
        """Return the ids of the server's processes: those of its session."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with suppress(ProcessLookupError):  # somebody else's, and over by now
                if os.getsid(int(pid)) == self.process.pid:
                    found.append(int(pid))
        return found


def _cookie_and_token(app, contact):
    browser = Browser(app, contact)
    return browser.client.get_cookie("session").value, browser.token()


def _form(fields, file):
    if not file:
        return urlencode(fields), FORM
    edge = uuid.uuid4().hex
    lines = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append(f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n')
    return "".join(lines).encode() + file + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def free_port():
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
