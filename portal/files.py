"""Attachments: taken from a form and given back, in chunks, so that no file ever sits in memory as a whole."""

import hashlib
import re

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal import database
from portal.file_names import clean_name
from portal.models import Attachment, AttachmentChunk, KeptFile, KeptFileChunk

CHUNK = 2**20  # bytes
UNKNOWN = "application/octet-stream"
HARMLESS = {"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/csv", "text/plain"}
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


def limits():
    """Return (how many files, how many bytes) may be sent at once; bytes rounded down to what "MB" means to people."""
    chosen = current_app.config["PORTAL"]
    return chosen.max_files, chosen.max_body * 10**6 // 2**20


def uploads(field="files"):
    """Return the files that the form of this request carries; raise 413 where they are too many."""
    found = [upload for upload in request.files.getlist(field) if upload.filename]
    if len(found) > limits()[0]:
        raise RequestEntityTooLarge
    return found


def keep(message, found, after=0):
    """Write the uploads as attachments of the message, `after` so many others.

    Call it inside the transaction that writes the message.
    """
    for position, upload in enumerate(found, after):
        attachment = Attachment.create(
            message=message,
            service_request=message.service_request_id,
            position=position,
            name=clean_name(upload.filename),
            type=_declared(upload.mimetype),
            size=0,
            sha256="",
        )
        _write(attachment, upload.stream, lambda **chunk: AttachmentChunk.insert(attachment=attachment, **chunk))  # noqa: B023


def hold(form_of, found):
    """Write the uploads as files kept for a form; `form_of` are the columns that name it. Call it in a transaction."""
    for upload in found:
        kept = KeptFile.create(
            **form_of, name=clean_name(upload.filename), type=_declared(upload.mimetype), size=0, sha256=""
        )
        _write(kept, upload.stream, lambda **chunk: KeptFileChunk.insert(kept_file=kept, **chunk))  # noqa: B023


def _write(file, stream, insert):
    """Write the bytes chunk by chunk, and keep with the file how many they are and their hash."""
    size, digest, position = 0, hashlib.sha256(), 0
    while content := stream.read(CHUNK):
        insert(position=position, content=content).execute()
        digest.update(content)
        size += len(content)
        position += 1
    file.size, file.sha256 = size, digest.hexdigest()
    file.save(only=["size", "sha256"])


def contents(attachment):
    """Yield the bytes of the attachment. No connection is held between chunks: a slow reader keeps nobody waiting."""
    position = 0
    while True:
        with database.opened():
            content = AttachmentChunk.content_at(attachment, position)
        if content is None:
            return
        yield content
        position += 1


def _declared(mimetype):
    declared = (mimetype or "").lower()
    return declared if _TYPE.fullmatch(declared) else UNKNOWN


def served_type(attachment):
    """Return the type to serve it as: what a browser could run is only bytes."""
    return attachment.type if attachment.type in HARMLESS else UNKNOWN
