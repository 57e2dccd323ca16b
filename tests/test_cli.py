"""The commands: what they say, what they change, and how they end."""

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.request
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from portal import backup as backup_room
from portal import clock, create_app, database, passwords
from portal.database import transaction
from portal.models import Contact, Grant, HistoryEvent, Organization, chain, history
from portal.models.notifications import notify
from portal.permissions import Capability, Level
from tests.tampering import unguarded_history
from tests.world import grant

ROOT = Path(__file__).parent.parent
GOOD_PASSWORD = "correct horse battery"


@pytest.fixture
def run(app):
    """Run a command inside the app of the test."""
    return lambda *args, **options: app.test_cli_runner().invoke(args=list(map(str, args)), **options)


@pytest.fixture
def flask(tmp_path, database_url):
    """Run `flask` as people do: another process, in the repository's folder."""
    environ = {
        **os.environ,
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret for the tests alone",
        "PYTHONUNBUFFERED": "1",
    }

    def start(*args, wait=True, **settings):
        command = [sys.executable, "-m", "flask", *map(str, args)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environ, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        if not wait:
            return process
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    return start


@pytest.fixture
def bare(tmp_path):
    """Run commands in a portal whose database does not exist yet."""
    here = database.handle.obj
    made = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'bare.db'}", "SECRET_KEY": "a secret for the tests"})
    yield lambda *args: made.test_cli_runner().invoke(args=list(map(str, args)))
    database.handle.close()
    database.handle.initialize(here)


def explained(run, person, slug):
    result = run("explain", person if isinstance(person, str) else person.email, slug)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


# --- Starting ----------------------------------------------------------------------------------------------------


def test_flask_finds_the_app_and_lists_every_command_of_the_specification(flask):
    listed = flask("--help").stdout
    for name in ("preview", "serve", "migrate", "create-contact", "import", "export", "explain", "deliver", "backup"):
        assert f"\n  {name} " in listed
    for name in ("audit", "check", "restore"):
        assert f"\n  {name} " in listed


@pytest.mark.parametrize("command", [("migrate",), ("explain", "a@b.example", "b"), ("serve",), ("--help",)])
def test_a_bad_setting_is_one_sentence_and_no_trace(flask, command):
    result = flask(*command, MAX_BODY="much")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Error: MAX_BODY must be a size, such as 128 MB.\n"


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all.db", "postgresql://nobody@127.0.0.1:1/nothing", "postgresql://nobody@db:x/y"]
)
def test_a_database_that_cannot_be_had_is_a_sentence(flask, url):
    result = flask("migrate", DATABASE_URL=url)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ") and "DATABASE_URL" in result.stderr
    assert "Traceback" not in result.stderr


def test_migrate_brings_an_empty_database_up_to_date_once(bare):
    first, second = bare("migrate"), bare("migrate")
    assert "applied 0001" in first.stdout and "up to date" in first.stdout
    assert "applied" not in second.stdout and second.exit_code == 0


