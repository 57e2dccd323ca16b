"""The made-up world of the preview: always fresh, as all its dates are counted from now."""

from datetime import timedelta

from portal import permissions
from portal.database import transaction
from portal.models import Contact, Notification, ReadMark, ServiceRequest
from portal.models.notifications import MAIL_DUE, MAIL_SENT
from portal.passwords import hash_password
from portal.preview import access_story, cast, desk_story, requests_story
from portal.preview.stage import Stage

STILL_UNREAD = timedelta(hours=20)
MAILED_LATELY = timedelta(hours=3)  # about requests
ASKED_LATELY = timedelta(days=13)  # about access


def build(now, secret_key):
    """Fill the empty database with firms, people and their story until `now`, in one transaction."""
    password_hash = hash_password(cast.PASSWORD)
    with transaction():
        stage = Stage(now)
        stage.let_in(password_hash)
        access_story.write(stage, secret_key)
        requests_story.write(stage)
        desk_story.write(stage)
        stage.play()
        _mark_as_read(now)
        _send_old_mail(now)


def _mark_as_read(now):
    """Let everybody have read what moved before yesterday: news stands out then."""
    marks = [
        {"service_request": request_id, "contact": person.id, "read_at": updated_at}
        for person in Contact.select().where(Contact.active, Contact.stands_in_for.is_null())
        for request_id, updated_at in _older(permissions.visible_requests(person, now), now)
    ]
    keep_latest = {"conflict_target": [ReadMark.service_request, ReadMark.contact], "preserve": [ReadMark.read_at]}
    ReadMark.insert_many(marks).on_conflict(**keep_latest).execute()


def _older(visible, now):
    older = visible.where(ServiceRequest.updated_at < now - STILL_UNREAD)
    return older.select(ServiceRequest.id, ServiceRequest.updated_at).tuples()


def _send_old_mail(now):
    """Take the past as read and its mail as sent; the mail of the last hours, and about access, still goes out."""
    Notification.update(read_at=Notification.created_at).where(Notification.created_at < now - STILL_UNREAD).execute()
    about_access = Notification.kind.startswith("access_") & (Notification.created_at > now - ASKED_LATELY)
    still_due = about_access | (Notification.created_at > now - MAILED_LATELY)
    Notification.update(mail_state=MAIL_SENT, mail_sent_at=Notification.created_at).where(
        ~still_due, Notification.mail_state == MAIL_DUE
    ).execute()
