"""What one may ask of the desk's queue."""

from dataclasses import dataclass
from datetime import timedelta

from portal.forms.requests import NOT_DONE
from portal.forms.typed import text
from portal.models.service_requests import OPEN, SEVERITIES, STATUSES, WAITING

ORDERS = ("urgent", "oldest", "updated")
AGES = {"1": timedelta(days=1), "7": timedelta(days=7), "30": timedelta(days=30)}
ME, NOBODY, ALL = "me", "nobody", "all"


@dataclass(frozen=True)
class QueueFilters:
    """The filters of the queue. What is unknown matches nothing."""

    whose: str
    status: str
    severity: str
    age: str
    organization: str
    sort: str
    cursor: str

    @property
    def statuses(self):
        """Return the statuses to show, or None for all; unless told otherwise, what is not done."""
        if self.status == ALL:
            return None
        if self.status in ("", NOT_DONE):
            return (OPEN, WAITING)
        return tuple(one for one in STATUSES if one == self.status)

    @property
    def severity_number(self):
        """Return the severity to show, None for all, 0 (which none has) for what is no severity."""
        if not self.severity:
            return None
        return next((one for one in SEVERITIES if str(one) == self.severity), 0)

    @property
    def oldest_shown(self):
        """Return the age that a request must have reached, or None."""
        return AGES.get(self.age)

    @property
    def address(self):
        """Return the filters and the order as the fields of an address, without the cursor."""
        fields = {
            "whose": self.whose,
            "status": self.status,
            "severity": self.severity,
            "age": self.age,
            "organization": self.organization,
            "sort": self.sort if self.sort != ORDERS[0] else "",
        }
        return {name: value for name, value in fields.items() if value}


def read_filters(args):
    """Return the QueueFilters that the fields of an address describe."""
    sort = text(args, "sort", 16)
    return QueueFilters(
        whose=text(args, "whose", 64),
        status=text(args, "status", 16),
        severity=text(args, "severity", 4),
        age=text(args, "age", 4),
        organization=text(args, "organization", 64),
        sort=sort if sort in ORDERS else ORDERS[0],
        cursor=args.get("cursor", ""),
    )
