"""Selects whose text is written once: Peewee takes longer to write one than the database to answer it.

Of what they find nothing is kept.
"""

from collections import OrderedDict
from functools import wraps
from inspect import Parameter, signature

from peewee import Value

from portal.database import handle, is_sqlite
from portal.models.base import as_text
from portal.models.literals import spelled_out
from portal.models.rows import reader

_texts = OrderedDict()
_MOST_TEXTS = 512


class Slot:
    """The place of a value in a select whose text is kept."""

    def __init__(self, name):
        self.name = name


def slot(name):
    """Return what stands for the value `name` in a select for `fetched`."""
    return Value(Slot(name), converter=False)


def fetched(key, build, **values):
    """Return the rows, as the cursor hands them out, of the select that `build()` returns.

    Its text is kept under a `key` that holds all that it depends on, unless that is None. Each `slot(name)` in it stands
    for one of `values`.
    """
    sql, wanted = as_text(build()) if key is None else _kept((is_sqlite(), key), build)
    return handle.execute_sql(sql, filled(wanted, values) if values else wanted).fetchall()


def _kept(key, build):
    kept = _texts.get(key)
    if kept is None:
        kept = _texts[key] = spelled_out(*as_text(build()))
        while len(_texts) > _MOST_TEXTS:  # another thread may drop this very text meanwhile
            _texts.popitem(last=False)
    return kept


def filled(wanted, values):
    """Return the values of a statement, each slot's among them."""
    return [values[one.name] if isinstance(one, Slot) else one for one in wanted]


def names_of(build):
    """Return the names of the values that a function is called with by position."""
    return [one.name for one in signature(build).parameters.values() if one.kind is Parameter.POSITIONAL_OR_KEYWORD]


def prepared(build):
    """Make of a function that returns a select one that returns its rows, as Peewee would.

    What it is called with by position are values of the database (ids, instants, text): it sees a slot for each. What it
    is called with by name decides the select's form, and each form is written once.
    """
    names, plans = names_of(build), {}

    @wraps(build)
    def rows(*values, **form):
        key = (is_sqlite(), *form.items())
        plan = plans.get(key)
        if plan is None:
            select = build(*map(slot, names), **form)
            plan = [*spelled_out(*as_text(select)), None, select]
        sql, wanted, read, select = plan
        cursor = handle.execute_sql(sql, filled(wanted, dict(zip(names, values, strict=True))))
        if read is None:
            plan[2] = read = reader(select, cursor)
            plans[key] = plan
        return [read(row) for row in cursor.fetchall()]

    return rows
