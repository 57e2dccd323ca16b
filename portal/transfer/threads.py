"""Messages and files as they stand in their threads."""

import hashlib
from pathlib import Path

from flask_babel import gettext as _

from portal.files import CHUNK
from portal.transfer.columns import ATTACHED


def check_threads(tables, world):
    """Note descriptions that nobody could read, and files without a message."""
    _check_descriptions(tables["messages"], world)
    for row in tables[ATTACHED].rows:
        _check_place(tables[ATTACHED], row, world)


def check_bytes(tables, folder):
    """Note attachments whose bytes are missing or not theirs."""
    problems = {}
    for row in tables[ATTACHED].rows:
        digest = row.values.get("sha256")
        if digest is not None:
            if digest not in problems:
                problems[digest] = _problem_of_bytes(bytes_of(folder, digest), digest)
            if problems[digest]:
                tables[ATTACHED].fault(row.line, "sha256", problems[digest])


def bytes_of(folder, digest):
    """Return the path of the file whose SHA-256 is `digest`."""
    return Path(folder) / ATTACHED / digest


def chunks_of(path):
    """Yield the bytes of a file, at most CHUNK at a time."""
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def entry_of(values, world):
    """Return the message of an attachment's row: its Entry in the thread, or None where there is no such place."""
    thread = world.threads.get(values["reference"], ())
    return thread[values["message"] - 1] if values["message"] <= len(thread) else None


def _check_descriptions(table, world):
    for thread in world.threads.values():
        if thread and thread[0].internal and thread[0].row is not None:
            sentence = _("The first message of a request is its description, which cannot be internal.")
            table.fault(thread[0].row.line, "internal", sentence)


def _check_place(table, row, world):
    values = row.values
    known = values.keys() >= {"reference", "message"} and values["reference"] in world.keys["service_requests"]
    if known and entry_of(values, world) is None:
        count = len(world.threads.get(values["reference"], ()))
        sentence = _("The thread has no message %(place)s: it has %(count)s.", place=values["message"], count=count)
        table.fault(row.line, "message", sentence)


def _problem_of_bytes(path, digest):
    found = hashlib.sha256()
    try:
        for chunk in chunks_of(path):
            found.update(chunk)
    except FileNotFoundError:
        return _("The file attachments/%(digest)s is missing.", digest=digest)
    except OSError as error:
        return _("The file attachments/%(digest)s cannot be read: %(reason)s.", digest=digest, reason=error.strerror)
    if found.hexdigest() != digest:
        return _("The bytes of attachments/%(digest)s have another SHA-256.", digest=digest)
    return None
