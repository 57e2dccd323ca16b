"""The handle, the migrations and what they promise."""

from playhouse.schema_diff import diff_models

from portal import database
from portal.models import ALL


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
