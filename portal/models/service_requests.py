"""Service requests: the case, its thread, its people, its files."""

from peewee import JOIN, BigIntegerField, BlobField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from portal.database import joined
from portal.models import search_index
from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact, Organization, Site
from portal.models.prepared import prepared

OPEN, WAITING, SOLVED, CLOSED = "open", "waiting", "solved", "closed"
STATUSES = (OPEN, WAITING, SOLVED, CLOSED)
TECHNICAL, ACCOUNT, UPGRADE = "technical", "account", "upgrade"
SITE_ADMINISTRATION = ("hidden_configuration", "site_deletion", "site_access")
CATEGORIES = (TECHNICAL, ACCOUNT, *SITE_ADMINISTRATION, UPGRADE)
SEVERITIES = (1, 2, 3, 4)


# With all that the dashboard counts: 20,000 rows lie on as many pages of the table, and on a few hundred of this index.
_ALL_OF_ONE_ORGANIZATION = (
    "organization",
    "updated_at",
    "id",
    "confidential",
    "severity",
    "site",
    "category",
    "created_at",
    "first_answer_at",
    "solved_at",
)


class ServiceRequest(Table):
    """One case of one organization. Its reference is dated and random: it tells nobody how many there are."""

    reference: str = CharField(max_length=16, unique=True)
    organization = ForeignKeyField(Organization, index=False)
    site = ForeignKeyField(Site, null=True)
    category: str = CharField(max_length=24)
    severity: int = IntegerField()
    status: str = CharField(max_length=8, default=OPEN)
    confidential: bool = BooleanField(default=False)
    subject: str = CharField(max_length=300)
    submitted_by = ForeignKeyField(Contact)
    primary_contact = ForeignKeyField(Contact, index=False)
    timezone: str = CharField(max_length=64)
    assignee = ForeignKeyField(Contact, null=True)
    created_at = Instant()
    updated_at = Instant()
    solved_at = Instant(null=True)
    first_answer_at = Instant(null=True)
    submission_key: str | None = CharField(max_length=64, null=True, unique=True)

    class Meta:
        indexes = (
            (_ALL_OF_ONE_ORGANIZATION, False),
            (("updated_at", "id"), False),
            (("created_at", "id"), False),
            (("status", "updated_at", "id"), False),
            # What partners do not see stands at the end: counting then reads the index alone.
            (("organization", "status", "updated_at", "id", "confidential"), False),
            (("organization", "created_at", "id", "confidential"), False),
            (("primary_contact", "status", "organization"), False),
        )

    @classmethod
    def create(cls, **values):
        """Create the request, and what search knows of it, in one transaction."""
        with joined():
            made = super().create(**values)
            search_index.keep([made.search_entry])
        return made

    @property
    def search_entry(self):
        """Return what search is to know of the request, as a dict."""
        return search_index.entry_of_request(self.id, self.reference, self.subject)

    @classmethod
    def by_reference(cls, reference):
        """Return the request with this reference, its organization and site, in one query; or None."""
        return next(iter(_by_reference(reference)), None)

    @classmethod
    def called(cls, reference, *more):
        """Return a select of the request with this reference, its organization and site, and `more` to be joined."""
        query = cls.select(cls, Organization, Site, *more).join(Organization, on=cls.organization).switch(cls)
        return query.join(Site, JOIN.LEFT_OUTER, on=cls.site).where(cls.reference == reference)

    @classmethod
    def by_submission_key(cls, key):
        """Return the request that this submission has made already, or None."""
        return cls.get_or_none(cls.submission_key == key) if key else None

    def named_people(self):
        """Return the contacts whom the request names: submitter, primary and additional ones."""
        return _named_people(self.id, self.submitted_by_id, self.primary_contact_id)


@prepared
def _by_reference(reference):
    return ServiceRequest.called(reference)


@prepared
def _named_people(request, submitter, primary):
    additional = AdditionalContact.select(AdditionalContact.contact).where(AdditionalContact.service_request == request)
    return Contact.select().where((Contact.id == submitter) | (Contact.id == primary) | Contact.id.in_(additional))


class AdditionalContact(Table):
    service_request = ForeignKeyField(ServiceRequest, backref="additional_contacts", index=False)
    contact = ForeignKeyField(Contact)
    added_by = ForeignKeyField(Contact, null=True)
    created_at = Instant()

    class Meta:
        indexes = ((("service_request", "contact"), True),)


