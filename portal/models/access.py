"""Access: what partners ask for, and the grants that customers give."""

from datetime import timedelta

from peewee import JOIN, CharField, DateField, ForeignKeyField, IntegerField, TextField

from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact, Organization
from portal.models.prepared import prepared

PENDING, APPROVED, DECLINED, WITHDRAWN, LAPSED = "pending", "approved", "declined", "withdrawn", "lapsed"
LAPSES_AFTER = timedelta(days=30)
ENDED, GIVEN_UP, SUPERSEDED, EXPIRED = "ended", "given_up", "superseded", "expired"


class AccessRequest(Table):
    """A partner's request. `customer` and `addressed_to` are settled when it is asked, and empty where nobody is reached."""

    public_id: str = PublicId()
    requested_by = ForeignKeyField(Contact, backref="access_requests")
    partner = ForeignKeyField(Organization, index=False)
    manager_email: str = CharField()
    customer = ForeignKeyField(Organization, null=True, index=False)
    addressed_to = ForeignKeyField(Contact, null=True, index=False)
    days: int = IntegerField()
    reason: str = TextField(default="")
    status: str = CharField(max_length=10, default=PENDING)
    created_at = Instant()
    decided_at = Instant(null=True)
    decided_by = ForeignKeyField(Contact, null=True, index=False)
    decision_reason: str = TextField(default="")
    days_given: int | None = IntegerField(null=True)
    covers_from = DateField(null=True)

    class Meta:
        indexes = (
            (("customer", "status", "created_at"), False),
            (("partner", "status", "created_at"), False),
            (("status", "created_at"), False),
        )

    @property
    def lapses_at(self):
        """Return the instant from which nobody can decide this request any more."""
        return self.created_at + LAPSES_AFTER

    def status_at(self, at):
        """Return the status at `at`: an unanswered request is lapsed to the second, before anything has noted it."""
        return LAPSED if self.status == PENDING and at >= self.lapses_at else self.status

    @property
    def answered_at(self):
        """Return when it was decided, withdrawn or lapsed, or will lapse if nobody answers."""
        return self.decided_at or self.lapses_at

    def as_it_is(self):
        """Return this request read anew."""
        return AccessRequest.get_by_id(self.id)

    @classmethod
    def by_public_id(cls, public_id):
        """Return the access request that pages call `public_id`, with who asked and both firms; or None."""
        return next(iter(_request_called(public_id)), None)

    @classmethod
    def pending_for_customer(cls, customer, at):
        """Return the unanswered requests that reached `customer`, with requester, partner and lines, oldest first."""
        return cls._with_lines(cls._open(at).where(cls.customer == customer))[::-1]

    @classmethod
    def count_pending_for_customer(cls, customer, at):
        """Return how many requests wait for a decision of `customer`."""
        return cls.pending(customer, at).count()

    @classmethod
    def pending(cls, customer, at):
        """Return a select of the ids of the requests that wait for a decision of `customer`."""
        return cls.waiting_since(customer, at - LAPSES_AFTER)

    @classmethod
    def waiting_since(cls, customer, asked_after):
        """Return a select of the ids of the requests to `customer` without an answer that were asked after an instant."""
        return cls.select(cls.id).where(cls.customer == customer, cls.status == PENDING, cls.created_at > asked_after)

    @classmethod
    def address_known_to(cls, partner, customer):
        """Return the address under which a request of `partner` was last approved for `customer`, or None."""
        query = cls.select(cls.manager_email).where(
            cls.partner == partner, cls.customer == customer, cls.status == APPROVED
        )
        found = query.order_by(cls.decided_at.desc(), cls.id.desc()).first()
        return found.manager_email if found else None

    @classmethod
    def _open(cls, at):
        query = cls.select(cls, Contact, Organization).join(Contact, on=cls.requested_by)
        query = query.join_from(cls, Organization, on=cls.partner)
        query = query.where(cls.status == PENDING, cls.created_at > at - LAPSES_AFTER)
        return query.order_by(cls.created_at.desc(), cls.id.desc())

    @classmethod
    def _with_lines(cls, query):
        found = list(query)
        by_id = {request.id: [] for request in found}
        lines = AccessRequestLine.select(AccessRequestLine, Contact).left_outer_join(Contact)
        for line in lines.where(AccessRequestLine.access_request.in_(list(by_id))).order_by(AccessRequestLine.id):
            by_id[line.access_request_id].append(line)
        for request in found:
            request.loaded_lines = by_id[request.id]
            for line in request.loaded_lines:
                line.access_request = request
        return found

    @classmethod
    def load_lines(cls, requests):
        """Load the lines of all these requests in one query."""
        cls._with_lines(requests)

    def all_lines(self):
        """Return the lines with their contacts: the organization's first, then as asked."""
        if not hasattr(self, "loaded_lines"):
            self.loaded_lines = _lines_of(self.id)
            for line in self.loaded_lines:
                line.access_request = self
        return sorted(self.loaded_lines, key=lambda line: (line.contact_id is not None, line.id))


