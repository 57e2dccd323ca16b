"""What the desk types of an organization and of its sites."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask_babel import gettext as _

from portal.forms.typed import text
from portal.languages import LANGUAGES, is_zone
from portal.models.organization_changes import EDITABLE
from portal.words import number

LONGEST_SLUG = 64
LONGEST_NAME = 120
LONGEST_ADDRESS = 2000


@dataclass
class OrganizationForm:
    """An organization as typed. `seen` is what it was when the writer opened the page; the slug is chosen once."""

    slug: str = ""
    name: str = ""
    timezone: str = "UTC"
    locale: str = "en"
    seen: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)

    @classmethod
    def of(cls, organization):
        """Return the form that shows the organization as it is."""
        shown = {name: getattr(organization, name) for name in EDITABLE}
        return cls(slug=organization.slug, seen=dict(shown), **shown)

    @classmethod
    def read(cls, posted):
        """Return the form as posted, not yet checked."""
        return cls(
            slug=text(posted, "slug", 2 * LONGEST_SLUG).lower(),
            name=_line(posted, "name"),
            timezone=text(posted, "timezone", 64),
            locale=text(posted, "locale", 16),
            seen={name: text(posted, f"seen_{name}", 2 * LONGEST_NAME) for name in EDITABLE},
        )

    def check(self, *, new):
        """Fill `errors` with what is wrong; return whether nothing is."""
        found = {"name": _about_name(self.name)}
        if new and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.slug) or len(self.slug) > LONGEST_SLUG:
            found["slug"] = _("Use small letters, digits and single hyphens between them, such as kitahama-foods.")
        if not is_zone(self.timezone):
            found["timezone"] = _("Choose a time zone from the list.")
        if self.locale not in LANGUAGES:
            found["locale"] = _("Choose a language from the list.")
        self.errors = {name: sentence for name, sentence in found.items() if sentence}
        return not self.errors

    @property
    def values(self):
        """Return the values of the editable columns."""
        return {name: getattr(self, name) for name in EDITABLE}

    def refuse_slug(self):
        """Say no to a slug that another organization has."""
        self.errors = {"slug": _("Another organization is called so in addresses.")}


@dataclass
class SiteForm:
    """A site as typed. `key` tells the forms of one page apart: the site's public id, or "new"."""

    key: str = "new"
    name: str = ""
    url: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, posted, key="new"):
        """Return the form as posted, not yet checked."""
        return cls(key, _line(posted, "name"), text(posted, "url", LONGEST_ADDRESS + 1))

    def check(self):
        """Fill `errors` with what is wrong, under the ids of the page's fields; return whether nothing is."""
        found = {f"name-{self.key}": _about_name(self.name), f"url-{self.key}": _about_address(self.url)}
        self.errors = {name: sentence for name, sentence in found.items() if sentence}
        return not self.errors

    def refuse_name(self):
        """Say no to a name that another site of the organization has."""
        self.errors = {f"name-{self.key}": _("Another site of this organization has this name.")}


def _line(posted, name):
    return " ".join(text(posted, name, 2 * LONGEST_NAME).split())


def _about_name(name):
    if not name:
        return _("Write a name.")
    if len(name) > LONGEST_NAME:
        return _("Use %(number)s characters at most.", number=number(LONGEST_NAME))
    return ""


def _about_address(address):
    if not address:
        return ""
    if len(address) > LONGEST_ADDRESS:
        return _("Use %(number)s characters at most.", number=number(LONGEST_ADDRESS))
    complete = re.fullmatch(r"https?://[^\s<>\"]+", address) and _host_of(address)
    return "" if complete else _("Write the whole address, such as https://shop.example.")


def _host_of(address):
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
