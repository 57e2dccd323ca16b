"""My Requests: all that one may see, narrowed, sorted, and taken along as CSV (SPEC 4)."""

from dataclasses import replace
from functools import lru_cache, partial

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from portal import clock, csv_answers, cursors, permissions
from portal.collation import in_order
from portal.forms.requests import read_filters
from portal.identity import signed_in
from portal.languages import current_locale, reader_zone
from portal.models import request_lists, search
from portal.models.search_index import Coming
from portal.search_words import Asked
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
    within, common = _within(filters, seen), _common(filters)
    page = request_lists.page(
        lambda: _ways(filters, seen, common),
        g.contact,
        filters.sort,
        place,
        within=within,
        key=_key(filters, seen, common),
        values=Coming.values_of(filters.asked.words),
    )
    said = search.matching_messages(page.rows, filters.asked.words, g.contact.desk)
    return render_template(
        "pages/requests.html",
        filters=filters,
        organizations=_offered(seen),
        lines=[(row, said.get(row.id)) for row in page.rows],
        unread=sum(row.unread for row in page.rows),
        next_cursor=cursors.make(f"requests:{filters.sort}", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.get("/requests.csv")
@signed_in
def export():
    filters = read_filters(request.args)
    ids = request_lists.ids_in_order(_asked_for(filters, sight(), filters.asked), filters.sort)
    now = partial(permissions.Sight, g.contact)
    rows = request_lists.file_rows(ids, lambda: _asked_for(filters, now(clock.now()), filters.asked))
    written = ((*row[:-2], csv_answers.instant(row[-2]), csv_answers.instant(row[-1])) for row in rows)
    return csv_answers.answer(f"requests-{clock.day_in(g.at, 'UTC')}.csv", COLUMNS, written)


def _offered(seen):
    """Return the organizations as (value, label) of the drop-down."""
    return _in_order(seen.places[0], seen.elsewhere, current_locale())


@lru_cache(128)  # the same few hundred, on each page
def _in_order(own, elsewhere, _locale):
    mine = (own.slug, _("%(organization)s (mine)", organization=own.name))
    return (mine, *((one.slug, one.name) for one in in_order(elsewhere.places)))


def _within(filters, seen):
    """Return the ids of the organizations to which all belongs that is asked for, or None where that is any."""
    return seen.within if not filters.organization else [_chosen(filters, seen)]


def _chosen(filters, seen):
    return next((place.id for place in seen.places if place.slug == filters.organization), 0)


def _common(filters):
    """Return the places of those words that so many texts hold that they are not to be looked up."""
    if filters.mine or filters.asked.authors or filters.asked.before or not filters.asked.words:
        return ()
    common = search.common_among(filters.asked.words, g.at)
    return tuple(place for place, word in enumerate(filters.asked.words) if word in common)


def _key(filters, seen, common):
    """Return all that the select depends on beside the words looked for, or None where it is not worth being kept."""
    asked = filters.asked
    if filters.mine or asked != replace(Asked(), words=asked.words):
        return None
    return seen.key, filters.status, len(asked.words), common


def _ways(filters, seen, common):
    """Return (select, gathered) as `request_lists.page` takes them: many requests are walked through, few looked up."""
    words = tuple(Coming(place) for place in range(len(filters.asked.words)))
    walked = [words[place] for place in common]
    asked_for = partial(_asked_for, filters, seen, replace(filters.asked, words=words))
    if filters.mine or filters.asked.authors or filters.asked.before:
        return None, asked_for()
    if len(common) < len(words):
        return None, asked_for(walked)
    return asked_for(walked), asked_for() if words else None


def _asked_for(filters, seen, asked, common=()):
    """Return the select of what this person may see and has `asked` for; see `search.narrow` for `common`."""
    select = seen.requests
    if filters.mine:
        select = select.where(permissions.names(g.contact))
    organization_id = _chosen(filters, seen) if filters.organization else None
    select = request_lists.narrow(select, organization_id=organization_id, statuses=filters.statuses)
    zone = reader_zone()
    return search.narrow(
        select,
        asked,
        organization_ids=asked.organization_ids(seen.places),
        since=asked.since(zone),
        until=asked.until(zone),
        internal_too=g.contact.desk,
        common=common,
    )
