"""Who may what, and why: levels, capabilities, and the one rule behind every page, list and check (SPEC 3)."""

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from functools import cached_property, lru_cache, reduce
from operator import and_
from typing import NamedTuple

from peewee import JOIN, Case, fn
from werkzeug.exceptions import Forbidden, NotFound

from portal.models import access_lists
from portal.models.access import AccessRequest, AccessRequestLine, Grant
from portal.models.answers import CONTACTS, PUBLIC, Answer
from portal.models.base import among, gathered, instant_of, of_rows, read_gathered
from portal.models.notifications import Notification, NotificationPreference, SiteNotice
from portal.models.organizations import Contact, Organization, Site
from portal.models.prepared import fetched, prepared, slot
from portal.models.service_requests import (
    ACCOUNT,
    CATEGORIES,
    SITE_ADMINISTRATION,
    UPGRADE,
    AdditionalContact,
    Attachment,
    Message,
    ServiceRequest,
)


class Level(IntEnum):
    """How far a grant reaches; each level includes those below it."""

    CC = 1
    LOOK = 2
    UPDATE = 3
    CREATE = 4
    SERVICE_ADMIN = 5
    FULL_ADMIN = 6

    @property
    def code(self):
        """Return the level's name in forms, files and the command line."""
        return self.name.lower()

    @classmethod
    def from_code(cls, code):
        """Return the level called `code`; raise KeyError where there is none."""
        return {level.code: level for level in cls}[code]


class Capability(Enum):
    """The rows of the table in SPEC 3."""

    READ_NAMED = "read_named"
    BE_ADDITIONAL_CONTACT = "be_additional_contact"
    READ_ALL = "read_all"
    SITE_NOTICES = "site_notices"
    SUBSCRIBE = "subscribe"
    DASHBOARD = "dashboard"
    UPDATE = "update"
    BE_PRIMARY_CONTACT = "be_primary_contact"
    CREATE = "create"
    SITE_ADMINISTRATION = "site_administration"
    MANAGE_CONTACTS = "manage_contacts"
    UPGRADE = "upgrade"
    DECIDE_PARTNERS = "decide_partners"


_CC = frozenset({Capability.READ_NAMED, Capability.BE_ADDITIONAL_CONTACT})
_LOOK = _CC | {Capability.READ_ALL, Capability.SITE_NOTICES, Capability.SUBSCRIBE, Capability.DASHBOARD}
_UPDATE = _LOOK | {Capability.UPDATE, Capability.BE_PRIMARY_CONTACT}
_CREATE = _UPDATE | {Capability.CREATE}
_SERVICE_ADMIN = _CREATE | {Capability.SITE_ADMINISTRATION}
_FULL_ADMIN = _SERVICE_ADMIN | {Capability.MANAGE_CONTACTS}

ALLOWED = {
    Level.CC: _CC,
    Level.LOOK: _LOOK,
    Level.UPDATE: _UPDATE,
    Level.CREATE: _CREATE,
    Level.SERVICE_ADMIN: _SERVICE_ADMIN,
    Level.FULL_ADMIN: _FULL_ADMIN,
}
OWN_CONTACT = _LOOK
OWN_SUPPORT_CONTACT = _SERVICE_ADMIN | {Capability.UPGRADE}
OWN_CONTACT_MANAGER = _LOOK | {Capability.MANAGE_CONTACTS, Capability.DECIDE_PARTNERS}
DESK = _FULL_ADMIN | {Capability.UPGRADE}
NOTHING = frozenset()


def least_level(capability):
    """Return the lowest level that allows `capability`, or None where no level ever does."""
    return next((level for level in Level if capability in ALLOWED[level]), None)


@dataclass(frozen=True)
class Standing:
    """What one contact may do for one organization at one instant, and why."""

    contact: Contact
    organization: Organization
    at: datetime
    kind: str  # "own", "desk", "grant" or "none"
    capabilities: frozenset
    grant: Grant | None = None
    overrules: Grant | None = None

    @property
    def level(self):
        """Return the level that the deciding grant gives, or None without a grant."""
        return Level(self.grant.level) if self.grant else None

    @property
    def code(self):
        """Return `own`, `desk`, `none` or the level's code."""
        return self.level.code if self.grant else self.kind

    def allows(self, capability):
        """Return whether the capability is among those of this standing."""
        return capability in self.capabilities

    @property
    def keeps_confidence(self):
        """Return whether they are of the desk, or a support contact or manager of the organization (SPEC 2, confidential)."""
        contact = self.contact
        return contact.desk or (self.kind == "own" and (contact.support_contact or contact.contact_manager))


# --- The person -------------------------------------------------------------------------------------------------


def may_sign_in(contact, at):
    """Return whether the contact is a person of the portal at `at`: active, no stand-in, not suspended (rule 7)."""
    return contact.active and contact.stands_in_for_id is None and not is_suspended(contact, at)


def is_suspended(contact, at):
    """Return whether a partner added this contact, that partner's access is over, and no manager has kept them."""
    if contact.added_by_id is None or contact.kept_at is not None:
        return False
    active = Grant.select().where(
        Grant.customer == contact.organization_id, Grant.partner == contact.added_by_id, Grant.active_at(at)
    )
    return not active.exists()


def counts_for_grants(contact):
    """Return whether grants of the contact's own organization reach them: not before a manager confirmed them."""
    return contact.added_by_id is None or contact.confirmed_at is not None


def identities(contact):
    """Return the ids under which requests name this person: their own, and those of their stand-ins."""
    stand_ins = Contact.select(Contact.id).where(Contact.stands_in_for == contact.id)
    return [contact.id, *(row[0] for row in stand_ins.tuples())]


# --- The rule ---------------------------------------------------------------------------------------------------


