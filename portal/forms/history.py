"""What one may ask of a history: filters, and who could see a request on a day."""

from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from portal import clock
from portal.forms.typed import day, text
from portal.models.history_reading import GROUPS, Wanted

FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9000, 1, 1)  # years that every time zone can reckon with
NOTHING = 0  # the id of no row


@dataclass(frozen=True)
class HistoryFilters:
    """The filters as typed. What is unknown matches nothing; a day that is none is said so and narrows nothing."""

    partner: str
    person: str
    reference: str
    kind: str
    since_typed: str
    until_typed: str
    cursor: str
    errors: dict = field(default_factory=dict)

    @property
    def since(self):
        """Return the first day, or None."""
        return _day(self.since_typed)

    @property
    def until(self):
        """Return the last day, or None."""
        return _day(self.until_typed)

    @property
    def kinds(self):
        """Return the kinds of event to show, or None for all."""
        return GROUPS.get(self.kind, ()) if self.kind else None

    @property
    def narrowed(self):
        """Return whether anything is left out."""
        return bool(self.address)

    @property
    def address(self):
        """Return the filters as the fields of an address, without the cursor."""
        fields = {
            "partner": self.partner,
            "person": self.person,
            "reference": self.reference,
            "kind": self.kind,
            "from": self.since_typed,
            "until": self.until_typed,
        }
        return {name: value for name, value in fields.items() if value}

    def wanted(self, zone, partner_id, person_id, request_id):
        """Return the Wanted of these filters; the ids are those found for what was typed, or None. Days are `zone`'s."""
        return Wanted(
            partner=(partner_id or NOTHING) if self.partner else None,
            person=(person_id or NOTHING) if self.person else None,
            service_request=(request_id or NOTHING) if self.reference else None,
            kinds=self.kinds,
            since=clock.start_of_day(self.since, zone) if self.since else None,
            until=clock.end_after_days(clock.start_of_day(self.until, zone), 0, zone) if self.until else None,
        )


def read_filters(args):
    """Return the HistoryFilters that the fields of an address describe."""
    since, until = text(args, "from", 20), text(args, "until", 20)
    errors = {name: _no_day() for name, typed in (("from", since), ("until", until)) if typed and not _day(typed)}
    return HistoryFilters(
        partner=text(args, "partner", 64),
        person=text(args, "person", 64),
        reference=text(args, "reference", 16),
        kind=text(args, "kind", 16),
        since_typed=since,
        until_typed=until,
        cursor=args.get("cursor", ""),
        errors=errors,
    )


@dataclass(frozen=True)
class SightQuestion:
    """Which request, and which day: as typed, with the day read. `asked` is whether anything was asked at all."""

    asked: bool
    reference: str
    day_typed: str
    errors: dict

    @property
    def day(self):
        """Return the day, or None."""
        return _day(self.day_typed)


def read_question(args, today):
    """Return the SightQuestion of the fields; a day still to come cannot be told of."""
    typed = text(args, "day", 20)
    asked, errors = _day(typed), {}
    if asked is None:
        errors["day"] = _no_day() if typed else _("Choose a day.")
    elif asked > today:
        errors["day"] = _("That day is still to come.")
    reference = text(args, "reference", 16)
    if not reference:
        errors["reference"] = _("Give the reference of a request, such as 261122-004301.")
    has_asked = "day" in args or "reference" in args
    return SightQuestion(has_asked, reference, typed, errors if has_asked else {})


def _day(typed):
    found = day(typed)
    return found if found and FIRST_DAY <= found <= LAST_DAY else None


def _no_day():
    return _("This is no day. Write it as 2026-03-31.")
