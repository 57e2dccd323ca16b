"""Files that came with a form that had to come back: their sender's alone, until they go with it or a week has passed."""

from datetime import timedelta

from peewee import BigIntegerField, BlobField, CharField, ForeignKeyField, IntegerField, Value

from portal.database import is_sqlite, transaction
from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact
from portal.models.prepared import prepared
from portal.models.service_requests import Attachment, AttachmentChunk

KEPT_FOR = timedelta(days=7)
MOST_FORMS = 5  # beyond them, the files of a contact's oldest form go


class KeptFile(Table):
    """A file of one contact's form; `place` and `draft` name the form as they name its draft."""

    public_id: str = PublicId()
    contact = ForeignKeyField(Contact, index=False)
    place: str = CharField(max_length=16)
    draft: str = CharField(max_length=43)
    name: str = CharField(max_length=255)
    type: str = CharField(max_length=127)
    size: int = BigIntegerField()
    sha256: str = CharField(max_length=64)
    kept_at = Instant(index=True)

    class Meta:
        indexes = ((("contact", "place", "draft"), False),)


class KeptFileChunk(Table):
    kept_file = ForeignKeyField(KeptFile, index=False)
    position: int = IntegerField()
    content: bytes = BlobField()

    class Meta:
        indexes = ((("kept_file", "position"), True),)

    @classmethod
    def content_at(cls, kept_file, position):
        """Return the bytes of one chunk, or None after the last."""
        query = cls.select(cls.content).where(cls.kept_file == kept_file, cls.position == position)
        found = query.tuples().first()
        return bytes(found[0]) if found else None


class Gone(Exception):
    """A file that was to go with a form is not kept any more."""


def of_form(contact, place, draft, at):
    """Return the files kept for this form of the contact, in the order in which they came."""
    return list(_kept(contact, place, at).where(KeptFile.draft == draft).order_by(KeptFile.id))


def called(contact, place, public_ids, at):
    """Return those of the contact's own files at this place that forms call so, in the order in which they came."""
    if not public_ids:
        return []
    return list(_kept(contact, place, at).where(KeptFile.public_id.in_(public_ids)).order_by(KeptFile.id))


def _kept(contact, place, at):
    fresh = KeptFile.kept_at > at - KEPT_FOR
    return KeptFile.select().where(KeptFile.contact == contact, KeptFile.place == place, fresh)


def go_on_with(contact, place, draft, public_ids, at, *, only=True):
    """Note that these files belong to this form, as it is now; with `only`, its others are let go."""
    mine = (KeptFile.contact == contact) & (KeptFile.place == place)
    with transaction():
        if public_ids:
            fresh = KeptFile.public_id.in_(public_ids) & (KeptFile.kept_at > at - KEPT_FOR)
            KeptFile.update(draft=draft, kept_at=at).where(mine, fresh).execute()
        if only:
            _delete(mine & (KeptFile.draft == draft) & KeptFile.public_id.not_in(public_ids))
        _drop_oldest_forms(contact)


def _drop_oldest_forms(contact):
    rows = KeptFile.select(KeptFile.place, KeptFile.draft).where(KeptFile.contact == contact)
    forms = list(dict.fromkeys(rows.order_by(KeptFile.kept_at.desc(), KeptFile.id.desc()).tuples()))
    for place, draft in forms[MOST_FORMS:]:
        forget(contact, place, draft)


def hand_over(contact, place, public_ids, message, at):
    """Make these files attachments of the message, its first ones; return how many. Raises Gone where one is missing.

    Call it inside the transaction that writes the message. The bytes move inside the database.
    """
    query = _kept(contact, place, at).where(KeptFile.public_id.in_(public_ids)).order_by(KeptFile.id)
    found = list(query if is_sqlite() else query.for_update())
    if len(found) < len(public_ids):
        raise Gone
    for position, kept in enumerate(found):
        attachment = Attachment.create(
            message=message,
            service_request=message.service_request_id,
            position=position,
            name=kept.name,
            type=kept.type,
            size=kept.size,
            sha256=kept.sha256,
        )
        chunks = KeptFileChunk.select(Value(attachment.id), KeptFileChunk.position, KeptFileChunk.content)
        columns = [AttachmentChunk.attachment, AttachmentChunk.position, AttachmentChunk.content]
        AttachmentChunk.insert_from(chunks.where(KeptFileChunk.kept_file == kept), columns).execute()
    _delete(KeptFile.id.in_([kept.id for kept in found]))
    return len(found)


def forget(contact, place, draft):
    """Let go of the files of this form: it has been sent, or thrown away."""
    if _is_kept(contact.id, place, draft):
        with transaction():
            _delete(_of_form(contact.id, place, draft))


def of_form_called(contact, place, draft):
    """Return the select of the ids of the files of this form, however old."""
    return KeptFile.select(KeptFile.id).where(_of_form(contact, place, draft))


def _of_form(contact, place, draft):
    return (KeptFile.contact == contact) & (KeptFile.place == place) & (KeptFile.draft == draft)


@prepared
def _is_kept(contact, place, draft):
    return of_form_called(contact, place, draft).limit(1).tuples()


def forget_old(at):
    """Let go of the files with whose form nobody has gone on for a week."""
    old = KeptFile.kept_at <= at - KEPT_FOR
    if KeptFile.select().where(old).exists():
        with transaction():
            _delete(old)


def _delete(which):
    KeptFileChunk.delete().where(KeptFileChunk.kept_file.in_(KeptFile.select(KeptFile.id).where(which))).execute()
    KeptFile.delete().where(which).execute()
