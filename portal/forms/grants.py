"""What a contact manager types to give access without a request, or to edit a grant."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask_babel import gettext as _

from portal import clock
from portal.collation import in_order
from portal.dates import closing_day
from portal.forms import typed
from portal.forms.access import DAYS_OFFERED, unknown_level
from portal.forms.decisions import covers_from_problem, day_covered
from portal.permissions import Level
from portal.words import number


@dataclass
class EditForm:
    """Other terms for a grant, as typed: level, last day, first day covered."""

    first_day: date
    latest_day: date
    level: str = ""
    last_day: str = ""
    covers_from: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def of(cls, grant, zone, today, max_days):
        """Return the form that repeats the grant's present terms; no later last day is allowed than it has, or may have."""
        last_day = closing_day(grant.expires_at, zone)
        return cls(
            today,
            max(last_day, today + timedelta(days=max_days)),
            Level(grant.level).code,
            last_day.isoformat(),
            grant.covers_from.isoformat() if grant.covers_from else "",
        )

    def take(self, posted):
        """Take what was posted, fill `errors`, and return the form."""
        self.level, self.last_day, self.covers_from = (
            typed.text(posted, name, 40) for name in ("level", "last_day", "covers_from")
        )
        if self.level_chosen is None:
            self.errors["level"] = unknown_level()
        if self.last_day_chosen is None:
            days = number((self.latest_day - self.first_day).days)
            self.errors["last_day"] = _("Choose a day from today on, %(most)s days away at most.", most=days)
        problem = covers_from_problem(self.covers_from, self.latest_day)
        if problem:
            self.errors["covers_from"] = problem
        return self

    @property
    def level_chosen(self):
        """Return the Level chosen, or None."""
        return typed.level(self.level)

    @property
    def last_day_chosen(self):
        """Return the last day chosen, or None where it cannot be one."""
        day = typed.day(self.last_day)
        return day if day and self.first_day <= day <= self.latest_day else None

    @property
    def covers_from_day(self):
        """Return the day from which requests are covered, or None."""
        return day_covered(self.covers_from, self.latest_day)

    def expires_at(self, grant, zone):
        """Return the midnight that closes the last day in `zone`; the grant's own instant where the day is the same."""
        if self.last_day_chosen == closing_day(grant.expires_at, zone):
            return grant.expires_at
        return clock.start_of_day(self.last_day_chosen + timedelta(days=1), zone)


@dataclass
class GiveForm:
    """Access given without a request, as typed: to a partner known already, or to whom an e-mail address belongs."""

    known: dict  # slug -> organization that asked or had access before
    max_days: int
    latest_day: date
    partner: str = ""
    person_email: str = ""
    organization_level: str = ""
    person_level: str = ""
    days: str = "90"
    covers_from: str = ""
    errors: dict = field(default_factory=dict)

    def take(self, posted):
        """Take what was posted, fill `errors`, and return the form. Nobody is looked up by address here."""
        for name, longest in (("partner", 64), ("organization_level", 20), ("person_level", 20), ("covers_from", 40)):
            setattr(self, name, typed.text(posted, name, longest))
        self.person_email = typed.text(posted, "person_email", 2 * typed.LONGEST_ADDRESS)
        self.days = typed.first(posted, "days")[:20]
        self._check_whom()
        self._check_levels()
        days = typed.whole_number(self.days)
        if days is None or not 1 <= days <= self.max_days:
            most = number(self.max_days)
            self.errors["days"] = _("Write a whole number of days from 1 to %(most)s.", most=most)
        problem = covers_from_problem(self.covers_from, self.latest_day)
        if problem:
            self.errors["covers_from"] = problem
        return self

    def _check_whom(self):
        if self.partner and self.partner not in self.known:
            self.errors["partner"] = _("Choose one of the partners listed.")
        if not self.partner and not self.person_email:
            self.errors["partner"] = _("Choose a partner, or write the e-mail address of one of its people.")
        if self.person_email and not typed.is_address(self.person_email):
            self.errors["person_email"] = _("This address is not complete. An example: name@firm.example")

    def _check_levels(self):
        for name in ("organization_level", "person_level"):
            code = getattr(self, name)
            if code and typed.level(code) is None:
                self.errors[name] = unknown_level()
        if not self.organization_level and not self.person_level:
            self.errors["organization_level"] = _("Choose a level for everybody, or for one person at least.")
        if self.person_level and not self.person_email:
            self.errors["person_email"] = _("Write whose level this is.")
        if self.person_email and not self.person_level and self.partner:
            self.errors["person_level"] = _("Choose a level for them, or leave the address empty.")

    @property
    def partner_choices(self):
        """Return (slug, name) of the partners known already, after a first choice of none of them."""
        return [("", _("Not one of these")), *((one.slug, one.name) for one in in_order(self.known.values()))]

    @property
    def days_offered(self):
        """Return the days typed if they are among those offered by a button, else an empty text."""
        return self.days if self.days in {str(days) for days in DAYS_OFFERED} else ""

    @property
    def covers_from_day(self):
        """Return the day from which requests are covered, or None."""
        return day_covered(self.covers_from, self.latest_day)

    def levels(self, person):
        """Return the (contact or None for everybody, Level) pairs to give; only of a form without errors."""
        pairs = [(None, typed.level(self.organization_level)), (person, typed.level(self.person_level))]
        return [(subject, level) for subject, level in pairs if level]
