"""Indexes by which the newest requests are found, whatever one filters by, and the people of the desk."""

from peewee import SqliteDatabase

REQUESTS = "service_request"
MADE = {
    "servicerequest_created_at_id": (REQUESTS, "created_at, id"),
    "servicerequest_status_updated_at_id": (REQUESTS, "status, updated_at, id"),
    "servicerequest_organization_id_status_updated": (
        REQUESTS,
        "organization_id, status, updated_at, id, confidential",
    ),
    "servicerequest_organization_id_created": (
        REQUESTS,
        "organization_id, created_at, id, confidential",
    ),
    "contact_desk_organization_id": ("contact", "desk, organization_id"),
}
DROPPED = {
    "servicerequest_organization_id_status": (REQUESTS, "organization_id, status"),
    "servicerequest_organization_id_created_at": (REQUESTS, "organization_id, created_at"),
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