@pytest.mark.parametrize(
    "command",
    [("export", "out"), ("explain", "a@b.example", "b"), ("audit",), ("deliver",), ("backup", "copy.db")],
    ids=lambda command: command[0],
)
def test_a_command_that_needs_the_tables_says_how_to_get_them(bare, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = bare(*command)
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: The database is not up to date. Run flask migrate first.\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_serve_answers_and_stops_when_it_is_told_to(flask):
    port = free_port()
    server = flask("serve", "--port", port, wait=False)
    try:
        assert f"port {port}" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            assert (answer.status, answer.read().strip()) == (200, b"ok")
            assert answer.headers.get("Server") is None
    finally:
        server.send_signal(signal.SIGTERM)
        _stdout, stderr = server.communicate(timeout=60)
    assert (server.returncode, "Traceback" in stderr) == (0, False)


def test_a_port_in_use_is_a_sentence(flask):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = flask("serve", "--port", taken.getsockname()[1])
    assert (result.returncode, "Cannot listen on 127.0.0.1" in result.stderr) == (1, True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_deliver_says_what_waits_for_a_mail_server(run, world):
    with transaction():
        notify("access_asked", [world.manager], clock.now(), actor=world.cc, organization=world.brightwater)
    result = run("deliver")
    assert result.exit_code == 0, result.output
    assert re.search(r"MAIL_URL is not set: [1-9]\d* mails? waits?\.", result.stderr)
    assert "sent: 0" in result.stdout


# --- create-contact ----------------------------------------------------------------------------------------------

FIRST = (
    "create-contact",
    *("--email", "Dee@Desk.example", "--name", "Dee", "--organization", "desk"),
    *("--organization-name", "The Desk", "--timezone", "Asia/Tokyo", "--locale", "ja", "--desk"),
)


def test_the_first_contact_of_the_desk_is_made_with_their_organization(bare):
    result = bare(*FIRST, "--password", GOOD_PASSWORD)
    assert result.exit_code == 0, result.output
    made = Contact.by_email("dee@desk.example")
    assert (made.desk, made.contact_manager, made.support_contact, made.active) == (True, False, False, True)
    assert (made.timezone, made.locale, made.organization.name) == ("Asia/Tokyo", "ja", "The Desk")
    assert passwords.verify(made.password_hash, GOOD_PASSWORD)


def test_the_password_is_asked_for_twice_and_not_shown(run, db):
    result = run(*FIRST, input=f"{GOOD_PASSWORD}\n{GOOD_PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert GOOD_PASSWORD not in result.output
    assert passwords.verify(Contact.get().password_hash, GOOD_PASSWORD)


def test_a_contact_joins_an_organization_and_keeps_its_language(run, world):
    result = run(
        *("create-contact", "--email", "new@k.example", "--name", "New", "--organization", "kitahama"),
        *("--contact-manager", "--support-contact", "--password", GOOD_PASSWORD),
    )
    assert result.exit_code == 0, result.output
    made = Contact.by_email("new@k.example")
    assert (made.organization, made.timezone, made.locale) == (world.kitahama, "Asia/Tokyo", "ja")
    assert made.contact_manager and made.support_contact and not made.desk


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"--email": "dee"}, "no e-mail address"),
        ({"--email": "manager@kitahama.example"}, "already in the portal"),
        ({"--name": "  "}, "name may not be empty"),
        ({"--organization": "The Desk"}, "slug"),
        ({"--organization": "nowhere"}, "There is no organization “nowhere”"),
        ({"--timezone": "Mars/North"}, "no time zone"),
        ({"--locale": "xx"}, "none of en, ja, es"),
        ({"--password": "short"}, "15 characters"),
        ({"--password": "somebody@else.example"}, "e-mail address"),
        ({"--password": "passwordpassword"}, "many people use"),
        ({"--password": "Partner Portal 2026"}, "known to others"),
    ],
)
def test_what_cannot_be_a_contact_is_a_sentence_and_changes_nothing(run, world, changes, words):
    before = Contact.select().count(), Organization.select().count()
    options = {
        "--email": "somebody@else.example",
        "--name": "Dee",
        "--organization": "kitahama",
        "--password": GOOD_PASSWORD,
        **changes,
    }
    result = run("create-contact", *(word for pair in options.items() for word in pair))
    assert (result.exit_code, words in result.stderr) == (1, True), result.output
    assert (Contact.select().count(), Organization.select().count()) == before


# --- explain -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(Level), ids=lambda level: level.code)
def test_explain_tells_a_level_its_capabilities_and_its_grant(run, world, level):
    found = explained(run, getattr(world, level.code), "kitahama")
    assert set(found) == {"level", "capabilities", "because"}
    assert found["level"] == level.code
    assert ("create" in found["capabilities"]) is (level >= Level.CREATE)
    assert found["capabilities"] == sorted(found["capabilities"])
    assert "The individual grant" in found["because"]
    assert "Manager of Kitahama Foods <manager@kitahama.example>" in found["because"]


def test_explain_tells_the_organization_wide_grant_in_the_customers_time(run, world):
    Grant.update(starts_at=datetime(2026, 1, 1), expires_at=datetime(2098, 12, 31, 15)).where(
        Grant.id == world.grants["wide"].id
    ).execute()
    because = explained(run, world.wide, "kitahama")["because"]
    assert "The organization-wide grant of Full Admin for Kitahama Foods to Lattice Integrators decides" in because
    assert "from 2026-01-01T09:00:00+09:00 until 2099-01-01T00:00:00+09:00." in because


