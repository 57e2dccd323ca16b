"""Notifications as a person reads them. The select of what they may still see is handed in; nothing here widens it."""

from typing import NamedTuple

from peewee import SQL, fn

from portal.database import transaction
from portal.models.access import AccessRequest
from portal.models.answers import AnswerTranslation
from portal.models.notifications import Notification
from portal.models.service_requests import Message

PAGE = 50
COUNTED_UP_TO = 100
MANY = 300  # so many unread rows are not looked through on each page


class Page(NamedTuple):
    """Rows of one page, and the place after which the next one begins (None at the end)."""

    rows: list
    next_place: list | None


def page(select, place=None):
    """Return a Page of the select, newest first, from after `place`."""
    if place:
        at, last = place
        select = select.where(
            (Notification.created_at < at) | ((Notification.created_at == at) & (Notification.id < last))
        )
    rows = list(select.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(PAGE + 1))
    shown = rows[:PAGE]
    load_subjects(shown)
    return Page(shown, [shown[-1].created_at, shown[-1].id] if len(rows) > PAGE else None)


def first_unread(select):
    """Return a select of the ids of the unread rows of a select, COUNTED_UP_TO of them at most."""
    return select.select(Notification.id).where(Notification.read_at.is_null()).limit(COUNTED_UP_TO)


def number_unread(contact):
    """Return a question: how many rows the contact has not read, be they theirs to see any more or not; see MANY."""
    return _unread_of(contact).select(Notification.id).limit(MANY).select_from(fn.COUNT(SQL("1")))


def customers_unread(contact):
    """Return a select of the ids of the organizations that the contact's unread rows are about."""
    return _unread_of(contact).select(Notification.organization).limit(MANY)


def _unread_of(contact):
    return Notification.select().where(Notification.contact == contact, Notification.read_at.is_null())


def mark_read(contact, at, up_to=""):
    """Mark what the contact was told as read, no further than the row called `up_to`: newer ones were not seen yet."""
    unread = (Notification.contact == contact) & Notification.read_at.is_null()
    newest = Notification.get_or_none(Notification.public_id == up_to, Notification.contact == contact)
    if newest:
        unread &= Notification.created_at <= newest.created_at
    with transaction():
        Notification.update(read_at=at).where(unread).execute()


def mark_one_read(notification, at):
    """Mark this one as read."""
    Notification.update(read_at=at).where(Notification.id == notification.id).execute()


def load_subjects(rows):
    """Load what the sentences about these notifications speak of: as many queries for fifty rows as for one."""
    for role in ("contact", "actor"):
        _attach(_attach(rows, role), "organization")
    _attach(rows, "organization", "service_request")
    _attach(rows, "message", columns=(Message.id, Message.internal, Message.public_id))
    asked = _attach(rows, "access_request")
    _attach(asked, "requested_by", "partner", "customer")
    AccessRequest.load_lines(asked)
    grants = _attach(rows, "grant")
    _attach(grants, "contact", "partner", "customer", "access_request")
    _attach(_attach(rows, "site_notice"), "site")
    _load_titles(_attach(rows, "answer"))


def _attach(rows, *names, columns=()):
    """Load the rows that these foreign keys lead to, one query a key; return those of the last key."""
    found = {}
    for name in names:
        field = type(rows[0])._meta.fields[name] if rows else None
        ids = {getattr(row, field.object_id_name) for row in rows} - {None}
        found = (
            {one.id: one for one in field.rel_model.select(*columns).where(field.rel_model.id.in_(ids))} if ids else {}
        )
        for row in rows:
            if getattr(row, field.object_id_name) is not None:
                setattr(row, name, found[getattr(row, field.object_id_name)])
    return list(found.values())


def _load_titles(answers):
    titles = AnswerTranslation.select(AnswerTranslation.answer, AnswerTranslation.locale, AnswerTranslation.title)
    for answer in answers:
        answer.titles = {}
    by_id = {answer.id: answer for answer in answers}
    for answer_id, locale, title in titles.where(AnswerTranslation.answer.in_(list(by_id))).tuples() if by_id else ():
        by_id[answer_id].titles[locale] = title