def deciding(grants, contact):
    """Return (deciding grant, the organization-wide one it overrules) among one customer's active grants (rule 1)."""
    mine = [grant for grant in grants if grant.partner_id == contact.organization_id]
    own = next((grant for grant in mine if grant.contact_id == contact.id), None)
    wide = next((grant for grant in mine if grant.contact_id is None), None)
    return (own, wide) if own else (wide, None)


def _grants_reaching(contact, at):
    """Select the active grants that could decide for `contact`: of their present organization (rule 3)."""
    return Grant.select().where(*_reaching(contact.organization_id, contact.id, at))


def _reaching(partner, contact, at):
    """Return the conditions that a grant is active at `at`, and the partner's for everybody or for this contact (ids)."""
    return Grant.partner == partner, Grant.contact.is_null() | (Grant.contact == contact), Grant.active_at(at)


@prepared
def _grants_there(partner, contact, customer, at):
    return Grant.select().where(*_reaching(partner, contact, at), Grant.customer == customer)


def own_capabilities(contact):
    """Return what the contact's flags allow in their own organization; flags add up."""
    allowed = OWN_CONTACT
    if contact.support_contact:
        allowed |= OWN_SUPPORT_CONTACT
    if contact.contact_manager:
        allowed |= OWN_CONTACT_MANAGER
    return allowed | DESK if contact.desk else allowed


def standing(contact, organization, at, grants=None):
    """Return the contact's Standing for the organization at `at` (naive UTC), with the grant that decides.

    `grants` are its active grants that could decide, where they are known already.
    """
    if not may_sign_in(contact, at):
        return Standing(contact, organization, at, "none", NOTHING)
    if contact.organization_id == organization.id:
        return Standing(contact, organization, at, "own", own_capabilities(contact))
    if contact.desk:
        return Standing(contact, organization, at, "desk", DESK)
    if grants is None:
        grants = _grants_there(contact.organization_id, contact.id, organization.id, at)
    return standing_by(grants, contact, organization, at)


def standing_by(grants, contact, organization, at):
    """Return the contact's Standing for another organization by its active grants to the contact's firm (rules 1 and 7)."""
    grant, overruled = deciding(grants, contact) if counts_for_grants(contact) else (None, None)
    if grant is None:
        return Standing(contact, organization, at, "none", NOTHING)
    return Standing(contact, organization, at, "grant", ALLOWED[Level(grant.level)], grant, overruled)


def customer_standings(contact, at):
    """Return the Standing for each customer that a grant opens to the contact, by the customer's name."""
    if not may_sign_in(contact, at):
        return []
    approver = Contact.alias()
    query = _grants_reaching(contact, at).select(Grant, Organization, approver)
    query = query.join(Organization, on=Grant.customer).switch(Grant)
    query = query.join(approver, JOIN.LEFT_OUTER, on=Grant.approved_by, attr="approved_by")
    by_customer = {}
    for grant in query.order_by(Organization.name, Organization.id):
        by_customer.setdefault(grant.customer, []).append(grant)
    standings = (standing_by(grants, contact, customer, at) for customer, grants in by_customer.items())
    return [one for one in standings if one.grant]


def people_who_may(capability, organization, at):
    """Return [(contact, Standing)] of everybody with `capability` for the organization, as `everybody` has them."""
    return [(person, one) for person, one in everybody(organization, at) if one.allows(capability)]


def everybody(organization, at):
    """Return [(contact, Standing)] of who may do something for the organization: its own people, then partners'.

    Flags decide for its own people, grants for the partners'; the desk is not among them.
    """
    found = []
    for person, grants in _with_their_grants(_people(organization.id, at, own_too=True)):
        if person.organization_id == organization.id:
            found.append((person, Standing(person, organization, at, "own", own_capabilities(person))))
        else:
            found.append((person, standing_by(grants, person, organization, at)))
    return [(person, one) for person, one in found if one.kind != "none"]


def partner_people(organization, at):
    """Return [(contact, Standing)] of the partners' people whom a grant of this customer reaches, by partner and name."""
    people = _with_their_grants(_people(organization.id, at, own_too=False))
    found = [(person, standing_by(grants, person, organization, at)) for person, grants in people]
    return [(person, one) for person, one in found if one.grant]


def _with_their_grants(rows):
    """Return (person, grants of one customer that could decide for them) of the rows, which have one grant each."""
    grants, people = {}, {}
    for row in rows:
        people.setdefault(row.id, row)
        grants.setdefault(row.id, []).extend([row.lent] if row.lent else [])
    return [(person, grants[person.id]) for person in people.values()]


@prepared
def _people(customer, at, *, own_too):
    """Select whom grants of the customer could reach, each with such a grant as `lent`, and with `own_too` its own people."""
    partners, own = Grant.alias(), Organization.alias()
    firms = partners.select(partners.partner).where(partners.customer == customer, Grant.active_at(at, partners))
    if own_too:
        firms = firms.union_all(own.select(own.id).where(own.id == customer))
    theirs = (Grant.partner == Contact.organization) & (Grant.contact.is_null() | (Grant.contact == Contact.id))
    lent = (Grant.customer == customer) & Grant.active_at(at) & theirs
    query = Contact.select(Contact, Organization, Grant).join(Organization, on=Contact.organization).switch(Contact)
    query = query.join(Grant, JOIN.LEFT_OUTER, on=lent, attr="lent")
    agreed = (Contact.organization == customer) | _agreed()
    query = query.where(Contact.organization.in_(firms), present(at), agreed)
    others = Case(None, [(Contact.organization == customer, 0)], 1)
    return query.order_by(others, Organization.name, Contact.name, Contact.id)


def people_reached(organizations, at):
    """Return the contacts of these organizations (ids) whom grants to them reach at `at`, by organization and name.

    Active, no stand-in, confirmed and not suspended (rules 3 and 7), in one query however many they are.
    """
    return list(_people_present(at).where(Contact.organization.in_(list(organizations))))


class Reached(NamedTuple):
    """A person whom grants to their firm reach, with what names them on pages."""

    id: int
    public_id: str
    name: str
    organization_id: int


