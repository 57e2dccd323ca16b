"""What every table shares: the handle, opaque public ids, instants."""

import secrets

from peewee import CharField, DateTimeField, Model

from portal.database import handle

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def opaque_id() -> str:
    """Return a random id for URLs and forms; it tells neither age nor number."""
    return "".join(secrets.choice(ALPHABET) for _ in range(14))


class Table(Model):
    class Meta:
        database = handle
        legacy_table_names = False


class Instant(DateTimeField):
    """A naive UTC date and time."""


class PublicId(CharField):
    """The id by which the outside names a row."""

    def __init__(self, **options):
        super().__init__(**{"max_length": 64, "unique": True, "default": opaque_id, **options})
