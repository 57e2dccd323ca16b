"""What is typed to sign in, to get a link, and to choose a password."""

from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from portal import guessable, passwords
from portal.forms.typed import LONGEST_ADDRESS, text
from portal.models.organizations import fold_email
from portal.words import number


@dataclass
class SignInForm:
    email: str = ""
    password: str = ""
    next: str | None = None
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, typed, own_path):
        """Return the form as typed; `own_path(path)` says where one may be led afterwards."""
        return cls(text(typed, "email", LONGEST_ADDRESS), typed.get("password", ""), own_path(typed.get("next", "")))

    def refuse(self):
        """Say that this is nobody who may sign in: the same sentence for every cause."""
        self.errors = {"": _("This e-mail address and this password do not fit an active account. Check both.")}


@dataclass
class ForgotForm:
    email: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, typed):
        """Return the form as typed, checked only for looking like an address."""
        form = cls(text(typed, "email", LONGEST_ADDRESS))
        name, at, host = form.email.rpartition("@")
        if not (name and at and host) or any(character.isspace() for character in form.email):
            form.errors = {"email": _("Write the e-mail address that you sign in with.")}
        return form


def password_hint(least=passwords.LEAST_LENGTH):
    """Return what a password of at least `least` characters has to be."""
    return ngettext(
        "Use %(num)s character or more: a few words in a row are easy to remember.",
        "Use %(num)s characters or more: a few words in a row are easy to remember.",
        least,
    )


def password_problem(password, contact, least=passwords.LEAST_LENGTH):
    """Return what speaks against `password` for `contact`, or None; `least` is the shortest that `contact` may have."""
    if len(password) < least:
        return password_hint(least)
    if len(password) > passwords.MOST_LENGTH:
        return _("Use %(number)s characters at most.", number=number(passwords.MOST_LENGTH))
    if fold_email(password) == contact.email:
        return _("Your e-mail address is the first thing that others would try. Use something else.")
    if guessable.is_common(password):
        return _("This is a password that many people use, or one repeated. Use a few words of your own.")
    if guessable.is_made_of_names(password, [contact.name, contact.email]):
        return _("This is made of names that are known to others. Use a few words of your own.")
    return None
