"""The service requests of the preview, submitted and answered through the portal's own rules."""

from portal import permissions
from portal.models import Attachment, ServiceRequest, reading, request_changes, submitting
from portal.models.service_requests import STATUSES
from portal.permissions import Action
from portal.preview import files, stories


def write(stage):
    """Put every request with its thread on the stage's timeline."""
    for story in stories.read_all():
        _Performance(stage, story).plan()


class _Performance:
    """One story on its way to become a service request."""

    def __init__(self, stage, story):
        self.stage = stage
        self.story = story
        self.organization = stage.firms[story.choices["organization"]]
        self.row_id = None

    def plan(self):
        description, *entries = self.story.thread
        at = self.story.begins_at(self.stage, self.organization.timezone)
        self.stage.then(at, lambda at: self._submit(description, at))
        for entry in entries:
            self.stage.then(at + entry.after / 2, lambda at, entry=entry: self._read(entry, at))
            at += entry.after
            self.stage.then(at, lambda at, entry=entry: self._go_on(entry, at))

    def _submit(self, description, at):
        chosen, people = self.story.choices, self.stage.people
        author = people[description.by]
        category = chosen.get("category", "technical")
        submission = permissions.load_submission(author, self.organization.slug, category, at)
        values = {
            "organization": self.organization,
            "site": self.stage.sites.get(chosen.get("site")),
            "category": category,
            "severity": int(chosen.get("severity", 3)),
            "confidential": "confidential" in chosen,
            "subject": self.story.subject,
            "submitted_by": author,
            "primary_contact": author,
            "timezone": author.timezone,
        }
        additional = [people[key] for key in chosen.get("also", "").split(", ") if key]
        request = submitting.submit(
            values,
            description.text,
            additional,
            at,
            readers=permissions.readers,
            store_files=_files_of(description),
            grant=submission.standing.grant,
        )
        self.row_id = request.id

    def _load(self, entry, action, at):
        author = self.stage.people[entry.by]
        reference = ServiceRequest.get_by_id(self.row_id).reference
        request, one = permissions.load_request(author, reference, action, at)
        return request, author, one.standing.grant

    def _read(self, entry, at):
        """Let a partner's person read the request before they do anything with it."""
        author = self.stage.people[entry.by]
        if not author.desk and author.organization_id != self.organization.id:
            request, author, grant = self._load(entry, Action.READ, at)
            reading.note_reading(request, author, at, grant=grant)

    def _go_on(self, entry, at):
        act, *rest = entry.acts or [""]
        if act == "reads":
            return  # done already
        if act == "downloads":
            self._download(entry, rest[0], at)
        elif act == "assigns":
            request, author, _grant = self._load(entry, Action.UPDATE, at)
            request_changes.assign(request, self.stage.people[rest[0]], author, at, instead_of=request.assignee_id)
        elif act == "severity":
            request, author, grant = self._load(entry, Action.UPDATE, at)
            request_changes.set_severity(request, author, int(rest[0]), at, readers=permissions.readers, grant=grant)
        else:
            self._reply(entry, act, at)

    def _download(self, entry, name, at):
        request, author, grant = self._load(entry, Action.READ, at)
        attachment = Attachment.get(Attachment.service_request == request, Attachment.name == name)
        reading.note_download(attachment, author, at, grant)

    def _reply(self, entry, act, at):
        internal = act == "internal"
        request, author, grant = self._load(entry, Action.WRITE_INTERNALLY if internal else Action.REPLY, at)
        request_changes.reply(
            request,
            author,
            entry.text,
            at,
            readers=permissions.readers,
            status=act if act in STATUSES else None,
            internal=internal,
            store_files=_files_of(entry),
            grant=grant,
        )


def _files_of(entry):
    return (lambda message: files.attach(message, entry.files)) if entry.files else None
