"""The database that is copied into: empty before, and either whole or empty after."""

from datetime import date, datetime

from peewee import AutoField, DateField, DateTimeField

from portal import database
from portal.models import ALL
from portal.models.leases import Lease

MADE_ANEW = {Lease}  # whose turn it is, by whoever comes
COPIED = tuple(table for table in ALL if table not in MADE_ANEW)

_REFERENCES = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"""
_INDEXES = """
SELECT quote_ident(indexname), indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND indexname NOT IN (SELECT conname FROM pg_constraint)"""


def columns_of(table):
    """Return the names of a table's columns, in the order of its fields."""
    return [field.column_name for field in table._meta.sorted_fields]


# --- PostgreSQL ----------------------------------------------------------------------------------------------------


class PostgreSQL:
    """Takes rows by COPY; references and indexes are made when all are there. Use it in one transaction."""

    def prepare(self):
        """Take off what would be asked of each single row."""
        self._references = database.handle.execute_sql(_REFERENCES).fetchall()
        for table, name, _definition in self._references:
            database.handle.execute_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        self._indexes = database.handle.execute_sql(_INDEXES).fetchall()
        for name, _definition in self._indexes:
            database.handle.execute_sql(f"DROP INDEX {name}")

    def take(self, table, rows):
        """Write the rows of one table."""
        names = ", ".join(f'"{column}"' for column in columns_of(table))
        self._copy(f'COPY "{table._meta.table_name}" ({names}) FROM STDIN', rows)

    def take_index(self, rows):
        """Write (id, tokens of the text) into the index of the search; the tokens are as a tsvector is written."""
        self._copy("COPY search_index (rowid, tokens) FROM STDIN", rows)

    def _copy(self, command, rows):
        with database.handle.connection().cursor() as cursor, cursor.copy(command) as copy:
            for row in rows:
                copy.write_row(row)

    def complete(self):
        """Put back what was taken off; the numbers of new rows go on after the copied ones."""
        for table in COPIED:
            key = table._meta.primary_key
            if isinstance(key, AutoField):
                self._go_on_counting(table._meta.table_name, key.column_name)
        for _name, definition in self._indexes:
            database.handle.execute_sql(definition)
        for table, name, definition in self._references:
            database.handle.execute_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        database.handle.execute_sql("ANALYZE")

    def _go_on_counting(self, table, column):
        highest = f'SELECT max("{column}") FROM "{table}"'  # noqa: S608 - names are our own
        database.handle.execute_sql(
            f"SELECT setval(pg_get_serial_sequence(%s, %s), coalesce(({highest}), 1), ({highest}) IS NOT NULL)",
            (f'"{table}"', column),
        )


# --- SQLite --------------------------------------------------------------------------------------------------------


class SQLite:
    """Takes rows into a file that nobody else knows yet. Use it in one transaction."""

    def prepare(self):
        """Nothing to take off: references are looked at when all is there."""

    def take(self, table, rows):
        """Write the rows of one table."""
        columns = columns_of(table)
        names, places = ", ".join(f'"{column}"' for column in columns), ", ".join("?" * len(columns))
        instants = [
            position
            for position, field in enumerate(table._meta.sorted_fields)
            if isinstance(field, (DateTimeField, DateField))
        ]
        database.handle.connection().executemany(
            f'INSERT INTO "{table._meta.table_name}" ({names}) VALUES ({places})',  # noqa: S608 - names are our own
            (_as_stored(row, instants) for row in rows),
        )

    def take_index(self, rows):
        """Write (id, tokens of the text) into the index of the search."""
        database.handle.connection().executemany("INSERT INTO search_index (rowid, tokens) VALUES (?, ?)", rows)

    def complete(self):
        """Let the planner know what there is."""
        database.handle.execute_sql("ANALYZE")


def _as_stored(row, instants):
    """Return the row with its days and instants as Peewee writes them into SQLite."""
    values = list(row)
    for position in instants:
        if isinstance(values[position], datetime):
            values[position] = values[position].isoformat(" ")
        elif isinstance(values[position], date):
            values[position] = values[position].isoformat()
    return values
