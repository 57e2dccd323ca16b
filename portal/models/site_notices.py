"""Site notices: what the desk announces about a site, while it is current, and who wishes to hear of it."""

from datetime import timedelta

from peewee import fn

from portal.database import transaction
from portal.models.base import opaque_id
from portal.models.notifications import NotificationPreference, SiteNotice, notify
from portal.models.once import made_once
from portal.models.organizations import Contact, Organization, Site
from portal.models.prepared import prepared

MAINTENANCE, INCIDENT, RESOLVED = "maintenance", "incident", "resolved"
RESOLVED_SHOWN = timedelta(days=2)  # how long good news stands on the pages


def publish(site, author, kind, title, body, at, told, *, starts_at=None, ends_at=None, public_id=None):
    """Announce something about the site to the contacts `told`, in one transaction; return the notice.

    What was announced under this `public_id` already is returned as it is.
    """
    times = {"starts_at": starts_at, "ends_at": ends_at, "public_id": public_id or opaque_id()}
    return made_once(SiteNotice, public_id, lambda: _publish(site, author, kind, title, body, at, told, **times))


def resolve(notice, author, body, at, told):
    """Tell that a notice is over; return what follows it up, or None where somebody has told that already."""
    with transaction():
        going_on = (SiteNotice.id == notice.id) & (SiteNotice.kind != RESOLVED) & _is_current(at)
        if not SiteNotice.update(resolved_at=at).where(going_on).execute():
            return None
        return _publish(notice.site, author, RESOLVED, notice.title, body, at, told)


def _publish(site, author, kind, title, body, at, told, starts_at=None, ends_at=None, **named):
    notice = SiteNotice.create(
        site=site,
        author=author,
        kind=kind,
        title=title,
        body=body,
        starts_at=at if kind == INCIDENT else starts_at,
        ends_at=ends_at,
        created_at=at,
        **named,
    )
    notify("site_notice", told, at, actor=author, site_notice=notice, organization=site.organization_id)
    return notice


# --- What is shown -----------------------------------------------------------------------------------------------


def current(organizations, at):
    """Return the notices that are current at `at` for sites of these organizations, the latest first."""
    ids = [organization.id for organization in organizations]
    return list(_with_sites().where(Organization.id.in_(ids), _is_current(at))) if ids else []


def current_at(organization, at, since):
    """Return a question: whether a notice is current at `at` for a site of an organization, a column of what asks.

    `since` is that long ago: RESOLVED_SHOWN before `at`.
    """
    there = SiteNotice.select(SiteNotice.id).join(Site).where(Site.organization == organization)
    return fn.EXISTS(there.where(_is_current(at, since)))


def current_for_site(site, at):
    """Return the notices of the site (or of the one with this id) that are current at `at`, the latest first."""
    return _current_there(getattr(site, "id", site), at, at - RESOLVED_SHOWN)


def current_there(site, at, since):
    """Return the select of the notices of a site (its id) that are current at `at`; `since` as in `current_at`."""
    return _with_sites().where(SiteNotice.site == site, _is_current(at, since))


_current_there = prepared(current_there)


def all_current(at):
    """Return every notice that is current at `at`, with site and organization, the latest first."""
    return list(_with_sites().where(_is_current(at)))


def past(at, limit=50):
    """Return the latest notices that are over at `at`, with site and organization."""
    return list(_with_sites().where(~_is_current(at)).limit(limit))


def by_public_id(public_id):
    """Return the notice that pages call `public_id`, with site and organization, or None."""
    return _with_sites().where(SiteNotice.public_id == public_id).first()


def _with_sites():
    query = SiteNotice.select(SiteNotice, Site, Organization, Contact).join(Site).join(Organization)
    query = query.join_from(SiteNotice, Contact, on=SiteNotice.author)
    return query.order_by(SiteNotice.created_at.desc(), SiteNotice.id.desc())


def _is_current(at, since=None):
    since = at - RESOLVED_SHOWN if since is None else since
    announced = (SiteNotice.kind == MAINTENANCE) & (SiteNotice.ends_at > at)
    going_on = ((SiteNotice.kind == INCIDENT) | announced) & SiteNotice.resolved_at.is_null()
    return going_on | ((SiteNotice.kind == RESOLVED) & (SiteNotice.created_at > since))


def sites_by_organization():
    """Return [(organization, [its sites])], both by name; organizations without a site are left out."""
    query = Site.select(Site, Organization).join(Organization)
    found = {}
    for site in query.order_by(Organization.name, Organization.id, Site.name, Site.id):
        found.setdefault(site.organization, []).append(site)
    return list(found.items())


def site_called(public_id):
    """Return the site that forms call `public_id`, with its organization, or None."""
    return Site.select(Site, Organization).join(Organization).where(Site.public_id == public_id).first()


# --- Who wishes to hear ------------------------------------------------------------------------------------------


def receive(contact, organization, on):
    """Note that the contact wishes to hear of the organization's site notices, or no longer does."""
    mine = (
        (NotificationPreference.contact == contact)
        & (NotificationPreference.kind == "site_notice")
        & (NotificationPreference.organization == organization)
    )
    with transaction():
        NotificationPreference.delete().where(mine).execute()
        if not on:
            NotificationPreference.create(
                contact=contact, kind="site_notice", organization=organization, by_mail=False, in_list=False
            )