def names_reached(organizations, at):
    """Return the people of `people_reached` as a list of Reached: firms have thousands of them."""
    firms = tuple(sorted(organizations))
    return list(map(Reached._make, fetched(("names reached", firms), lambda: _select_names(firms), at=at)))


def _select_names(organizations):
    columns = (Contact.id, Contact.public_id, Contact.name, Contact.organization)
    return _people_present(slot("at")).where(among(Contact.organization, organizations)).select(*columns)


def _people_present(at):
    query = Contact.select(Contact, Organization).join(Organization, on=Contact.organization).where(reached(at))
    return query.order_by(Organization.name, Contact.name, Contact.id)


def reached(at):
    """Return the condition that grants to a contact's firm reach them at `at` (rules 3 and 7)."""
    return present(at) & _agreed()


def present(at):
    """Return the condition that a contact is a person of the portal at `at`: `may_sign_in` as SQL."""
    return Contact.active & Contact.stands_in_for.is_null() & ~suspended(at)


def _agreed():
    """Return the condition that grants of a contact's firm reach them: `counts_for_grants` as SQL."""
    return Contact.added_by.is_null() | Contact.confirmed_at.is_null(False)


# --- Site notices -----------------------------------------------------------------------------------------------


def may_leave_site_notices(one):
    """Return whether the standing's holder may leave the customer's site notices: with Look, not with more (SPEC 4)."""
    return one.kind == "grant" and one.allows(Capability.SITE_NOTICES) and not one.allows(Capability.UPDATE)


def told_of_site_notices(organization, at):
    """Return who is told of its site notices: support contacts, and partners' people who have not left (SPEC 5)."""
    left = NotificationPreference.who_left_site_notices(organization)
    people = people_who_may(Capability.SITE_NOTICES, organization, at)
    return [person for person, one in people if _is_told_of_notices(one, person.id in left)]


def is_told_of_site_notices(contact, organization, at):
    """Return whether the contact is among those told of the organization's site notices: asked again at sending."""
    left = organization.id in NotificationPreference.site_notices_left_by(contact)
    return _is_told_of_notices(standing(contact, organization, at), left)


def _is_told_of_notices(one, left):
    if one.kind == "own":
        return one.allows(Capability.SITE_NOTICES) and one.contact.support_contact
    return one.kind == "grant" and one.allows(Capability.SITE_NOTICES) and not (left and may_leave_site_notices(one))


def organizations_noticed(standings, left=None):
    """Return the organizations of these standings, all of one contact, whose site notices pages show them.

    `left` are the ids of those whose notices the contact left, where that is known already.
    """
    leaving = [one for one in standings if may_leave_site_notices(one)]
    if left is None:
        left = NotificationPreference.site_notices_left_by(leaving[0].contact) if leaving else set()
    hidden = {one.organization.id for one in leaving} & left
    return [
        one.organization
        for one in standings
        if one.allows(Capability.SITE_NOTICES) and one.organization.id not in hidden
    ]


# --- Service requests -------------------------------------------------------------------------------------------


class Held(NamedTuple):
    """A grant, as far as it decides what somebody sees; with the names of its customer."""

    id: int
    customer_id: int
    partner_id: int
    contact_id: int | None
    level: int
    covers_from_at: datetime | None
    slug: str
    name: str
    holder_has_stand_ins: bool


class Place(NamedTuple):
    """An organization some of whose requests one sees."""

    id: int
    slug: str
    name: str


class Elsewhere:
    """The other organizations some of whose requests one sees, by name: they follow from what is `told` of them."""

    def __init__(self, told, places, granted=()):
        self.told = told
        self.places = tuple(places)
        self.granted = tuple(granted)  # the grant that decides at each, where grants do

    def __eq__(self, other):
        return self.told == other.told

    def __hash__(self):
        return hash(self.told)


class Somebody(NamedTuple):
    """A contact, as far as grants name it."""

    id: int
    organization_id: int


class Sight:
    """What one contact may see at `at`: asked of the database once, for one answer that changes nothing (rule 9).

    `held` is what `held_at` found, where only the requests of some customers matter.
    """

    def __init__(self, contact, at, held=None):
        self.contact, self.at = contact, at
        self.present = may_sign_in(contact, at)
        self._held = held

    @cached_property
    def elsewhere(self):
        """The organizations beside their own, by name."""
        contact = self.contact
        if not self.present:
            return _NOWHERE
        if contact.desk:
            return _others(fetched("others", _select_others, own=contact.organization_id)[0][0])
        if not counts_for_grants(contact):
            return _NOWHERE
        held = _held_by(contact, self.at) if self._held is None else self._held
        return _by_grants(held, Somebody(contact.id, contact.organization_id))

    @property
    def granted(self):
        """The grant that decides at each customer where there is one, by the customer's name (rule 1)."""
        return self.elsewhere.granted

    @cached_property
    def identities(self):
        """The ids under which requests name this person."""
        if self.granted and not self.granted[0].holder_has_stand_ins:
            return [self.contact.id]
        return identities(self.contact)

    @property
    def places(self):
        """The organizations some of whose requests they may see: their own first, then the others by name."""
        if not self.present:
            return []
        own = self.contact.organization
        return [Place(own.id, own.slug, own.name), *self.elsewhere.places]

    def narrowed_to(self, customers):
        """Return this Sight as far as these customers (ids) go: nothing is asked anew."""
        found = copy(self)
        found.identities = self.identities
        granted = tuple(one for one in self.granted if one.customer_id in customers)
        found.elsewhere = _of_grants(granted, granted)
        return found

    @property
    def within(self):
        """The ids of the organizations to which all that they see belongs, or None where that is any."""
        return None if self.contact.desk else [place.id for place in self.places]

    @property
    def key(self):
        """All that the selects of this Sight depend on, to be hashed."""
        contact = self.contact
        about = (contact.id, contact.organization_id, contact.desk, contact.contact_manager, self.present)
        if contact.desk or not self.granted:
            return about
        return (*about, tuple(self.identities), self.elsewhere)

    @property
    def requests(self):
        """A select of the service requests that they may read; narrow it further as you like."""
        query = ServiceRequest.select()
        if not self.present:
            return query.where(ServiceRequest.id.is_null())
        return query if self.contact.desk else query.where(self.opened)

    @property
    def opened(self):
        """The condition that they may read a request: their organization's, opened by a grant, or naming them."""
        own = of_rows(ServiceRequest.organization) == self.contact.organization_id
        if not self.granted:
            return ServiceRequest.organization == self.contact.organization_id
        named_there = among(of_rows(ServiceRequest.organization), [one.customer_id for one in self.granted])
        return own | _opened_by([one for one in self.granted if one.level >= Level.LOOK]) | (named_there & self.named)

    @property
    def named(self):
        """The condition that a request at hand names them: `names`, to be asked of one row after the other."""
        additional = AdditionalContact.select(AdditionalContact.id).where(
            AdditionalContact.service_request == ServiceRequest.id, among(AdditionalContact.contact, self.identities)
        )
        return (
            among(of_rows(ServiceRequest.submitted_by), self.identities)
            | among(of_rows(ServiceRequest.primary_contact), self.identities)
            | fn.EXISTS(additional)
        )


