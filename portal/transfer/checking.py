"""Everything that is wrong with rows as a whole: double keys, dangling references, and what each file's rules forbid."""

from flask_babel import gettext as _

from portal.transfer.columns import CONTACTS, ORGANIZATIONS
from portal.transfer.rules import RULES, overlaps
from portal.transfer.threads import check_threads

_KINDS = {
    ORGANIZATIONS: lambda value: _("There is no organization “%(value)s”.", value=value),
    CONTACTS: lambda value: _("There is no contact “%(value)s”.", value=value),
}


def check(tables, world):
    """Note in `tables` every fault that shows only between rows, files and the database."""
    for table in tables.values():
        _check_keys(table, world)
        for row in table.rows:
            _check_references(table, row, tables, world)
            _check_rules(table, row, world)
    overlaps(tables["grants"])
    check_threads(tables, world)


def faults_of(tables):
    """Return every fault: file by file, in the order of lines and columns."""
    found = []
    for table in tables.values():
        places = {name: place for place, name in enumerate(table.file.header)}
        found += sorted(
            dict.fromkeys(table.faults), key=lambda one: (one.line or 0, places.get(one.column, len(places)))
        )
    return found


def _check_keys(table, world):
    key = table.file.key
    stored = world.stored.get(table.file.name, ())
    seen = {}
    for row in table.rows if key else ():
        values = [row.values.get(name) for name in key]
        if None in values:
            continue
        named = values[0] if len(values) == 1 else tuple(values)
        if named in stored:
            table.fault(row.line, key[-1], _("“%(key)s” is already in the portal.", key=", ".join(values)))
        elif named in seen:
            sentence = _("“%(key)s” stands in line %(line)s already.", key=", ".join(values), line=seen[named])
            table.fault(row.line, key[-1], sentence)
        seen.setdefault(named, row.line)


def _check_references(table, row, tables, world):
    for column in table.file.columns:
        value = row.values.get(column.name)
        if column.refers and value is not None and not _exists(column.refers, value, tables, world):
            say = _KINDS.get(column.refers, lambda one: _("There is no service request “%(value)s”.", value=one))
            table.fault(row.line, column.name, say(value))


def _exists(file, value, tables, world):
    # Where a file has lost the column of its keys, that is said once, not in each row that refers to it.
    keys = tables[file]
    return value in world.keys[file] or bool(keys.rows and not any(keys.file.key[0] in row.values for row in keys.rows))


def _check_rules(table, row, world):
    for needed, rule in RULES.get(table.file.name, ()):
        if row.values.keys() >= needed:
            for column, sentence in rule(row.values, world):
                table.fault(row.line, column, sentence)
