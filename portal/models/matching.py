"""Plain matching of text in the database, the same on both engines."""

from peewee import SQL, fn

from portal import database


def holds(column, needle):
    """Return the condition that the column's text holds `needle`, which is folded already; no sign in it is special."""
    if database.is_sqlite():
        return fn.INSTR(fn.folded(column), needle) > 0
    return fn.STRPOS(fn.LOWER(fn.NORMALIZE(column, SQL("NFKC"))), needle) > 0
