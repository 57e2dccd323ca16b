"""The preview's mailbox: the portal's own deliverer hands its mail in here instead of to a server."""

from dataclasses import dataclass
from datetime import UTC, timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from threading import Lock

from flask import current_app, request

from portal import clock
from portal.delivery import deliver_once


@dataclass(frozen=True)
class Mail:
    """One mail as it would have left."""

    number: int
    message: EmailMessage

    @property
    def at(self):
        """Return the instant of the change that it tells of, as naive UTC."""
        return self.message["Date"].datetime.astimezone(UTC).replace(tzinfo=None)

    @property
    def subject(self):
        """Return the subject line."""
        return str(self.message["Subject"])

    @property
    def sender(self):
        """Return the From line."""
        return str(self.message["From"])

    @property
    def recipient(self):
        """Return the To line."""
        return str(self.message["To"])

    @property
    def to_name(self):
        """Return the recipient's name, or the address where there is none."""
        name, address = parseaddr(self.recipient)
        return name or address

    @property
    def to_address(self):
        """Return the recipient's address."""
        return parseaddr(self.recipient)[1]

    @property
    def text(self):
        """Return the plain text part."""
        return self._part("plain")

    @property
    def html(self):
        """Return the HTML part; its links open in the whole window, not in the frame it is shown in."""
        return self._part("html").replace("<head>", '<head><base target="_top">', 1)

    def tells(self, public_id):
        """Return whether it is the mail of the notification with this public id."""
        return str(self.message["Message-ID"]).startswith(f"<{public_id}@")

    def _part(self, kind):
        part = self.message.get_body((kind,))
        return part.get_content() if part else ""


class Mailbox:
    """All mail of one preview, kept in memory: a transport that the deliverer hands its mail to."""

    def __init__(self):
        self._mails: list[Mail] = []
        self._lock = Lock()

    def __len__(self):
        return len(self._mails)

    def send(self, message):
        """Keep a mail that would have been sent."""
        with self._lock:
            self._mails.append(Mail(len(self._mails) + 1, message))

    def close(self):
        """There is nothing to hang up."""

    def get(self, number):
        """Return the mail with this number, or None."""
        return self._mails[number - 1] if 0 < number <= len(self._mails) else None

    def telling(self, public_id):
        """Return the mail of the notification with this public id, or None."""
        return next((mail for mail in self._mails if mail.tells(public_id)), None)

    def newest_first(self):
        """Return all mails, the newest first."""
        return sorted(self._mails, key=lambda mail: (mail.at, mail.number), reverse=True)


def init_app(app):
    """Give `app` its mailbox; what a change has to say lies in it before the change is answered."""
    app.extensions["preview_mailbox"] = Mailbox()
    app.config["MAIL_LEAVES"] = True

    @app.after_request
    def _deliver(response):
        if request.method == "POST":
            deliver(app)
        return response


def deliver(app):
    """Let the portal's own deliverer send what is due into the mailbox."""
    deliver_once(app, lambda: app.extensions["preview_mailbox"])


def live_on(app, days):
    """Turn the clock forward by that many days, each bringing the reminders and endings that it has."""
    for _day in range(days):
        clock.turn_forward(timedelta(days=1))
        deliver(app)


def current():
    """Return the mailbox of the preview that answers."""
    return current_app.extensions["preview_mailbox"]
