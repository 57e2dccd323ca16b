"""How answers change, by the desk: written, translated, opened or closed. Each is one transaction."""

from datetime import date
from typing import NamedTuple

from peewee import IntegrityError

from portal.database import handle, transaction
from portal.models.answers import Answer, AnswerSubscription, AnswerTranslation, AnswerVersion
from portal.models.base import opaque_id
from portal.models.notifications import notify
from portal.models.once import made_once


class ChangedMeanwhile(Exception):
    """Somebody else has saved the translation since the writer saw it; `translation` is as it stands now."""

    def __init__(self, translation):
        super().__init__(translation.locale)
        self.translation = translation


class Draft(NamedTuple):
    """One translation as its writer wants it."""

    locale: str
    title: str
    body: str
    reviewed_on: date | None


def write(draft, audience, author, at, public_id=None):
    """Write a new answer with its first translation, and return it; what this `public_id` names already, as it is."""

    def make():
        answer = Answer.create(audience=audience, reviewed_on=draft.reviewed_on, public_id=public_id or opaque_id())
        _begin(answer, draft, author, at)
        return answer

    return made_once(Answer, public_id, make)


def save(answer, draft, seen, author, at, tell=False):
    """Keep the draft as the next version of its translation and return the number; raise ChangedMeanwhile.

    `seen` is the version that the writer saw, 0 where there was none. With `tell`, those who follow the answer hear.
    """
    with transaction():
        version = _go_on(answer, draft, seen, author, at) if seen else _begin(answer, draft, author, at)
        _note_review(answer, draft.reviewed_on)
        if tell:
            notify("answer_changed", answer.subscribers(), at, actor=author, answer=answer)
        return version


def _begin(answer, draft, author, at):
    try:
        with handle.atomic():
            AnswerTranslation.create(answer=answer, updated_at=at, **draft._asdict())
    except IntegrityError as error:
        raise ChangedMeanwhile(_current(answer, draft.locale)) from error
    _keep(answer, draft.locale, 1, draft, author, at)
    return 1


def _go_on(answer, draft, seen, author, at):
    before = _current(answer, draft.locale)
    if before is None:
        return _begin(answer, draft, author, at)
    changed = (
        AnswerTranslation.update(
            title=draft.title, body=draft.body, reviewed_on=draft.reviewed_on, version=seen + 1, updated_at=at
        )
        .where(AnswerTranslation.id == before.id, AnswerTranslation.version == seen)
        .execute()
    )
    if not changed:
        raise ChangedMeanwhile(_current(answer, draft.locale))
    # What was imported is not kept as a version yet.
    _keep(answer, before.locale, seen, before, None, before.updated_at)
    _keep(answer, draft.locale, seen + 1, draft, author, at)
    return seen + 1


def _current(answer, locale):
    return AnswerTranslation.get_or_none(AnswerTranslation.answer == answer, AnswerTranslation.locale == locale)


def _keep(answer, locale, version, text, author, at):
    AnswerVersion.insert(
        answer=answer,
        locale=locale,
        version=version,
        title=text.title,
        body=text.body,
        author=author,
        saved_at=at,
    ).on_conflict_ignore().execute()


def _note_review(answer, day):
    """Let the answer's own day be the latest review of any of its translations."""
    if day is not None:
        earlier = Answer.reviewed_on.is_null() | (Answer.reviewed_on < day)
        Answer.update(reviewed_on=day).where(Answer.id == answer.id, earlier).execute()


def open_to(answer, audience):
    """Let the answer be read by another audience (one of AUDIENCES)."""
    with transaction():
        Answer.update(audience=audience).where(Answer.id == answer.id).execute()


def follow(contact, answer, on, at):
    """Note that the contact wishes to hear when the answer changes, or no longer does."""
    with transaction():
        if on:
            AnswerSubscription.insert(contact=contact, answer=answer, created_at=at).on_conflict_ignore().execute()
        else:
            AnswerSubscription.delete().where(
                AnswerSubscription.contact == contact, AnswerSubscription.answer == answer
            ).execute()
