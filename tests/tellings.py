"""One notification of each kind about the cast, for the tests of the list and of the mail."""

from datetime import timedelta

from portal import clock
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    Answer,
    AnswerSubscription,
    AnswerTranslation,
    Attachment,
    Link,
    Message,
    Notification,
    ServiceRequest,
    SiteNotice,
)
from portal.models.notifications import notify
from portal.permissions import Level
from tests.world import grant

REASON = "We look after the warehouse."


def access_request(w, status="pending", **values):
    """A request of the colleague for the whole firm and for herself, addressed to the manager of Kitahama."""
    at = clock.now()
    decided = {} if status == "pending" else {"decided_at": at, "decided_by": w.manager}
    made = AccessRequest.create(
        **{
            "requested_by": w.colleague,
            "partner": w.brightwater,
            "manager_email": w.manager.email,
            "customer": w.kitahama,
            "addressed_to": w.manager,
            "days": 180,
            "reason": REASON,
            "status": status,
            "created_at": at - timedelta(days=2),
            **decided,
            **values,
        }
    )
    given = {"level_given": Level.LOOK} if status == "approved" else {}
    AccessRequestLine.create(access_request=made, contact=None, level=Level.LOOK, **given)
    AccessRequestLine.create(access_request=made, contact=w.colleague, level=Level.CREATE, **given)
    return made


def tell(kind, contact, **about):
    """Write one notification and return it."""
    notify(kind, [contact], clock.now(), **about)
    return Notification.select().order_by(Notification.id.desc()).get()


def _access(status, reader, **values):
    def make(w, kind):
        request = access_request(w, status, **values)
        asks = kind == "access_asked"
        actor = {"access_asked": w.colleague, "access_withdrawn": w.partner_manager, "access_lapsed": None}
        return tell(
            kind,
            getattr(w, reader),
            actor=actor.get(kind, w.manager),
            access_request=request,
            organization=w.brightwater if asks else w.kitahama,
        )

    return make


def _grant(**details):
    def make(w, kind):
        over = {"ended": 0} if kind == "access_ended" else {}
        given = grant(w.kitahama, w.colleague, Level.UPDATE, expires=20, by=w.manager, **over)
        if kind == "access_changed":
            before = grant(w.kitahama, w.colleague, Level.LOOK, ended=-1, by=w.manager)
            before.superseded_by = given
            before.save()
        if kind == "access_ended":
            given.ended_by, given.end_cause = w.manager, "ended"
            given.save()
        actor = None if kind == "access_ending" else w.manager
        return tell(kind, w.colleague, actor=actor, grant=given, organization=w.kitahama, details=details)

    return make


def _request(reader="support", **details):
    def make(w, kind):
        if kind == "request_assigned":
            ServiceRequest.update(assignee=w.desk).where(ServiceRequest.id == w.request.id).execute()
        message = Message.get(Message.service_request == w.request)
        return tell(
            kind,
            getattr(w, reader),
            actor=w.update,
            service_request=ServiceRequest.get_by_id(w.request.id),
            organization=w.kitahama,
            message=message if kind in {"request_new", "request_message"} else None,
            details=details,
        )

    return make


def _contact_added(w, kind):
    return tell(
        kind,
        w.manager,
        actor=w.full_admin,
        organization=w.kitahama,
        grant=w.grants["full_admin"],
        details={"contact": w.own.public_id, "name": w.own.name, "email": w.own.email},
    )


def _site_notice(w, kind):
    at = clock.now()
    notice = SiteNotice.create(
        site=w.site,
        kind="maintenance",
        title="Short break",
        body="The shop is closed for an hour.\nThen it opens again.",
        starts_at=at + timedelta(hours=1),
        ends_at=at + timedelta(hours=2),
        author=w.desk,
        created_at=at,
    )
    return tell(kind, w.support, actor=w.desk, site_notice=notice, organization=w.kitahama)


def _answer_changed(w, kind):
    at = clock.now()
    answer = Answer.create()
    AnswerTranslation.create(answer=answer, locale="en", title="Labels", body="Switch it off.", updated_at=at)
    AnswerSubscription.create(answer=answer, contact=w.own, created_at=at)
    return tell(kind, w.own, actor=w.desk, answer=answer)


def _link(purpose, lasts):
    def make(w, kind):
        secret = "a secret for the tests alone"
        link = Link.make(w.own, purpose, clock.now(), lasts, secret)
        actor = w.manager if purpose == "invitation" else None
        return tell(kind, w.own, actor=actor, link=link, organization=w.kitahama if actor else None)

    return make


def _address(**details):
    return lambda w, kind: tell(kind, w.own, actor=w.manager, organization=w.kitahama, details=details)


MAKERS = {
    "access_asked": _access("pending", "manager"),
    "access_approved": _access("approved", "colleague", days_given=90),
    "access_declined": _access("declined", "colleague", decision_reason="Not before the audit."),
    "access_withdrawn": _access("withdrawn", "manager"),
    "access_lapsed": _access("lapsed", "colleague"),
    "access_given": _grant(),
    "access_changed": _grant(),
    "access_ending": _grant(days=7),
    "access_ended": _grant(),
    "contact_added": _contact_added,
    "request_new": _request(),
    "request_message": _request(status="solved"),
    "request_changed": _request(severity=2),
    "request_assigned": _request("desk"),
    "site_notice": _site_notice,
    "answer_changed": _answer_changed,
    "password_reset": _link("reset", timedelta(minutes=60)),
    "invitation": _link("invitation", timedelta(hours=72)),
    "email_changed": _address(),
    "email_left": _address(mail_to="before@kitahama.example"),
    "second_factor_changed": _address(what="reset"),
}


def make(w, kind):
    """Write the notification of this kind and return it; its reader may see what it tells of."""
    return MAKERS[kind](w, kind)


def attach(message, *names):
    """Give the message files of these names."""
    for position, name in enumerate(names):
        Attachment.create(
            message=message,
            service_request=message.service_request_id,
            position=position,
            name=name,
            size=9,
            sha256="0",
        )
