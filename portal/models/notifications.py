"""Who is told of what. A notification is also the outbox row of its mail: it is written with the change itself."""

import json
from typing import NamedTuple

from peewee import BooleanField, Case, CharField, ForeignKeyField, IntegerField, TextField, fn

from portal.models.access import AccessRequest, Grant
from portal.models.answers import Answer
from portal.models.base import Instant, PublicId, Table, add_all
from portal.models.organizations import Contact, Organization, Site
from portal.models.service_requests import Message, ServiceRequest
from portal.models.sessions import Link

# What a person switches on or off together: one topic, the kinds under it.
TOPICS = {
    "access_asked": ("access_asked",),
    "access_decided": ("access_approved", "access_declined", "access_withdrawn", "access_lapsed"),
    "access_changed": ("access_given", "access_changed", "access_ended"),
    "access_ending": ("access_ending",),
    "contact_added": ("contact_added",),
    "request_new": ("request_new",),
    "request_message": ("request_message",),
    "request_changed": ("request_changed",),
    "request_assigned": ("request_assigned",),
    "answer_changed": ("answer_changed",),
}
TOPIC_OF = {kind: topic for topic, kinds in TOPICS.items() for kind in kinds}
REQUEST_KINDS = ("request_new", "request_message", "request_changed")  # what one customer's requests tell
REQUESTS = "requests"  # the preference for them, one row a customer
PASSWORD_KINDS = ("password_reset", "invitation")
MAIL_ONLY = (*PASSWORD_KINDS, "email_left")  # to the address that was, named in the details as `mail_to`
MAIL_DUE, MAIL_SENT, MAIL_DROPPED, MAIL_REFUSED, MAIL_NONE = "due", "sent", "dropped", "refused", "none"


class SiteNotice(Table):
    public_id: str = PublicId()
    site = ForeignKeyField(Site, backref="notices")
    kind: str = CharField(max_length=16)
    title: str = CharField(max_length=300)
    body: str = TextField(default="")
    starts_at = Instant(null=True)
    ends_at = Instant(null=True)
    resolved_at = Instant(null=True)
    author = ForeignKeyField(Contact)
    created_at = Instant()


class Notification(Table):
    """One thing told to one contact. A row without a contact keeps an unknown address as costly as a known one."""

    public_id: str = PublicId()
    contact = ForeignKeyField(Contact, null=True, backref="notifications", index=False)
    kind: str = CharField(max_length=32)
    created_at = Instant()
    read_at = Instant(null=True)
    actor = ForeignKeyField(Contact, null=True, index=False)
    organization = ForeignKeyField(Organization, null=True, index=False)
    access_request = ForeignKeyField(AccessRequest, null=True, index=False)
    grant = ForeignKeyField(Grant, null=True, index=False)
    service_request = ForeignKeyField(ServiceRequest, null=True)
    message = ForeignKeyField(Message, null=True, index=False)
    site_notice = ForeignKeyField(SiteNotice, null=True, index=False)
    answer = ForeignKeyField(Answer, null=True, index=False)
    link = ForeignKeyField(Link, null=True)
    details: str = TextField(default="{}")
    once_key: str | None = CharField(max_length=120, null=True, unique=True)
    mail_state: str = CharField(max_length=8, default=MAIL_DUE)
    mail_due_at = Instant(null=True)
    mail_attempts: int = IntegerField(default=0)
    mail_sent_at = Instant(null=True)
    mail_error: str = CharField(max_length=500, default="")

    class Meta:
        indexes = (
            (("contact", "created_at", "id"), False),
            (("contact", "read_at"), False),
            (("mail_state", "mail_due_at"), False),
            (("service_request",), False),
        )

    @property
    def facts(self):
        """Return the details as a dict."""
        return json.loads(self.details)


class SwitchedOff(NamedTuple):
    """What a contact wishes not to be mailed and not to be listed: topics, and ids of customers for their requests."""

    mailed: set
    listed: set
    customers_mailed: set
    customers_listed: set


