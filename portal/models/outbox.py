"""The outbox: notifications whose mail is due, leased by one deliverer at a time, then settled."""

from datetime import timedelta

from portal import database
from portal.models.notifications import MAIL_DROPPED, MAIL_DUE, MAIL_REFUSED, MAIL_SENT, Notification
from portal.models.sessions import Link

LEASE = timedelta(minutes=2)
CLOCKS_DIFFER = timedelta(minutes=1)  # at most: between machines, and between asking for the time and for the lease
FIRST_HOUR = 90  # attempts
SOON = timedelta(seconds=40)
LATER = [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 60)]
LONGEST_ERROR = 500
NOBODYS_KEPT = timedelta(days=1)


def lease(at, most):
    """Take up to `most` due mails for LEASE, so that no other deliverer sends them meanwhile; return their ids.

    A lease that nobody settles runs out by itself: what was interrupted is due again.
    """
    with database.transaction():
        due = Notification.select(Notification.id).where(Notification.mail_state == MAIL_DUE, _has_come(at))
        due = due.order_by(Notification.mail_due_at, Notification.id).limit(most)
        if not database.is_sqlite():
            due = due.for_update("FOR UPDATE SKIP LOCKED")
        ids = [row[0] for row in due.tuples()]
        if ids:
            Notification.update(mail_due_at=at + LEASE, mail_attempts=Notification.mail_attempts + 1).where(
                Notification.id.in_(ids)
            ).execute()
    return ids


def _has_come(at):
    # What is due later than anybody ever puts it off was put off by a clock that has been set back since.
    latest = at + CLOCKS_DIFFER
    put_off = (Notification.mail_attempts <= FIRST_HOUR) & (Notification.mail_due_at > latest + LEASE)
    return (Notification.mail_due_at <= at) | put_off | (Notification.mail_due_at > latest + LATER[-1])


def give_back(ids, at):
    """Let other deliverers have what was leased and not tried."""
    _settle(ids, mail_due_at=at, mail_attempts=Notification.mail_attempts - 1)


def note_sent(notification_id, at):
    """The server has taken the mail."""
    _settle([notification_id], mail_state=MAIL_SENT, mail_sent_at=at, mail_error="")


def note_dropped(notification_id):
    """The mail must not be sent any more."""
    _settle([notification_id], mail_state=MAIL_DROPPED)


def note_refused(notification_id, error):
    """The server refused this mail for good."""
    _settle([notification_id], mail_state=MAIL_REFUSED, mail_error=_kept(error))


def postpone(notification_id, at, error):
    """The mail could not be sent now: it is due again after `pause(attempts)`."""
    attempts = Notification.select(Notification.mail_attempts).where(Notification.id == notification_id).scalar()
    _settle([notification_id], mail_due_at=at + pause(attempts or 1), mail_error=_kept(error))


def pause(attempts):
    """Return how long to wait after this many attempts: under a minute for the first hour, then more rarely."""
    if attempts <= FIRST_HOUR:
        return SOON
    return LATER[min(attempts - FIRST_HOUR, len(LATER)) - 1]


def count_waiting(contact=None):
    """Return how many mails wait to be sent, to everybody or to one contact."""
    waiting = Notification.select().where(Notification.mail_state == MAIL_DUE)
    return (waiting.where(Notification.contact == contact) if contact else waiting).count()


def forget_nobodys(at):
    """Forget what was written for addresses of nobody a day ago: it only had to cost as much."""
    old = at - NOBODYS_KEPT
    told = Notification.contact.is_null() & (Notification.created_at < old)
    links = Link.contact.is_null() & (Link.created_at < old)
    if Notification.select().where(told).exists() or Link.select().where(links).exists():
        with database.transaction():
            Notification.delete().where(told).execute()
            Link.delete().where(links).execute()


def _settle(ids, **values):
    if ids:
        with database.transaction():
            Notification.update(**values).where(Notification.id.in_(ids), Notification.mail_state == MAIL_DUE).execute()


def _kept(error):
    return error.replace("\0", "")[:LONGEST_ERROR]
