"""How organizations and their sites change, by the desk: added and edited. Each is one transaction."""

from peewee import IntegrityError

from portal import clock
from portal.database import handle, transaction
from portal.models import history
from portal.models.access import Grant
from portal.models.holding import lock_row
from portal.models.organizations import Organization, Site

EDITABLE = ("name", "timezone", "locale")


class SlugTaken(Exception):
    """Another organization is called so in addresses."""


class NameTaken(Exception):
    """Another site of the organization has this name."""


class ChangedMeanwhile(Exception):
    """Somebody else has saved the organization since the writer saw it; `organization` is as it stands now."""

    def __init__(self, organization):
        super().__init__(organization.slug)
        self.organization = organization


def add(slug, name, timezone, locale):
    """Add an organization and return it; raise SlugTaken."""
    with transaction():
        try:
            with handle.atomic():
                return Organization.create(slug=slug, name=name, timezone=timezone, locale=locale)
        except IntegrityError as error:
            raise SlugTaken from error


def edit(organization, values, seen, actor, at):
    """Set `values` (of EDITABLE) and return what changed, {name: (before, after)}; raise ChangedMeanwhile.

    `seen` are the values that the writer saw. Another time zone moves the instants at which *covers from* days begin,
    and no grant's end: that was settled when it was decided.
    """
    with transaction():
        now = lock_row(Organization, organization.id)
        if any(getattr(now, name) != seen[name] for name in EDITABLE):
            raise ChangedMeanwhile(now)
        changed = {name: (getattr(now, name), values[name]) for name in EDITABLE if getattr(now, name) != values[name]}
        if changed:
            Organization.update(**{name: after for name, (_, after) in changed.items()}).where(
                Organization.id == now.id
            ).execute()
            history.record(now, "organization_changed", at, actor=actor, changes=changed)
        if "timezone" in changed:
            _move_covers_from(now, values["timezone"])
    return changed


def _move_covers_from(customer, timezone):
    days = Grant.select(Grant.covers_from).where(Grant.customer == customer, Grant.covers_from.is_null(False))
    for (day,) in days.distinct().tuples():
        Grant.update(covers_from_at=clock.start_of_day(day, timezone)).where(
            Grant.customer == customer, Grant.covers_from == day
        ).execute()


def add_site(organization, name, url):
    """Add a site and return it; raise NameTaken."""
    with transaction():
        try:
            with handle.atomic():
                return Site.create(organization=organization, name=name, url=url)
        except IntegrityError as error:
            raise NameTaken from error


def edit_site(site, name, url):
    """Set the site's name and address; raise NameTaken."""
    with transaction():
        try:
            with handle.atomic():
                Site.update(name=name, url=url).where(Site.id == site.id).execute()
        except IntegrityError as error:
            raise NameTaken from error
