"""The portal as a folder of CSV files, as it was at one instant: what `import` takes (SPEC 6)."""

import csv
import hashlib
import os
from contextlib import ExitStack
from pathlib import Path

from flask_babel import gettext as _

from portal.csv_answers import led
from portal.database import snapshot
from portal.models import AttachmentChunk
from portal.transfer import rows
from portal.transfer.columns import ATTACHED, BY_NAME, FILES
from portal.transfer.known import in_batches


class Unwritable(Exception):
    """The portal cannot be exported there; its text is a sentence."""


def export_folder(folder, progress):
    """Write every file into `folder`, which must be empty or not there; return {file: number of rows}.

    The files hold password hashes: only their owner can read them. Raises Unwritable.
    """
    folder = Path(folder)
    try:
        _make_empty(folder)
        with snapshot(), ExitStack() as stack:
            out = {file.name: stack.enter_context(_Out(folder, file)) for file in FILES}
            names = rows.Names()
            for name, of_table in rows.SMALL.items():
                out[name].write(of_table(names))
            _write_requests(out, names, folder, progress)
    except OSError as error:
        raise Unwritable(
            _("%(folder)s cannot be written: %(reason)s.", folder=folder, reason=error.strerror)
        ) from error
    return {name: one.count for name, one in out.items()}


def _make_empty(folder):
    if folder.is_dir():
        if any(folder.iterdir()):
            raise Unwritable(_("%(folder)s is not empty: name a new folder.", folder=folder))
    else:
        folder.mkdir(mode=0o700, parents=True)


def _write_requests(out, names, folder, progress):
    for batch in in_batches(rows.request_ids()):
        of_batch = rows.RequestRows(batch, names)
        out["service_requests"].write(of_batch.requests())
        out["messages"].write(of_batch.messages())
        for attachment, row in of_batch.attachments():
            _write_bytes(attachment, folder)
            out[ATTACHED].write([row])
        done = out["service_requests"].count
        if done % 10_000 == 0:
            progress(_("%(file)s: %(count)s rows written.", file=BY_NAME["service_requests"].file_name, count=done))


class _Out:
    """One file that is being written."""

    def __init__(self, folder, file):
        self.count = 0
        self.stream = open(_for_its_owner(folder / file.file_name), "w", encoding="utf-8", newline="")  # noqa: SIM115
        self.writer = csv.writer(self.stream)
        self.writer.writerow(file.header)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.stream.close()

    def write(self, found):
        """Write rows of cells."""
        for row in found:
            self.writer.writerow([led(cell) for cell in row])
            self.count += 1


def _for_its_owner(path):
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _write_bytes(attachment, folder):
    """Write the bytes once, however many attachments have them."""
    path = folder / ATTACHED / attachment.sha256
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    found = hashlib.sha256()
    with open(_for_its_owner(path), "wb") as stream:
        chunks = AttachmentChunk.select(AttachmentChunk.content).where(AttachmentChunk.attachment == attachment.id)
        for (content,) in chunks.order_by(AttachmentChunk.position).tuples().iterator():
            found.update(content)
            stream.write(content)
    if found.hexdigest() != attachment.sha256:
        raise Unwritable(
            _(
                "The bytes of “%(name)s” in %(reference)s are damaged: they have another SHA-256.",
                name=attachment.name,
                reference=attachment.service_request.reference,
            )
        )
