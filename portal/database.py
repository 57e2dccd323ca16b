"""The database handle, its transactions, and migrations under a lock."""

import fcntl
import logging
import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from peewee import (
    DatabaseError,
    DatabaseProxy,
    InterfaceError,
    OperationalError,
    PeeweeException,
    PostgresqlDatabase,
    SqliteDatabase,
)
from playhouse.db_url import connect as connect_url
from playhouse.migrations import Runner

from portal.folding import folded, searchable
from portal.postgresql import PLANNED, SCHEME, held

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x506F7274616C  # any number, the same in every process

# What a database that cannot be read raises. Peewee puts its own names on what statements raise, not on reading rows.
FAULTS = (DatabaseError, InterfaceError, sqlite3.Error, psycopg.Error)

BUSY_SECONDS = 15
# PostgreSQL acknowledges our commits once the disk has them, even where the server is set to be quicker than that.
SYNCED = "-c synchronous_commit=on"

handle = DatabaseProxy()
_kept = False
logger = logging.getLogger(__name__)


def use(url):
    """Bind the handle to the database at `url` and return it; nothing is opened yet."""
    made = _sqlite(url) if url.startswith("sqlite:") else _postgresql(url)
    handle.initialize(made)
    return made


def _sqlite(url):
    path = url.removeprefix("sqlite:///")
    # busy_timeout comes first: switching to WAL itself may have to wait.
    pragmas = [
        ("busy_timeout", 1000 * BUSY_SECONDS),
        ("journal_mode", "wal"),
        ("synchronous", "full"),
        ("foreign_keys", 1),
        ("cache_size", -4_000),  # KiB, of each thread: the system keeps the file's pages for all of them
    ]
    made = SqliteDatabase(path, pragmas=pragmas, timeout=BUSY_SECONDS)
    made.register_function(folded, "folded", 1, deterministic=True)  # its own lower() knows ASCII alone
    made.register_function(searchable, "searchable", 1, deterministic=True)
    return made


def _postgresql(url):
    parts = urlsplit(url)
    options = {"max_connections": "12", "timeout": "10", **dict(parse_qsl(parts.query))}
    options["options"] = f"{PLANNED} {options.get('options', '')} {SYNCED}".strip()
    pooled = urlunsplit((SCHEME, parts.netloc, parts.path, urlencode(options), ""))
    return connect_url(pooled, unquote_password=True, unquote_user=True)


def is_sqlite():
    """Return whether the handle is bound to SQLite."""
    return isinstance(handle.obj, SqliteDatabase)


@contextmanager
def opened():
    """Lend a connection for the length of the block, unless one is open already."""
    with handle.connection_context() if handle.is_closed() else _nothing():
        yield handle


def let_go():
    """Close every connection of this process. None may be carried over a fork: two would speak on one line."""
    if not handle.is_closed():
        handle.close()
    if hasattr(handle.obj, "close_all"):
        handle.obj.close_all()


def keep_connections():
    """Keep each thread's connection to SQLite from one request to the next: opening one reads the whole schema anew."""
    global _kept
    _kept = is_sqlite()


def give_back():
    """Take a request's connection back: kept where `keep_connections` was called and nothing of it is left open."""
    if not (_kept and is_sqlite() and _is_at_rest(handle.connection())):
        handle.close()


def _is_at_rest(connection):
    """Return whether no transaction is open and no statement half read: a reader would go on seeing the past."""
    try:
        for function in (bool, None):  # SQLite takes no function away while a statement is under way
            connection.create_function("at_rest", 0, function)
    except sqlite3.Error:
        return False
    return not connection.in_transaction


@contextmanager
def _nothing():
    yield


@contextmanager
def held_open():
    """Keep one connection to SQLite for the length of the block, beside those that come and go.

    When the last one leaves, SQLite folds its journal away; the next must make it anew, which a full disk forbids
    even to who only reads.
    """
    if not is_sqlite():
        yield
        return
    held = sqlite3.connect(handle.obj.database, check_same_thread=False)
    try:
        held.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
    finally:
        held.close()


@contextmanager
def transaction():
    """Do all of the block or none; on SQLite the writer's place is taken at once, so reads in it cannot be overtaken."""
    if is_sqlite() and not handle.in_transaction():
        with _in_line(), handle.atomic("IMMEDIATE"):
            yield
    elif is_sqlite() or handle.in_transaction():
        with handle.atomic():
            yield
    else:
        with _over_the_network():
            yield


class InDoubt(OperationalError):
    """The connection broke while a transaction was committed: all of it is there, or nothing."""


@contextmanager
def _over_the_network():
    done, held.rows = False, frozenset()
    try:
        with handle.atomic():
            yield
            done = True
    except (OperationalError, InterfaceError) as error:
        if done and handle.connection().closed:
            raise InDoubt from error
        raise
    finally:
        held.rows = None


@contextmanager
def joined():
    """Do all of the block or none: within the transaction that is under way, or else in one of its own."""
    if handle.in_transaction():
        yield
    else:
        with transaction():
            yield


_writers = threading.Lock()


@contextmanager
def _in_line():
    """Let one thread after the other write, in all processes: SQLite itself looks again ever more rarely, and is unfair."""
    if not _writers.acquire(timeout=BUSY_SECONDS):
        raise OperationalError("database is locked")
    try:
        with _turn_among_processes():
            yield
    finally:
        _writers.release()


@contextmanager
def _turn_among_processes():
    """Wait until no other process writes. No more than one thread of each process waits here, and none for the dead."""
    try:
        # The folder, as no file of SQLite's may be opened beside SQLite: closing it would drop its locks.
        place = os.open(Path(handle.obj.database).parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:  # then SQLite's own waiting has to do
        yield
        return
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


@contextmanager
def snapshot():
    """Let the block read the database as it is at one instant, whoever writes meanwhile. Nothing is written in it."""
    with opened(), handle.atomic():
        if not is_sqlite():
            handle.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def migrate():
    """Apply the pending migrations, one process at a time; return their names in order."""
    with _migration_lock():
        if is_sqlite():
            _make_for_its_owner()
        with opened():
            return Runner(handle.obj, str(MIGRATIONS)).up()


def _make_for_its_owner():
    """Make the file, unless it is there, readable by nobody else: SQLite would leave that to the system's habit."""
    with suppress(OSError):  # it is there, or SQLite itself says why it cannot be
        os.close(os.open(handle.obj.database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def answers():
    """Return whether the database answers the least of questions."""
    try:
        return handle.execute_sql("SELECT 1").fetchone() == (1,)
    except PeeweeException:
        return False


def syncs():
    """Return whether the disk has what is committed: PostgreSQL can be told never to ask for that."""
    return is_sqlite() or handle.execute_sql("SHOW fsync").fetchone() == ("on",)


def exists():
    """Return whether there is a database to open: SQLite would make an empty one."""
    return not is_sqlite() or Path(handle.obj.database).exists()


def pending_migrations():
    """Return the names of the migrations that this database still lacks."""
    with opened():
        return [step.name for step in Runner(handle.obj, str(MIGRATIONS)).status() if step.applied is None]


@contextmanager
def alone():
    """Keep every other process from starting on this database: they wait, as for a migration."""
    with _migration_lock():
        yield


@contextmanager
def _migration_lock():
    if isinstance(handle.obj, PostgresqlDatabase):
        with opened():
            handle.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            try:
                yield
            finally:
                handle.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))
    else:
        with open(f"{handle.obj.database}.migrating", "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
