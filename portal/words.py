"""The words of SPEC section 2 as people read them: levels, statuses, severities, categories, figures, errors."""

import unicodedata
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import gettext, lazy_gettext, ngettext

from portal.dates import local
from portal.languages import current_locale

LEVELS = ("cc", "look", "update", "create", "service_admin", "full_admin")

_LEVELS = {
    "none": lazy_gettext("Nothing"),
    "cc": lazy_gettext("CC"),
    "look": lazy_gettext("Look"),
    "update": lazy_gettext("Update"),
    "create": lazy_gettext("Create"),
    "service_admin": lazy_gettext("Service Admin"),
    "full_admin": lazy_gettext("Full Admin"),
}
_PAIRS = (lazy_gettext("Reads"), lazy_gettext("Writes"), lazy_gettext("Administers"))
_STATUSES = {
    "open": lazy_gettext("Open"),
    "waiting": lazy_gettext("Waiting"),
    "solved": lazy_gettext("Solved"),
    "closed": lazy_gettext("Closed"),
}
_SEVERITIES = {
    1: lazy_gettext("Nothing works"),
    2: lazy_gettext("An important part is broken"),
    3: lazy_gettext("Something is wrong, work goes on"),
    4: lazy_gettext("A question or a wish"),
}
_CATEGORIES = {
    "technical": lazy_gettext("Technical question"),
    "account": lazy_gettext("My support account or this portal"),
    "hidden_configuration": lazy_gettext("Hidden configuration change"),
    "site_deletion": lazy_gettext("Site deletion"),
    "site_access": lazy_gettext("Access to a site"),
    "upgrade": lazy_gettext("Upgrade management"),
}
_SITE_NOTICES = {
    "maintenance": lazy_gettext("Maintenance"),
    "incident": lazy_gettext("Incident"),
    "resolved": lazy_gettext("Resolved"),
}
_ACCESS_STATUSES = {
    "pending": lazy_gettext("Waiting for an answer"),
    "approved": lazy_gettext("Approved"),
    "declined": lazy_gettext("Declined"),
    "withdrawn": lazy_gettext("Withdrawn"),
    "lapsed": lazy_gettext("Lapsed"),
}


class Explained(NamedTuple):
    """What a level allows: a sentence, and a smaller one that may be empty."""

    sentence: str
    small: str


_EXPLAINED = {
    "cc": (
        lazy_gettext("Reads the requests that name them."),
        lazy_gettext("One at a time: somebody adds them as an additional contact."),
    ),
    "look": (
        lazy_gettext("Reads all requests, past and present, with attachments."),
        lazy_gettext("Also site notices, the dashboard, and subscribing to new requests."),
    ),
    "update": (
        lazy_gettext("Replies, attaches, changes status, severity and contacts."),
        lazy_gettext("Can be the primary contact."),
    ),
    "create": (lazy_gettext("Submits new requests for the customer."), ""),
    "service_admin": (
        lazy_gettext("Asks the desk for hidden configuration changes, site deletion and site access."),
        lazy_gettext("Not for upgrades: those stay with the customer."),
    ),
    "full_admin": (
        lazy_gettext("Manages the customer’s contacts."),
        lazy_gettext("Never decides who the customer’s partners are."),
    ),
}
_IN_BRIEF = {
    "cc": lazy_gettext("reads what names them"),
    "look": lazy_gettext("reads all requests"),
    "update": lazy_gettext("replies and changes"),
    "create": lazy_gettext("submits new requests"),
    "service_admin": lazy_gettext("administers sites"),
    "full_admin": lazy_gettext("manages contacts too"),
}
_ERRORS = {
    400: (
        lazy_gettext("This could not be read"),
        lazy_gettext("Nothing was changed. Go back, load the page again and send it once more."),
    ),
    401: (lazy_gettext("Sign in first"), lazy_gettext("Your session has ended. Sign in, then go on.")),
    403: (lazy_gettext("This is not yours to do"), lazy_gettext("You have less than that today.")),
    404: (
        lazy_gettext("There is no such page for you"),
        lazy_gettext("It never existed, or it is not yours to see. We answer both in the same way."),
    ),
    405: (lazy_gettext("This address does not take that"), lazy_gettext("Nothing was changed. Start from a page.")),
    409: (
        lazy_gettext("Somebody was faster"),
        lazy_gettext("What you sent was not needed any more and changed nothing."),
    ),
    413: (lazy_gettext("This is too much at once"), lazy_gettext("Nothing was saved. Send fewer or smaller files.")),
    422: (lazy_gettext("Something has to be put right"), lazy_gettext("Nothing was saved.")),
    429: (lazy_gettext("Too many attempts"), lazy_gettext("Wait a quarter of an hour, then try again.")),
    500: (
        lazy_gettext("Something broke on our side"),
        lazy_gettext("Nothing was saved. Try again; if it stays so, tell us the reference."),
    ),
    503: (
        lazy_gettext("The portal is not reachable just now"),
        lazy_gettext("Nothing was saved. Try again in a minute."),
    ),
    507: (
        lazy_gettext("The portal has no room left"),
        lazy_gettext("Nothing was saved, and reading goes on. Keep your text, and try again later."),
    ),
}


