"""What somebody types on the page of a service request: a reply, a severity, a contact."""

from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _

from portal.forms import submission, typed
from portal.forms.ask import LONGEST_TEXT, too_long
from portal.models.service_requests import SEVERITIES, STATUSES

LONGEST_NAME = 200


@dataclass
class ReplyForm:
    """A reply as typed."""

    body: str = ""
    status: str = ""
    internal: bool = False
    submission: str = ""
    draft: str = ""
    kept: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)

    @classmethod
    def empty(cls, status):
        """Return a form that is shown anew, with the status that a reply most likely leads to."""
        return cls(status=status, submission=submission.new_key(), draft=submission.new_key())

    @classmethod
    def from_draft(cls, draft, status):
        """Return the form with the draft's text; `status` where the draft's own is out of date or none."""
        kept = draft.values
        return cls(kept["body"], status or kept["status"], kept["internal"], submission.new_key(), draft.key)

    def to_keep(self):
        """Return what a draft keeps: {field: value}, nothing while no text is written."""
        return {"body": self.body, "status": self.status, "internal": self.internal} if self.body else {}

    def check_lengths(self):
        """Fill `errors` where more is typed than a draft keeps; return whether there is none."""
        self.errors = {}
        if len(self.body) > LONGEST_TEXT:
            self.errors["body"] = too_long(self.body, LONGEST_TEXT)
        return not self.errors

    @classmethod
    def read(cls, posted):
        """Return the form as posted, not yet checked."""
        return cls(
            body=typed.text(posted, "body").replace("\r\n", "\n"),
            status=typed.text(posted, "status", 16),
            internal="internal" in posted,
            submission=submission.typed_key(posted),
            draft=submission.typed_key(posted, submission.DRAFT),
        )

    def check(self, service_request, files):
        """Fill `errors`; a reply needs a text, a file or another status."""
        self.errors = {}
        if self.status and self.status not in STATUSES:
            self.errors["status"] = _("Choose one of the statuses.")
        elif not self.body and not files and self.status in {"", service_request.status}:
            self.errors["body"] = _("Write a message, attach a file or choose another status.")
        if len(self.body) > LONGEST_TEXT:
            self.errors["body"] = too_long(self.body, LONGEST_TEXT)
        return not self.errors


@dataclass
class ContactForm:
    """Who is to be added: an existing contact, or a new one with name and address."""

    kind: str = "existing"
    contact: str = ""
    name: str = ""
    email: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, posted):
        """Return the form as posted, not yet checked."""
        return cls(
            kind="new" if posted.get("kind") == "new" else "existing",
            contact=typed.text(posted, "contact", 64),
            name=" ".join(typed.text(posted, "name").split()),
            email=typed.text(posted, "email", 2 * typed.LONGEST_ADDRESS),
        )

    def check_new(self):
        """Fill `errors` for a new contact; return whether there is none."""
        self.errors = {}
        if not self.name:
            self.errors["name"] = _("Write the person’s name.")
        elif len(self.name) > LONGEST_NAME:
            self.errors["name"] = too_long(self.name, LONGEST_NAME)
        if not typed.is_address(self.email):
            self.errors["email"] = _("This address is not complete. An example: name@firm.example")
        return not self.errors


def read_severity(posted):
    """Return the severity that was chosen, or None where it is none."""
    text = typed.text(posted, "severity", 8)
    return int(text) if text in {str(one) for one in SEVERITIES} else None


def read_instant(text):
    """Return the instant (naive UTC) that a page wrote into an address of its own, or None."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is None else None
