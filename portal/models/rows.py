"""Rows of answers as instances of the tables: what Peewee makes of them, worked out once for each select."""

from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from peewee import (
    CharField,
    ForeignKeyField,
    IntegerField,
    ModelCursorWrapper,
    ModelObjectCursorWrapper,
    TextField,
)

AS_THEY_COME = (CharField, TextField, IntegerField, ForeignKeyField)  # both engines hand these out as they are to be


class _Part(NamedTuple):
    """One table of a select: which of its columns stand where, and which of them are to be converted."""

    model: type
    names: tuple
    values: itemgetter
    converted: tuple  # (name, how)

    def read(self, row):
        made = self.model(__no_default__=True)
        kept = made.__data__
        kept.update(zip(self.names, self.values(row), strict=True))
        for name, convert in self.converted:
            if kept[name] is not None:
                kept[name] = convert(kept[name])
        return made

    def is_there(self, row):
        return any(value is not None for value in self.values(row))


def made_of(model, values):
    """Return an instance of the model from the values of all its columns, in their order."""
    return _whole(model).read(values)


@lru_cache
def _whole(model):
    return _part(model, list(enumerate(model._meta.sorted_fields)))


def _part(model, columns):
    places = [place for place, _ in columns]
    values = itemgetter(*places) if len(places) > 1 else lambda row, place=places[0]: (row[place],)
    converted = tuple((one.name, one.python_value) for _, one in columns if not isinstance(one, AS_THEY_COME))
    return _Part(model, tuple(one.name for _, one in columns), values, converted)


def reader(select, cursor):
    """Return the function that makes of a row what `select` has: an instance, with those that it was joined with.

    What was joined hangs where the joins say; where nothing was found there it is None. What belongs to no table
    is an attribute of the instance. Peewee knows which column is whose; it would ask anew for each row.
    """
    wrapper = select._get_cursor_wrapper(cursor)
    wrapper.initialize()
    if not isinstance(wrapper, (ModelCursorWrapper, ModelObjectCursorWrapper)):
        wrapper.cursor = None
        return wrapper.process_row  # tuples
    sources = getattr(wrapper, "column_keys", [wrapper.model] * wrapper.ncols)
    columns, others = {}, []
    for place, field in enumerate(wrapper.fields):
        if field is None:
            others.append((wrapper.columns[place], place, wrapper.converters[place] or _as_it_comes))
        else:
            columns.setdefault(sources[place], []).append((place, field))
    parts = [(source, _part(_model_of(source), found)) for source, found in columns.items()]
    joined = [(*one[:3], one[4], one[5]) for one in getattr(wrapper, "src_to_dest", ())]

    def read(row):
        made = {source: part.read(row) if part.is_there(row) else None for source, part in parts}
        for source, name, target, outer, by_key in joined:
            _hang(made[source], name, made[target], outer, by_key)
        whole = made[wrapper.model]
        for name, place, convert in others:
            setattr(whole, name, convert(row[place]))
        return whole

    wrapper.cursor = None
    return read


def _hang(source, name, target, outer, by_key):
    if source is None or (target is None and not outer):
        return
    if by_key:
        source.__rel__[name] = target
    else:
        setattr(source, name, target)
        source._dirty.clear()


def _model_of(source):
    return getattr(source, "model", source)


def _as_it_comes(value):
    return value
