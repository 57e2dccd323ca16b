"""The files of a form: those sent with it now, and those kept from when it came back. Both count for the limits."""

from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from portal import files
from portal.database import transaction
from portal.forms import submission
from portal.models import Contact, kept_files

FIELD = "kept_files"


@dataclass
class Carried:
    """What one form of one contact carries. Somebody else's files, named in it, are none."""

    contact: Contact
    place: str
    at: datetime
    uploads: list
    asked: list
    kept: list

    @classmethod
    def of(cls, contact, place, at):
        """Return what the form of this request carries; raise 413 where that is more than may go at once."""
        uploads = files.uploads()
        asked = list(dict.fromkeys(one for one in request.form.getlist(FIELD)[:200] if one and "\0" not in one))
        found = cls(contact, place, at, uploads, asked, kept_files.called(contact, place, asked, at))
        found._check_limits()
        return found

    def _check_limits(self):
        settings = current_app.config["PORTAL"]
        size = sum(one.size for one in self.kept) + (request.content_length or 0)
        if self.kept and (len(self.kept) + len(self.uploads) > settings.max_files or size > settings.max_body):
            raise RequestEntityTooLarge

    def __bool__(self):
        return bool(self.uploads or self.asked)

    def keeper(self):
        """Return a function that makes attachments of a message of them, or None where there are none.

        It raises kept_files.Gone where one is not kept any more, before anything of the message stays.
        """
        return self._attach if self else None

    def _attach(self, message):
        before = kept_files.hand_over(self.contact, self.place, self.asked, message, self.at) if self.asked else 0
        files.keep(message, self.uploads, after=before)

    def hold(self, form, *, only=True):
        """Keep them for the form that comes back, and put into it what it shows; with `only`, let go what was unticked."""
        form.draft = form.draft or submission.new_key()
        named = {"contact": self.contact, "place": self.place, "draft": form.draft}
        before = kept_files.of_form(**named, at=self.at)
        if self.uploads or self.kept or before:
            with transaction():
                files.hold({**named, "kept_at": self.at}, self.uploads)
                new = [one.public_id for one in kept_files.of_form(**named, at=self.at) if one not in before]
                asked = [one.public_id for one in self.kept]
                kept_files.go_on_with(**named, public_ids=asked + new, at=self.at, only=only)
        form.kept = kept_files.of_form(**named, at=self.at)
