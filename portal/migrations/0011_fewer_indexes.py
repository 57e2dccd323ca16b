"""Without the indexes along which nothing is looked up: each cost every new row a page, written and synced with it.

Some are the beginning of another index. The others lie on references to rows that are never deleted.
"""

DROPPED = {
    "notification": ("contact", "actor", "organization", "access_request", "grant", "message", "site_notice", "answer"),
    "history_event": ("customer", "actor", "partner", "service_request"),
    "access_grant": ("customer", "partner", "ended_by", "approved_by", "access_request"),
    "access_request": ("partner", "customer", "addressed_to", "decided_by"),
    "message": ("author_organization",),
}
NAMED = {"history_event": "historyevent", "access_grant": "grant", "access_request": "accessrequest"}


def up(migrator, db):
    for table, columns in DROPPED.items():
        for column in columns:
            db.execute_sql(f"DROP INDEX {_name(table, column)}")


def down(migrator, db):
    for table, columns in DROPPED.items():
        for column in columns:
            db.execute_sql(f"CREATE INDEX {_name(table, column)} ON {table} ({column}_id)")


def _name(table, column):
    return f"{NAMED.get(table, table)}_{column}_id"
