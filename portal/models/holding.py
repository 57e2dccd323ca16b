"""Rows held against other writers until a transaction ends: SQLite holds the whole file already."""

from portal.database import held, is_sqlite
from portal.models.prepared import fetched, slot
from portal.models.rows import made_of


def lock_row(model, row_id):
    """Return the row as it is now, held; raise DoesNotExist where there is none."""
    found = fetched(("locked", model), lambda: _locked(model), id=row_id)
    if not found:
        raise model.DoesNotExist
    if held.rows is not None:
        held.rows |= {(model, row_id)}
    return made_of(model, found[0])


def hold_row(model, row_id):
    """Hold a row without reading it, unless this transaction does already: each event of a history would ask anew."""
    if not is_sqlite() and (held.rows is None or (model, row_id) not in held.rows):
        lock_row(model, row_id)


def _locked(model):
    row = model.select().where(model._meta.primary_key == slot("id"))
    return row if is_sqlite() else row.for_update("FOR NO KEY UPDATE")
