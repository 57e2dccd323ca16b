"""What signing in leaves behind: sessions that can be ended, one-time links, counted failures."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from peewee import CharField, ForeignKeyField

from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact, Organization


def fingerprint(secret_text):
    """Return what is stored of a random secret: its SHA-256 in hex."""
    return hashlib.sha256(secret_text.encode()).hexdigest()


class Session(Table):
    """One signed-in browser. The key itself is only in the browser."""

    key_hash: str = CharField(max_length=64, unique=True)
    contact = ForeignKeyField(Contact, backref="sessions")
    created_at = Instant()
    seen_at = Instant()
    browser: str = CharField(max_length=200, default="")

    @classmethod
    def open_for(cls, contact, at, browser=""):
        """Begin a session and return its key, which is shown this once."""
        key = secrets.token_urlsafe(32)
        cls.create(key_hash=fingerprint(key), contact=contact, created_at=at, seen_at=at, browser=browser[:200])
        return key

    @classmethod
    def by_key(cls, key):
        """Return the session with its contact and organization in one query, or None."""
        return (
            cls.select(cls, Contact, Organization)
            .join(Contact, on=cls.contact)
            .join(Organization, on=Contact.organization)
            .where(cls.key_hash == fingerprint(key))
            .first()
        )

    @classmethod
    def end(cls, key):
        """End the session with this key."""
        cls.delete().where(cls.key_hash == fingerprint(key)).execute()

    @classmethod
    def end_all(cls, contact):
        """End every session of `contact`."""
        cls.delete().where(cls.contact == contact).execute()


class Link(Table):
    """A link mailed to one person for one purpose, to be used once. Its token is derived, never stored."""

    public_id: str = PublicId()
    contact = ForeignKeyField(Contact)
    purpose: str = CharField(max_length=16)
    token_hash: str = CharField(max_length=64, unique=True)
    created_at = Instant()
    expires_at = Instant()
    used_at = Instant(null=True)

    @classmethod
    def make(cls, contact, purpose, at, valid_for, secret_key):
        """Make a link that supersedes the contact's earlier ones of this purpose; return the row."""
        cls.update(used_at=at).where(cls.contact == contact, cls.purpose == purpose, cls.used_at.is_null()).execute()
        link = cls(contact=contact, purpose=purpose, created_at=at, expires_at=at + valid_for, public_id=None)
        link.public_id = secrets.token_urlsafe(24)
        link.token_hash = fingerprint(link.token(secret_key))
        link.save(force_insert=True)
        return link

    def token(self, secret_key):
        """Return the token that the mailed address carries."""
        text = f"{self.purpose}:{self.public_id}"
        return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()

    @classmethod
    def find(cls, token, purpose, at):
        """Return the unused link of this purpose with this token that is still valid at `at`, or None."""
        return cls.get_or_none(
            cls.token_hash == fingerprint(token), cls.purpose == purpose, cls.used_at.is_null(), cls.expires_at > at
        )

    def use(self, at):
        """Use the link up; return whether this call was the one that did."""
        return bool(
            Link.update(used_at=at).where(Link.id == self.id, Link.used_at.is_null(), Link.expires_at > at).execute()
        )


class LoginFailure(Table):
    """One failed sign-in, kept for as long as it counts."""

    account_hash: str = CharField(max_length=64)
    address: str = CharField(max_length=64)
    at = Instant()

    class Meta:
        indexes = ((("account_hash", "address", "at"), False), (("address", "at"), False), (("at",), False))

    @classmethod
    def count_since(cls, email, address, since):
        """Return (failures of this account from this address, failures from this address) since `since`."""
        recent = cls.select().where(cls.address == address, cls.at > since)
        return recent.where(cls.account_hash == fingerprint(email)).count(), recent.count()

    @classmethod
    def record(cls, email, address, at, keep=timedelta(days=1)):
        """Count a failure, and forget those that no longer matter."""
        cls.delete().where(cls.at < at - keep).execute()
        cls.create(account_hash=fingerprint(email), address=address, at=at)
