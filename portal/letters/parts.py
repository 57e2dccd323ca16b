"""What a mail is made of, the same for its text and its HTML part."""

from dataclasses import dataclass, field
from typing import ClassVar

from flask_babel import gettext as _
from markupsafe import Markup

from portal import dates
from portal.words import LEVELS, level_code, level_in_brief, level_rank, level_word


@dataclass(frozen=True)
class Text:
    """One paragraph."""

    kind: ClassVar[str] = "text"
    words: str


@dataclass(frozen=True)
class Facts:
    """What matters, as (label, value) rows. A value may be Markup with <b>."""

    kind: ClassVar[str] = "facts"
    rows: list


@dataclass(frozen=True)
class Quote:
    """What a person typed, as it was typed."""

    kind: ClassVar[str] = "quote"
    words: str


@dataclass
class Letter:
    """One mail in the reader's language: a heading, blocks, one button, and why one gets it."""

    heading: str
    blocks: list
    button: str
    path: str
    reason: str
    subject: str = ""  # the heading unless given
    thread: str = ""  # mails of one thread share it
    notes: list = field(default_factory=list)
    may_be_switched_off: bool = True
    leave: str | None = None  # the address that stops mail of this kind


def rich(message, **values):
    """Return a message that holds markup, with the values escaped into it."""
    return Markup(message) % values  # noqa: S704


def level_in_words(level):
    """Return "Look (level 2 of 6): reads all requests", with the level's name bold."""
    return rich(
        _("<b>%(level)s</b> (level %(rank)s of %(highest)s): %(brief)s"),
        level=level_word(level),
        rank=level_rank(level),
        highest=len(LEVELS),
        brief=level_in_brief(level_code(level)),
    )


def when(instant):
    """Return "5 December 2026, 09:41 (JST)": a mail is read anywhere, so the zone is named."""
    return _("%(when)s (%(zone)s)", when=dates.day_and_time(instant), zone=dates.zone_name(instant))


def last_day(expires_at, timezone, at=None):
    """Return the last day of access in the customer's zone: "22 May 2027 (JST), ends in 180 days"; no `at`, no count."""
    day, zone = dates.last_day(expires_at, timezone), dates.zone_name(expires_at, timezone)
    if at is None:
        return _("%(when)s (%(zone)s)", when=day, zone=zone)
    spoken = dates.spoken_until(expires_at, at, timezone)
    return _("%(day)s (%(zone)s), %(spoken)s", day=day, zone=zone, spoken=spoken)
