"""The made-up world of the preview: always fresh, as all its dates are counted from now."""

from datetime import timedelta

from portal import permissions
from portal.database import transaction
from portal.models import Answer, AnswerTranslation, Contact, Notification, ReadMark, ServiceRequest, SiteNotice
from portal.models.notifications import MAIL_DUE, MAIL_SENT
from portal.passwords import hash_password
from portal.preview import access_story, cast, requests_story
from portal.preview.answers import ANSWERS
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
        stage.play()
        _write_answers(now)
        _write_site_notices(stage)
        _mark_as_read(now)
        _send_old_mail(now)


def _write_answers(now):
    for days, translations in ANSWERS:
        reviewed = (now - timedelta(days=days)).date()
        answer = Answer.create(reviewed_on=reviewed)
        for locale, (title, body) in translations.items():
            AnswerTranslation.create(
                answer=answer, locale=locale, title=title, body=body, reviewed_on=reviewed, updated_at=now
            )


def _write_site_notices(stage):
    SiteNotice.create(
        site=stage.sites["Osaka shop"],
        kind="maintenance",
        title="The Osaka shop is closed for two hours at night",
        body="It shows a page that says so. Orders are kept and sent after.",
        starts_at=stage.ago(-5, "01:00", "Asia/Tokyo"),
        ends_at=stage.ago(-5, "03:00", "Asia/Tokyo"),
        author=stage.people["noor"],
        created_at=stage.now - timedelta(days=1),
    )
    SiteNotice.create(
        site=stage.sites["Meter gateway"],
        kind="incident",
        title="Readings arrive twice",
        body="Invoicing was stopped in time; no wrong invoice has left. It goes on after tonight’s clean-up.",
        starts_at=stage.now - timedelta(days=2),
        resolved_at=stage.now - timedelta(days=1),
        author=stage.people["jonas"],
        created_at=stage.now - timedelta(days=2),
    )


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