class NotificationPreference(Table):
    """One choice of one contact: a kind (and perhaps one customer) on or off, by mail or in the list."""

    contact = ForeignKeyField(Contact)
    kind: str = CharField(max_length=32)
    organization = ForeignKeyField(Organization, null=True)
    by_mail: bool = BooleanField(default=True)
    in_list: bool = BooleanField(default=True)

    class Meta:
        indexes = ((("contact", "kind", "organization"), False),)

    @classmethod
    def all_switched_off(cls, contact):
        """Return what the contact has SwitchedOff; site notices are asked for apart."""
        rows = list(cls.select().where(cls.contact == contact, cls.kind.in_([*TOPICS, REQUESTS])))
        topics = [one for one in rows if one.kind != REQUESTS and one.organization_id is None]
        customers = [one for one in rows if one.kind == REQUESTS]
        return SwitchedOff(
            {one.kind for one in topics if not one.by_mail},
            {one.kind for one in topics if not one.in_list},
            {one.organization_id for one in customers if not one.by_mail},
            {one.organization_id for one in customers if not one.in_list},
        )

    @classmethod
    def switched_off(cls, contact):
        """Return (topics not mailed, topics not listed) of the contact, whatever the customer."""
        return cls.all_switched_off(contact)[:2]

    @classmethod
    def switch_customers_off(cls, contact, offered, mails, list_entries):
        """Keep which of the `offered` organizations (ids) are not to be mailed about, and which not to be listed."""
        mine = (cls.contact == contact) & (cls.kind == REQUESTS)
        cls.delete().where(mine, cls.organization.in_(list(offered))).execute()
        ways = [(one, one not in mails, one not in list_entries) for one in offered]
        rows = [
            {"contact": contact, "kind": REQUESTS, "organization": one, "by_mail": by_mail, "in_list": in_list}
            for one, by_mail, in_list in ways
            if not (by_mail and in_list)
        ]
        if rows:
            cls.insert_many(rows).execute()

    @classmethod
    def keeps_from_list(cls, contact):
        """Return the condition that a notification's topic, or its customer's requests, are switched off for the list."""
        others = [(kind, topic) for kind, topic in TOPIC_OF.items() if kind != topic]
        topic = cls.organization.is_null() & (cls.kind == Case(Notification.kind, others, Notification.kind))
        customer = (cls.kind == REQUESTS) & (cls.organization == Notification.organization)
        customer &= Notification.kind.in_(REQUEST_KINDS)
        return fn.EXISTS(cls.select(cls.id).where(cls.contact == contact, ~cls.in_list, topic | customer))

    @classmethod
    def switch_off(cls, contact, mails, list_entries):
        """Keep which topics the contact is not to be mailed, and which not to be listed; all others are on."""
        cls.delete().where(cls.contact == contact, cls.kind.in_(list(TOPICS)), cls.organization.is_null()).execute()
        rows = [
            {"contact": contact, "kind": topic, "by_mail": topic not in mails, "in_list": topic not in list_entries}
            for topic in TOPICS
            if topic in mails or topic in list_entries
        ]
        if rows:
            cls.insert_many(rows).execute()

    @classmethod
    def stop_mail(cls, contact, topic, organization=None):
        """Keep that the contact is not to be mailed this topic; the list stays as it is.

        With REQUESTS as the topic: nothing about this organization's requests.
        """
        of_it = cls.organization == organization if organization else cls.organization.is_null()
        if not cls.update(by_mail=False).where(cls.contact == contact, cls.kind == topic, of_it).execute():
            cls.create(contact=contact, kind=topic, organization=organization, by_mail=False)

    @classmethod
    def who_left_site_notices(cls, organization):
        """Return the ids of the contacts who chose to hear no more of the organization's site notices."""
        query = cls.select(cls.contact).where(cls.kind == "site_notice", cls.organization == organization, ~cls.in_list)
        return {row[0] for row in query.tuples()}

    @classmethod
    def site_notices_left_by(cls, contact):
        """Return the ids of the organizations whose site notices the contact chose to hear no more of."""
        return {row[0] for row in cls._leaving(contact).select(cls.organization).tuples()}

    @classmethod
    def left_at(cls, contact, organization):
        """Return a question: whether the contact left the site notices of an organization, a column of what asks."""
        return fn.EXISTS(cls._leaving(contact).where(cls.organization == organization))

    @classmethod
    def _leaving(cls, contact):
        return cls.select(cls.id).where(cls.contact == contact, cls.kind == "site_notice", ~cls.in_list)


def notify(kind, contacts, at, *, actor=None, mailed=None, details=None, once=None, **about):
    """Write one notification for each of `contacts`, the actor and repeats left out, in a single statement.

    `contacts` may hold None for an address that belongs to nobody. `mailed` names those who get a mail, all unless
    given. A stand-in's goes to the person behind it. `once` names what each contact is told a single time, ever.
    `about` names the rows that the notification speaks of.
    """
    told = _ids(contacts) - {actor.id if actor else 0}
    by_mail = told if mailed is None else _ids(mailed)
    written = json.dumps(details or {}, ensure_ascii=False)
    rows = [
        {
            "contact": contact_id,
            "kind": kind,
            "created_at": at,
            "actor": actor,
            "details": written,
            "mail_state": MAIL_DUE if contact_id and contact_id in by_mail else MAIL_NONE,
            "mail_due_at": at,
            "once_key": f"{once}:{contact_id}" if once else None,
            **about,
        }
        for contact_id in sorted(told, key=lambda one: one or 0)
    ]
    if rows and once:
        Notification.insert_many(rows).on_conflict_ignore().execute()
    else:
        add_all(Notification, rows)


def _ids(contacts):
    return {(contact.stands_in_for_id or contact.id) if contact else None for contact in contacts}
