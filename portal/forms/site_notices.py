"""What the desk types to announce something about a site. Times are in the writer's own zone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import gettext as _

from portal import clock
from portal.forms import typed
from portal.models.site_notices import INCIDENT, MAINTENANCE, site_called
from portal.words import number

LONGEST_TITLE = 200
LONGEST_BODY = 5000
FURTHEST = timedelta(days=730)


@dataclass
class SiteNoticeForm:
    """A notice as typed, and what is wrong with it by the id of the field."""

    site: str = ""
    kind: str = MAINTENANCE
    title: str = ""
    body: str = ""
    starts: str = ""
    ends: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, posted):
        """Return the form as posted; nothing is checked yet."""
        return cls(
            site=typed.text(posted, "site", 64),
            kind=typed.text(posted, "kind", 16),
            title=" ".join(typed.text(posted, "title").split()),
            body=body_in(posted),
            starts=typed.text(posted, "starts", 32),
            ends=typed.text(posted, "ends", 32),
        )

    def check(self, at, timezone):
        """Check the form as typed in `timezone`; return (site, values for the notice), or None where errors are."""
        site = site_called(self.site) if self.site else None
        starts_at, ends_at = (_instant(text, timezone, at) for text in (self.starts, self.ends))
        if site is None:
            self.errors["site"] = _("Choose the site that this is about.")
        if self.kind not in {MAINTENANCE, INCIDENT}:
            self.errors["kind"] = _("Choose maintenance or incident.")
        if not 0 < len(self.title) <= LONGEST_TITLE:
            self.errors["title"] = _(
                "Say in one line what happens, in %(most)s characters at most.", most=number(LONGEST_TITLE)
            )
        if body_problem(self.body):
            self.errors["body"] = body_problem(self.body)
        if self.kind == MAINTENANCE:
            self._check_times(starts_at, ends_at, at)
        if self.errors:
            return None
        times = {"starts_at": starts_at, "ends_at": ends_at} if self.kind == MAINTENANCE else {}
        return site, {"kind": self.kind, "title": self.title, "body": self.body, **times}

    def _check_times(self, starts_at, ends_at, at):
        if starts_at is None:
            self.errors["starts"] = _("Write when it begins, such as 2026-11-28 01:00.")
        if ends_at is None:
            self.errors["ends"] = _("Write when it ends, such as 2026-11-28 03:00.")
        elif ends_at <= at:
            self.errors["ends"] = _("This is past. Choose an end that is still to come.")
        elif starts_at is not None and ends_at <= starts_at:
            self.errors["ends"] = _("Choose an end that is after the beginning.")


def body_in(posted):
    """Return the text of a notice as posted."""
    return typed.text(posted, "body").replace("\r\n", "\n")


def body_problem(body):
    """Return what speaks against the text of a notice, or None."""
    if len(body) > LONGEST_BODY:
        return _("Write %(most)s characters at most.", most=number(LONGEST_BODY))
    return None


def _instant(text, timezone, at):
    """Return the naive-UTC instant of a local date and time, or None where it cannot be read or is years away."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    if local.tzinfo is not None or abs(local - at) > FURTHEST:
        return None
    return clock.instant_of(local, timezone)
