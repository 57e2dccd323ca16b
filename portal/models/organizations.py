"""Organizations, their sites and their people."""

import hashlib

from peewee import BooleanField, CharField, ForeignKeyField, TextField

from portal.models.base import Instant, PublicId, Table
from portal.models.holding import hold_row
from portal.models.prepared import prepared


class Organization(Table):
    slug: str = CharField(max_length=64, unique=True)
    name: str = CharField()
    timezone: str = CharField(max_length=64, default="UTC")
    locale: str = CharField(max_length=16, default="en")

    @classmethod
    def by_slug(cls, slug):
        """Return the organization named `slug`, or None."""
        return next(iter(_called(slug)), None)

    @classmethod
    def by_name(cls):
        """Return all organizations, by name."""
        return list(cls.select().order_by(cls.name, cls.id))

    @classmethod
    def hold(cls, slug):
        """Hold the organization's row against other writers until the transaction ends, if there is one."""
        found = cls.by_slug(slug)
        if found:
            hold_row(cls, found.id)

    @classmethod
    def of_the_desk(cls):
        """Return the organization whose people are the desk, or None before there is one."""
        return cls._of_the_desk().first()

    @classmethod
    def name_of_the_desk(cls):
        """Return the select of the name of the organization whose people are the desk."""
        return cls._of_the_desk().select(cls.name).limit(1)

    @classmethod
    def _of_the_desk(cls):
        query = cls.select().join(Contact, on=Contact.organization == cls.id)
        return query.where(Contact.desk.in_([True])).order_by(cls.id)  # so said, as an index knows it

    def sites_by_name(self):
        """Return this organization's sites, by name."""
        return list(self.sites.order_by(Site.name, Site.id))

    def contact_managers(self):
        """Return the active contact managers, by name."""
        return _managers(self.id)

    def people(self):
        """Return a select of the active contacts who are themselves (stand-ins are not), by name."""
        return Contact.present_in(self)


EDITABLE = ("name", "email", "timezone", "locale", "contact_manager", "support_contact", "desk")


class Site(Table):
    public_id: str = PublicId()
    organization = ForeignKeyField(Organization, backref="sites")
    name: str = CharField()
    url: str = CharField(max_length=2000, default="")

    class Meta:
        indexes = ((("organization", "name"), True),)


class Contact(Table):
    """A person. A partner's addition (`added_by`) counts in full only once a contact manager agrees (SPEC 3, rule 7)."""

    public_id: str = PublicId()
    email: str = CharField(unique=True)
    name: str = CharField()
    organization = ForeignKeyField(Organization, backref="contacts")
    timezone: str = CharField(max_length=64, default="UTC")
    locale: str = CharField(max_length=16, default="en")
    contact_manager: bool = BooleanField(default=False)
    support_contact: bool = BooleanField(default=False)
    desk: bool = BooleanField(default=False)
    active: bool = BooleanField(default=True)
    stands_in_for = ForeignKeyField("self", null=True, backref="stand_ins")
    password_hash: str | None = TextField(null=True)
    added_by = ForeignKeyField(Organization, null=True)
    confirmed_at = Instant(null=True)
    kept_at = Instant(null=True)
    created_at = Instant()

    class Meta:
        indexes = ((("desk", "organization"), False),)

    @classmethod
    def by_email(cls, email):
        """Return the contact with this e-mail address in any case, or None."""
        return cls.get_or_none(cls.email == fold_email(email))

    @classmethod
    def present_in(cls, organization):
        """Return a select of an organization's active contacts who are themselves (stand-ins are not), by name."""
        present = cls.active & cls.stands_in_for.is_null()
        return cls.select().where(cls.organization == organization, present).order_by(cls.name, cls.id)

    @classmethod
    def of_the_desk(cls):
        """Return the active people of the desk, by name."""
        return _of_the_desk()

    @classmethod
    def people_of_the_desk(cls):
        """Return a select of the active people of the desk."""
        return cls.select().where(cls.desk.in_([True]), cls.active, cls.stands_in_for.is_null())

    @classmethod
    def by_public_id(cls, public_id):
        """Return the contact whom forms call `public_id`, or None."""
        return cls.get_or_none(cls.public_id == public_id)

    def again(self):
        """Return this contact as the database has it now."""
        return Contact.get_by_id(self.id)

    def has_stand_ins(self):
        """Return whether some record stands in for this contact."""
        return Contact.select().where(Contact.stands_in_for == self).exists()

    @property
    def edition(self):
        """Return a short text that changes whenever what others may edit of this contact does."""
        shown = "\0".join(str(getattr(self, name)) for name in EDITABLE)
        return hashlib.sha256(shown.encode()).hexdigest()[:16]

    def choose_locale(self, locale):
        """Save the language of this contact."""
        self.locale = locale
        self.save(only=[Contact.locale])

    def settle_in(self, locale, timezone):
        """Keep the language and the time zone that the contact chose."""
        self.locale, self.timezone = locale, timezone
        self.save(only=[Contact.locale, Contact.timezone])

    def set_password_hash(self, password_hash):
        """Keep another password's hash."""
        Contact.update(password_hash=password_hash).where(Contact.id == self.id).execute()

    def renew_password_hash(self, outdated, renewed):
        """Replace the hash of the same password; return False where another password was set meanwhile."""
        same = (Contact.id == self.id) & (Contact.password_hash == outdated)
        return bool(Contact.update(password_hash=renewed).where(same).execute())


@prepared
def _managers(organization):
    return Contact.present_in(organization).where(Contact.contact_manager)


@prepared
def _called(slug):
    return Organization.select().where(Organization.slug == slug)


@prepared
def _of_the_desk():
    return Contact.people_of_the_desk().order_by(Contact.name, Contact.id)


def fold_email(email):
    """Return the address as it is stored and compared: trimmed, lower case."""
    return email.strip().lower()
