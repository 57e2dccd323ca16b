"""A copy of the whole database in one file, as it is at one instant, while the portal goes on."""

import glob
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from flask_babel import gettext as _
from psycopg.conninfo import make_conninfo

from portal import database


class BackupError(Exception):
    """There is no backup; the text is a sentence that says why."""


def backup(path):
    """Write the database into the new file `path`, readable by its owner alone; raise BackupError.

    SQLite's is a database of its own, PostgreSQL's is for pg_restore.
    """
    path = Path(path)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise BackupError(_("%(path)s is there already: name a new file.", path=path)) from None
    except OSError as error:
        raise BackupError(_("%(path)s cannot be written: %(reason)s.", path=path, reason=error.strerror)) from error
    try:
        _copy_sqlite(path) if database.is_sqlite() else _dump_postgresql(path)
    except BaseException:
        path.unlink(missing_ok=True)  # half a backup is worse than none
        raise


def _copy_sqlite(path):
    try:
        with database.opened() as handle, closing(sqlite3.connect(path)) as copy:
            handle.connection().backup(copy)
            # The copy is one file: whoever opens it finds no journal beside it.
            copy.execute("PRAGMA journal_mode = delete")
    except sqlite3.Error as error:
        raise BackupError(_("%(path)s cannot be written: %(reason)s.", path=path, reason=str(error))) from error


def _dump_postgresql(path):
    program = _pg_dump()
    bound = database.handle.obj
    known = {key: value for key, value in bound.connect_params.items() if isinstance(value, (str, int))}
    # A password among the arguments could be read by everybody on the machine.
    environ = {**os.environ, **({"PGPASSWORD": known.pop("password")} if "password" in known else {})}
    source = make_conninfo(dbname=bound.database, **known)
    command = [program, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}", f"--dbname={source}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BackupError(_("pg_dump did not succeed: %(reason)s", reason=done.stderr.strip()))


def _pg_dump():
    found = shutil.which("pg_dump") or max(glob.glob("/usr/lib/postgresql/*/bin/pg_dump"), default=None)
    if found is None:
        raise BackupError(_("pg_dump is needed and not found: install PostgreSQL’s client programs."))
    return found
