"""A contact made by the administrator, the first of the desk for instance."""

from flask_babel import gettext as _
from peewee import IntegrityError

from portal import passwords
from portal.database import transaction
from portal.forms.sign_in import password_problem
from portal.models import Contact, Organization
from portal.transfer import cells


class Refused(Exception):
    """The contact cannot be made; the text is a sentence."""


def check(email, name, organization, organization_name, timezone, locale):
    """Return the values as they are stored; raise Refused with the first thing that is wrong."""
    try:
        values = {
            "email": cells.email(email),
            "name": cells.text(255)(name.strip()),
            "organization": cells.slug(organization),
            "organization_name": cells.text(255)((organization_name or "").strip()),
            "timezone": cells.zone(timezone) if timezone else None,
            "locale": cells.locale(locale) if locale else None,
        }
    except cells.Unfit as unfit:
        raise Refused(str(unfit)) from None
    if not values["name"]:
        raise Refused(_("The name may not be empty."))
    if Contact.by_email(values["email"]):
        raise Refused(_("“%(key)s” is already in the portal.", key=values["email"]))
    if not Organization.by_slug(values["organization"]) and not values["organization_name"]:
        raise Refused(
            _(
                "There is no organization “%(slug)s”: add --organization-name to make it.",
                slug=values["organization"],
            )
        )
    return values


def check_password(password, values):
    """Raise Refused where the password is none that people may choose."""
    problem = password_problem(password, Contact(email=values["email"], name=values["name"]))
    if problem:
        raise Refused(problem)


def create(values, flags, password, at):
    """Make the contact, and their organization where there is none, and return the contact; raise Refused."""
    password_hash = passwords.hash_password(password)
    try:
        with transaction():
            firm = Organization.by_slug(values["organization"]) or _found(values)
            return Contact.create(
                email=values["email"],
                name=values["name"],
                organization=firm,
                timezone=values["timezone"] or firm.timezone,
                locale=values["locale"] or firm.locale,
                password_hash=password_hash,
                created_at=at,
                **flags,
            )
    except IntegrityError as error:
        raise Refused(_("Somebody else added the same just now.")) from error


def _found(values):
    return Organization.create(
        slug=values["organization"],
        name=values["organization_name"],
        timezone=values["timezone"] or "UTC",
        locale=values["locale"] or "en",
    )