def level_code(level) -> str:
    """Return the code of a level given as code, rank 1 to 6 or enum member; "none" for None and rank 0."""
    if isinstance(level, Enum):
        level = getattr(level, "code", level.value)
    if level in (None, "", 0):
        return "none"
    return LEVELS[level - 1] if isinstance(level, int) else level


def level_rank(level) -> int:
    """Return the rank of a level, 1 to 6; 0 for none."""
    code = level_code(level)
    return LEVELS.index(code) + 1 if code != "none" else 0


def level_word(level) -> str:
    """Return a level's name: "Service Admin"."""
    return str(_LEVELS[level_code(level)])


def level_pair(level) -> str:
    """Return which pair a level belongs to: "Reads", "Writes" or "Administers"."""
    return str(_PAIRS[(level_rank(level) - 1) // 2])


def level_explained(level) -> Explained:
    """Return what a level allows, as the ladder says it."""
    sentence, small = _EXPLAINED[level_code(level)]
    return Explained(str(sentence), str(small))


def level_in_brief(level) -> str:
    """Return what a level adds, in a few words after its name."""
    return str(_IN_BRIEF[level_code(level)])


def status_word(status) -> str:
    """Return the name of a service request's status."""
    return str(_STATUSES[_plain(status)])


def severity_word(number) -> str:
    """Return what a severity of 1 to 4 means."""
    return str(_SEVERITIES[int(number)])


def category_word(category) -> str:
    """Return the name of a service request's category."""
    return str(_CATEGORIES[_plain(category)])


def site_notice_word(kind) -> str:
    """Return the name of a kind of site notice."""
    return str(_SITE_NOTICES[kind])


def access_status_word(status) -> str:
    """Return the name of an access request's status."""
    return str(_ACCESS_STATUSES[_plain(status)])


def in_sentence(name) -> str:
    """Return a person's name as a sentence says it: with さん in Japanese, as its owner wrote it elsewhere."""
    if current_locale() != "ja" or not name:
        return name
    latin = unicodedata.name(name[-1], "").startswith("LATIN") or name[-1].isascii()
    return f"{name}\N{NO-BREAK SPACE}さん" if latin else f"{name}さん"


def listed(words) -> str:
    """Return words in a row, as the reader's language lists them: "a, b and c"."""
    return format_list(list(words), locale=current_locale())


def greeting(contact, at) -> str:
    """Return the greeting of the hour in the reader's time zone, with the name as its owner wrote it."""
    hour, name = local(at).hour, in_sentence(contact.name)
    if 5 <= hour < 12:
        return gettext("Good morning, %(name)s", name=name)
    if 12 <= hour < 18:
        return gettext("Good afternoon, %(name)s", name=name)
    return gettext("Good evening, %(name)s", name=name)


def error_words(status) -> tuple[str, str]:
    """Return the title and the sentence under it for an HTTP status."""
    title, lead = _ERRORS.get(status) or _ERRORS[400 if status < 500 else 500]
    return str(title), str(lead)


def number(value) -> str:
    """Return a figure with the separators of the reader's language: "1,204"."""
    return _number(value, current_locale())


@lru_cache(10_000, typed=True)
def _number(value, locale):
    return format_decimal(value, locale=locale)


def file_size(size) -> str:
    """Return a number of bytes as people say it: "1.8 MB" (decimal units)."""
    if size < 1000:
        return ngettext("%(num)s byte", "%(num)s bytes", size)
    for unit in ("KB", "MB", "GB"):
        size /= 1000
        if size < 999.5 or unit == "GB":
            break
    shown = round(size) if size >= 99.5 or unit == "KB" else round(size, 1)
    return gettext("%(size)s %(unit)s", size=number(shown), unit=unit)


def problems(errors) -> list[tuple[str, str]]:
    """Return (field id, sentence) pairs from a dict or a list of pairs; of several sentences the first."""
    pairs = errors.items() if hasattr(errors, "items") else errors or ()
    return [(field or "", one_sentence(error)) for field, error in pairs if error]


def one_sentence(error) -> str:
    """Return the first sentence of a field's error, which may be a list."""
    if isinstance(error, (list, tuple)):
        error = error[0] if error else ""
    return str(error or "")


def _plain(word):
    return word.value if isinstance(word, Enum) else word
