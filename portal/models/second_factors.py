"""Second factors: an authenticator app for each contact who has one, recovery codes, and sign-ins that wait for a code."""

import secrets
from datetime import timedelta

from peewee import BigIntegerField, BooleanField, CharField, ForeignKeyField, TextField

from portal.models.base import ALPHABET, Instant, Table
from portal.models.organizations import Contact, Organization
from portal.models.sessions import HalfSignIn, Session, fingerprint

CODES = 10
CODE_LENGTH = 24  # letters of ALPHABET: 118 bits
HALF_FOR = timedelta(minutes=10)

__all__ = ["HalfSignIn", "RecoveryCode", "SecondFactor"]


class SecondFactor(Table):
    """The authenticator app of one contact. `secret` is sealed with SECRET_KEY; `last_step` is that of the last code used."""

    contact = ForeignKeyField(Contact, unique=True)
    secret: str = TextField()
    last_step: int = BigIntegerField(default=0)
    short_password: bool = BooleanField(default=False)  # too short to stand without a second factor
    set_up_at = Instant()

    @classmethod
    def of(cls, contact):
        """Return the second factor of the contact, or None."""
        return cls.get_or_none(cls.contact == contact)

    @classmethod
    def keep(cls, contact, sealed, step, at):
        """Keep another secret for the contact, in the place of the one there was; the code of `step` is used up."""
        kept = {cls.secret: sealed, cls.last_step: step, cls.set_up_at: at}
        cls.insert({cls.contact: contact, **kept}).on_conflict(conflict_target=[cls.contact], update=kept).execute()

    def use(self, step):
        """Use up the code of `step` and all before it; return whether this call was the one that did."""
        unused = (SecondFactor.id == self.id) & (SecondFactor.last_step < step)
        return bool(SecondFactor.update(last_step=step).where(unused).execute())

    @classmethod
    def note_password(cls, contact, short):
        """Remember whether the contact's new password is too short to stand alone."""
        cls.update(short_password=short).where(cls.contact == contact).execute()

    @classmethod
    def remove(cls, contact):
        """Forget the contact's second factor and recovery codes; return whether there was one."""
        RecoveryCode.delete().where(RecoveryCode.contact == contact).execute()
        HalfSignIn.delete().where(HalfSignIn.contact == contact).execute()
        return bool(cls.delete().where(cls.contact == contact).execute())


class RecoveryCode(Table):
    """One code for who is without the app. The code itself is shown once, to its owner."""

    contact = ForeignKeyField(Contact, index=False)
    code_hash: str = CharField(max_length=64)
    used_at = Instant(null=True)

    class Meta:
        indexes = ((("contact", "code_hash"), True),)

    @classmethod
    def make_new(cls, contact):
        """Make CODES new ones in the place of those there were; return them, in groups of four."""
        cls.delete().where(cls.contact == contact).execute()
        codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
        rows = [{"contact": contact, "code_hash": cls.hash_of(contact, code)} for code in codes]
        cls.insert_many(rows).execute()
        return ["-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4)) for code in codes]

    @classmethod
    def use(cls, contact, code, at):
        """Use up this code (without dashes, in any case); return whether this call was the one that did."""
        mine = (cls.contact == contact) & (cls.code_hash == cls.hash_of(contact, code.lower()))
        return bool(cls.update(used_at=at).where(mine, cls.used_at.is_null()).execute())

    @classmethod
    def left(cls, contact):
        """Return how many codes of the contact are unused."""
        return cls.select().where(cls.contact == contact, cls.used_at.is_null()).count()

    @staticmethod
    def hash_of(contact, code):
        """Return what is stored of a code: a hash that no other contact's code can have."""
        return fingerprint(f"{contact.public_id}:{code}")


def waiting(key, at):
    """Return the HalfSignIn behind this key, with its contact, while it is valid; else None."""
    return (
        HalfSignIn.select(HalfSignIn, Contact, Organization)
        .join(Contact, on=HalfSignIn.contact)
        .join(Organization, on=Contact.organization)
        .where(HalfSignIn.key_hash == fingerprint(key or ""), HalfSignIn.created_at > at - HALF_FOR)
        .first()
    )


def wait(contact, at):
    """Remember that the contact's password was right; return the key with which the code is to come."""
    key = secrets.token_urlsafe(32)
    HalfSignIn.delete().where(HalfSignIn.contact == contact, HalfSignIn.created_at <= at - HALF_FOR).execute()
    HalfSignIn.create(key_hash=fingerprint(key), contact=contact, created_at=at)
    return key


def finish(half, at, browser):
    """Turn the half sign-in into a session and return its key; None where somebody else has just used it."""
    if not HalfSignIn.delete().where(HalfSignIn.id == half.id).execute():
        return None
    return Session.open_for(half.contact, at, browser)
