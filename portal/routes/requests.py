"""My Requests: all that one may see, narrowed, sorted, and taken along as CSV (SPEC 4)."""

from flask import Blueprint, g, render_template, request

from portal import clock, csv_answers, cursors, permissions
from portal.forms.requests import read_filters
from portal.identity import signed_in
from portal.languages import reader_zone
from portal.models import request_lists, search

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
    filters = read_filters(request.args)
    organizations = permissions.organizations_seen(g.contact, g.at)
    seen = _seen(filters, organizations, g.at)
    place = cursors.read(f"requests:{filters.sort}", filters.cursor)
    page = request_lists.page(seen, g.contact, filters.sort, place)
    return render_template(
        "pages/requests.html",
        filters=filters,
        organizations=organizations,
        rows=page.rows,
        said=search.matching_messages(page.rows, filters.asked.words, g.contact.desk),
        next_cursor=cursors.make(f"requests:{filters.sort}", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.get("/requests.csv")
@signed_in
def export():
    filters = read_filters(request.args)
    organizations = permissions.organizations_seen(g.contact, g.at)
    ids = request_lists.ids_in_order(_seen(filters, organizations, g.at), filters.sort)
    rows = request_lists.file_rows(ids, lambda: _seen(filters, organizations, clock.now()))
    written = ((*row[:-2], csv_answers.instant(row[-2]), csv_answers.instant(row[-1])) for row in rows)
    return csv_answers.answer(f"requests-{clock.day_in(g.at, 'UTC')}.csv", COLUMNS, written)


def _seen(filters, organizations, at):
    """Return the select of what this person may see at `at` and has asked for."""
    select = permissions.visible_requests(g.contact, at)
    if filters.mine:
        select = select.where(permissions.names(g.contact))
    chosen = {one.slug: one.id for one in organizations}
    select = request_lists.narrow(
        select,
        organization_id=chosen.get(filters.organization, 0) if filters.organization else None,
        statuses=filters.statuses,
    )
    zone = reader_zone()
    return search.narrow(
        select,
        filters.asked,
        organization_ids=filters.asked.organization_ids(organizations),
        since=filters.asked.since(zone),
        until=filters.asked.until(zone),
        internal_too=g.contact.desk,
    )
