"""Who knows the password: asked at the same cost for everybody, throttled, and chosen anew by a mailed link."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask_babel import ngettext

from portal import passwords, permissions
from portal.database import transaction
from portal.models import Contact, Link, LoginFailure, SecondFactor, Session, second_factors
from portal.models.holding import hold_row, lock_row
from portal.models.notifications import notify
from portal.models.organizations import fold_email
from portal.models.sessions import RESET, VALID_FOR

MOST_RESETS_AN_HOUR = 5


class Throttled(Exception):
    """Too many failures from here; `until` is the instant (UTC) from which one may try again."""

    def __init__(self, until):
        super().__init__(until)
        self.until = until

    def seconds(self, at):
        """Return how many seconds that is from `at` on."""
        return int((self.until - at).total_seconds()) + 1

    def sentence(self, at):
        """Return the sentence that says when to try again, in whole minutes."""
        minutes = -(-self.seconds(at) // 60)
        return ngettext(
            "That was too often. Try again in %(num)s minute.",
            "That was too often. Try again in %(num)s minutes.",
            minutes,
        )


class TooShort(Exception):
    """The password is too short to stand alone: the second factor beside it was turned off meanwhile."""


@dataclass(frozen=True)
class Begun:
    """What a right password begins: a session, or a wait for the code of the second factor; `key` opens either."""

    key: str
    waits_for_code: bool


def begin(contact, at, browser):
    """Return what the right password of `contact`, as `check` found them, begins; None where it has just changed."""
    with transaction():
        now = lock_row(Contact, contact.id)
        if now.password_hash != contact.password_hash:
            return None
        if SecondFactor.of(now):
            return Begun(second_factors.wait(now, at), True)
        return Begun(Session.open_for(now, at, browser), False)


def check(email, password, address, at, settings):
    """Return the contact whose password this is and who may sign in, or None; raise Throttled (SPEC 4, Sign-in)."""
    email, address = fold_email(email), neighbourhood(address)
    refuse_throttled(email, address, at, settings)
    contact = Contact.by_email(email)
    fits = passwords.verify(contact.password_hash if contact else None, password)
    if not fits or not permissions.may_sign_in(contact, at):
        with transaction():
            LoginFailure.record(email, address, at)
        return None
    # Asked again: guesses sent side by side count against each other.
    refuse_throttled(email, address, at, settings)
    _welcome(contact, email, address, password)
    return contact


def confirm(contact, password, address, at, settings):
    """Return whether this is the password of who is signed in already; wrong ones count as failures at sign-in do."""
    address = neighbourhood(address)
    refuse_throttled(contact.email, address, at, settings)
    fits = passwords.verify(contact.password_hash, password)
    if not fits:
        with transaction():
            LoginFailure.record(contact.email, address, at)
    return fits


def refuse_throttled(email, address, at, settings):
    """Raise Throttled after too many failures for this account from this address, or from this address at all."""
    window = timedelta(minutes=settings.login_window_minutes)
    until = LoginFailure.blocked_until(email, address, at, settings.login_failures, window)
    if until is not None:
        raise Throttled(until)


def _welcome(contact, email, address, password):
    outdated = contact.password_hash
    renewed = passwords.hash_password(password) if passwords.needs_rehash(outdated) else None
    with transaction():
        LoginFailure.forgive(email, address)
        if renewed and contact.renew_password_hash(outdated, renewed):
            contact.password_hash = renewed


def neighbourhood(address):
    """Return what failures are counted by: the address, or of an IPv6 one the /64 that a single person has."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return (address or "")[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))


def mail_reset_link(email, at, secret_key):
    """Mail a link to whoever has this address; for an address of nobody the same is written, to nobody."""
    contact = Contact.by_email(email)
    if contact is not None and not permissions.may_sign_in(contact, at):
        contact = None
    with transaction():
        # Somebody else's mailbox is not to be filled, nor the link in it replaced for ever.
        if Link.count_since(contact, RESET, at - timedelta(hours=1)) >= MOST_RESETS_AN_HOUR:
            contact = None
        link = Link.make(contact, RESET, at, VALID_FOR[RESET], secret_key)
        notify("password_reset", [contact], at, link=link)


def find_link(token, at):
    """Return the link with this token while it is unused, valid, and its contact may sign in; else None."""
    link = Link.find(token, at)
    return link if link and permissions.may_sign_in(link.contact, at) else None


def set_password_by(link, password, at):
    """Use the link up, set the password and end every session; return whether this call was the one that did.

    A second factor stays as it is. Raises TooShort, and then the link is as it was.
    """
    password_hash = passwords.hash_password(password)
    with transaction():
        if not link.use(at):
            return False
        _keep_password(link.contact, password, password_hash)
        Link.use_up_all(link.contact, at)
        Session.end_all(link.contact)
    return True


def change_password(contact, password, at, session_key):
    """Set another password; end the contact's other sessions and use up their links. Raises TooShort."""
    password_hash = passwords.hash_password(password)
    with transaction():
        _keep_password(contact, password, password_hash)
        Link.use_up_all(contact, at)
        Session.end_all(contact, but=session_key)


def least_length(contact):
    """Return how many characters the contact's password has to have: fewer beside a second factor."""
    return passwords.LEAST_WITH_FACTOR if SecondFactor.of(contact) else passwords.LEAST_LENGTH


def _keep_password(contact, password, password_hash):
    hold_row(Contact, contact.id)
    if len(password) < least_length(contact):
        raise TooShort
    contact.set_password_hash(password_hash)
    SecondFactor.note_password(contact, len(password) < passwords.LEAST_LENGTH)
