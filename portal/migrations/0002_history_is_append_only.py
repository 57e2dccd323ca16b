"""The database itself refuses to change or remove an event of a history."""

from peewee import SqliteDatabase

REFUSAL = "an event of a history is never changed nor removed"

ON_POSTGRESQL = f"""
CREATE FUNCTION history_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{REFUSAL}';
END
$$;
CREATE TRIGGER history_event_is_kept BEFORE UPDATE OR DELETE ON history_event
    FOR EACH ROW EXECUTE FUNCTION history_event_is_kept();
"""


def up(migrator, db):
    if isinstance(db, SqliteDatabase):
        for change in ("UPDATE", "DELETE"):
            db.execute_sql(
                f"CREATE TRIGGER history_event_is_kept_on_{change.lower()} BEFORE {change} ON history_event "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    else:
        db.execute_sql(ON_POSTGRESQL)


def down(migrator, db):
    if isinstance(db, SqliteDatabase):
        for change in ("update", "delete"):
            db.execute_sql(f"DROP TRIGGER history_event_is_kept_on_{change}")
    else:
        db.execute_sql("DROP TRIGGER history_event_is_kept ON history_event")
        db.execute_sql("DROP FUNCTION history_event_is_kept()")