_NOWHERE = Elsewhere("", ())


def _select_others():
    others = Organization.select().where(Organization.id != slot("own"))
    return gathered(others, (Organization.id, Organization.slug, Organization.name))


# What follows from the same answer of the database is worked out once: the answer itself is asked for each time.
@lru_cache(64)
def _others(told):
    return Elsewhere(told, sorted(map(Place._make, read_gathered(told)), key=lambda one: (one.name, one.id)))


@lru_cache(128)
def _by_grants(told, contact):
    held = [Held(*row[:5], instant_of(row[5]), *row[6:]) for row in read_gathered(told)]
    by_customer = {}
    for grant in sorted(held, key=lambda one: (one.name, one.customer_id)):
        by_customer.setdefault(grant.customer_id, []).append(grant)
    return _of_grants(told, [deciding(grants, contact)[0] for grants in by_customer.values()])


def _of_grants(told, granted):
    return Elsewhere(told, [Place(one.customer_id, one.slug, one.name) for one in granted], granted)


def _held_by(contact, at):
    """Return what the active grants that could decide for the contact say."""
    return fetched("held", _select_held, partner=contact.organization_id, contact=contact.id, at=at)[0][0]


def _select_held():
    return _held(Grant.select(), slot("partner"), slot("contact"), slot("at"))


def _held(grants, partner, contact, at):
    stand_ins = Contact.select(Contact.id).where(Contact.stands_in_for == contact)
    columns = (getattr(Grant, name) for name in Held._fields[:6])
    query = grants.join(Organization, on=Grant.customer).where(*_reaching(partner, contact, at))
    return gathered(query, (*columns, Organization.slug, Organization.name, fn.EXISTS(stand_ins)))


def held_at(customers, partner, contact, at):
    """Return a question: what a Sight needs to know of these customers (a select of ids)."""
    return _held(Grant.select().where(Grant.customer.in_(customers)), partner, contact, at)


def visible_requests(contact, at):
    """Return a select of the service requests that the contact may read at `at`; narrow it further as you like."""
    return Sight(contact, at).requests


def _opened_by(grants):
    """Return the condition that one of these grants, all Look or more, opens a request: not confidential, not too old."""
    whole = [grant.customer_id for grant in grants if grant.covers_from_at is None]
    since = [grant.id for grant in grants if grant.covers_from_at is not None]
    opened = among(of_rows(ServiceRequest.organization), whole)
    if since:
        covering = Grant.select(Grant.id).where(
            among(Grant.id, since),
            Grant.customer == ServiceRequest.organization,
            Grant.covers_from_at <= ServiceRequest.created_at,
        )
        opened |= fn.EXISTS(covering)
    return opened & ~ServiceRequest.confidential


def names(contact):
    """Return the condition that a request names the contact: submitter, primary, additional, or through a stand-in."""
    return names_one_of(identities(contact))


def names_one_of(ids):
    """Return the condition that a request names one of these contacts (ids)."""
    submitted, led = ServiceRequest.alias(), ServiceRequest.alias()
    naming = AdditionalContact.select(AdditionalContact.service_request).where(AdditionalContact.contact.in_(ids))
    naming = naming.union_all(submitted.select(submitted.id).where(submitted.submitted_by.in_(ids)))
    naming = naming.union_all(led.select(led.id).where(led.primary_contact.in_(ids)))
    return ServiceRequest.id.in_(naming)


def answerable_requests(contact, at):
    """Return a select of the service requests that name the contact and that they may reply to at `at`."""
    asked = visible_requests(contact, at).where(names(contact))
    if contact.desk:
        return asked
    own = contact.organization
    standings = [standing(contact, own, at), *customer_standings(contact, at)]
    updatable = [one.organization.id for one in standings if one.allows(Capability.UPDATE)]
    own_question = (
        (ServiceRequest.organization == own)
        & (ServiceRequest.category == ACCOUNT)
        & (ServiceRequest.submitted_by == contact)
    )
    return asked.where(ServiceRequest.organization.in_(updatable) | own_question)


class Action(Enum):
    """What one can do with one service request."""

    READ = "read"
    REPLY = "reply"
    UPDATE = "update"
    CHANGE_CONTACTS = "change_contacts"
    SET_CONFIDENTIAL = "set_confidential"
    WRITE_INTERNALLY = "write_internally"


