"""What a contact manager types to decide on a request for access: approve with changes, or decline."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from flask_babel import gettext as _

from portal.forms import typed
from portal.forms.access import PERSON, level_choices, too_long, unknown_level
from portal.languages import current_locale
from portal.permissions import Level
from portal.words import level_word, number

NONE = "none"
FIRST_DAY = date(1970, 1, 1)


@dataclass
class ApprovalForm:
    """An approval as typed. An empty or absent field leaves the line as asked, `none` drops it (SPEC 6)."""

    access_request: object
    latest_day: date
    days: str = ""
    covers_from: str = ""
    codes: dict = field(default_factory=dict)  # name of the field -> code typed
    reason: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, posted, access_request, latest_day):
        """Return the form as posted, checked: `errors` holds what is wrong, by the id of the field on the page."""
        names = [name for name in posted if name == "organization_level" or name.startswith(PERSON)]
        form = cls(
            access_request,
            latest_day,
            days=typed.first(posted, "days")[:20],
            covers_from=typed.text(posted, "covers_from", 40),
            codes={name: typed.text(posted, name, 20) for name in names},
            reason=typed.text(posted, "reason").replace("\r\n", "\n"),
        )
        form._check()
        return form

    def id_of(self, name):
        """Return the id on the page of the field called `name`: several decisions stand on one page."""
        return f"{name}-{self.access_request.public_id}"

    def _check(self):
        lines = {field_of(line): line for line in self.access_request.all_lines()}
        for name, code in self.codes.items():
            self._check_level(name, code, lines.get(name))
        if self.days_given is None:
            self.errors[self.id_of("days")] = _(
                "Write a whole number of days from 1 to %(most)s: never more than was asked.",
                most=number(self.access_request.days),
            )
        problem = covers_from_problem(self.covers_from, self.latest_day)
        if problem:
            self.errors[self.id_of("covers_from")] = problem
        if not self.errors and not self.levels:
            self.errors[""] = nothing_left()

    def _check_level(self, name, code, line):
        if code in {"", NONE}:
            return
        level = typed.level(code)
        if level is None:
            self.errors[self.id_of(name)] = unknown_level()
        elif line is None:
            self.errors[""] = _("This was not asked for. Give it directly instead.")
        elif level > line.level:
            asked = level_word(Level(line.level).code)
            self.errors[self.id_of(name)] = _("Never more than was asked: %(level)s or less.", level=asked)

    @property
    def days_given(self):
        """Return the days to give, or None where what is typed cannot be given."""
        days = typed.whole_number(self.days) if self.days else self.access_request.days
        return days if days is not None and 1 <= days <= self.access_request.days else None

    @property
    def covers_from_day(self):
        """Return the day from which requests are covered, or None."""
        return day_covered(self.covers_from, self.latest_day)

    @property
    def levels(self):
        """Return {line id: Level} of the lines that are given."""
        return {
            line.id: self.level_of(line) for line in self.access_request.all_lines() if self.level_of(line) is not None
        }

    def level_of(self, line):
        """Return the Level that the line gets, or None where it is dropped, its person has left or it cannot be read."""
        code = self.codes.get(field_of(line), "")
        if line.has_left or code == NONE:
            return None
        return typed.level(code) if code else Level(line.level)

    @property
    def changes(self):
        """Return in how many ways what is given differs from what was asked."""
        lines = sum(self.level_of(line) != line.level for line in self.access_request.all_lines())
        return lines + (self.days_given != self.access_request.days) + (self.covers_from_day is not None)


def field_of(line):
    """Return the name of the field that carries a line's level."""
    return f"{PERSON}{line.contact.public_id}" if line.contact_id else "organization_level"


def choices_for(line):
    """Return (code, label) of what a line may become: as asked, each lower level, or nothing."""
    return _choices(line.level, current_locale())


@lru_cache
def _choices(level, _locale):
    lower = [(code, word) for code, word in level_choices() if Level.from_code(code) < level]
    asked = Level(level).code
    first = (asked, _("%(level)s, as asked", level=level_word(asked)))
    return (first, *reversed(lower), (NONE, _("Drop this line")))


def nothing_left():
    """Return the sentence about an approval that gives nothing."""
    return _("Every line is dropped: nothing would be given. Decline the request instead.")


def day_covered(text, latest):
    """Return the first day covered that was typed, or None where it is none or too far away."""
    day = typed.day(text)
    return day if day and FIRST_DAY <= day <= latest else None


def covers_from_problem(text, latest):
    """Return what speaks against the day typed as the first one covered, or None."""
    if not text or day_covered(text, latest):
        return None
    if typed.day(text) is None:
        return _("Write a day, such as 2026-10-01, or leave this empty.")
    return _("Choose a day that is not so far away.")


def reason_in(posted):
    """Return (reason, what speaks against it or None) of a decline."""
    reason = typed.text(posted, "reason").replace("\r\n", "\n")
    return reason, too_long(reason)
