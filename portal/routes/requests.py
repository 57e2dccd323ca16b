"""My Requests: all that one may see, narrowed, sorted, and taken along as CSV (SPEC 4)."""

from functools import lru_cache

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from portal import clock, csv_answers, cursors, permissions
from portal.collation import in_order
from portal.forms.requests import read_filters
from portal.identity import signed_in
from portal.languages import current_locale, reader_zone
from portal.models import request_lists, search
from portal.seeing import sight

bp = Blueprint("requests", __name__)

COLUMNS = (
    "reference",
    "organization",
    "subject",
    "status",
    "severity",
    "category",
    "site",
    "submitted_by",
    "primary_contact",
    "created_at",
    "updated_at",
)


@bp.get("/requests")
@signed_in
def index():
    filters, seen = read_filters(request.args), sight()
    place = cursors.read(f"requests:{filters.sort}", filters.cursor)
    within = _within(filters, seen)
    key = None if filters.q or filters.mine else (seen.key, filters.status)
    page = request_lists.page(lambda: _ways(filters, seen), g.contact, filters.sort, place, within=within, key=key)
    return render_template(
        "pages/requests.html",
        filters=filters,
        organizations=_offered(seen.places),
        rows=page.rows,
        said=search.matching_messages(page.rows, filters.asked.words, g.contact.desk),
        next_cursor=cursors.make(f"requests:{filters.sort}", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.get("/requests.csv")
@signed_in
def export():
    filters = read_filters(request.args)
    ids = request_lists.ids_in_order(_asked_for(filters, sight()), filters.sort)
    rows = request_lists.file_rows(ids, lambda: _asked_for(filters, permissions.Sight(g.contact, clock.now())))
    written = ((*row[:-2], csv_answers.instant(row[-2]), csv_answers.instant(row[-1])) for row in rows)
    return csv_answers.answer(f"requests-{clock.day_in(g.at, 'UTC')}.csv", COLUMNS, written)


def _offered(places):
    """Return the organizations as (value, label) of the drop-down."""
    return _in_order(tuple(places), current_locale())


@lru_cache(256)  # the same few hundred, on each page
def _in_order(places, _locale):
    return tuple(
        (one.slug, _("%(organization)s (mine)", organization=one.name) if place == 0 else one.name)
        for place, one in enumerate([*places[:1], *in_order(places[1:])])
    )


def _within(filters, seen):
    """Return the ids of the organizations to which all belongs that is asked for, or None where that is any."""
    return seen.within if not filters.organization else [_chosen(filters, seen)]


def _chosen(filters, seen):
    return next((place.id for place in seen.places if place.slug == filters.organization), 0)


def _ways(filters, seen):
    """Return (select, gathered) as `request_lists.page` takes them: many requests are walked through, few looked up."""
    if filters.mine or filters.asked.authors or filters.asked.before:
        return None, _asked_for(filters, seen)
    if not filters.asked.words:
        return _asked_for(filters, seen), None
    common = search.common_among(filters.asked.words, g.contact.desk)
    if len(common) < len(filters.asked.words):
        return None, _asked_for(filters, seen, common)
    return _asked_for(filters, seen, common), _asked_for(filters, seen)


def _asked_for(filters, seen, common=()):
    """Return the select of what this person may see and has asked for; see `search.narrow` for `common`."""
    select = seen.requests
    if filters.mine:
        select = select.where(permissions.names(g.contact))
    organization_id = _chosen(filters, seen) if filters.organization else None
    select = request_lists.narrow(select, organization_id=organization_id, statuses=filters.statuses)
    zone = reader_zone()
    return search.narrow(
        select,
        filters.asked,
        organization_ids=filters.asked.organization_ids(seen.places),
        since=filters.asked.since(zone),
        until=filters.asked.until(zone),
        internal_too=g.contact.desk,
        common=common,
    )
