"""What is made once, however often the form that makes it is sent."""

from peewee import IntegrityError

from portal.database import transaction


def made_once(table, public_id, make):
    """Return what `make()` made under this public id, in one transaction: now, or when the same form was sent before.

    Two that come side by side meet at the unique id. With None, each makes its own.
    """
    earlier = _called(table, public_id)
    if earlier:
        return earlier
    try:
        with transaction():
            return make()
    except IntegrityError:
        earlier = _called(table, public_id)
        if earlier is None:
            raise
        return earlier


def _called(table, public_id):
    return table.get_or_none(table.public_id == public_id) if public_id else None
