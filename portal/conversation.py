"""A request's thread as one reads it: messages and the small changes between them, in order, each with who and when."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from portal.file_names import clean_name
from portal.markdown import to_html
from portal.models import threads
from portal.models.service_requests import CLOSED, SOLVED
from portal.words import in_sentence, status_word


class File(NamedTuple):
    """One attachment, under a name that may be shown."""

    public_id: str
    name: str
    size: int
    is_image: bool


@dataclass
class Entry:
    """One line of a thread: a message, or a change told in a sentence (`words`)."""

    anchor: str
    at: datetime
    side: str  # "customer", "partner" or "desk"
    name: str = ""
    organization: str = ""
    mine: bool = False
    stood_for: str = ""
    internal: bool = False
    html: Markup = Markup()
    files: list = field(default_factory=list)
    words: str = ""
    new: bool = False

    @property
    def organization_words(self):
        """Return the author's organization, and the side where it is not the customer's."""
        if self.side == "partner":
            return _("%(organization)s, partner", organization=self.organization)
        if self.side == "desk":
            return _("%(organization)s, desk", organization=self.organization)
        return self.organization


@dataclass
class Conversation:
    """The entries in order, and how many messages and files are among them."""

    entries: list
    messages: int
    files: int

    @property
    def count_words(self):
        """Return "4 messages, 2 files"."""
        messages = ngettext("%(num)s message", "%(num)s messages", self.messages)
        if not self.files:
            return messages
        files = ngettext("%(num)s file", "%(num)s files", self.files)
        return _("%(messages)s, %(files)s", messages=messages, files=files)

    def until(self, updated_at):
        """Return the instant up to which this shows all there is of a request that was updated at `updated_at`."""
        return max([updated_at, *(entry.at for entry in self.entries[-1:])])

    @property
    def new(self):
        """Return how many messages of others are new to the reader."""
        return sum(entry.new for entry in self.entries)


def conversation(service_request, reader, beside, *, internal_too):
    """Return the Conversation as `reader` sees it; `beside` says what there is beside its messages."""
    read_before = beside.read_at
    messages = threads.messages_of(service_request, internal_too)
    files = threads.files_of(service_request) if beside.files else {}
    changes = threads.changes_of(service_request) if beside.changes else []
    names = threads.names_in(changes)
    entries = [_message(one, files.get(one.id, ()), service_request, reader, read_before) for one in messages]
    entries += [_change(one, service_request, names) for one in changes]
    entries.sort(key=lambda entry: (entry.at, bool(entry.words)))
    return Conversation(entries, len(messages), sum(len(entry.files) for entry in entries))


def _message(said, files, service_request, reader, read_before):
    return Entry(
        anchor=f"message-{said.public_id}",
        at=said.created_at,
        side=_side(said.organization_id, service_request, said.from_the_desk),
        name=said.author,
        organization=said.organization,
        mine=said.author_id == reader.id,
        stood_for=_("%(name)s, %(organization)s", name=said.stood_for, organization=said.stood_for_at)
        if said.stood_for
        else "",
        internal=said.internal,
        html=to_html(said.body),
        files=[_file(one) for one in files],
        new=read_before is not None and said.created_at > read_before and said.author_id != reader.id,
    )


def _file(attachment):
    is_image = attachment.type.startswith("image/")
    return File(attachment.public_id, clean_name(attachment.name), attachment.size, is_image)


def _change(change, service_request, names):
    actor = change.actor
    return Entry(
        anchor=f"change-{change.id}",
        at=change.at,
        side=_side(actor.organization_id, service_request, actor.desk),
        words=change_sentence(change, in_sentence(actor.name), names),
    )


def _side(organization_id, service_request, from_the_desk):
    if from_the_desk:
        return "desk"
    return "customer" if organization_id == service_request.organization_id else "partner"


def change_sentence(change, name, names):
    """Return the sentence about a change by `name`; `names` is {contact id as text: name} of the people in it."""
    before, after = change.before, change.after
    if change.what == "status":
        return _status_sentence(name, before, after)
    if change.what == "severity":
        return _severity_sentence(name, before, after)
    if change.what == "confidential":
        return _confidential_sentence(name, after == "True")
    other = in_sentence(names.get(after or before, ""))
    if change.what == "contact_added":
        return _("%(name)s added %(other)s as a contact.", name=name, other=other)
    if change.what == "contact_removed":
        return _("%(name)s took %(other)s off the contacts.", name=name, other=other)
    return _("%(name)s made %(other)s the primary contact.", name=name, other=other)


def _status_sentence(name, before, after):
    if after == SOLVED:
        return _("%(name)s marked the request as solved.", name=name)
    if after == CLOSED:
        return _("%(name)s closed the request.", name=name)
    if before in {SOLVED, CLOSED}:
        return _("%(name)s reopened the request: it is now “%(status)s”.", name=name, status=status_word(after))
    return _("%(name)s set the status to “%(status)s”.", name=name, status=status_word(after))


def _severity_sentence(name, before, after):
    if after < before:  # 1 is the most severe
        return _("%(name)s raised the severity from %(before)s to %(after)s.", name=name, before=before, after=after)
    return _("%(name)s lowered the severity from %(before)s to %(after)s.", name=name, before=before, after=after)


def _confidential_sentence(name, confidential):
    if confidential:
        return _("%(name)s marked the request confidential.", name=name)
    return _("%(name)s took the confidential mark off.", name=name)
