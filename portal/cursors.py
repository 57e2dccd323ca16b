"""Cursors: where a page of a list ends, signed, so that nobody can ask for a place of their own making."""

from datetime import datetime

from flask import current_app

from portal.signing import BadData, signer

LONGEST = 1000


def make(name, place):
    """Return the text by which an address continues the list called `name` after `place`, a list of plain values."""
    return _serializer(name).dumps([_written(value) for value in place])


def read(name, text):
    """Return the place that `text` names in the list called `name`, or None where it is missing, broken or another's."""
    if not text or len(text) > LONGEST:
        return None
    try:
        place = _serializer(name).loads(text)
    except BadData:
        return None
    return [_read(value) for value in place]


def _serializer(name):
    return signer(current_app.secret_key, f"cursor:{name}")


def _written(value):
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _read(value):
    return datetime.fromisoformat(value["at"]) if isinstance(value, dict) else value
