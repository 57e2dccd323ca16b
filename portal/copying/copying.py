"""From one database into another: empty before, verified after, and never half there under its name."""

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from flask_babel import gettext as _

from portal import backup, database
from portal.copying import source, target
from portal.models.search_index import SearchEntry, tokens_of

INDEX = "search_index"
EACH = 100_000  # rows between two lines of progress


class CopyError(Exception):
    """Nothing was copied; the text is a sentence that says why."""


class Copied(NamedTuple):
    """How many rows were copied, and how many seconds that took, with their indexes and that of the search."""

    rows: int
    seconds: float


def copy(from_url, to_url, say, is_sound):
    """Copy the database at one URL into the empty one at the other; return Copied; raise CopyError.

    `say` is called with lines of progress; `is_sound()` looks at the copy, which is bound to the handle then.
    """
    before = database.handle.obj
    try:
        with _read(from_url) as rows, _written(to_url, is_sound):
            return _fill(rows, say)
    finally:
        database.let_go()
        if before is not None:
            database.handle.initialize(before)


@contextmanager
def _read(url):
    """Lend the rows at `url`, whose tables are of today."""
    bound = database.use(url)
    if not database.exists() or database.pending_migrations():
        raise CopyError(_("The database to be copied is not up to date. Run flask migrate on it first."))
    database.let_go()
    with source.snapshot(bound) as rows:
        yield rows


@contextmanager
def _written(url, is_sound):
    """Bind the handle to the database at `url` for the block to fill, and see that it is sound then."""
    with _written_sqlite(url, is_sound) if url.startswith("sqlite:") else _written_postgresql(url, is_sound):
        yield


def _fill(rows, say):
    """Copy all tables into the handle's database."""
    taker = target.SQLite() if database.is_sqlite() else target.PostgreSQL()
    with database.transaction():
        began, counts = time.monotonic(), {}
        taker.prepare()
        for table in target.COPIED:
            name = table._meta.table_name
            taker.take(table, _counted(rows.rows(table, target.columns_of(table)), name, counts, say))
        taker.take_index(_indexed(rows, counts, say))
        taker.complete()
        _compare(counts)
    return Copied(sum(counts.values()) - counts[INDEX], time.monotonic() - began)


def _indexed(rows, counts, say):
    """Yield (id, tokens) for the index of the search, made anew from its texts."""
    for entry_id, text in _counted(rows.rows(SearchEntry, ["id", "text"]), INDEX, counts, say):
        yield entry_id, " ".join(tokens_of(text))


def _counted(rows, name, counts, say):
    counts[name] = 0
    for row in rows:
        yield row
        counts[name] += 1
        if counts[name] % EACH == 0:
            say(f"{name}: {counts[name]:,} …")
    say(f"{name}: {counts[name]:,}")


def _compare(counts):
    for table in target.COPIED:
        name = table._meta.table_name
        found = table.select().count()
        if found != counts[name]:
            place = {"table": name, "found": found, "expected": counts[name]}
            raise CopyError(_("%(table)s has %(found)s rows of %(expected)s: nothing was copied.", **place))


# --- Into PostgreSQL: one transaction ------------------------------------------------------------------------------


@contextmanager
def _written_postgresql(url, is_sound):
    database.use(url)
    with database.opened():
        _refuse_tables_of_others()
        database.migrate()
        _refuse_rows()
        # Whoever starts on it meanwhile waits until all is there, as for a migration.
        with database.alone():
            yield
        if not is_sound():
            raise CopyError(_("The copy is not sound. Drop that database, and look at this one with flask check."))


def _refuse_tables_of_others():
    found = set(database.handle.get_tables())
    if found and "schema_migration" not in found:
        raise CopyError(_("The database to copy into holds tables already: name an empty one."))


def _refuse_rows():
    for table in target.COPIED:
        if table.select().limit(1).exists():
            name = table._meta.table_name
            raise CopyError(
                _("The database to copy into holds rows already, in %(table)s: name an empty one.", table=name)
            )


# --- Into SQLite: a file that gets its name at the end ---------------------------------------------------------------


@contextmanager
def _written_sqlite(url, is_sound):
    place = Path(url.removeprefix("sqlite:///"))
    _refuse_existing(place)
    copy = place.with_name(f"{place.name}.{os.getpid()}.copying")
    try:
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        database.use(f"sqlite:///{copy}")
        database.migrate()
        with database.opened():
            # Until it has its name the file may be lost, so nothing is written twice or waited for.
            database.handle.execute_sql("PRAGMA foreign_keys = OFF")
            database.handle.execute_sql("PRAGMA synchronous = OFF")
            yield
        if not is_sound():
            raise CopyError(_("The copy is not sound: nothing was kept of it."))
        with database.opened():
            database.handle.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.handle.execute_sql("PRAGMA journal_mode = delete")
        database.let_go()
        backup.put_in_place(copy, place)
    except OSError as error:
        facts = {"path": error.filename or place, "reason": error.strerror}
        raise CopyError(_("%(path)s cannot be written: %(reason)s.", **facts)) from error
    except backup.BackupError as error:
        raise CopyError(str(error)) from error
    finally:
        database.let_go()
        for left in ("", "-wal", "-shm", ".migrating"):
            Path(f"{copy}{left}").unlink(missing_ok=True)


def _refuse_existing(place):
    for there in (place, Path(f"{place}-wal")):
        if there.exists():
            raise CopyError(_("%(path)s is there already: name a new file.", path=there))
