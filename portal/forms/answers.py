"""What is sought among the answers, and what the desk types of one."""

from dataclasses import dataclass, field
from datetime import date

from flask_babel import gettext as _

from portal import clock
from portal.folding import folded
from portal.forms import typed
from portal.languages import LANGUAGES
from portal.models.answer_changes import Draft
from portal.models.answers import AUDIENCES, CONTACTS, DESK_ALONE, PUBLIC
from portal.words import number

LONGEST_SEARCH = 200
MOST_WORDS = 8
LONGEST_TITLE = 200
LONGEST_BODY = 100_000


@dataclass(frozen=True)
class AnswerSearch:
    """The words sought, and where the page begins."""

    q: str
    cursor: str

    @classmethod
    def read(cls, args):
        """Return what the fields of an address ask for."""
        return cls(" ".join(typed.text(args, "q").split())[:LONGEST_SEARCH], args.get("cursor", ""))

    @property
    def words(self):
        """Return the words that an answer must hold, folded."""
        return folded(self.q).split()[:MOST_WORDS]


@dataclass
class AnswerForm:
    """One translation as typed. `version` is what the writer saw, 0 for a translation that was not there."""

    locale: str
    title: str = ""
    body: str = ""
    reviewed: str = ""
    audience: str = PUBLIC
    version: int = 0
    tell: bool = False
    errors: dict = field(default_factory=dict)

    @classmethod
    def of(cls, translation, today, text=None):
        """Return the form that shows the translation; `text` is an earlier version of it that is to come back."""
        text = text or translation
        return cls(translation.locale, text.title, text.body, today.isoformat(), version=translation.version)

    @classmethod
    def empty(cls, locale, today):
        """Return the form for a translation that is not there yet."""
        return cls(locale, reviewed=today.isoformat())

    @classmethod
    def read(cls, posted):
        """Return the form as posted, not yet checked."""
        return cls(
            locale=typed.text(posted, "language", 16),
            title=" ".join(typed.text(posted, "title", 2 * LONGEST_TITLE).split()),
            body=typed.text(posted, "body").replace("\r\n", "\n"),
            reviewed=typed.text(posted, "reviewed", 32),
            audience=typed.text(posted, "audience", 16) or PUBLIC,
            version=typed.whole_number(typed.text(posted, "version", 12)) or 0,
            tell="tell" in posted,
        )

    @property
    def reviewed_on(self) -> date | None:
        """Return the day of the review, None where it is empty or no day."""
        return typed.day(self.reviewed)

    @property
    def draft(self):
        """Return what is to be kept."""
        return Draft(self.locale, self.title, self.body, self.reviewed_on)

    def check(self, today):
        """Fill `errors` with what is wrong; return whether nothing is. `today` is the writer's day."""
        found = {"title": _about_text(self.title, LONGEST_TITLE), "body": _about_text(self.body, LONGEST_BODY)}
        if self.locale not in LANGUAGES:
            found["language"] = _("Choose a language from the list.")
        if self.audience not in AUDIENCES:
            found["audience"] = _("Choose who may read it.")
        if self.reviewed and (self.reviewed_on is None or self.reviewed_on > today):
            found["reviewed"] = _("Choose today or an earlier day, or leave it empty.")
        self.errors = {name: sentence for name, sentence in found.items() if sentence}
        return not self.errors


def _about_text(text, longest):
    if not text:
        return _("Write something here.")
    return _("Use %(number)s characters at most.", number=number(longest)) if len(text) > longest else ""


def audience_in(posted):
    """Return the audience that was chosen, or None where it is none."""
    chosen = typed.text(posted, "audience", 16)
    return chosen if chosen in AUDIENCES else None


def audience_choices():
    """Return the options for who may read an answer."""
    return [
        (PUBLIC, _("Everybody, signed in or not")),
        (CONTACTS, _("Everybody who is signed in")),
        (DESK_ALONE, _("The desk alone")),
    ]


def today_of(contact, at):
    """Return the contact's day at `at` (naive UTC)."""
    return clock.day_in(at, contact.timezone)
