"""Mail as the desk sees it: what was refused for good, and sending it once more."""

from portal.database import transaction
from portal.models.notifications import MAIL_DUE, MAIL_REFUSED, Notification
from portal.models.organizations import Contact, Organization

SHOWN = 100
COUNTED_UP_TO = 1000


def refused(limit=SHOWN):
    """Return the latest notifications whose mail was refused for good, with person and organization, newest first."""
    query = Notification.select(Notification, Contact, Organization).join(Contact, on=Notification.contact)
    query = query.join(Organization, on=Contact.organization).where(Notification.mail_state == MAIL_REFUSED)
    return list(query.order_by(Notification.mail_due_at.desc(), Notification.id.desc()).limit(limit))


def count_due():
    """Return how many mails wait to be sent, counted no further than COUNTED_UP_TO."""
    return Notification.select(Notification.id).where(Notification.mail_state == MAIL_DUE).limit(COUNTED_UP_TO).count()


def send_again(public_id, at):
    """Make a refused mail due once more; return whether this call did it."""
    with transaction():
        changed = (
            Notification.update(mail_state=MAIL_DUE, mail_due_at=at, mail_attempts=0, mail_error="")
            .where(Notification.public_id == public_id, Notification.mail_state == MAIL_REFUSED)
            .execute()
        )
    return bool(changed)
