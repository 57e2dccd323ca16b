"""What is typed on the Contacts pages: filters of the list, and one contact's record."""

import unicodedata
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.folding import folded
from portal.forms import typed
from portal.forms.zones import zone_options
from portal.languages import LANGUAGES, is_zone
from portal.models.contact_changes import FLAGS
from portal.models.organizations import EDITABLE, Contact, fold_email
from portal.permissions import ContactAction
from portal.words import number

LONGEST_NAME = 120
DIRECTIONS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LONGEST_SEARCH = 200
MOST_WORDS = 8
OPENED_BY = {
    ContactAction.EDIT: ("name", "timezone", "locale"),
    ContactAction.CHANGE_EMAIL: ("email",),
    ContactAction.SET_FLAGS: ("contact_manager", "support_contact"),
    ContactAction.SET_DESK: ("desk",),
}
SENSITIVE_FLAGS = ("contact_manager", "desk")
FLAGS_REFUSED = {
    "unconfirmed": lazy_gettext("A partner added this contact. A contact manager has to confirm them first."),
    "not_kept": lazy_gettext("A partner added this contact. A contact manager has to confirm and keep them first."),
    "stand_in": lazy_gettext("A stand-in cannot sign in, and so cannot carry this. Unlink it first."),
}


@dataclass(frozen=True)
class ContactFilters:
    """What the list is narrowed to, and where its two pages begin."""

    q: str = ""
    after: str = ""
    inactive_after: str = ""

    @classmethod
    def read(cls, args):
        """Return the filters that an address carries."""
        text = " ".join(args.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH]
        return cls(text, args.get("after", ""), args.get("inactive_after", ""))

    @property
    def words(self):
        """Return the words that name or address must hold, folded."""
        return folded(self.q).split()[:MOST_WORDS]

    @property
    def address(self):
        """Return the filters as the fields of an address."""
        fields = {"q": self.q, "after": self.after, "inactive_after": self.inactive_after}
        return {name: value for name, value in fields.items() if value}


def fields_open(allows):
    """Return the names of the fields that somebody may set who is allowed what `allows(action)` says."""
    return frozenset(name for action, names in OPENED_BY.items() if allows(action) for name in names)


def posts_closed_field(posted, fields):
    """Return whether a field is posted that is not among `fields`: the page never offers one."""
    return any(name in posted for name in EDITABLE if name not in fields)


@dataclass
class ContactForm:
    """One contact's record as typed; `fields` are those that the writer may set."""

    fields: frozenset
    name: str = ""
    email: str = ""
    timezone: str = ""
    locale: str = ""
    contact_manager: bool = False
    support_contact: bool = False
    desk: bool = False
    edition: str = ""
    errors: dict = field(default_factory=dict)
    meanwhile: Contact | None = None  # the record as somebody else has just saved it

    @classmethod
    def of(cls, contact, fields):
        """Return the form that shows the contact as they are."""
        shown = {name: getattr(contact, name) for name in EDITABLE}
        return cls(fields, edition=contact.edition, **shown)

    @classmethod
    def for_new(cls, organization, fields):
        """Return the empty form for another contact of the organization."""
        return cls(fields, timezone=organization.timezone, locale=organization.locale)

    @classmethod
    def read(cls, posted, fields):
        """Return the form as posted, not yet checked."""
        return cls(
            fields,
            name=_line(posted.get("name", "")),
            email=typed.text(posted, "email", 2 * typed.LONGEST_ADDRESS),
            timezone=typed.text(posted, "timezone", 64),
            locale=typed.text(posted, "locale", 16),
            edition=typed.text(posted, "edition", 16),
            **{flag: flag in posted for flag in FLAGS},
        )

    def check(self):
        """Fill `errors` with what is wrong in the open fields; return whether nothing is."""
        found = {"name": self._about_name(), "email": self._about_email()}
        if not is_zone(self.timezone):
            found["timezone"] = _("Choose a time zone from the list.")
        if self.locale not in LANGUAGES:
            found["locale"] = _("Choose a language from the list.")
        self.errors = {name: sentence for name, sentence in found.items() if sentence and name in self.fields}
        return not self.errors

    def _about_name(self):
        if not self.name:
            return _("Write the name as the person writes it.")
        if len(self.name) > LONGEST_NAME:
            return _("Use %(number)s characters at most.", number=number(LONGEST_NAME))
        return ""

    def _about_email(self):
        complete = typed.is_address(self.email) and self.email.isascii()
        return "" if complete else _("This address is not complete. An example: name@firm.example")

    def is_sensitive(self, before=None):
        """Return whether it gives or takes what opens doors, compared with the record before: then a password is asked."""
        values = self.values()
        if before is None:
            return any(values.get(flag) for flag in SENSITIVE_FLAGS)
        return any(name in values and values[name] != getattr(before, name) for name in ("email", *SENSITIVE_FLAGS))

    def refuse_address(self):
        """Say no to an address that somebody has, without saying who."""
        self.errors = {"email": _("This address cannot be used here.")}

    def refuse_losing_last_manager(self, organization):
        """Say no to an organization without a contact manager."""
        self.errors = {"contact_manager": last_manager_sentence(organization)}

    def refuse_flag(self, refused):
        """Say no to a flag that this contact cannot carry."""
        self.errors = {refused.flag: str(FLAGS_REFUSED[refused.cause])}

    def overtaken_by(self, contact):
        """Note that somebody saved another edition of the record; saving again replaces it."""
        self.meanwhile, self.edition = contact, contact.edition

    @property
    def others_saved(self):
        """Return the names of the open fields in which what somebody else saved differs from what is typed."""
        return [
            name for name in EDITABLE if name in self.fields and getattr(self.meanwhile, name) != getattr(self, name)
        ]

    def values(self):
        """Return the values of the open fields, once checked."""
        values = {name: getattr(self, name) for name in EDITABLE if name in self.fields}
        return values | ({"email": fold_email(self.email)} if "email" in values else {})

    def zone_options(self):
        """Return the options for the time zone, by region; a zone that is not among them stays as it is."""
        return zone_options(self.timezone)


def last_manager_sentence(organization):
    """Return why the only contact manager stays one."""
    return _(
        "%(organization)s would have no contact manager left. Make somebody else one first.",
        organization=organization.name,
    )


def _line(text):
    """Return one line of text: no control or direction characters, single blanks."""
    kept = "".join(one for one in text if one.isspace() or not (unicodedata.category(one) == "Cc" or one in DIRECTIONS))
    return " ".join(kept.split())[: 2 * LONGEST_NAME]
