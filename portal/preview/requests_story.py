"""The service requests of the preview, submitted and answered through the portal's own rules."""

from portal import permissions
from portal.models import ServiceRequest, request_changes
from portal.permissions import Action
from portal.preview import files, stories

STATUSES = {"open", "waiting", "solved", "closed"}


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
        request = request_changes.submit(
            values,
            description.text,
            additional,
            at,
            readers=permissions.readers,
            store_files=_files_of(description),
            grant=submission.standing.grant,
        )
        self.row_id = request.id

    def _go_on(self, entry, at):
        author = self.stage.people[entry.by]
        request = ServiceRequest.get_by_id(self.row_id)
        internal = "internal" in entry.acts
        needed = Action.WRITE_INTERNALLY if internal else Action.REPLY
        _request, one = permissions.load_request(author, request.reference, needed, at)
        grant = one.standing.grant
        act = entry.acts[0] if entry.acts else ""
        if act == "severity":
            request_changes.set_severity(
                request, author, int(entry.acts[1]), at, readers=permissions.readers, grant=grant
            )
        elif act == "assigns":
            request_changes.assign(request, self.stage.people[entry.acts[1]], author, at)
        else:
            status = act if act in STATUSES else None
            request_changes.reply(
                request,
                author,
                entry.text,
                at,
                readers=permissions.readers,
                status=status,
                internal=internal,
                store_files=_files_of(entry),
                grant=grant,
            )


def _files_of(entry):
    return (lambda message: files.attach(message, entry.files)) if entry.files else None
