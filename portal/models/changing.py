"""Updates and deletions whose text is written once: Peewee takes longer to write one than the database to obey."""

from functools import wraps

from portal.database import handle, is_sqlite
from portal.models.base import as_text
from portal.models.literals import spelled_out
from portal.models.prepared import filled, names_of, slot


def changes(build):
    """Make of a function that returns an update or a deletion one that does it, and returns how many rows it changed.

    What it is called with by position are values of the database, as for `prepared`; by name comes what decides the form.
    """
    names, texts = names_of(build), {}

    @wraps(build)
    def change(*values, **form):
        key = (is_sqlite(), *form.items())
        text = texts.get(key)
        if text is None:
            text = texts[key] = spelled_out(*as_text(build(*map(slot, names), **form)))
        sql, wanted = text
        return handle.execute_sql(sql, filled(wanted, dict(zip(names, values, strict=True)))).rowcount

    return change
