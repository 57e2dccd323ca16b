"""A real `flask serve` on a database of the cast, and a client that notes what was acknowledged."""

import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from portal import create_app, database
from tests.people import Browser
from tests.world import build_world

ROOT = Path(__file__).parent.parent.parent
SECRET_KEY = "a secret for the tests alone"


class Served:
    """The portal on one SQLite file; `start` and `kill` as often as one likes."""

    def __init__(self, path):
        self.path = path
        self.settings = {"DATABASE_URL": f"sqlite:///{path}", "SECRET_KEY": SECRET_KEY}
        with _bound_elsewhere():
            app = create_app(self.settings)
            database.migrate()
            with database.opened():
                world = build_world()
                self.reference = world.request.reference
                self.people = {name: _cookie_and_token(app, getattr(world, name)) for name in ("support", "look")}
            database.handle.close()
        self.port, self.process = _free_port(), None

    def start(self):
        environ = {**os.environ, **self.settings, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "flask", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert f"port {self.port}" in self.process.stdout.readline()

    def kill(self):
        """End the server as a power cut would: nothing is asked, nothing is finished."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def get(self, path, who="support"):
        """Return (status, page)."""
        return self._ask("GET", path, who)

    def reply(self, body, file=b""):
        """Write into the request; return (status, page)."""
        token = self.people["support"][1]
        form, kind = _form({"csrf_token": token, "body": body}, file)
        return self._ask("POST", f"/requests/{self.reference}/messages", "support", form, {"Content-Type": kind})

    def _ask(self, method, path, who, form=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, form, {"Cookie": f"session={self.people[who][0]}", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def bodies(self):
        """Return the texts of all messages in the file."""
        return [body for (body,) in self._rows("SELECT body FROM message")]

    def readings(self):
        """Return how many readings the customers' histories hold."""
        return len(self._rows("SELECT id FROM history_event WHERE kind = 'read'"))

    def _rows(self, query):
        with closing(sqlite3.connect(self.path)) as opened:
            return opened.execute(query).fetchall()

    def check(self):
        """Return what `flask check` says."""
        command = [sys.executable, "-m", "flask", "check"]
        environ = {**os.environ, **self.settings}
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)


@contextmanager
def _bound_elsewhere():
    before = database.handle.obj
    yield
    if before is not None:
        database.handle.initialize(before)


def _cookie_and_token(app, contact):
    browser = Browser(app, contact)
    return browser.client.get_cookie("session").value, browser.token()


def _form(fields, file):
    if not file:
        return urlencode(fields), "application/x-www-form-urlencoded"
    edge = uuid.uuid4().hex
    lines = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append(f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="a.bin"\r\n\r\n')
    return "".join(lines).encode() + file + f"\r\n--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