class AccessRequestLine(Table):
    """One subject (no contact: the whole partner organization) and the level asked; then the level given, if any."""

    access_request = ForeignKeyField(AccessRequest, backref="lines")
    contact = ForeignKeyField(Contact, null=True)
    level: int = IntegerField()
    level_given: int | None = IntegerField(null=True)

    class Meta:
        indexes = ((("access_request", "contact"), True),)

    @property
    def has_left(self):
        """Return whether the person of this line is inactive or with another organization now."""
        person = self.contact
        return person is not None and not (
            person.active
            and person.stands_in_for_id is None
            and person.organization_id == self.access_request.partner_id
        )


@prepared
def _request_called(public_id):
    customer = Organization.alias()
    query = AccessRequest.select(AccessRequest, Contact, Organization, customer)
    query = query.join(Contact, on=AccessRequest.requested_by)
    query = query.join_from(AccessRequest, Organization, on=AccessRequest.partner)
    query = query.join_from(AccessRequest, customer, JOIN.LEFT_OUTER, on=AccessRequest.customer, attr="customer")
    return query.where(AccessRequest.public_id == public_id)


@prepared
def _lines_of(access_request):
    lines = AccessRequestLine.select(AccessRequestLine, Contact).left_outer_join(Contact)
    return lines.where(AccessRequestLine.access_request == access_request).order_by(AccessRequestLine.id)


