"""The Support Experience Dashboard of one customer (SPEC 4)."""

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import charts, permissions
from portal.dates import short_day
from portal.forms.dashboard import WEEKS, read_choice
from portal.identity import signed_in
from portal.languages import reader_zone
from portal.models import dashboard
from portal.models.service_requests import CATEGORIES
from portal.permissions import Capability
from portal.seeing import sight
from portal.words import category_word

bp = Blueprint("dashboard", __name__)


@bp.get("/dashboard/<slug>")
@signed_in
def show(slug):
    """Show the figures of what this person may see of the organization, and say where that is not everything."""
    organization, standing = permissions.load_organization(g.contact, slug, Capability.DASHBOARD, g.at)
    choice, sites = read_choice(request.args), organization.sites_by_name()
    weeks = dashboard.Weeks.up_to(g.at, choice.weeks, reader_zone())
    chosen = {site.public_id: site.id for site in sites}
    site = chosen.get(choice.site, 0) if choice.site else None
    seen = dashboard.narrowed(sight().narrowed_to({organization.id}).requests, organization, site)
    figures = dashboard.figures(seen, weeks, g.at)
    return render_template(
        "pages/dashboard.html",
        organization=organization,
        standing=standing,
        choice=choice,
        weeks_offered=[(weeks, ngettext("Last %(num)s week", "Last %(num)s weeks", weeks)) for weeks in WEEKS],
        sites_offered=[("", _("All sites")), *((site.public_id, site.name) for site in sites)],
        weeks=weeks,
        at=g.at,
        figures=figures,
        charts=_weekly_charts(weeks, figures),
        **_rows(figures, sites),
    )


def _rows(figures, sites):
    """Return the rows of each table: what it is about, with a count or a Group."""
    names = {site.id: site.name for site in sites}
    by_site = [(names.get(site, _("No site")), group) for site, group in figures.by_site.items()]
    ages = (_("Up to 1 day"), _("2 to 7 days"), _("8 to 30 days"), _("Older"))
    return {
        "by_severity": sorted(figures.by_severity.items()),
        "by_site": sorted(by_site, key=lambda row: (-row[1].opened, row[0])),
        "by_category": [
            (category_word(one), figures.by_category[one]) for one in CATEGORIES if one in figures.by_category
        ],
        "open_by_age": list(zip(ages, figures.open_by_age, strict=True)),
    }


def _weekly_charts(weeks, figures):
    """Return the same chart twice: for a wide page, and for a phone."""
    words = [short_day(monday) for monday in weeks.mondays]
    series = (figures.opened_by_week, figures.solved_by_week)
    return {
        "wide": charts.columns(words, series, width=720, height=220, label_width=90),
        "narrow": charts.columns(words, series, width=358, height=240, label_width=76),
    }
