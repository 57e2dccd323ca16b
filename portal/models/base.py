"""What every table shares: the handle, opaque public ids, instants."""

import json
import secrets
from datetime import datetime
from functools import lru_cache

from peewee import OP, SQL, CharField, DateTimeField, Expression, Model, NodeList, fn

from portal.database import handle, is_sqlite

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 14
_HOW_MANY = len(ALPHABET) ** _LENGTH


def opaque_id() -> str:
    """Return a random id for URLs and forms; it tells neither age nor number."""
    number, written = secrets.randbelow(_HOW_MANY), ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        written += ALPHABET[place]
    return written


class Table(Model):
    class Meta:
        database = handle
        legacy_table_names = False

    @classmethod
    def create(cls, **values):
        """Insert a row and return it."""
        return added(cls(**values))


def added(row):
    """Insert a new row, with the id that it has or gets, and return it."""
    return _added(row, or_not=False)


def added_unless_taken(row):
    """Insert a new row and return it, or None where another has what must be unique: that one is settled by then."""
    return _added(row, or_not=True)


def _added(row, or_not):
    model, given = type(row), row.__data__
    fields = tuple(field for field in model._meta.sorted_fields if field.name in given)
    sql = _insertion(model, fields, 1, is_sqlite(), or_not)
    cursor = handle.execute_sql(sql, [field.db_value(given[field.name]) for field in fields])
    made = cursor.rowcount and (cursor.lastrowid if is_sqlite() else cursor.fetchone()[0])
    if not made:
        return None
    row._pk = made
    row._dirty.clear()
    return row


def add_all(model, rows):
    """Insert `rows`, dicts of the same names, in a single statement; `model` fills in what it has defaults for."""
    made = [model._meta.get_default_dict() | row for row in rows]
    fields = tuple(field for field in model._meta.sorted_fields if made and field.name in made[0])
    if made:
        values = [field.db_value(row[field.name]) for row in made for field in fields]
        handle.execute_sql(_insertion(model, fields, len(made), is_sqlite()), values)


@lru_cache(512)
def _insertion(model, fields, count, sqlite, or_not=False):
    """Return the text of an INSERT of so many rows: Peewee takes longer to write one than the database to obey."""
    text = as_text(model.insert_many([[None] * len(fields)] * count, fields=fields).returning())[0]
    text += " ON CONFLICT DO NOTHING" * or_not
    return text if sqlite or count > 1 else f'{text} RETURNING "{model._meta.primary_key.column_name}"'


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
    listed = [str(int(one)) for one in ids]
    if not listed:
        return column.in_([])
    if len(listed) == 1 or is_sqlite():
        return Expression(column, OP.IN, SQL(f"({','.join(listed)})"))
    return Expression(column, OP.EQ, SQL(f"ANY('{{{','.join(listed)}}}'::int[])"))  # read in one go, not one by one


def one_of(column, ids):
    """Return the condition that `column` is one of `ids`, a slot for what `id_list` returns: any number of them."""
    if is_sqlite():
        return NodeList((column, SQL("IN (SELECT value FROM json_each("), ids, SQL("))")))
    return NodeList((column, SQL("= ANY(CAST("), ids, SQL("AS bigint[]))")))


def id_list(ids):
    """Return `ids` as one value of a statement, for `one_of`."""
    opening, closing = "[]" if is_sqlite() else "{}"
    return opening + ",".join(map(str, map(int, ids))) + closing


def of_rows(column):
    """Return `column` for conditions that are asked of rows already at hand.

    SQLite otherwise gathers all that each part of an OR finds by some index, and sorts that, to show the newest fifty.
    """
    return NodeList((SQL("+"), column), glue="") if is_sqlite() else column


def written(select):
    """Return a select as SQL that stands on its own, for use after IN: what stands there Peewee writes twice, at each level."""
    sql, values = as_text(select)
    return SQL(f"({sql})", values)


def gathered(select, columns):
    """Return a select of one value: these columns of the rows of `select`, in no order, as JSON for `read_gathered`."""
    if is_sqlite():
        return select.select(fn.json_group_array(fn.json_array(*columns)))
    # Column by column, as PostgreSQL looks up how each value is written once for an aggregate, and else for each row.
    return select.select(fn.json_build_array(*map(fn.json_agg, columns)).cast("text"))


def read_gathered(text):
    """Return the rows that `gathered` found."""
    found = json.loads(text)
    if is_sqlite():
        return found
    return [] if found[0] is None else list(zip(*found, strict=True))


def as_text(select):
    """Return (SQL, values) of a select in the words of the engine, whatever the select itself knows of it."""
    return handle.get_sql_context().sql(select).query()
