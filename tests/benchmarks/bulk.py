"""Many rows at once, as fast as each engine takes them."""

from functools import lru_cache

from portal import database
from portal.models import search_index
from portal.models.search_index import SearchEntry


def insert(model, rows):
    """Insert dicts, all with the same keys; defaults are filled in, ids may be given."""
    if not rows:
        return
    given = rows[0].keys()
    fields = [field for field in model._meta.sorted_fields if field.name in given or field.default is not None]
    columns = [field.column_name for field in fields]
    keys = [(field.name, None if field.name in given else _default(field)) for field in fields]
    _write(model._meta.table_name, columns, ([row.get(name, default) for name, default in keys] for row in rows))
    if "id" in columns and not database.is_sqlite():
        table = model._meta.table_name
        database.handle.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
        )


def _default(field):
    return field.default() if callable(field.default) else field.default


def _write(table, columns, rows):
    quoted = ", ".join(f'"{name}"' for name in columns)
    if database.is_sqlite():
        statement = f'INSERT INTO "{table}" ({quoted}) VALUES ({", ".join("?" * len(columns))})'  # noqa: S608
        database.handle.cursor().executemany(statement, (_as_sqlite_keeps(row) for row in rows))
        return
    with database.handle.cursor().copy(f'COPY "{table}" ({quoted}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _as_sqlite_keeps(row):
    return [one if one is None or isinstance(one, (int, str)) else str(one) for one in row]


def index(requests, messages):
    """Write what search knows of these requests and messages: what `search.catch_up` would add, faster."""
    entries = [search_index.entry_of_request(one["id"], one["reference"], one["subject"]) for one in requests]
    entries += [
        search_index.entry_of_message(one["id"], one["service_request"], one["internal"], one["body"])
        for one in messages
    ]
    insert(SearchEntry, entries)
    pattern = "{}" if database.is_sqlite() else "'{}'"
    rows = ((one["id"], " ".join(pattern.format(token) for token in _tokens(one["text"]))) for one in entries)
    _write("search_index", ["rowid", "tokens"], rows)


def _tokens(text):
    return sorted(set().union(*map(_tokens_of_word, text.split())))


@lru_cache(100_000)
def _tokens_of_word(word):
    return tuple(search_index.tokens_of(word))
