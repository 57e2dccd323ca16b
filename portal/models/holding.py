"""Rows held against other writers until a transaction ends: SQLite holds the whole file already."""

from portal.database import is_sqlite
from portal.models.prepared import fetched, slot
from portal.models.rows import made_of


def lock_row(model, row_id):
    """Return the row as it is now, held; raise DoesNotExist where there is none."""
    found = fetched(("locked", model), lambda: _locked(model), id=row_id)
    if not found:
        raise model.DoesNotExist
    return made_of(model, found[0])


def hold_row(model, row_id):
    """Hold a row without reading it."""
    if not is_sqlite():
        lock_row(model, row_id)


def _locked(model):
    row = model.select().where(model._meta.primary_key == slot("id"))
    return row if is_sqlite() else row.for_update("FOR NO KEY UPDATE")