def test_explain_tells_what_an_individual_grant_overrules(run, world):
    found = explained(run, world.narrowed, "kitahama")
    assert found["level"] == "look"
    assert "overrules the organization-wide grant of Full Admin to Lattice Integrators" in found["because"]


def test_explain_tells_from_which_day_on_a_grant_covers_requests(run, world):
    grant(world.nordlys, world.cc, Level.LOOK, covers_from=date(2026, 3, 1))
    because = explained(run, world.cc, "nordlys")["because"]
    assert "covering requests from 2026-03-01 on" in because and "somebody not on record" in because


def test_explain_tells_ones_own_organization_and_the_desk(run, world):
    own = explained(run, "SUPPORT@kitahama.example", "kitahama")
    assert (own["level"], "upgrade" in own["capabilities"]) == ("own", True)
    assert "as a support contact" in own["because"]
    assert "as a contact manager" in explained(run, world.manager, "kitahama")["because"]
    assert explained(run, world.own, "kitahama")["level"] == "own"
    assert explained(run, world.desk, "kitahama")["level"] == "desk"
    assert explained(run, world.desk, "halyard")["level"] == "own"


@pytest.mark.parametrize("name", ["expired", "ended", "stranger", "colleague"])
def test_explain_says_none_where_no_grant_is_active(run, world, name):
    found = explained(run, getattr(world, name), "kitahama")
    assert (found["level"], found["capabilities"]) == ("none", [])
    assert "No active grant of Kitahama Foods" in found["because"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"active": False}, "is inactive"),
        ({"stands_in_for": "wide"}, "is a stand-in: the person behind it is wide@lattice.example"),
        ({"added_by": "lattice"}, "added by a partner whose access is over"),
        ({"added_by": "lattice", "kept_at": datetime(2026, 1, 1)}, "no contact manager has confirmed them yet"),
    ],
)
def test_explain_says_why_a_grant_does_not_count(run, world, changes, words):
    values = {name: getattr(world, value) if isinstance(value, str) else value for name, value in changes.items()}
    Contact.update(**values).where(Contact.id == world.look.id).execute()
    found = explained(run, world.look, "kitahama")
    assert (found["level"], found["capabilities"]) == ("none", [])
    assert words in found["because"]


@pytest.mark.parametrize(
    ("email", "slug", "words"),
    [
        ("ghost@k.example", "kitahama", "no contact “ghost@k.example”"),
        ("cc@brightwater.example", "x", "no organization"),
    ],
)
def test_explain_of_nobody_or_nothing_is_a_sentence(run, world, email, slug, words):
    result = run("explain", email, slug)
    assert (result.exit_code, result.stdout, words in result.stderr) == (1, "", True)


def test_explain_names_every_capability_as_the_code_does(run, world):
    assert set(explained(run, world.desk, "kitahama")["capabilities"]) <= {one.value for one in Capability}


# --- audit -------------------------------------------------------------------------------------------------------


@pytest.fixture
def histories(world):
    with transaction():
        for number in range(5):
            history.record(world.kitahama, "declined", clock.now(), actor=world.manager, number=number)
            history.record(world.nordlys, "declined", clock.now(), number=number)
    return world


def test_audit_finds_every_history_as_it_was_written(run, histories):
    result = run("audit")
    assert result.exit_code == 0
    assert "Kitahama Foods (kitahama): 5 events, unbroken." in result.stdout
    assert "Every history is as it was written." in result.stdout


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda events: events.set(3, details='{"number": 7}'), "at event 3 (declined, "),
        (lambda events: events.set(2, actor=None), "it was changed afterwards"),
        (lambda events: events.remove(4), "at event 5 (declined, "),
        (lambda events: events.remove(1), "events before it are missing"),
        (lambda events: events.rewrite(2), "at event 3 (declined, "),
        (lambda events: events.rewrite(4), "it does not follow on the one before"),
    ],
)
def test_audit_names_the_first_broken_event_of_a_history(run, histories, tamper, words):
    with unguarded_history():
        tamper(Tampering(histories.kitahama))
    result = run("audit")
    assert result.exit_code == 1
    broken = next(line for line in result.stdout.splitlines() if line.startswith("Kitahama"))
    assert "broken" in broken and words in broken
    assert "Nordlys Energi (nordlys): 5 events, unbroken." in result.stdout
    assert "1 history is broken." in result.stderr


