"""The bytes of attachments, from the files beside attachments.csv into the database."""

import hashlib

from flask_babel import gettext as _
from peewee import fn

from portal.models import Attachment, AttachmentChunk, Message
from portal.transfer.known import in_batches
from portal.transfer.threads import bytes_of, chunks_of, entry_of

TOLD_EVERY = 1000


class BytesChanged(Exception):
    """A file is not any more what it was checked as; its text is a sentence."""


def attach(rows, world, requests, folder, progress):
    """Write the attachments of `rows` with their bytes; `requests` is {reference: id}. Raises BytesChanged."""
    entries = [entry_of(values, world) for values in rows]
    written = _message_ids([entry.row.values["public_id"] for entry in entries if entry.row])
    messages = [entry.message_id or written[entry.row.values["public_id"]] for entry in entries]
    places = _next_places(messages)
    for count, (values, message_id) in enumerate(zip(rows, messages, strict=True), start=1):
        place = places.get(message_id, 0)
        _keep(values, message_id, requests[values["reference"]], place, folder)
        places[message_id] = place + 1
        if count % TOLD_EVERY == 0:
            progress(_("%(file)s: %(count)s rows written.", file="attachments.csv", count=count))


def _keep(values, message_id, request_id, place, folder):
    path = bytes_of(folder, values["sha256"])
    attachment = Attachment.create(
        message=message_id,
        service_request=request_id,
        position=place,
        size=path.stat().st_size,
        **{name: values[name] for name in ("name", "type", "sha256")},
    )
    found = hashlib.sha256()
    for position, chunk in enumerate(chunks_of(path)):
        found.update(chunk)
        AttachmentChunk.insert(attachment=attachment.id, position=position, content=chunk).execute()
    if found.hexdigest() != values["sha256"]:
        raise BytesChanged(_("attachments/%(digest)s changed while it was imported.", digest=values["sha256"]))


def _message_ids(public_ids):
    found = {}
    query = Message.select(Message.public_id, Message.id)
    for batch in in_batches(sorted(set(public_ids))):
        found.update(query.where(Message.public_id.in_(batch)).tuples())
    return found


def _next_places(message_ids):
    """Return {message id: the place after its last file} of the messages that have files already."""
    found = {}
    query = Attachment.select(Attachment.message, fn.MAX(Attachment.position) + 1).group_by(Attachment.message)
    for batch in in_batches(sorted(set(message_ids))):
        found.update(query.where(Attachment.message.in_(batch)).tuples())
    return found