@dataclass(frozen=True)
class RequestStanding:
    """What one contact may do with one service request at one instant, and why."""

    standing: Standing
    service_request: ServiceRequest
    named: bool  # asked only where nothing else opens it
    opened: bool  # the level opens it, without the request naming anybody

    @property
    def readable(self):
        """Return whether the request exists for this contact: the one-row form of `visible_requests`."""
        return self.opened or (self.named and self.standing.allows(Capability.READ_NAMED))

    def allows(self, action):
        """Return whether the contact may do `action`; nothing is possible with what one cannot read (rule 6)."""
        return self.readable and _REQUEST_RULES[action](self)

    @property
    def restricted(self):
        """Return whether the request is confidential or older than the grant covers: its contacts are the customer's."""
        grant = self.standing.grant
        return self.service_request.confidential or bool(grant and not _covers(grant, self.service_request))


def _may_reply(one):
    request, contact = one.service_request, one.standing.contact
    own_account_question = (
        one.standing.kind == "own" and request.category == ACCOUNT and request.submitted_by_id == contact.id
    )
    return own_account_question or one.standing.allows(Capability.UPDATE)


def _may_change_contacts(one):
    return one.standing.keeps_confidence if one.restricted else one.standing.allows(Capability.UPDATE)


_REQUEST_RULES = {
    Action.READ: lambda one: True,
    Action.REPLY: _may_reply,
    Action.UPDATE: lambda one: one.standing.allows(Capability.UPDATE),
    Action.CHANGE_CONTACTS: _may_change_contacts,
    Action.SET_CONFIDENTIAL: lambda one: one.standing.keeps_confidence,
    Action.WRITE_INTERNALLY: lambda one: one.standing.contact.desk,
}


def request_standing(contact, service_request, at, grants=None):
    """Return the contact's RequestStanding for one service request at `at`; `grants` as `standing` takes them."""
    one = standing(contact, service_request.organization, at, grants)
    opened = _opens(one, service_request)
    named = one.kind == "grant" and not opened and is_named(contact, service_request)
    return RequestStanding(one, service_request, named, opened)


def _opens(one, service_request):
    """Return whether the standing alone opens the request, without the request naming anybody."""
    if one.kind != "grant":
        return one.kind in {"own", "desk"}
    return one.allows(Capability.READ_ALL) and not service_request.confidential and _covers(one.grant, service_request)


def _covers(grant, service_request):
    return grant.covers_from_at is None or service_request.created_at >= grant.covers_from_at


def is_named(contact, service_request):
    """Return whether the request names the contact: the one-row form of `names`."""
    ids = identities(contact)
    if service_request.submitted_by_id in ids or service_request.primary_contact_id in ids:
        return True
    named = AdditionalContact.select().where(
        AdditionalContact.service_request == service_request, AdditionalContact.contact.in_(ids)
    )
    return named.exists()


def may_be_named(person, person_standing, request_standing_of_actor):
    """Return whether the actor may add `person` to the request: nobody names a colleague past what a grant hides."""
    if not person_standing.allows(Capability.BE_ADDITIONAL_CONTACT):
        return False
    grant = person_standing.grant
    hidden = grant is not None and not _covers(grant, request_standing_of_actor.service_request)
    return not hidden or request_standing_of_actor.standing.keeps_confidence


def people_to_name(one, people=None):
    """Return [(contact, Standing)] of everybody whom the holder of this RequestStanding may add to the request.

    `people` is `everybody` there, where that is known already.
    """
    if people is None:
        people = everybody(one.standing.organization, one.standing.at)
    return [(person, theirs) for person, theirs in people if may_be_named(person, theirs, one)]


def readers(contacts, service_request, at, named):
    """Return those of `contacts` who may read the request at `at`; in place of a stand-in, the person behind it.

    `named` are the contacts whom the request names.
    """
    people = {person.id: person for person in (one.stands_in_for or one for one in contacts)}
    customer = service_request.organization
    named, grants = {one.stands_in_for_id or one.id for one in named}, {}
    if any(not person.desk and person.organization_id != customer.id for person in people.values()):
        for grant in _given_by(customer.id, at):
            grants.setdefault(grant.partner_id, []).append(grant)
    found = []
    for person in people.values():
        one = standing(person, customer, at, grants.get(person.organization_id, ()))
        if RequestStanding(one, service_request, person.id in named, _opens(one, service_request)).readable:
            found.append(person)
    return found


@prepared
def _given_by(customer, at):
    return Grant.select().where(Grant.customer == customer, Grant.active_at(at))


# --- Notifications ------------------------------------------------------------------------------------------------


def visible_notifications(contact, at, sight=None):
    """Return a select of the contact's notifications of what they may still see at `at` (SPEC 5); narrow it further.

    `sight` is the contact's at that instant, where the page has asked for it already.
    """
    query = Notification.select().where(Notification.contact == contact)
    if not may_sign_in(contact, at):
        return query.where(Notification.id.is_null())
    query = query.where(_tells_of_access_of(contact), _tells_of_grants_of(contact))
    if contact.desk:
        return query
    sight = sight or Sight(contact, at)
    reading = [one.customer_id for one in sight.granted if one.level >= Level.LOOK]
    return query.where(
        _tells_of_answers_of(contact),
        _tells_of_readable(sight.opened),
        _tells_of_sites_of([contact.organization_id, *reading]),
        Notification.kind != "request_assigned",
    )


def _tells_of_readable(opened):
    """Return the condition that the request told of is open to the reader, and the message told of not internal (rule 8)."""
    readable = ServiceRequest.select(ServiceRequest.id).where(ServiceRequest.id == Notification.service_request, opened)
    internal = Message.select(Message.id).where(Message.id == Notification.message, Message.internal)
    return (Notification.service_request.is_null() | fn.EXISTS(readable)) & (
        Notification.message.is_null() | ~fn.EXISTS(internal)
    )


