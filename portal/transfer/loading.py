"""Rows that are free of faults -> the database, many at a time. Call it inside one transaction."""

from collections import Counter
from itertools import chain

from flask_babel import gettext as _

from portal.models import (
    AccessRequest,
    AccessRequestLine,
    AdditionalContact,
    Answer,
    AnswerTranslation,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    Subscription,
    history,
    search,
)
from portal.models.base import opaque_id
from portal.transfer import attaching
from portal.transfer.building import Builder
from portal.transfer.known import in_batches, named, stored_requests, stored_sites

ROWS = 400  # in one statement: SQLite takes 32,766 values
TOLD_EVERY = 10_000
_ABOUT_REQUESTS = ("service_requests", "messages", "attachments")


class Load:
    """One import: its files, the world they belong to, and what builds their rows."""

    def __init__(self, tables, world, hashes, at, progress):
        self.tables = tables
        self.world = world
        self.build = Builder(world, hashes, at)
        self.at = at
        self.progress = progress

    def run(self, folder):
        """Write everything, the bytes of attachments from `folder`; return {file: number of rows}."""
        self._organizations()
        self._contacts()
        self._sites()
        self._insert(Grant, map(self.build.grant, self._values("grants")), "grants.csv")
        self._access_requests()
        self._service_requests()
        self._messages()
        attaching.attach(self._values("attachments"), self.world, self.build.requests, folder, self.progress)
        self._insert(Subscription, map(self.build.subscription, self._values("subscriptions")), "subscriptions.csv")
        self._answers()
        self._note_in_history()
        return {name: len(table.rows) for name, table in self.tables.items()}

    def _values(self, name):
        return [row.values for row in self.tables[name].rows]

    def _insert(self, model, rows, file=None):
        """Insert `rows`, which are dicts with the same keys, and tell how far it is with `file`."""
        done = 0
        for batch in in_batches(rows, ROWS):
            model.insert_many(batch).execute()
            told, done = done // TOLD_EVERY, done + len(batch)
            if file and done // TOLD_EVERY > told:
                self.progress(_("%(file)s: %(count)s rows written.", file=file, count=done))

    def _organizations(self):
        self._insert(Organization, self._values("organizations"), "organizations.csv")
        self.build.organizations.update(Organization.select(Organization.slug, Organization.id).tuples())

    def _contacts(self):
        # The people behind stand-ins first: a stand-in is written with the id of its own.
        for stand_ins in (False, True):
            chosen = (one for one in self._values("contacts") if bool(one["stands_in_for"]) is stand_ins)
            self._insert(Contact, map(self.build.contact, chosen), "contacts.csv")
            self.build.contacts.update(Contact.select(Contact.email, Contact.id).tuples())

    def _sites(self):
        self._insert(Site, map(self.build.site, self._values("sites")), "sites.csv")
        self.build.sites.update({(slug, name): site_id for slug, name, site_id in stored_sites()})

    def _access_requests(self):
        asked = self._values("access_requests")
        self._insert(AccessRequest, map(self.build.access_request, asked), "access_requests.csv")
        for batch in in_batches([one["id"] for one in asked]):
            query = AccessRequest.select(AccessRequest.public_id, AccessRequest.id)
            self.build.access_requests.update(query.where(AccessRequest.public_id.in_(batch)).tuples())
        lines = chain.from_iterable(map(self.build.lines, asked))
        self._insert(AccessRequestLine, lines)

    def _service_requests(self):
        requests = self._values("service_requests")
        self._insert(ServiceRequest, map(self.build.service_request, requests), "service_requests.csv")
        mentioned = set().union(*(named(self.tables, file, "reference") for file in _ABOUT_REQUESTS))
        self.build.requests.update({reference: row[0] for reference, row in stored_requests(mentioned).items()})
        additional = chain.from_iterable(map(self.build.additional_contacts, requests))
        self._insert(AdditionalContact, additional)

    def _messages(self):
        messages = self._values("messages")
        for one in messages:
            one["public_id"] = opaque_id()  # by which the attachments find their message's id
        self._insert(Message, map(self.build.message, messages), "messages.csv")
        search.catch_up()
        self._touch_older_requests()

    def _touch_older_requests(self):
        """Date those requests anew that were in the portal before and have a later public message now."""
        stored = self.world.stored["service_requests"]
        for reference in named(self.tables, "messages", "reference") & stored.keys():
            request_id, _organization, updated_at = stored[reference]
            latest = max((one.created_at for one in self.world.threads[reference] if not one.internal), default=None)
            if latest and latest > updated_at:
                ServiceRequest.update(updated_at=latest).where(ServiceRequest.id == request_id).execute()

    def _answers(self):
        translations = self._values("answers")
        present = dict(Answer.select(Answer.public_id, Answer.id).tuples())
        reviewed = {}
        for one in translations:
            if one["id"] not in present:
                reviewed.setdefault(one["id"], []).append(one["reviewed_on"])
        # An answer is reviewed when all of its translations are.
        rows = ({"public_id": key, "reviewed_on": max(days) if all(days) else None} for key, days in reviewed.items())
        self._insert(Answer, rows)
        ids = dict(Answer.select(Answer.public_id, Answer.id).tuples())
        rows = (
            {
                "answer": ids[one["id"]],
                "updated_at": self.at,
                **{name: one[name] for name in ("locale", "title", "body", "reviewed_on")},
            }
            for one in translations
        )
        self._insert(AnswerTranslation, rows, "answers.csv")

    def _note_in_history(self):
        """Say in each customer's history where its grants came from."""
        counts = Counter(one["customer"] for one in self._values("grants"))
        for slug in sorted(counts):
            history.record(Organization.by_slug(slug), "imported", self.at, grants=counts[slug])
