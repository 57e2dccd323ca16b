"""A copy of the whole database in one file, as it is at one instant, while the portal goes on; and back from it."""

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
        _sync(path)
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
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def _run(name, *options):
    """Run one of PostgreSQL's programs on our database."""
    program = _program(name)
    bound = database.handle.obj
    known = {key: value for key, value in bound.connect_params.items() if isinstance(value, (str, int))}
    # A password among the arguments could be read by everybody on the machine.
    environ = {**os.environ, **({"PGPASSWORD": known.pop("password")} if "password" in known else {})}
    place = make_conninfo(dbname=bound.database, **known)
    command = [program, *options, f"--dbname={place}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise BackupError(_("%(program)s did not succeed: %(reason)s", program=name, reason=done.stderr.strip()))


def _program(name):
    found = shutil.which(name) or max(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), default=None)
    if found is None:
        raise BackupError(_("%(program)s is needed and not found: install PostgreSQL’s client programs.", program=name))
    return found


# --- And back ----------------------------------------------------------------------------------------------------


def restore(path, is_sound):
    """Fill the empty database with what the backup `path` holds, brought up to date; raise BackupError.

    `is_sound()` looks at the copy in the database's handle. On SQLite nothing is in place before it has said yes.
    """
    _restore_sqlite(Path(path), is_sound) if database.is_sqlite() else _restore_postgresql(Path(path), is_sound)


def _restore_sqlite(path, is_sound):
    target = Path(database.handle.obj.database)
    _refuse_existing(target)
    copy = target.with_name(f"{target.name}.{os.getpid()}.restoring")
    try:
        _copy_durably(path, copy)
        _make_current(copy, is_sound)
        put_in_place(copy, target)
    except OSError as error:
        place = {"path": error.filename or target, "reason": error.strerror}
        raise BackupError(_("%(path)s cannot be written: %(reason)s.", **place)) from error
    finally:
        database.use(f"sqlite:///{target}")
        for left in ("", "-wal", "-shm", ".migrating"):
            Path(f"{copy}{left}").unlink(missing_ok=True)


def _refuse_existing(target):
    for place in (target, Path(f"{target}-wal")):
        if place.exists():
            raise BackupError(_("%(path)s is there already: a backup is restored into an empty place.", path=place))


def _copy_durably(path, copy):
    with open(path, "rb") as source, open(copy, "xb", opener=_for_its_owner) as target:
        shutil.copyfileobj(source, target, 2**20)
        target.flush()
        os.fsync(target.fileno())


def _for_its_owner(path, flags):
    return os.open(path, flags, 0o600)


def _make_current(copy, is_sound):
    """Migrate the copy and look at it; the backup itself stays as it is."""
    database.handle.close()
    made = database.use(f"sqlite:///{copy}")
    try:
        with database.opened():
            if not made.table_exists("service_request"):
                raise BackupError(_("The file is no backup of the portal."))
            database.migrate()
            if not is_sound():
                raise BackupError(_("The backup is not sound: nothing was restored."))
    except database.FAULTS as error:
        raise BackupError(_("The file is no backup of the portal.")) from error
    finally:
        made.close()


def put_in_place(copy, target):
    """Give the copy its name at one stroke; whoever made a database meanwhile keeps it."""
    _sync(copy)
    try:
        os.link(copy, target)
    except FileExistsError:
        _refuse_existing(target)
    _sync(target.parent)


def _sync(path):
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _restore_postgresql(path, is_sound):
    with database.opened():
        if database.handle.get_tables():
            raise BackupError(_("The database holds tables already: a backup is restored into an empty one."))
    _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(path))
    database.migrate()
    with database.opened():
        if not is_sound():
            raise BackupError(_("The backup is not sound. Drop this database, and restore an older backup."))
