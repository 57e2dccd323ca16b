"""What every table shares: the handle, opaque public ids, instants."""

import secrets
from collections import OrderedDict
from datetime import datetime

from peewee import OP, SQL, CharField, DateTimeField, Expression, Model, NodeList, Value

from portal.database import handle, is_sqlite

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def opaque_id() -> str:
    """Return a random id for URLs and forms; it tells neither age nor number."""
    return "".join(secrets.choice(ALPHABET) for _ in range(14))


class Table(Model):
    class Meta:
        database = handle
        legacy_table_names = False


class Instant(DateTimeField):
    """A naive UTC date and time."""

    def python_value(self, value):
        """Return the value as a datetime: SQLite keeps ISO 8601, for which Peewee would try one pattern after another."""
        return instant_of(value)


def instant_of(value):
    """Return a datetime as a cursor hands it out, text on SQLite, as a datetime; None for None."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


class PublicId(CharField):
    """The id by which the outside names a row."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 64, "unique": True, "default": opaque_id, **options})


def among(column, ids):
    """Return the condition that `column` is one of `ids`, written out: hundreds of parameters cost more than the query."""
    written = ",".join(str(int(one)) for one in ids)
    return Expression(column, OP.IN, SQL(f"({written})")) if written else column.in_([])


def of_rows(column):
    """Return `column` for conditions that are asked of rows already at hand.

    SQLite otherwise gathers all that each part of an OR finds by some index, and sorts that, to show the newest fifty.
    """
    return NodeList((SQL("+"), column), glue="") if is_sqlite() else column


def written(select):
    """Return a select as SQL that stands on its own, for use after IN: what stands there Peewee writes twice, at each level."""
    sql, values = _as_text(select)
    return SQL(f"({sql})", values)


def _as_text(select):
    """Return (SQL, values) of a select in the words of the engine, whatever the select itself knows of it."""
    return handle.get_sql_context().sql(select).query()


_texts = OrderedDict()
_MOST_TEXTS = 512


def fetched(key, build, **values):
    """Return the rows, as the cursor hands them out, of the select that `build()` returns.

    Peewee takes longer to write such a select than the database to answer it, so its text is kept, under a `key` that
    holds all that it depends on. Of what was found nothing is kept. Each `slot(name)` in it stands for one of `values`.
    """
    key = (is_sqlite(), key)
    kept = _texts.get(key)
    if kept is None:
        kept = _texts[key] = _as_text(build())
        while len(_texts) > _MOST_TEXTS:  # another thread may drop this very text meanwhile
            _texts.popitem(last=False)
    sql, wanted = kept
    if values:
        wanted = [values[one.name] if isinstance(one, Slot) else one for one in wanted]
    return handle.execute_sql(sql, wanted).fetchall()


class Slot:
    """The place of a value in a select whose text is kept."""

    def __init__(self, name):
        self.name = name


def slot(name):
    """Return what stands for the value `name` in a select for `fetched`."""
    return Value(Slot(name), converter=False)


def made_of(model, values):
    """Return an instance of the model from a row's values, in the order of its columns."""
    made = model(__no_default__=1)
    for field, value in zip(model._meta.sorted_fields, values, strict=True):
        made.__data__[field.name] = field.python_value(value)
    made._dirty.clear()
    return made
