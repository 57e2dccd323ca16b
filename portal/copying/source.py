"""The database that is copied, read as it is at one instant while it is in use."""

import sqlite3
from contextlib import closing, contextmanager
from urllib.parse import quote

import psycopg
from peewee import BlobField
from psycopg.conninfo import make_conninfo

from portal import database

AT_ONCE, LARGE_AT_ONCE = 5000, 16  # rows in memory; of those that hold the bytes of files, fewer


class _SQLite:
    def __init__(self, connection):
        self._connection = connection

    def rows(self, table, columns):
        """Yield the rows of a table as they are stored."""
        yield from self._connection.execute(_select(table, columns))


class _PostgreSQL:
    def __init__(self, connection):
        self._connection = connection

    def rows(self, table, columns):
        """Yield the rows of a table, some at a time in memory."""
        with self._connection.cursor(name="copying") as cursor:
            large = any(isinstance(field, BlobField) for field in table._meta.sorted_fields)
            cursor.itersize = LARGE_AT_ONCE if large else AT_ONCE
            yield from cursor.execute(_select(table, columns))


def _select(table, columns):
    names = ", ".join(f'"{column}"' for column in columns)
    return f'SELECT {names} FROM "{table._meta.table_name}"'  # noqa: S608 - names are our own


@contextmanager
def snapshot(bound):
    """Lend the rows of a database (one that `database.use` returned) as they are now, whoever writes meanwhile."""
    with _of_sqlite(bound) if database.is_sqlite() else _of_postgresql(bound) as source:
        yield source


@contextmanager
def _of_sqlite(bound):
    place = f"file:{quote(str(bound.database))}?mode=ro"
    with closing(sqlite3.connect(place, uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the instant is that of the first look
        yield _SQLite(connection)


@contextmanager
def _of_postgresql(bound):
    with psycopg.connect(conninfo(bound)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SELECT 1")
        yield _PostgreSQL(connection)


def conninfo(bound):
    """Return what PostgreSQL's own library wants to know to reach the same database."""
    known = {key: value for key, value in bound.connect_params.items() if isinstance(value, (str, int))}
    return make_conninfo(dbname=bound.database, **known)
