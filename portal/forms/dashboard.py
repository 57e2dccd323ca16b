"""What one may ask of the dashboard: for how many weeks, and for which site."""

from dataclasses import dataclass

WEEKS = (13, 26, 52)


@dataclass(frozen=True)
class DashboardChoice:
    """The weeks to look back, and the public id of a site, empty for all of them."""

    weeks: int
    site: str


def read_choice(args):
    """Return the DashboardChoice that the fields of an address describe; what is not offered is as if not asked."""
    weeks = args.get("weeks", "")
    return DashboardChoice(
        weeks=next((one for one in WEEKS if str(one) == weeks), WEEKS[0]),
        site=args.get("site", "").replace("\0", "")[:64],
    )
