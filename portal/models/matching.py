"""Plain matching of text in the database, the same on both engines."""

from peewee import SQL, fn

from portal import database
from portal.folding import ACCENTS


def holds(column, needle):
    """Return the condition that the column's text holds `needle`, which is folded already; no sign in it is special."""
    if database.is_sqlite():
        return fn.INSTR(fn.folded(column), needle) > 0
    return fn.STRPOS(fn.LOWER(fn.NORMALIZE(column, SQL("NFKC"))), needle) > 0


def reads(column, needle):
    """Return the condition that the column's text holds `needle` whatever its accents; it is `searchable` already."""
    if database.is_sqlite():
        return fn.INSTR(fn.searchable(column), needle) > 0
    bare = fn.REGEXP_REPLACE(fn.NORMALIZE(column, SQL("NFKD")), ACCENTS, "", "g")
    return fn.STRPOS(fn.LOWER(fn.NORMALIZE(bare, SQL("NFKC"))), needle) > 0