def _tells_of_access_of(contact):
    """Return the condition that the access request told of is theirs: asked, named in, or managed on either side."""
    theirs = AccessRequest.partner == contact.organization_id
    if contact.contact_manager:
        theirs |= AccessRequest.customer == contact.organization_id
    else:
        naming = AccessRequestLine.select(AccessRequestLine.access_request).where(AccessRequestLine.contact == contact)
        theirs &= (AccessRequest.requested_by == contact) | AccessRequest.id.in_(naming)
    found = AccessRequest.select(AccessRequest.id).where(AccessRequest.id == Notification.access_request, theirs)
    return Notification.access_request.is_null() | fn.EXISTS(found)


def _tells_of_grants_of(contact):
    """Return the condition that the grant told of is theirs: it reaches them, they asked, or manage either side."""
    theirs = Grant.partner == contact.organization_id
    if contact.contact_manager:
        theirs |= Grant.customer == contact.organization_id
    else:
        asked = AccessRequest.select(AccessRequest.id).where(AccessRequest.requested_by == contact)
        theirs &= Grant.contact.is_null() | (Grant.contact == contact) | Grant.access_request.in_(asked)
    found = Grant.select(Grant.id).where(Grant.id == Notification.grant, theirs)
    return Notification.grant.is_null() | fn.EXISTS(found)


def _tells_of_sites_of(organizations):
    there = Site.select(Site.id).where(among(Site.organization, organizations))
    found = SiteNotice.select(SiteNotice.id).where(
        SiteNotice.id == Notification.site_notice, SiteNotice.site.in_(there)
    )
    return Notification.site_notice.is_null() | fn.EXISTS(found)


def _tells_of_answers_of(contact):
    found = visible_answers(contact).select(Answer.id).where(Answer.id == Notification.answer)
    return Notification.answer.is_null() | fn.EXISTS(found)


# --- Answers ------------------------------------------------------------------------------------------------------


def visible_answers(contact):
    """Return a select of the answers that the contact, or nobody (None), may read; narrow it further (SPEC 4)."""
    query = Answer.select()
    if contact is None:
        return query.where(Answer.audience == PUBLIC)
    return query if contact.desk else query.where(Answer.audience.in_([PUBLIC, CONTACTS]))


def load_answer(contact, public_id):
    """Return the answer that pages call `public_id`; raise Hidden where the contact, or nobody, may not read it."""
    found = visible_answers(contact).where(Answer.public_id == public_id).first()
    if found is None:
        raise Hidden
    return found


# --- Submitting -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Submission:
    """An organization that the contact may submit for, and the categories open to them there."""

    standing: Standing
    categories: tuple

    @property
    def organization(self):
        """Return the organization that the request would be for."""
        return self.standing.organization

    def request_standing(self, at, confidential=False):
        """Return the RequestStanding of the submitter on the request as it would be: whom it may name, and so on."""
        coming = ServiceRequest(organization=self.organization, created_at=at, confidential=confidential)
        return RequestStanding(self.standing, coming, named=True, opened=True)


def categories_allowed(one):
    """Return the categories in which this standing may submit, in the usual order (SPEC 3 and 4)."""
    own_account = {ACCOUNT} if one.kind == "own" else set()
    if not one.allows(Capability.CREATE):
        return tuple(category for category in CATEGORIES if category in own_account)
    refused = set()
    if not one.allows(Capability.SITE_ADMINISTRATION):
        refused |= set(SITE_ADMINISTRATION)
    if not one.allows(Capability.UPGRADE):
        refused.add(UPGRADE)
    return tuple(category for category in CATEGORIES if category not in refused)


def submissions(contact, at):
    """Return the Submissions open to the contact: their own organization first, then the customers by name."""
    own = standing(contact, contact.organization, at)
    others = _desk_standings(contact, at) if contact.desk else customer_standings(contact, at)
    found = [Submission(one, categories_allowed(one)) for one in (own, *others)]
    return [one for one in found if one.categories]


def _desk_standings(contact, at):
    others = Organization.select().where(Organization.id != contact.organization_id)
    return [Standing(contact, one, at, "desk", DESK) for one in others.order_by(Organization.name, Organization.id)]


# --- Contacts ----------------------------------------------------------------------------------------------------


class ContactAction(Enum):
    """What one can do with one contact's record."""

    EDIT = "edit"  # name, time zone, language
    CHANGE_EMAIL = "change_email"
    SET_FLAGS = "set_flags"  # contact manager, support contact
    SET_DESK = "set_desk"
    INVITE = "invite"
    AGREE = "agree"  # confirm or keep whom a partner added
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    RESET_SECOND_FACTOR = "reset_second_factor"
    LINK = "link"  # make a stand-in of it, or unmake one


@dataclass(frozen=True)
class ContactStanding:
    """What the holder of `standing` may do with one contact's record: rule 7, read aloud."""

    standing: Standing
    contact: Contact

    def allows(self, action):
        """Return whether the holder may do `action` with the record."""
        return self.standing.allows(Capability.MANAGE_CONTACTS) and _CONTACT_RULES[action](self)

    @property
    def manages(self):
        """Return whether they manage the organization's contacts from inside. The desk's own people only the desk does."""
        actor = self.standing.contact
        return actor.desk or (self.standing.kind == "own" and actor.contact_manager and not self.contact.desk)

    @property
    def helps(self):
        """Return whether they do it as a partner; contact managers, the desk's people and stand-ins are not a partner's."""
        one = self.contact
        guarded = one.contact_manager or one.desk or one.stands_in_for_id is not None
        return self.standing.kind == "grant" and not guarded

    @property
    def is_self(self):
        """Return whether the record is the holder's own."""
        return self.standing.contact.id == self.contact.id


def _may_agree(one):
    is_manager = one.standing.kind == "own" and one.standing.contact.contact_manager
    return is_manager and not one.is_self and one.contact.added_by_id is not None


