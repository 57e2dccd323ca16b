"""What signing in leaves behind: sessions that can be ended, one-time links, counted failures."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import timedelta
from itertools import islice

from peewee import CharField, ForeignKeyField, OperationalError

from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact, Organization
from portal.models.prepared import fetched, slot
from portal.models.rows import made_of

SEEN_EVERY = timedelta(minutes=5)
# OWASP ASVS 5.0, V7.3: the risk is a browser left open. Twelve hours span a working day and never a night beside it,
# so nobody is signed out over lunch; and once a week the password is asked for again, whoever holds the cookie.
IDLE_END = timedelta(hours=12)
ABSOLUTE_END = timedelta(days=7)
RESET, INVITATION = "reset", "invitation"
VALID_FOR = {RESET: timedelta(minutes=60), INVITATION: timedelta(hours=72)}


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
    confirmed_at = Instant(null=True)  # when its owner last typed the password in it

    @classmethod
    def open_for(cls, contact, at, browser=""):
        """Begin a session and return its key, which is shown this once."""
        key = secrets.token_urlsafe(32)
        cls.delete().where(cls.contact == contact, ~cls._goes_on(at)).execute()
        kept = {"contact": contact, "created_at": at, "seen_at": at, "confirmed_at": at, "browser": browser[:200]}
        cls.create(key_hash=fingerprint(key), **kept)
        return key

    @classmethod
    def _goes_on(cls, at):
        return (cls.seen_at > at - IDLE_END) & (cls.created_at > at - ABSOLUTE_END)

    @classmethod
    def by_key(cls, key, at):
        """Return the session that has not ended at `at`, with its contact and organization in one query, or None."""
        goes_on = {"seen_after": at - IDLE_END, "created_after": at - ABSOLUTE_END}
        found = fetched("session", cls._with_contact, key_hash=fingerprint(key), **goes_on)
        if not found:
            return None
        parts, row = [], iter(found[0])
        for model in (cls, Contact, Organization):
            parts.append(made_of(model, list(islice(row, len(model._meta.sorted_fields)))))
        session, session.contact, session.contact.organization = parts[0], parts[1], parts[2]
        return session

    @classmethod
    def _with_contact(cls):
        query = cls.select(cls, Contact, Organization).join(Contact, on=cls.contact)
        return query.join(Organization, on=Contact.organization).where(
            cls.key_hash == slot("key_hash"),
            cls.seen_at > slot("seen_after"),
            cls.created_at > slot("created_after"),
        )

    @classmethod
    def forget(cls, key):
        """Forget the session that has ended, if it is still kept: no clock that is set back may revive it."""
        over = cls.select(cls.id).where(cls.key_hash == fingerprint(key)).first()
        if over is not None:
            with suppress(OperationalError):  # a full disk must not keep anybody from signing in again
                cls.delete().where(cls.id == over.id).execute()

    @classmethod
    def of(cls, contact, at):
        """Return the contact's sessions that have not ended at `at`, the one seen last first."""
        return list(
            cls.select().where(cls.contact == contact, cls._goes_on(at)).order_by(cls.seen_at.desc(), cls.id.desc())
        )

    def is_behind(self, key):
        """Return whether this session is the one that `key` opens."""
        return self.key_hash == fingerprint(key)

    def note_seen(self, at):
        """Remember that the browser was here; at most once in SEEN_EVERY, so that reading pages hardly ever writes."""
        if at - self.seen_at >= SEEN_EVERY:
            with suppress(OperationalError):  # a full disk must not keep anybody from reading
                Session.update(seen_at=at).where(Session.id == self.id, Session.seen_at < at).execute()

    @classmethod
    def renew(cls, key, confirmed_at):
        """Give the session another key and return it: who copied the old one has nothing. None where it has ended."""
        renewed = secrets.token_urlsafe(32)
        changed = {cls.key_hash: fingerprint(renewed), cls.confirmed_at: confirmed_at}
        return renewed if cls.update(changed).where(cls.key_hash == fingerprint(key)).execute() else None

    @classmethod
    def end(cls, key):
        """End the session with this key."""
        cls.delete().where(cls.key_hash == fingerprint(key)).execute()

    @classmethod
    def end_one(cls, contact, number, but):
        """End the session with this id if it is one of `contact`, and not the one with the key `but`."""
        mine = (cls.contact == contact) & (cls.key_hash != fingerprint(but))
        cls.delete().where(mine, cls.id == number).execute()

    @classmethod
    def end_all(cls, contact, but=None):
        """End every session of `contact`, except the one with the key `but`, and what waits to become one."""
        HalfSignIn.delete().where(HalfSignIn.contact == contact).execute()
        ended = cls.delete().where(cls.contact == contact)
        (ended.where(cls.key_hash != fingerprint(but)) if but else ended).execute()

    @classmethod
    def end_everybodys(cls):
        """End every session there is, and what waits to become one; return how many were ended."""
        HalfSignIn.delete().execute()
        return cls.delete().execute()


