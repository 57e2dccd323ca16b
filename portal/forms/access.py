"""What a partner types to ask for access."""

from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.forms import typed
from portal.permissions import Level
from portal.words import level_word, number

DAYS_OFFERED = (30, 90, 180, 365)
LONGEST_REASON = 2000
MOST_PEOPLE = 200
PERSON = "level-"


@dataclass
class AskForm:
    """A request for access as typed; its values hold once `check` has found nothing wrong."""

    max_days: int
    manager_email: str = ""
    days: str = "180"
    organization_level: str = ""
    levels: dict = field(default_factory=dict)  # public id of a colleague -> code typed
    reason: str = ""
    colleague: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, posted, max_days):
        """Return the form as posted, not yet checked."""
        return cls(
            max_days,
            manager_email=typed.text(posted, "manager_email", 2 * typed.LONGEST_ADDRESS),
            days=typed.first(posted, "days")[:20],
            organization_level=_line(posted, "organization_level"),
            levels={
                name.removeprefix(PERSON)[:64]: _line(posted, name)
                for name in posted
                if name.startswith(PERSON) and _line(posted, name)
            },
            reason=typed.text(posted, "reason").replace("\r\n", "\n"),
            colleague=typed.text(posted, "colleague", 100),
        )

    @property
    def days_offered(self):
        """Return the days typed if they are among those offered by a button, else an empty text."""
        return self.days if self.days in {str(days) for days in DAYS_OFFERED} else ""

    def check(self, people):
        """Fill `errors`; `people` are the colleagues, by public id, among those for whom a level was typed."""
        self.errors = {}
        if not typed.is_address(self.manager_email):
            self.errors["manager_email"] = _("This address is not complete. An example: name@firm.example")
        if not self._days_fit():
            self.errors["days"] = _("Write a whole number of days from 1 to %(most)s.", most=number(self.max_days))
        self._check_levels(people)
        if too_long(self.reason):
            self.errors["reason"] = too_long(self.reason)
        return not self.errors

    def _days_fit(self):
        days = typed.whole_number(self.days)
        return days is not None and 1 <= days <= self.max_days

    def _check_levels(self, people):
        if self.organization_level and typed.level(self.organization_level) is None:
            self.errors["organization_level"] = unknown_level()
        for public_id, code in self.levels.items():
            if public_id not in people:
                self.errors["colleagues"] = _("Somebody you named is not with your organization any more.")
            elif typed.level(code) is None:
                self.errors[f"{PERSON}{public_id}"] = unknown_level()
        if not self.organization_level and not self.levels:
            self.errors["organization_level"] = _("Choose a level for everybody, or for one person at least.")
        if len(self.levels) > MOST_PEOPLE:
            self.errors["colleagues"] = ngettext(
                "Name %(num)s person at most, or choose a level for everybody.",
                "Name %(num)s people at most, or choose a level for everybody.",
                MOST_PEOPLE,
            )

    def lines(self, people):
        """Return the (contact or None for everybody, Level) pairs asked for; only of a form that has been checked."""
        whole = [(None, typed.level(self.organization_level))] if self.organization_level else []
        return whole + [(people[one], typed.level(code)) for one, code in self.levels.items()]


def _line(posted, name):
    """Return the level's code as posted; `none` asks for nothing, as an empty field does."""
    code = typed.text(posted, name, 20)
    return "" if code == "none" else code


def level_choices():
    """Return (code, name) of each level, lowest first, for a drop-down."""
    return [(level.code, level_word(level.code)) for level in Level]


def too_long(reason):
    """Return the sentence about a reason that is too long, or None."""
    if len(reason) <= LONGEST_REASON:
        return None
    return _(
        "This is %(length)s characters long. %(most)s are the most.",
        length=number(len(reason)),
        most=number(LONGEST_REASON),
    )


def unknown_level():
    """Return the sentence about a level that there is not."""
    return _("Choose one of the levels.")
