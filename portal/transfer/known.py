"""What rows may refer to: the rows of the files, and what the database already has."""

from collections import defaultdict
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from peewee import JOIN

from portal.models import (
    AccessRequest,
    Answer,
    AnswerTranslation,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    Subscription,
)
from portal.transfer.columns import ATTACHED, CONTACTS, ORGANIZATIONS, REQUESTS

BATCH = 500


class Firm(NamedTuple):
    timezone: str
    locale: str


class Person(NamedTuple):
    organization: str
    timezone: str
    stands_in_for: str | None
    active: bool
    contact_manager: bool
    desk: bool


class Entry(NamedTuple):
    """One message of a thread: from the database with its id, or from messages.csv with its row."""

    created_at: datetime
    internal: bool
    author: str | None
    message_id: int | None = None
    row: object = None


class World:
    """The files laid over the database."""

    def __init__(self, tables, max_days):
        self.max_days = max_days
        self.stored = _stored_keys(tables)
        self.firms = _stored_firms()
        self.people = _stored_people()
        self.sites = {(slug, name) for slug, name, _id in stored_sites()}
        self.threads = _stored_threads(self.stored[REQUESTS])
        self._add_rows(tables)
        self.keys = {ORGANIZATIONS: self.firms.keys(), CONTACTS: self.people.keys(), REQUESTS: self._requests(tables)}

    def _add_rows(self, tables):
        for row in tables[ORGANIZATIONS].rows:
            values = row.values
            if "slug" in values:
                self.firms.setdefault(values["slug"], Firm(values.get("timezone", "UTC"), values.get("locale", "en")))
        for row in tables[CONTACTS].rows:
            if "email" in row.values:
                self.people.setdefault(row.values["email"], self._person(row.values))
        for row in tables["sites"].rows:
            self.sites.add((row.values.get("organization"), row.values.get("name")))
        for row in tables["messages"].rows:
            values = row.values
            if "reference" in values:  # a message with other faults keeps its place all the same
                when, internal = values.get("created_at", datetime.max), values.get("internal", False)
                self.threads[values["reference"]].append(Entry(when, internal, values.get("author"), row=row))
        for thread in self.threads.values():
            thread.sort(key=lambda entry: entry.created_at)  # stable: of the same instant, as they stand in the file

    def _person(self, values):
        firm = self.firms.get(values.get("organization"), Firm("UTC", "en"))
        return Person(
            values.get("organization", ""),
            values.get("timezone") or firm.timezone,
            values.get("stands_in_for"),
            values.get("active", True),
            values.get("contact_manager", False),
            values.get("desk", False),
        )

    def _requests(self, tables):
        return {row.values.get("reference") for row in tables[REQUESTS].rows} | self.stored[REQUESTS].keys()

    def manager_reached(self, email, partner):
        """Return the Person whom an access request reaches at this address, or None: the rule of SPEC 4, My Customers."""
        person = self.people.get(email)
        reached = (
            person is not None
            and person.contact_manager
            and person.active
            and person.stands_in_for is None
            and person.organization != partner
        )
        return person if reached else None


def named(tables, file, column):
    """Return what the rows of a file name in a column."""
    return {row.values[column] for row in tables[file].rows if row.values.get(column) is not None}


def in_batches(values, size=BATCH):
    """Yield `values` in lists of at most `size`."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def stored_requests(references):
    """Return {reference: (id, organization id, updated_at)} of those that the database has."""
    columns = (
        ServiceRequest.reference,
        ServiceRequest.id,
        ServiceRequest.organization,
        ServiceRequest.updated_at,
    )
    found = {}
    for batch in in_batches(sorted(references)):
        query = ServiceRequest.select(*columns).where(ServiceRequest.reference.in_(batch))
        found.update({reference: tuple(rest) for reference, *rest in query.tuples().iterator()})
    return found


def stored_sites():
    """Return [(organization's slug, name, id)] of every site."""
    query = Site.select(Organization.slug, Site.name, Site.id).join(Organization)
    return list(query.tuples())


def stored_grants(slugs):
    """Return [(customer, partner, contact or None, starts_at, expires_at, ended_at)] of these customers' grants."""
    partner = Organization.alias()
    query = (
        Grant.select(Organization.slug, partner.slug, Contact.email, Grant.starts_at, Grant.expires_at, Grant.ended_at)
        .join(Organization, on=Grant.customer)
        .switch(Grant)
        .join(partner, on=Grant.partner)
        .switch(Grant)
        .join(Contact, JOIN.LEFT_OUTER, on=Grant.contact)
    )
    return [row for batch in in_batches(sorted(slugs)) for row in query.where(Organization.slug.in_(batch)).tuples()]


def _stored_keys(tables):
    """Return, for each file with a key, a container of the keys that the database already has."""
    requests = set().union(*(named(tables, file, "reference") for file in (REQUESTS, "messages", ATTACHED)))
    subscriptions = Subscription.select(Contact.email, Organization.slug)
    subscriptions = subscriptions.join(Contact, on=Subscription.contact).switch(Subscription)
    subscriptions = subscriptions.join(Organization, on=Subscription.organization)
    answers = AnswerTranslation.select(Answer.public_id, AnswerTranslation.locale).join(Answer)
    return {
        ORGANIZATIONS: {slug for (slug,) in Organization.select(Organization.slug).tuples()},
        CONTACTS: {email for (email,) in Contact.select(Contact.email).tuples()},
        "sites": {(slug, name) for slug, name, _id in stored_sites()},
        "access_requests": _stored_access_requests(named(tables, "access_requests", "id")),
        REQUESTS: stored_requests(requests),
        "subscriptions": set(subscriptions.tuples()),
        "answers": set(answers.tuples()),
    }


def _stored_access_requests(ids):
    found = set()
    for batch in in_batches(sorted(ids)):
        query = AccessRequest.select(AccessRequest.public_id).where(AccessRequest.public_id.in_(batch))
        found.update(public_id for (public_id,) in query.tuples())
    return found


def _stored_firms():
    query = Organization.select(Organization.slug, Organization.timezone, Organization.locale)
    return {slug: Firm(timezone, locale) for slug, timezone, locale in query.tuples()}


def _stored_people():
    behind = Contact.alias()
    query = (
        Contact.select(
            Contact.email,
            Organization.slug,
            Contact.timezone,
            behind.email,
            Contact.active,
            Contact.contact_manager,
            Contact.desk,
        )
        .join(Organization, on=Contact.organization)
        .switch(Contact)
        .join(behind, JOIN.LEFT_OUTER, on=Contact.stands_in_for)
    )
    return {email: Person(*rest) for email, *rest in query.tuples()}


def _stored_threads(requests):
    threads = defaultdict(list)
    references = {values[0]: reference for reference, values in requests.items()}
    query = Message.select(Message.service_request, Message.created_at, Message.internal, Contact.email, Message.id)
    query = query.join(Contact, on=Message.author).order_by(Message.service_request, Message.created_at, Message.id)
    for batch in in_batches(sorted(references)):
        for request_id, *rest in query.where(Message.service_request.in_(batch)).tuples().iterator():
            threads[references[request_id]].append(Entry(*rest))
    return threads