class Tampering:
    """Somebody who can write the tables behind the portal's back."""

    def __init__(self, customer):
        self.customer = customer

    def _event(self, sequence):
        return (HistoryEvent.customer == self.customer) & (HistoryEvent.sequence == sequence)

    def set(self, sequence, **values):
        HistoryEvent.update(**values).where(self._event(sequence)).execute()

    def remove(self, sequence):
        HistoryEvent.delete().where(self._event(sequence)).execute()

    def rewrite(self, sequence):
        """Change an event and make its own hash fit again."""
        event = HistoryEvent.get(self._event(sequence))
        event.details = "{}"
        self.set(sequence, details=event.details, hash=event.digest())


def test_a_long_history_is_verified_to_its_end(world, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 2)
    with transaction():
        for _number in range(5):
            history.record(world.kitahama, "declined", clock.now())
    assert chain.verify(world.kitahama).sound == 5
    with unguarded_history():
        Tampering(world.kitahama).set(5, at=clock.now() - timedelta(days=1))
    assert chain.verify(world.kitahama).broken.sequence == 5


# --- backup ------------------------------------------------------------------------------------------------------


def test_a_backup_holds_everything_and_only_its_owner_can_read_it(run, world, tmp_path):
    copy = tmp_path / "copy"
    result = run("backup", copy)
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names_in(copy) >= {"contact", "access_grant", "service_request"}
    assert list(tmp_path.iterdir()) == [copy]


def names_in(copy):
    if database.is_sqlite():
        with sqlite3.connect(copy) as opened:
            assert opened.execute("SELECT count(*) FROM contact").fetchone()[0] == Contact.select().count()
            found = {name for (name,) in opened.execute("SELECT name FROM sqlite_master")}
        opened.close()
        return found
    restore = backup_room._program("pg_restore")
    listed = subprocess.run([restore, "--list", copy], capture_output=True, text=True, check=True).stdout
    return {line.split()[-2] for line in listed.splitlines() if " TABLE DATA " in line}


def test_a_backup_never_overwrites(run, world, tmp_path):
    copy = tmp_path / "copy"
    copy.write_text("an older one")
    result = run("backup", copy)
    assert (result.exit_code, "is there already" in result.stderr) == (1, True)
    assert copy.read_text() == "an older one"


def test_a_backup_that_cannot_be_written_is_a_sentence(run, world, tmp_path):
    result = run("backup", tmp_path / "no" / "such" / "folder")
    assert (result.exit_code, "cannot be written" in result.stderr) == (1, True)


def test_a_backup_that_fails_halfway_leaves_no_file(app, world, tmp_path, monkeypatch):
    def fail(_path):
        raise backup_room.BackupError("The disk is full.")

    monkeypatch.setattr(backup_room, "_copy_sqlite", fail)
    monkeypatch.setattr(backup_room, "_dump_postgresql", fail)
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "copy")])
    assert (result.exit_code, "The disk is full." in result.stderr) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_without_pg_dump_there_is_a_sentence(app, monkeypatch):
    monkeypatch.setattr(backup_room.shutil, "which", lambda _name: None)
    monkeypatch.setattr(backup_room.glob, "glob", lambda _pattern: [])
    with app.app_context(), pytest.raises(backup_room.BackupError, match="pg_dump is needed"):
        backup_room._program("pg_dump")


# --- As people run it --------------------------------------------------------------------------------------------


def test_from_nothing_to_an_explained_right_in_the_shell(flask, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "organizations.csv").write_text("slug,name\nkita,Kita\npart,Part\n")
    (files / "contacts.csv").write_text("email,name,organization\nana@p.example,Ana,part\n")
    (files / "grants.csv").write_text(
        "customer,partner,contact,level,starts_at,expires_at\n"
        "kita,part,,look,2026-01-01T00:00:00Z,2099-01-01T00:00:00Z\n"
    )
    imported = flask("import", files)
    assert (imported.returncode, "grants.csv: 1" in imported.stdout) == (0, True), imported.stderr
    assert "contacts.csv: 1 row read." in imported.stderr
    found = json.loads(flask("explain", "ana@p.example", "kita").stdout)
    assert found["level"] == "look"
    assert flask("export", tmp_path / "out").returncode == 0
    again = flask("import", files)
    assert (again.returncode, "organizations.csv, line 2, column slug" in again.stderr) == (1, True)
