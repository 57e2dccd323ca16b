"""Whether the database is sound: its pages, its references, its tables, its histories and its files."""

import hashlib
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from peewee import fn

from portal import database
from portal.models import ALL, chain
from portal.models.kept_files import KeptFile, KeptFileChunk
from portal.models.service_requests import Attachment, AttachmentChunk, ServiceRequest

FILES = ((Attachment, AttachmentChunk), (KeptFile, KeptFileChunk))
FEW = 5  # that many faults of one kind are told one by one


class Finding(NamedTuple):
    """One sentence about the database, and whether what it tells is as it should be."""

    sentence: str
    sound: bool = True


def check():
    """Yield a Finding for each thing that was looked at. Nothing is written."""
    yield from _looked_at(_integrity)
    yield from _looked_at(_durability)
    pending = database.pending_migrations()
    if pending:
        yield Finding(_("The database is not up to date: %(names)s is missing.", names=", ".join(pending)), False)
        return
    yield Finding(_("The tables are up to date."))
    with database.snapshot():
        for part in (_references, _owners, _histories, _files):
            yield from _looked_at(part)


def _looked_at(part):
    try:
        yield from part()
    except database.FAULTS as error:
        reason = " ".join(str(error).split())
        yield Finding(_("The database cannot be read: %(reason)s", reason=reason), False)


def _integrity():
    faults = _sqlite_faults() if database.is_sqlite() else _read_everything()
    if faults:
        yield Finding(_("The database file is damaged: %(reason)s", reason="; ".join(faults[:FEW])), False)
    else:
        yield Finding(_("Every page of the database can be read."))


def _sqlite_faults():
    found = [row[0] for row in database.handle.execute_sql("PRAGMA integrity_check(100)")]
    return [] if found == ["ok"] else found


def _read_everything():
    """Let PostgreSQL take each row into its hands; it raises where it cannot. The files' bytes come later."""
    for name in database.handle.get_tables():
        if name not in {chunks._meta.table_name for _file, chunks in FILES}:
            database.handle.execute_sql(f'SELECT sum(length(one::text)) FROM "{name}" AS one')  # noqa: S608
    return []


def _durability():
    """Tell of a setting of the server, which is nothing that a backup could mend."""
    if not database.syncs():
        yield Finding(_("PostgreSQL runs with fsync = off: a power cut may take what was saved. Turn it on."))


def _references():
    broken = 0
    for table in ALL:
        for field in table._meta.refs:
            target = field.rel_model.alias()
            there = target.select().where(getattr(target, field.rel_field.name) == field)
            count = table.select().where(field.is_null(False), ~fn.EXISTS(there)).count()
            broken += count
            if count:
                place = {"table": table._meta.table_name, "column": field.column_name}
                yield Finding(
                    ngettext(
                        "%(table)s.%(column)s: %(num)s row leads nowhere.",
                        "%(table)s.%(column)s: %(num)s rows lead nowhere.",
                        count,
                        **place,
                    ),
                    False,
                )
    if not broken:
        yield Finding(_("Every reference leads to a row."))


def _owners():
    """Compare the customer by whom a file is counted with that of its request."""
    owner = ServiceRequest.organization
    strayed = Attachment.organization_id.is_null() | (Attachment.organization_id != owner)
    count = Attachment.select().join(ServiceRequest, on=Attachment.service_request).where(strayed).count()
    if count:
        yield Finding(
            ngettext(
                "attachment.organization_id: %(num)s file is not counted with its request’s organization.",
                "attachment.organization_id: %(num)s files are not counted with their requests’ organizations.",
                count,
            ),
            False,
        )


def _histories():
    for verdict in chain.audit():
        yield Finding(sentence_of(verdict), verdict.broken is None)


def _files():
    checked = broken = 0
    for file, chunks in _stored_files():
        checked += 1
        fault = _fault_of(file, chunks)
        broken += bool(fault)
        if fault and broken <= FEW:
            yield Finding(fault, False)
    if broken:
        yield Finding(
            ngettext("%(num)s file is not what was sent.", "%(num)s files are not what was sent.", broken), False
        )
    else:
        yield Finding(ngettext("%(num)s file is as it was sent.", "%(num)s files are as they were sent.", checked))


def _stored_files():
    """Yield every file with the table of its chunks, some at a time."""
    for table, chunks in FILES:
        last = 0
        while batch := list(table.select().where(table.id > last).order_by(table.id).limit(500)):
            yield from ((file, chunks) for file in batch)
            last = batch[-1].id


def _fault_of(file, chunks):
    """Return what is wrong with a file, a chunk at a time in memory; "" where nothing is."""
    digest, size, position = hashlib.sha256(), 0, 0
    while (content := chunks.content_at(file, position)) is not None:
        digest.update(content)
        size, position = size + len(content), position + 1
    facts = {"id": file.public_id}
    if size != file.size:
        return _("File %(id)s has %(size)s bytes of %(expected)s.", size=size, expected=file.size, **facts)
    if digest.hexdigest() != file.sha256:
        return _("File %(id)s was changed: its hash is another.", **facts)
    return ""


def sentence_of(verdict):
    """Return what is to be said of one customer's history."""
    facts = {"organization": verdict.customer.name, "slug": verdict.customer.slug}
    if verdict.broken is None:
        return ngettext(
            "%(organization)s (%(slug)s): %(num)s event, unbroken.",
            "%(organization)s (%(slug)s): %(num)s events, unbroken.",
            verdict.sound,
            **facts,
        )
    facts |= {"sequence": verdict.broken.sequence, "kind": verdict.broken.kind, "at": verdict.broken.at.isoformat()}
    return _BROKEN[verdict.cause](facts)


_BROKEN = {
    chain.GAP: lambda facts: _(
        "%(organization)s (%(slug)s): broken at event %(sequence)s (%(kind)s, %(at)s): events before it are missing.",
        **facts,
    ),
    chain.PREVIOUS: lambda facts: _(
        "%(organization)s (%(slug)s): broken at event %(sequence)s (%(kind)s, %(at)s):"
        " it does not follow on the one before.",
        **facts,
    ),
    chain.CONTENT: lambda facts: _(
        "%(organization)s (%(slug)s): broken at event %(sequence)s (%(kind)s, %(at)s): it was changed afterwards.",
        **facts,
    ),
}
