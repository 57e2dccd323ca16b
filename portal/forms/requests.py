"""What one may ask of My Requests: filters, order, and where the page begins. Whatever is typed is taken as text."""

from dataclasses import dataclass
from functools import cached_property

from portal import search_words
from portal.models.service_requests import OPEN, STATUSES, WAITING

SORTS = ("updated", "created", "severity", "status")
NOT_DONE = "not_done"
LONGEST = 200


@dataclass(frozen=True)
class RequestFilters:
    """The filters of a list of requests. An unknown organization or status matches nothing."""

    organization: str
    status: str
    mine: bool
    q: str
    sort: str
    cursor: str

    @property
    def statuses(self):
        """Return the statuses to show, or None for all."""
        if self.status == NOT_DONE:
            return (OPEN, WAITING)
        return None if not self.status else tuple(one for one in STATUSES if one == self.status)

    @cached_property
    def asked(self):
        """Return what the text in the search box asks for."""
        return search_words.read(self.q)

    @property
    def narrowed(self):
        """Return whether anything is left out."""
        return bool(self.organization or self.status or self.mine or self.q)

    @property
    def address(self):
        """Return the filters and the order as the fields of an address, without the cursor."""
        fields = {"organization": self.organization, "status": self.status, "q": self.q}
        fields |= {"sort": self.sort if self.sort != SORTS[0] else "", "mine": "on" if self.mine else ""}
        return {name: value for name, value in fields.items() if value}


def read_filters(args):
    """Return the RequestFilters that the fields of an address describe."""
    sort = _text(args, "sort")
    return RequestFilters(
        organization=_text(args, "organization"),
        status=_text(args, "status"),
        mine="mine" in args,
        q=_text(args, "q"),
        sort=sort if sort in SORTS else SORTS[0],
        cursor=args.get("cursor", ""),
    )


def _text(args, name):
    return " ".join(args.get(name, "").replace("\0", "\ufffd").split())[:LONGEST]
