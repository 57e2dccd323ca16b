"""Values that are the same each time, written into the text of a statement that is kept.

PostgreSQL plans such a statement once for all values to come. What it is told in the text it plans for: that fifty rows
are asked for, or that an index holds just what is asked for; of what comes later it has to think the worst.
"""

import re

from portal.database import is_sqlite

_MARK = re.compile("%[%s]")
_PLAIN = re.compile("[A-Za-z0-9_ :.,/@+-]*")


def spelled_out(sql, values):
    """Return (SQL, values) of a statement with the plain ones among `values` in the text; slots and the rest stay."""
    if is_sqlite():
        return sql, values
    left, coming = [], iter(values)

    def write(mark):
        if mark[0] == "%%":
            return mark[0]
        value = next(coming)
        literal = _literal(value)
        if literal is None:
            left.append(value)
        return literal or mark[0]

    return _MARK.sub(write, sql), left


def _literal(value):
    """Return the value as PostgreSQL reads it in a text, or None where that is not plain enough to be sure."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return str(int(value)) if 0 <= value < 2**31 else None
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f"'{value}'"
    return None
