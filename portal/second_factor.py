"""The second factor: who must have one, setting it up, the code at sign-in, and the way back for who lost it."""

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import ngettext

from portal import authenticator, credentials, permissions, sealing
from portal.credentials import Throttled, neighbourhood
from portal.database import transaction
from portal.models import Contact, Link, LoginFailure, RecoveryCode, SecondFactor, Session, history, second_factors
from portal.models.holding import lock_row
from portal.models.notifications import notify
from portal.models.sessions import RESET, VALID_FOR

WIDER = 10  # as many wrong codes as times ten from one address are borne from all addresses together
_KEPT, _OFFERED = "kept", "offered"


class CodesThrottled(Throttled):
    """Too many wrong codes for this account, from wherever: no app's code is tried, a recovery code is."""

    def sentence(self, at):
        """Return the sentence that says what one can do now."""
        return ngettext(
            "Too many wrong codes were typed for this account. Use a recovery code, or try again in %(num)s minute.",
            "Too many wrong codes were typed for this account. Use a recovery code, or try again in %(num)s minutes.",
            -(-self.seconds(at) // 60),
        )


class Required(Exception):
    """The contact must have a second factor."""


class PasswordTooShort(Exception):
    """The contact's password cannot stand alone."""


@dataclass(frozen=True)
class Entered:
    """A sign-in with both factors: the key of the session; `left` recovery codes where one of them was used."""

    key: str
    left: int | None = None


def must_have(contact, settings):
    """Return whether the contact must have a second factor (SECOND_FACTOR)."""
    if settings.second_factor == "managers":
        return contact.contact_manager or contact.desk
    return settings.second_factor == "everyone"


def lacks(contact, settings):
    """Return whether the contact must have a second factor and has none."""
    return must_have(contact, settings) and SecondFactor.of(contact) is None


# --- Setting up, and turning off ----------------------------------------------------------------------------------


def offer(contact, secret_key):
    """Return (secret, the same sealed): a new one for the contact's app, which counts once a code of it is typed."""
    secret = authenticator.new_secret()
    return secret, sealing.seal(secret, _owner(contact, _OFFERED), secret_key)


def offered(contact, sealed, secret_key):
    """Return the secret of an offer to this contact, or None where it is none."""
    return sealing.unseal(sealed, _owner(contact, _OFFERED), secret_key)


def set_up(contact, secret, typed, at, settings, session_key):
    """Keep the secret once a code of it was typed, and return ten recovery codes; None where the code does not fit.

    Every session but this one ends, and every mailed link.
    """
    code = authenticator.bare(typed)
    step = authenticator.step_of(secret, code, at) if authenticator.is_code(code) else None
    if step is None:
        return None
    sealed = sealing.seal(secret, _owner(contact, _KEPT), settings.secret_key)
    with transaction():
        now = lock_row(Contact, contact.id)
        what = "replaced" if SecondFactor.of(now) else "set_up"
        SecondFactor.keep(now, sealed, step, at)
        _leave_only(now, at, session_key)
        _tell(now, what, at)
        return RecoveryCode.make_new(now)


def make_codes(contact, at):
    """Make ten recovery codes in the place of the old ones and return them; None without a second factor."""
    with transaction():
        now = lock_row(Contact, contact.id)
        if SecondFactor.of(now) is None:
            return None
        _tell(now, "codes", at)
        return RecoveryCode.make_new(now)


def turn_off(contact, at, settings, session_key):
    """Forget the second factor; return whether there was one. Raises Required, and PasswordTooShort."""
    with transaction():
        now = lock_row(Contact, contact.id)
        found = SecondFactor.of(now)
        if found is None:
            return False
        if must_have(now, settings):
            raise Required
        if found.short_password:
            raise PasswordTooShort
        SecondFactor.remove(now)
        _leave_only(now, at, session_key)
        _tell(now, "turned_off", at)
    return True


def reset(contact, actor, at, settings):
    """Forget the second factor of who lost it, end their sessions, and tell them; return whether there was one.

    `actor` is of the desk, or None for the administrator. A password too short to stand alone goes with it, and a link
    to choose another is mailed.
    """
    with transaction():
        now = lock_row(Contact, contact.id)
        found = SecondFactor.of(now)
        if found is None:
            return False
        SecondFactor.remove(now)
        _leave_only(now, at)
        if found.short_password:
            now.set_password_hash(None)
            link = Link.make(now, RESET, at, VALID_FOR[RESET], settings.secret_key)
            notify("password_reset", [now], at, link=link)
        history.record(now.organization, "contact_second_factor_reset", at, actor=actor, contact=now, name=now.name)
        _tell(now, "reset", at, actor)
    return True


def _leave_only(contact, at, session_key=None):
    Session.end_all(contact, but=session_key)
    Link.use_up_all(contact, at)


def _tell(contact, what, at, actor=None, **details):
    told = {"organization": contact.organization_id, "details": {"what": what, **details}}
    notify("second_factor_changed", [contact], at, actor=actor, **told)


# --- Signing in ---------------------------------------------------------------------------------------------------


def enter(half, typed, address, at, settings, browser):
    """Return what the code typed for this half sign-in opens: Entered, or None where it does not fit. Raises Throttled.

    All of it holds the contact's row, so that codes sent side by side are tried one after another.
    """
    with transaction():
        contact = lock_row(Contact, half.contact.id)
        account, place = _account(contact), neighbourhood(address)
        credentials.refuse_throttled(account, place, at, settings)
        used, left = _use(contact, authenticator.bare(typed), at, settings)
        key = second_factors.finish(half, at, browser) if used and permissions.may_sign_in(contact, at) else None
        if key is None:
            LoginFailure.record(account, place, at)
            return None
        LoginFailure.forgive(account, place)
    return Entered(key, left)


def prove(contact, typed, address, at, settings):
    """Return whether the code typed by who is signed in already fits, and use it up. Raises Throttled."""
    with transaction():
        now = lock_row(Contact, contact.id)
        account, place = _account(now), neighbourhood(address)
        credentials.refuse_throttled(account, place, at, settings)
        used, _left = _use(now, authenticator.bare(typed), at, settings)
        if not used:
            LoginFailure.record(account, place, at)
    return used


def _use(contact, code, at, settings):
    """Use the code up; return (whether it fits and was unused, recovery codes left where it was one of them)."""
    if not authenticator.is_code(code):
        if not RecoveryCode.use(contact, code, at):
            return False, None
        left = RecoveryCode.left(contact)
        _tell(contact, "code_used", at, left=left)
        return True, left
    _refuse_guessing(contact, at, settings)
    found = SecondFactor.of(contact)
    secret = found and sealing.unseal(found.secret, _owner(contact, _KEPT), settings.secret_key)
    step = authenticator.step_of(secret, code, at) if secret else None
    return step is not None and found.use(step), None


def _refuse_guessing(contact, at, settings):
    # Whoever knows the password could guess from many addresses. Recovery codes cannot be guessed, so the owner still
    # gets in with one of them.
    window = timedelta(minutes=settings.login_window_minutes)
    until = LoginFailure.account_blocked_until(_account(contact), at, settings.login_failures * WIDER, window)
    if until is not None:
        raise CodesThrottled(until)


def _account(contact):
    """Return the name under which wrong codes are counted: apart from wrong passwords, which anybody can type."""
    return f"code of {contact.email}"


def _owner(contact, use):
    return f"{use}:{contact.public_id}"
