"""What somebody has begun to write and not sent: one draft a contact and place, theirs alone."""

import json
from datetime import timedelta

from peewee import CharField, ForeignKeyField, TextField, fn

from portal.database import transaction
from portal.models import kept_files
from portal.models.base import Instant, Table
from portal.models.changing import changes
from portal.models.organizations import Contact
from portal.models.prepared import fetched, prepared, slot
from portal.models.service_requests import Message, ServiceRequest

KEPT_FOR = timedelta(days=30)
MOST = 20
ASK = "ask"  # the place of a new question; a reply's place is its request's reference


class Draft(Table):
    """A form as typed. `key` names the form: what is written in another one does not overwrite it."""

    contact = ForeignKeyField(Contact, index=False)
    place: str = CharField(max_length=16)
    key: str = CharField(max_length=43)
    content: str = TextField()
    saved_at = Instant(index=True)
    submission_key: str | None = CharField(max_length=64, null=True)

    class Meta:
        indexes = ((("contact", "place"), True),)

    @property
    def values(self):
        """Return what was typed: {field: value}."""
        return json.loads(self.content)


class AnotherDraft(Exception):
    """A draft of another form is kept at this place, saved at `saved_at`."""

    def __init__(self, saved_at):
        super().__init__()
        self.saved_at = saved_at


def draft_of(contact, place, at):
    """Return the contact's draft at this place, or None: also where it is too old or has been sent."""
    found = next(iter(_kept_at(contact.id, place, at - KEPT_FOR)), None)
    return None if found is None or _is_sent(found.submission_key) else found


def kept_since(contact, place, since):
    """Return the select of a contact's (id) draft at this place that was saved after `since`."""
    return Draft.select().where(Draft.contact == contact, Draft.place == place, Draft.saved_at > since)


_kept_at = prepared(kept_since)


def save(contact, place, key, values, at, submission_key=None):
    """Keep what was typed and return whether it is kept: what has just been sent is not. Raises AnotherDraft.

    Beyond MOST drafts, the contact's oldest goes.
    """
    with transaction():
        if _is_sent(submission_key):
            return False
        content = {
            Draft.key: key,
            Draft.content: json.dumps(values, ensure_ascii=False),
            Draft.saved_at: at,
            Draft.submission_key: submission_key,
        }
        Draft.insert({Draft.contact: contact, Draft.place: place, **content}).on_conflict(
            conflict_target=[Draft.contact, Draft.place],
            update=content,
            where=(Draft.key == key) | (Draft.saved_at <= at - KEPT_FOR),
        ).execute()
        kept = Draft.get(Draft.contact == contact, Draft.place == place)
        if kept.key != key:
            raise AnotherDraft(kept.saved_at)
        _drop_oldest(contact)
    return True


def _is_sent(submission_key):
    """Return whether the form has been sent: a saving that was under way then comes too late."""
    return bool(ServiceRequest.by_submission_key(submission_key) or Message.by_submission_key(submission_key))


def _drop_oldest(contact):
    mine = Draft.select(Draft.id).where(Draft.contact == contact).order_by(Draft.saved_at.desc(), Draft.id.desc())
    beyond = [one.id for one in mine][MOST:]
    if beyond:
        Draft.delete().where(Draft.id.in_(beyond)).execute()


def forget(contact, place, key):
    """Forget the draft of this form, as it has been emptied; another form's stays, and so do files kept for it."""
    _forget(contact.id, place, key)


def settle(contact, place, key):
    """Forget the draft of this form with its files, as it has been sent; another form's stays."""
    draft, files = fetched("kept of a form", _kept_of_form, contact=contact.id, place=place, draft=key)[0]
    if draft:
        forget(contact, place, key)
    if files:
        kept_files.forget(contact, place, key)


def _kept_of_form():
    form = slot("contact"), slot("place"), slot("draft")
    draft, files = Draft.select(Draft.id).where(_of_form(*form)), kept_files.of_form_called(*form)
    return Contact.select(fn.EXISTS(draft), fn.EXISTS(files)).limit(1)


@changes
def _forget(contact, place, key):
    return Draft.delete().where(_of_form(contact, place, key))


def _of_form(contact, place, key):
    return (Draft.contact == contact) & (Draft.place == place) & (Draft.key == key)


def throw_away(contact, place):
    """Forget whatever draft is kept at this place, with its files."""
    found = Draft.get_or_none(Draft.contact == contact, Draft.place == place)
    if found:
        with transaction():
            settle(contact, place, found.key)


def forget_old(at):
    """Forget the drafts that nobody has gone on with for 30 days."""
    old = Draft.saved_at <= at - KEPT_FOR
    if Draft.select().where(old).exists():
        with transaction():
            Draft.delete().where(old).execute()
