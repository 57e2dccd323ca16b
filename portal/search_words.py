"""What is typed into the search box: words, "phrases", -without, and filters such as status:open. Never an error."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from unicodedata import normalize

from portal import clock
from portal.folding import searchable
from portal.models.service_requests import STATUSES

MOST = 8  # pieces that are looked at
_QUOTES = str.maketrans("“”„‟", '""""')
_PIECE = re.compile(
    r"""(?P<minus>-?)(?:(?P<name>status|organization|from|before|after):)?(?:"(?P<quoted>[^"]+)"(?=\s|$)|(?P<bare>\S+))""",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?:19|[2-8]\d)\d\d-\d\d-\d\d")


@dataclass(frozen=True)
class Asked:
    """What a text asks for; all of it at once. Words are as `searchable` returns them."""

    words: tuple = ()
    without: tuple = ()
    statuses: tuple = ()
    organizations: tuple = ()
    authors: tuple = ()
    before: date | None = None
    after: date | None = None

    def organization_ids(self, organizations):
        """Return the ids of those of `organizations` whose slug or part of whose name was asked for; None for all."""
        if not self.organizations:
            return None
        return [
            one.id
            for one in organizations
            if any(asked == one.slug or asked in searchable(one.name) for asked in self.organizations)
        ]

    def since(self, timezone):
        """Return the instant (naive UTC) at which the day `after` is over in `timezone`, or None."""
        return self.after and clock.start_of_day(self.after + timedelta(days=1), timezone)

    def until(self, timezone):
        """Return the instant (naive UTC) at which the day `before` begins in `timezone`, or None."""
        return self.before and clock.start_of_day(self.before, timezone)


def read(text):
    """Return the Asked that `text` describes. What is no filter is looked for as it stands."""
    found = {"words": [], "without": [], "status": [], "organization": [], "from": [], "before": [], "after": []}
    pieces = _PIECE.finditer(normalize("NFKC", text).translate(_QUOTES))
    for piece, _number in zip(pieces, range(MOST), strict=False):
        _sort(piece, found)
    return Asked(
        words=tuple(found["words"]),
        without=tuple(found["without"]),
        statuses=tuple(found["status"]),
        organizations=tuple(found["organization"]),
        authors=tuple(found["from"]),
        before=min(found["before"], default=None),
        after=max(found["after"], default=None),
    )


def _sort(piece, found):
    """Put one piece where it belongs in `found`."""
    name = (piece["name"] or "").lower()
    value = searchable(piece["quoted"] or piece["bare"])
    filtered = _value_of(name, value) if name and not piece["minus"] else None
    if filtered:
        found[name].append(filtered)
        return
    if not name and not value:
        value = searchable(piece[0])
    elif name:
        value = f"{name}:{value}"
    if value:
        found["without" if piece["minus"] else "words"].append(value)


def _value_of(name, value):
    """Return what a filter's value stands for, or None where it stands for nothing."""
    if name == "status":
        return value if value in STATUSES else None
    if name not in ("before", "after"):
        return value
    try:
        return date.fromisoformat(value) if _DAY.fullmatch(value) else None
    except ValueError:
        return None