class HalfSignIn(Table):
    """A sign-in whose password was right and whose code is still to come: it opens nothing."""

    key_hash: str = CharField(max_length=64, unique=True)
    contact = ForeignKeyField(Contact)
    created_at = Instant()


class Link(Table):
    """A link mailed to one person for one purpose, to be used once. Its token is derived, never stored.

    A row without a contact keeps an address of nobody as costly as one of somebody.
    """

    public_id: str = PublicId()
    contact = ForeignKeyField(Contact, null=True)
    purpose: str = CharField(max_length=16)
    token_hash: str = CharField(max_length=64, unique=True)
    created_at = Instant()
    expires_at = Instant()
    used_at = Instant(null=True)

    @classmethod
    def make(cls, contact, purpose, at, valid_for, secret_key):
        """Make a link that supersedes the contact's earlier ones of this purpose; return the row."""
        cls.update(used_at=at).where(cls.contact == contact, cls.purpose == purpose, cls.used_at.is_null()).execute()
        link = cls(contact=contact, purpose=purpose, created_at=at, expires_at=at + valid_for)
        link.public_id = secrets.token_urlsafe(24)
        link.token_hash = fingerprint(link.token(secret_key))
        link.save(force_insert=True)
        return link

    @property
    def is_invitation(self):
        """Return whether the link is for somebody's first password."""
        return self.purpose == INVITATION

    def token(self, secret_key):
        """Return the token that the mailed address carries."""
        text = f"{self.purpose}:{self.public_id}"
        return hmac.new(secret_key.encode(), text.encode(), hashlib.sha256).hexdigest()

    @classmethod
    def find(cls, token, at):
        """Return the unused link with this token that is still valid at `at`, with its contact, or None."""
        return (
            cls.select(cls, Contact)
            .join(Contact, on=cls.contact)
            .where(cls.token_hash == fingerprint(token), cls.used_at.is_null(), cls.expires_at > at)
            .first()
        )

    @classmethod
    def count_since(cls, contact, purpose, since):
        """Return how many links of this purpose were made for the contact since `since`."""
        return cls.select().where(cls.contact == contact, cls.purpose == purpose, cls.created_at > since).count()

    @classmethod
    def use_up_all(cls, contact, at):
        """Use up every link of the contact that is not used yet."""
        cls.update(used_at=at).where(cls.contact == contact, cls.used_at.is_null()).execute()

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
    def blocked_until(cls, email, address, at, most, window):
        """Return until when no more is tried for this account from this address, or None.

        `most` failures within `window` block the account from that address, ten times as many the address.
        """
        here = cls._since(at - window).where(cls.address == address)
        decisive = [
            here.where(cls.account_hash == fingerprint(email)).offset(most - 1).limit(1),
            here.offset(most * 10 - 1).limit(1),
        ]
        found = [failure.at + window for query in decisive for failure in query]
        return max(found, default=None)

    @classmethod
    def account_blocked_until(cls, email, at, most, window):
        """Return until when no more is tried for this account from anywhere, or None: `most` failures within `window`."""
        decisive = cls._since(at - window).where(cls.account_hash == fingerprint(email)).offset(most - 1).first()
        return decisive.at + window if decisive else None

    @classmethod
    def _since(cls, since):
        return cls.select(cls.at).where(cls.at > since).order_by(cls.at.desc())

    @classmethod
    def record(cls, email, address, at, keep=timedelta(days=1)):
        """Count a failure, and forget those that no longer matter."""
        cls.delete().where(cls.at < at - keep).execute()
        cls.create(account_hash=fingerprint(email), address=address, at=at)

    @classmethod
    def forgive(cls, email, address):
        """Forget the failures of this account from this address: its owner has signed in there."""
        cls.delete().where(cls.account_hash == fingerprint(email), cls.address == address).execute()
