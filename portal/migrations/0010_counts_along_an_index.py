"""Indexes that answer alone: what the dashboard counts of one customer, and how many open requests a person leads."""

from peewee import SqliteDatabase

REQUESTS = "service_request"
MADE = {
    "servicerequest_organization_id_updated_at_id_and_all": (
        REQUESTS,
        "organization_id, updated_at, id, confidential, severity, site_id, category,"
        " created_at, first_answer_at, solved_at",
    ),
    "servicerequest_primary_contact_id_status": (REQUESTS, "primary_contact_id, status, organization_id"),
}
DROPPED = {
    "servicerequest_organization_id_updated_at_id": (REQUESTS, "organization_id, updated_at, id"),
    "servicerequest_primary_contact_id": (REQUESTS, "primary_contact_id"),
}


def up(migrator, db):
    _change(db, MADE, DROPPED)


def down(migrator, db):
    _change(db, DROPPED, MADE)


def _change(db, made, dropped):
    for name, (table, columns) in made.items():
        db.execute_sql(f"CREATE INDEX {name} ON {table} ({columns})")
    for name in dropped:
        db.execute_sql(f"DROP INDEX {name}")
    if _is_counted(db):
        db.execute_sql("ANALYZE")


def _is_counted(db):
    """Return whether SQLite has figures of its tables: a new index that is in none of them would be passed over."""
    if not isinstance(db, SqliteDatabase):
        return False
    return bool(db.execute_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone())
