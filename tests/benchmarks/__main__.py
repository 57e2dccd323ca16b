"""`python -m tests.benchmarks`: the real server beside the floor, page by page, as a table and as JSON."""

import argparse
import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from portal import clock, create_app, database
from portal.models import Contact, Message, Organization, ServiceRequest, Session
from tests.benchmarks import worlds

ROOT = Path(__file__).parent.parent.parent
SECRET = "a secret for the benchmark alone"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process, and a way to ask it."""

    def __init__(self, command, environment):
        self.port = free_port()
        words = [word.replace("PORT", str(self.port)) for word in command]
        self.process = subprocess.Popen(
            words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self, path):
        for _ in range(400):
            try:
                self.ask(path)
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server does not answer")

    def ask(self, path, headers=None, body=None, connection=None):
        connection = connection or HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        connection.request("POST" if body is not None else "GET", path, body, {**sent, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    def timed(self, page, seconds):
        """Ask again and again over one connection; return the milliseconds of each answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        page.ask(self, connection)
        took, end = [], time.perf_counter() + seconds
        while time.perf_counter() < end or len(took) < 5:
            start = time.perf_counter()
            page.ask(self, connection)
            took.append((time.perf_counter() - start) * 1000)
        return took

    def memory(self):
        """Return the proportional memory of the server and its children, in MiB."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        total = 0
        for pid in [str(self.process.pid), *children]:
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
        return total / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


class Page:
    """One thing to ask for: a name, a path, who asks, and what its floor is."""

    def __init__(self, name, path, person, floor, form=None):
        self.name, self.path, self.person, self.floor, self.form = name, path, person, floor, form
        self.headers = {}

    def ask(self, server, connection):
        path = self.path() if callable(self.path) else self.path
        body = urlencode(self.form(), doseq=True) if self.form else None
        status, text, _ = server.ask(path, self.headers, body, connection)
        if status not in {200, 303}:
            raise RuntimeError(f"{self.name}: {path} answered {status}: {text[:300]!r}")


def signed_in(app, contact):
    """Return (headers of a signed-in browser, its form token)."""
    nonce = secrets.token_hex(20)
    with database.opened(), database.transaction():
        key = Session.open_for(contact, clock.now())
    kept = {"csrf_token": nonce, "_user_id": key, "_fresh": True}
    cookie = app.session_interface.get_signing_serializer(app).dumps(kept)
    token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(nonce)
    return {"Cookie": f"session={cookie}"}, token


def pages(app):
    """Return the pages to measure, each with a signed-in person."""
    with database.opened():
        consultant, desk = worlds.consultant(), Contact.get(Contact.desk)
        manager = Contact.get(Contact.email == "c1@firm050.example")
        customer = Organization.get(Organization.slug == "firm041")
        request = ServiceRequest.get(ServiceRequest.organization == customer, ~ServiceRequest.confidential)
        _ten_messages(request)
    tokens = {}
    for person in (consultant, desk, manager):
        tokens[person.id] = signed_in(app, person)
    token = tokens[consultant.id][1]
    made = [
        Page("My Requests, consultant", "/requests", consultant, "/list"),
        Page("My Requests, one organization", f"/requests?organization={customer.slug}", consultant, "/list"),
        Page("My Requests, desk", "/requests", desk, "/list"),
        Page("a request, 10 messages", f"/requests/{request.reference}", consultant, f"/request?q={request.reference}"),
        Page("search, common word", "/requests?q=printer", consultant, "/search?q=%25printer%25"),
        Page("search, rare word", f"/requests?q={worlds.RARE}", consultant, f"/search?q=%25{worlds.RARE}%25"),
        Page("My Customers", "/partner/my_customers", consultant, "/list"),
        Page("My Partners", "/partner/my_partners", manager, "/list"),
        Page("submit a request", "/ask", consultant, "/submit", lambda: _question(customer, token)),
    ]
    for page in made:
        page.headers = tokens[page.person.id][0]
    return made


def _question(customer, token):
    return {
        "csrf_token": token,
        "organization": customer.slug,
        "category": "technical",
        "severity": "3",
        "subject": "A question of the benchmark",
        "description": "How long does this take?",
        "i_am_the_contact": "on",
    }


def _ten_messages(request):
    author = request.submitted_by
    have = Message.select().where(Message.service_request == request).count()
    for number in range(10 - have):
        Message.create(
            service_request=request,
            author=author,
            author_organization=author.organization_id,
            created_at=request.created_at,
            body=f"Message {number}",
        )


def measure(url, seconds):
    """Return one result a page: milliseconds, the ratio to the floor, requests a second at 8 connections."""
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_URL": "http://127.0.0.1"}
    app = create_app(environment)
    asked = pages(app)
    flask = [sys.executable, "-m", "flask", "serve", "--port", "PORT"]
    portal = Server(flask, environment).wait("/healthz")
    floor = Server(
        [sys.executable, "-m", "tests.benchmarks.floor", url.removeprefix("sqlite:///"), "PORT"], environment
    )
    floor.wait("/list")
    try:
        return [_measure_page(portal, floor, page, seconds) for page in asked], portal.memory()
    finally:
        portal.stop()
        floor.stop()


def _measure_page(portal, floor, page, seconds):
    below = Page("floor", page.floor, None, None, (lambda: {"body": "x"}) if page.form else None)
    mine, least = [], []
    for _ in range(3):  # in turns, so that both meet the same weather
        mine += portal.timed(page, seconds / 3)
        least += floor.timed(below, seconds / 3)
    together = at_once(portal, page, 8, seconds)
    return {
        "page": page.name,
        "median": statistics.median(mine),
        "p95": percentile(mine, 95),
        "floor": statistics.median(least),
        "ratio": statistics.median(mine) / statistics.median(least),
        "together_per_second": len(together) / seconds,
        "together_p95": percentile(together, 95),
        "together_median": statistics.median(together),
    }


def at_once(server, page, connections, seconds):
    """Ask over several connections at once; return the milliseconds of all answers."""
    took = []
    threads = [threading.Thread(target=lambda: took.extend(server.timed(page, seconds))) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def report(size, results, memory):
    """Print the table of one world."""
    print(f"\n{size:,} requests; the server takes {memory:.0f} MiB")
    print(f"{'page':32} {'median':>8} {'95%':>8} {'floor':>8} {'ratio':>7} {'8 at once':>10} {'95% then':>9}")
    for one in results:
        print(
            f"{one['page']:32} {one['median']:8.1f} {one['p95']:8.1f} {one['floor']:8.1f} {one['ratio']:7.1f} "
            f"{one['together_per_second']:8.0f}/s {one['together_p95']:9.1f}"
        )


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--requests", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each page is asked for")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    figures = {}
    for size in chosen.requests:
        path = chosen.folder / f"world-{size}.db"
        url = f"sqlite:///{path}"
        fresh = not path.exists()
        database.use(url)
        database.migrate()
        if fresh:
            worlds.fill(size)
        results, memory = measure(url, chosen.seconds)
        report(size, results, memory)
        figures[size] = {"memory": memory, "pages": results}
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
