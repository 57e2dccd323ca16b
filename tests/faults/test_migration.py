"""A migration is killed in its middle, on a database with data: the next start goes on, and the data is whole."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import pytest
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from portal import database
from portal.models import ALL
from tests.faults.serving import ROOT, SECRET_KEY

FIRST = "0001_first_tables"
# The command itself, killed before it runs the statement with this number.
KILLED = """
import os, signal, sys
from playhouse import migrations
from peewee import Database
left, execute = int(sys.argv.pop(1)), Database.execute_sql
def execute_sql(self, *values, **options):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, *values, **options)
Database.execute_sql = execute_sql
from flask.cli import main
main()
"""
KILLED_BEFORE = (3, 6, 9, 12, 16, 20, 25, 30, 36, 44)


@pytest.fixture
def old(engine, world, tmp_path):
    """The URL of a database with the first tables alone, and in them what the cast has."""
    rows = {model: list(model.select().dicts()) for model in ALL if model.table_exists()}
    here = database.handle.obj
    url = f"sqlite:///{tmp_path / 'old.db'}" if engine.name == "sqlite" else engine.empty_database()
    steps = tmp_path / "steps"
    steps.mkdir()
    shutil.copy(database.MIGRATIONS / f"{FIRST}.py", steps)
    database.handle.initialize(here)
    with bound_to(url):
        Runner(database.handle.obj, str(steps)).up()
        fill(rows)
    yield url, rows
    database.handle.initialize(here)


@contextmanager
def bound_to(url):
    here, there = database.handle.obj, database.use(url)
    try:
        with database.opened():
            yield there
    finally:
        there.close()
        if hasattr(there, "close_all"):
            there.close_all()
        database.handle.initialize(here)


def fill(rows):
    handle, sqlite = database.handle, database.is_sqlite()
    handle.execute_sql("PRAGMA foreign_keys = OFF" if sqlite else "SET session_replication_role = replica")
    for model, found in rows.items():
        table = model._meta.table_name
        there = {column.name for column in handle.get_columns(table)} if handle.table_exists(table) else set()
        for row in found:
            values = {model._meta.fields[name]: value for name, value in row.items()}
            values = {field: value for field, value in values.items() if field.column_name in there}
            if values:
                model.insert(values).execute()
    handle.execute_sql("PRAGMA foreign_keys = ON" if sqlite else "SET session_replication_role = DEFAULT")


def run(url, *command):
    environ = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "FLASK_APP": str(ROOT / "app.py")}
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=environ, capture_output=True, text=True)


def test_a_migration_that_was_killed_goes_on_and_loses_nothing(engine, old):
    url, rows = old
    killed = [run(url, "-c", KILLED, str(count), "migrate").returncode for count in KILLED_BEFORE]
    done = run(url, "-m", "flask", "migrate")
    assert done.returncode == 0, done.stderr
    with bound_to(url) as there:
        assert not any(diff_models(there, list(ALL)))
        lost = [
            (model, row) for model, found in rows.items() for row in found if row not in list(model.select().dicts())
        ]
    checked = run(url, "-m", "flask", "check")
    kills = killed.count(-9)
    count = sum(map(len, rows.values()))
    print(f"{engine.name}: {kills} kills in the middle of migrations, {count} rows, {len(lost)} lost")
    assert kills >= 5
    assert lost == []
    assert checked.returncode == 0, checked.stdout
