"""The handle, the migrations and what they promise."""

import fcntl
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from peewee import OperationalError
from playhouse.schema_diff import diff_models

from portal import database
from portal.models import ALL, Organization

ROOT = Path(__file__).parent.parent


def test_the_migrations_make_exactly_the_tables_that_the_models_describe(db):
    difference = diff_models(db.obj, list(ALL))
    assert not any(difference), difference


def test_sqlite_waits_for_its_turn_and_syncs_every_commit(db):
    if not database.is_sqlite():
        assert db.execute_sql("SHOW synchronous_commit").fetchone()[0] == "on"
        return
    asked = {
        name: db.execute_sql(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_four_processes_starting_at_once_on_an_empty_database_all_come_up(engine, tmp_path):
    url = f"sqlite:///{tmp_path}/empty.db" if engine.name == "sqlite" else engine.empty_database()
    command = [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), "migrate"]
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": "a secret for the tests alone",
        "PYTHONPATH": str(ROOT),
    }
    started = [
        subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], outputs
    applied = [output.count("applied 0001_first_tables") for output in outputs]
    assert sorted(applied) == [0, 0, 0, 1]


@pytest.mark.engine("sqlite")
def test_a_new_file_is_readable_by_its_owner_alone_and_one_that_is_there_stays_as_it_is(tmp_path):
    before, kept = database.handle.obj, tmp_path / "kept.db"
    kept.touch()
    kept.chmod(0o640)
    try:
        for path in (tmp_path / "new.db", kept):
            bound = database.use(f"sqlite:///{path}")
            assert database.migrate()
            bound.close()
    finally:
        database.handle.initialize(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.db")}
    assert modes == {"new.db": 0o600, "kept.db": 0o640}


def test_a_transaction_that_fails_leaves_nothing(db):
    with pytest.raises(ZeroDivisionError), database.transaction():
        Organization.create(slug="half", name="Half")
        raise ZeroDivisionError
    assert Organization.by_slug("half") is None


@pytest.mark.engine("sqlite")
def test_who_writes_keeps_the_other_processes_in_line_and_nobody_else(db):
    place = os.open(Path(db.obj.database).parent, os.O_RDONLY)
    try:
        with database.transaction(), database.transaction(), pytest.raises(BlockingIOError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with database.snapshot():
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(place)


@pytest.mark.engine("sqlite")
def test_a_thread_waits_for_its_turn_no_longer_than_sqlite_would(db, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)

    def write():
        with database.opened(), database.transaction():
            pass

    with database.transaction(), ThreadPoolExecutor(1) as other, pytest.raises(OperationalError, match="locked"):
        other.submit(write).result()