_CONTACT_RULES = {
    ContactAction.EDIT: lambda one: one.manages or (one.helps and one.contact.active),
    ContactAction.CHANGE_EMAIL: lambda one: one.manages,
    ContactAction.SET_FLAGS: lambda one: one.manages,
    ContactAction.SET_DESK: lambda one: one.standing.contact.desk and one.standing.kind == "own" and not one.is_self,
    ContactAction.INVITE: lambda one: (
        one.manages or (one.helps and one.contact.added_by_id == one.standing.contact.organization_id)
    ),
    ContactAction.AGREE: _may_agree,
    ContactAction.DEACTIVATE: lambda one: (
        (one.manages or one.helps) and one.contact.stands_in_for_id is None and not one.is_self
    ),
    ContactAction.REACTIVATE: lambda one: one.manages,
    ContactAction.RESET_SECOND_FACTOR: lambda one: one.standing.contact.desk and not one.is_self,
    ContactAction.LINK: lambda one: one.manages,
}


_NOBODY_ELSES = {ContactAction.AGREE: "contact_manager", ContactAction.RESET_SECOND_FACTOR: "desk"}


def contacts_waiting(organization, at):
    """Return a select of the active contacts whom a partner added and the managers have yet to confirm or keep (rule 7)."""
    return Contact.select().where(
        Contact.organization == organization,
        Contact.active,
        Contact.stands_in_for.is_null(),
        Contact.added_by.is_null(False),
        Contact.confirmed_at.is_null() | suspended(at),
    )


def person_behind(organization, public_id, at):
    """Return the partner's person of this id for whom a contact of the organization could stand in, or None."""
    people = (person for person, _ in partner_people(organization, at))
    return next((person for person in people if person.public_id == public_id), None)


def lent_once_confirmed(contacts, at):
    """Return {contact id: [grant]}: what would decide for these contacts of one organization, were they confirmed."""
    if not contacts:
        return {}
    reaching = Grant.contact.is_null() | Grant.contact.in_([one.id for one in contacts])
    grants = Grant.select(Grant, Organization).join(Organization, on=Grant.customer).order_by(Organization.name)
    by_customer = {}
    for grant in grants.where(Grant.partner == contacts[0].organization_id, reaching, Grant.active_at(at)):
        by_customer.setdefault(grant.customer_id, []).append(grant)
    decided = {one.id: [deciding(grants, one)[0] for grants in by_customer.values()] for one in contacts}
    return {contact_id: [grant for grant in grants if grant] for contact_id, grants in decided.items()}


def suspended(at):
    """Return the condition that a contact is suspended at `at`: `is_suspended` as SQL."""
    other = Grant.alias()
    lent = other.select(other.id).where(
        other.customer == Contact.organization, other.partner == Contact.added_by, Grant.active_at(at, other)
    )
    return Contact.added_by.is_null(False) & Contact.kept_at.is_null() & ~fn.EXISTS(lent)


# --- Loaders: the only way a route gets a row --------------------------------------------------------------------


class Hidden(NotFound):
    """What one may not see does not exist (rule 6)."""


class Refused(Forbidden):
    """What one may see but not do. `needed` is the level that would allow it, or None; `standing` says what one has."""

    def __init__(self, standing=None, needed=None, because=""):
        super().__init__()
        self.standing = standing
        self.needed = needed
        self.because = (
            because  # "third_party_upgrade", "customer_only", "contact_manager", "site_notices", "desk" or ""
        )


def load_request(contact, reference, action, at):
    """Return (service request, RequestStanding); raise Hidden where it is not theirs to see, Refused where not to do."""
    rows = _request_with_grants(reference, contact.organization_id, contact.id, at)
    found = rows[0] if rows else None
    grants = [row.lent for row in rows if row.lent]
    one = request_standing(contact, found, at, grants) if found else None
    if one is None or not one.readable:
        raise Hidden
    require(one, action)
    return found, one


@prepared
def _request_with_grants(reference, partner, contact, at):
    """Select the request in as many rows as there are grants that could decide, each with one as `lent`; or in one."""
    lent = (Grant.customer == ServiceRequest.organization) & reduce(and_, _reaching(partner, contact, at))
    return (
        ServiceRequest.called(reference, Grant)
        .switch(ServiceRequest)
        .join(Grant, JOIN.LEFT_OUTER, on=lent, attr="lent")
    )


def require(one, action):
    """Raise Refused where the holder of this RequestStanding, who may read the request, may not do `action`."""
    if not one.allows(action):
        raise _refusal_of_action(one, action)


def load_attachment(contact, public_id, at):
    """Return (attachment, RequestStanding); raise Hidden where its request, or its internal message, is not to be seen."""
    found = Attachment.by_public_id(public_id)
    one = request_standing(contact, found.service_request, at) if found else None
    if one is None or not one.readable or (found.message.internal and not one.allows(Action.WRITE_INTERNALLY)):
        raise Hidden
    return found, one


def _refusal_of_action(one, action):
    if action is Action.WRITE_INTERNALLY:
        return Refused(one.standing, because="desk")
    if action is Action.SET_CONFIDENTIAL or (action is Action.CHANGE_CONTACTS and one.restricted):
        return Refused(one.standing, because="customer_only")
    return Refused(one.standing, least_level(Capability.UPDATE))


def load_organization(contact, slug, capability, at):
    """Return (organization, Standing) where the contact has `capability`; raise Hidden or Refused."""
    organization = Organization.by_slug(slug)
    one = standing(contact, organization, at) if organization else None
    if one is None or one.kind == "none":
        raise Hidden
    if not one.allows(capability):
        raise _refusal_of_capability(one, capability)
    return organization, one


def _refusal_of_capability(one, capability):
    if capability is Capability.UPGRADE:
        return Refused(one, because="third_party_upgrade")
    if capability is Capability.DECIDE_PARTNERS:
        return Refused(one, because="contact_manager")
    return Refused(one, least_level(capability))


def load_contact(actor, slug, public_id, action, at):
    """Return (contact, ContactStanding) of a contact of this organization; raise Hidden or Refused (rule 7)."""
    organization, one = load_organization(actor, slug, Capability.MANAGE_CONTACTS, at)
    found = Contact.by_public_id(public_id)
    if found is None or found.organization_id != organization.id:
        raise Hidden
    theirs = ContactStanding(one, found)
    if not theirs.allows(action):
        raise Refused(one, because=_NOBODY_ELSES.get(action, "managers_or_desk"))
    return found, theirs