class Grant(Table):
    """The only source of a partner's rights: one subject, one level, from, until. No contact: the whole partner.

    `reminded_days` is the last reminder given of its end; `end_cause` turns to "expired" once that end has been told of.
    """

    public_id: str = PublicId()
    customer = ForeignKeyField(Organization, backref="grants", index=False)
    partner = ForeignKeyField(Organization, index=False)
    contact = ForeignKeyField(Contact, null=True, backref="grants")
    level: int = IntegerField()
    covers_from = DateField(null=True)
    covers_from_at = Instant(null=True)
    starts_at = Instant()
    expires_at = Instant()
    ended_at = Instant(null=True)
    ended_by = ForeignKeyField(Contact, null=True, index=False)
    end_cause: str = CharField(max_length=16, default="")
    superseded_by = ForeignKeyField("self", null=True)
    reminded_days: int | None = IntegerField(null=True)
    approved_by = ForeignKeyField(Contact, null=True, index=False)
    access_request = ForeignKeyField(AccessRequest, null=True, index=False)
    created_at = Instant()

    class Meta:
        table_name = "access_grant"
        indexes = (
            (("partner", "contact", "expires_at"), False),
            (("customer", "partner", "expires_at"), False),
            (("end_cause", "expires_at"), False),
        )

    @classmethod
    def active_at(cls, at, grant=None):
        """Return the condition that a grant is active at `at` (SPEC 3, rule 2), to the second; `grant` may be an alias.

        `at` is now: what was ended, or told to have ended, is over even where that was by a clock ahead of ours. What was
        replaced lasts until the instant at which what replaces it begins: there is no gap.
        """
        one = grant or cls
        lasts = (one.ended_at > at) & (one.ended_by.is_null() | (one.end_cause == SUPERSEDED))
        return (
            (one.starts_at <= at)
            & (one.expires_at > at)
            & (one.ended_at.is_null() | lasts)
            & (one.end_cause != EXPIRED)
        )

    @classmethod
    def not_ended_at(cls, at):
        """Return the condition that nobody has ended a grant, and no date set for it has come at `at`.

        Who ended it counts even where their clock was ahead of ours: a grant is ended once.
        """
        return cls.ended_at.is_null() | ((cls.ended_at > at) & cls.ended_by.is_null())

    def is_active(self, at):
        """Return whether this grant is active at `at`, which is now: the same rule for one row."""
        return self.was_active(at) and not self.is_over(at)

    def was_active(self, at):
        """Return whether this grant was active at an instant of the past, whatever became of it since."""
        return self.starts_at <= at < self.over_at

    def is_over(self, at):
        """Return whether this grant is over at `at`, which is now, or was ended or told to have ended by a later clock."""
        ended = self.ended_by_id is not None and self.end_cause != SUPERSEDED
        return self.over_at <= at or ended or self.end_cause == EXPIRED

    def may_be_changed(self, at):
        """Return whether there is still something to end or to edit: neither over at `at` nor ended by anybody."""
        return self.ended_by_id is None and not self.is_over(at)

    @property
    def over_at(self):
        """Return the instant at which this grant is or was over."""
        return min(self.expires_at, self.ended_at) if self.ended_at else self.expires_at

    def as_it_is(self):
        """Return this grant read anew."""
        return Grant.get_by_id(self.id)

    @classmethod
    def by_public_id(cls, public_id):
        """Return the grant that pages call `public_id`, or None."""
        return cls.get_or_none(cls.public_id == public_id)

    @classmethod
    def lasting_beyond(cls, customer, partner, contact, at):
        """Return this subject's grants that are active or still to come at `at`, or ended by somebody's later clock."""
        return _lasting_beyond(customer.id, partner.id, contact and contact.id, at, everybody=contact is None)

    @classmethod
    def current_for_customer(cls, customer, at):
        """Return the customer's grants that are not over, with partner, contact and approver, by partner."""
        query = cls._with_people().where(cls.customer == customer, cls.expires_at > at)
        query = query.where(cls.ended_at.is_null() | (cls.ended_at > at))
        query = query.order_by(Organization.name, cls.contact.is_null(False), Contact.name, cls.starts_at)
        return [one for one in query if not one.is_over(at)]

    @classmethod
    def active_for_customer(cls, customer, partners, at):
        """Return the customer's active grants to these partners (ids)."""
        return list(cls.select().where(cls.customer == customer, cls.partner.in_(list(partners)), cls.active_at(at)))

    @classmethod
    def _with_people(cls):
        approver, ender = Contact.alias(), Contact.alias()
        query = cls.select(cls, Organization, Contact, approver, ender).join(Organization, on=cls.partner)
        query = query.join_from(cls, Contact, JOIN.LEFT_OUTER, on=cls.contact)
        query = query.join_from(cls, approver, JOIN.LEFT_OUTER, on=cls.approved_by, attr="approved_by")
        return query.join_from(cls, ender, JOIN.LEFT_OUTER, on=cls.ended_by, attr="ended_by")


@prepared
def _lasting_beyond(customer, partner, contact, at, *, everybody):
    subject = Grant.contact.is_null() if everybody else Grant.contact == contact
    lasting = (Grant.expires_at > at) & (Grant.ended_at.is_null() | (Grant.ended_at > at))
    return Grant.select().where(Grant.customer == customer, Grant.partner == partner, subject, lasting)


def partners_known_to(customer):
    """Return the organizations that ever asked the customer for access or had it, by name."""
    asked = AccessRequest.select(AccessRequest.partner).where(AccessRequest.customer == customer)
    had = Grant.select(Grant.partner).where(Grant.customer == customer)
    known = Organization.id.in_(asked) | Organization.id.in_(had)
    return list(Organization.select().where(known).order_by(Organization.name, Organization.id))