class Message(Table):
    """One entry of a thread. The author's organization is kept: people move."""

    public_id: str = PublicId()
    service_request = ForeignKeyField(ServiceRequest, backref="messages", index=False)
    author = ForeignKeyField(Contact)
    author_organization = ForeignKeyField(Organization, index=False)
    created_at = Instant()
    internal: bool = BooleanField(default=False)
    body: str = TextField()
    submission_key: str | None = CharField(max_length=64, null=True, unique=True)

    class Meta:
        indexes = ((("service_request", "created_at", "id"), False),)

    @classmethod
    def create(cls, **values):
        """Create the message, and what search knows of it, in one transaction."""
        with joined():
            made = super().create(**values)
            search_index.keep([made.search_entry])
        return made

    @property
    def search_entry(self):
        """Return what search is to know of the message, as a dict."""
        return search_index.entry_of_message(self.id, self.service_request_id, self.internal, self.body)

    @classmethod
    def by_submission_key(cls, key):
        """Return the message that this submission has written already, or None."""
        return cls.get_or_none(cls.submission_key == key) if key else None


class ServiceRequestChange(Table):
    """A change of status, severity or people, shown as a small line of the thread. `before` and `after` are codes or ids."""

    service_request = ForeignKeyField(ServiceRequest, backref="changes", index=False)
    actor = ForeignKeyField(Contact)
    at = Instant()
    what: str = CharField(max_length=24)
    before: str = CharField(default="")
    after: str = CharField(default="")

    class Meta:
        indexes = ((("service_request", "at"), False),)


class Attachment(Table):
    """A file of a message. Its bytes lie in chunks, so that a large one never sits in memory."""

    public_id: str = PublicId()
    message = ForeignKeyField(Message, backref="attachments")
    service_request = ForeignKeyField(ServiceRequest, backref="attachments")
    organization_id: int | None = IntegerField(null=True, index=True)  # the request’s, by which files are counted
    position: int = IntegerField(default=0)
    name: str = CharField(max_length=255)
    type: str = CharField(max_length=127, default="application/octet-stream")
    size: int = BigIntegerField()
    sha256: str = CharField(max_length=64)

    @classmethod
    def create(cls, *, service_request, **values):
        """Create the attachment of a message of this request, which comes as a row or an id."""
        of_request = ServiceRequest.select(ServiceRequest.organization).where(ServiceRequest.id == service_request)
        return super().create(service_request=service_request, organization_id=of_request.scalar(), **values)

    @classmethod
    def by_public_id(cls, public_id):
        """Return the attachment that pages call `public_id`, with its message, request and organization; or None."""
        query = cls.select(cls, Message, ServiceRequest, Organization).join(Message, on=cls.message).switch(cls)
        query = query.join(ServiceRequest, on=cls.service_request).join(Organization, on=ServiceRequest.organization)
        return query.where(cls.public_id == public_id).first()


class AttachmentChunk(Table):
    attachment = ForeignKeyField(Attachment, index=False)
    position: int = IntegerField()
    content: bytes = BlobField()

    class Meta:
        indexes = ((("attachment", "position"), True),)

    @classmethod
    def content_at(cls, attachment, position):
        """Return the bytes of one chunk, or None after the last."""
        query = cls.select(cls.content).where(cls.attachment == attachment, cls.position == position)
        found = query.tuples().first()
        return bytes(found[0]) if found else None


class ReadMark(Table):
    """Up to when one contact has read one request."""

    service_request = ForeignKeyField(ServiceRequest, index=False)
    contact = ForeignKeyField(Contact)
    read_at = Instant()

    class Meta:
        indexes = ((("service_request", "contact"), True),)

    @classmethod
    def last_read(cls, service_request, contact):
        """Return up to when the contact has read the request, or None."""
        found = _read_at(service_request.id, contact.id)
        return found[0][0] if found else None

    @classmethod
    def move(cls, service_request, contact, at):
        """Note that the contact has read the request up to `at`; an earlier instant changes nothing."""
        moved = cls.insert(service_request=service_request, contact=contact, read_at=at)
        moved.on_conflict(
            conflict_target=[cls.service_request, cls.contact],
            update={cls.read_at: at},
            where=cls.read_at < at,
        ).execute()


@prepared
def _read_at(service_request, contact):
    mine = (ReadMark.service_request == service_request) & (ReadMark.contact == contact)
    return ReadMark.select(ReadMark.read_at).where(mine).tuples()


class Subscription(Table):
    """One contact's wish to hear of every new request of one organization."""

    contact = ForeignKeyField(Contact, backref="subscriptions")
    organization = ForeignKeyField(Organization)
    created_at = Instant()

    class Meta:
        indexes = ((("contact", "organization"), True),)

    @classmethod
    def people_of(cls, organization_id):
        """Return the contacts who wish to hear of the organization's new requests."""
        return _subscribers(organization_id)


@prepared
def _subscribers(organization):
    return Contact.select().join(Subscription, on=Subscription.contact).where(Subscription.organization == organization)