def load_history(contact, slug, at):
    """Return (organization, Standing) for its contact managers and the desk; raise Hidden or Refused (rule 6)."""
    organization, one = load_organization(contact, slug, Capability.READ_NAMED, at)
    if not (contact.desk or one.allows(Capability.DECIDE_PARTNERS)):
        raise _refusal_of_capability(one, Capability.DECIDE_PARTNERS)
    return organization, one


def load_submission(contact, slug, category, at, confidential=False):
    """Return the Submission for this organization and category, confidential or not; raise Hidden or Refused."""
    organization = Organization.by_slug(slug)
    one = standing(contact, organization, at) if organization else None
    if one is None or one.kind == "none":
        raise Hidden
    allowed = categories_allowed(one)
    if category not in allowed:
        raise _refusal_of_capability(one, _capability_for(category))
    if confidential and not one.keeps_confidence:
        raise Refused(one, because="customer_only")
    return Submission(one, allowed)


def _capability_for(category):
    if category == UPGRADE:
        return Capability.UPGRADE
    return Capability.SITE_ADMINISTRATION if category in SITE_ADMINISTRATION else Capability.CREATE


def load_own_partners(contact, at):
    """Return the Standing of a contact manager in their own organization; raise Refused for everybody else."""
    one = standing(contact, contact.organization, at)
    if not one.allows(Capability.DECIDE_PARTNERS):
        raise _refusal_of_capability(one, Capability.DECIDE_PARTNERS)
    return one


def load_access_request_to_decide(contact, public_id, at):
    """Return the access request for its customer's contact manager; raise Hidden or Refused."""
    found = AccessRequest.by_public_id(public_id)
    if found is None:
        raise Hidden
    if found.customer_id == contact.organization_id:
        load_own_partners(contact, at)
        return found
    raise Refused(because="contact_manager") if _asks(contact, found) or contact.desk else Hidden


def load_access_request_to_withdraw(contact, public_id, at):
    """Return the access request for its requester or a contact manager of the partner; raise Hidden or Refused."""
    found = AccessRequest.by_public_id(public_id)
    if found is None:
        raise Hidden
    if found.partner_id == contact.organization_id and may_withdraw(contact, found):
        return found
    sees = _asks(contact, found) or contact.desk
    decides = found.customer_id == contact.organization_id and contact.contact_manager
    raise Refused(because="requester") if sees or decides else Hidden


def may_withdraw(contact, access_request):
    """Return whether the contact asked for it themselves or manages the partner's contacts."""
    return access_request.requested_by_id == contact.id or contact.contact_manager


def _asks(contact, access_request):
    """Return whether the request is among those that My Customers shows this contact."""
    return access_request.partner_id == contact.organization_id and (
        may_withdraw(contact, access_request)
        or any(line.contact_id == contact.id for line in access_request.all_lines())
    )


def access_requests_shown(contact, at, since):
    """Return (those that wait for an answer, what became of others since an instant) on the contact's My Customers.

    Their own, those naming them, a manager's all; newest first.
    """
    person = None if contact.contact_manager else contact.id
    waiting, answered = access_lists.of_partner(contact.organization, since, at, person)
    return [one for one in waiting if _asks(contact, one)], [one for one in answered if _asks(contact, one)]


def may_extend(contact, grant):
    """Return whether a request to extend this grant, which repeats it, tells the contact nothing that is not theirs."""
    if grant.partner_id != contact.organization_id or not counts_for_grants(contact):
        return False
    asked = grant.access_request_id is not None and grant.access_request.requested_by_id == contact.id
    return grant.contact_id in {None, contact.id} or contact.contact_manager or asked


def load_requests_to_hand_over(contact, references, at):
    """Return these service requests of their own organization for a contact manager; raise Hidden or Refused."""
    one = load_own_partners(contact, at)
    found = [ServiceRequest.by_reference(reference) for reference in references]
    if any(request is None or request.organization_id != one.organization.id for request in found):
        raise Hidden
    return found


def load_grant_to_edit(contact, public_id, at):
    """Return the grant for the customer's contact managers alone (rule 7); raise Hidden or Refused."""
    found = load_grant_to_end(contact, public_id, at)
    if found.customer_id != contact.organization_id:
        raise Refused(because="contact_manager")
    return found


def person_to_give_to(customer, email, partner, at):
    """Return the contact of another organization with this address, of `partner` if it is not None; or None."""
    found = Contact.by_email(email)
    if found is None or found.desk or not (may_sign_in(found, at) and counts_for_grants(found)):
        return None
    firm = found.organization_id
    return found if firm != customer.id and (partner is None or firm == partner.id) else None


def load_grant_to_end(contact, public_id, at):
    """Return the grant for those who may end it: the customer's contact managers, the person, the partner's managers."""
    found = Grant.by_public_id(public_id)
    if found is None or not may_sign_in(contact, at):
        raise Hidden
    if found.customer_id == contact.organization_id:
        load_own_partners(contact, at)
        return found
    if may_give_up(contact, found):
        return found
    raise Refused(because="giver") if contact.desk or _knows_of_grant(contact, found, at) else Hidden


def _knows_of_grant(contact, grant, at):
    """Return whether a colleague's grant is shown to the contact, or was told to them (SPEC 4 and 5)."""
    if grant.partner_id != contact.organization_id:
        return False
    return may_extend(contact, grant) or standing(contact, grant.customer, at).kind == "grant"


def may_give_up(contact, grant):
    """Return whether the grant is the contact's own, or their firm's and they manage its contacts (SPEC 4)."""
    if grant.partner_id != contact.organization_id:
        return False
    return grant.contact_id == contact.id or (grant.contact_id is None and contact.contact_manager)
