"""The desk's queue over all organizations, and who has taken what."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal import cursors, permissions
from portal.answering import wants_fragment
from portal.errors import Overtaken
from portal.forms.desk import ME, NOBODY, read_filters
from portal.forms.typed import text
from portal.identity import desk_only, own_path
from portal.models import Contact, Organization, desk_queue, request_changes, request_lists
from portal.permissions import Action
from portal.words import in_sentence

bp = Blueprint("desk", __name__)


@bp.get("/desk")
@desk_only
def index():
    return _queue_page()


@bp.post("/desk/requests/<reference>/assignee")
@desk_only
def assign(reference):
    service_request, _one = permissions.load_request(g.contact, reference, Action.WRITE_INTERNALLY, g.at)
    people = {one.public_id: one for one in Contact.of_the_desk()}
    chosen, seen = text(request.form, "assignee", 64), text(request.form, "instead_of", 64)
    if chosen and chosen not in people:
        return _queue_page({f"assignee-{reference}": _("Choose one of the desk.")}), 422
    earlier = Contact.by_public_id(seen) if seen else None
    try:
        request_changes.assign(service_request, people.get(chosen), g.contact, g.at, instead_of=earlier)
    except request_changes.AlreadyAssigned as late:
        raise _overtaken(service_request, late.assignee) from None
    said = _said(service_request, people.get(chosen))
    back = own_path(request.form.get("back", "")) or url_for(".index")
    if wants_fragment():
        return render_template("partials/_queue_swap.html", said=said, back=back, **_row_of(service_request, people))
    flash(said, "good")
    return redirect(back, 303)


def _queue_page(errors=None):
    filters = read_filters(request.args)
    people, organizations = Contact.of_the_desk(), Organization.by_name()
    place = cursors.read(f"queue:{filters.sort}", filters.cursor)
    page = request_lists.page(lambda: (_queued(filters, people, organizations), None), g.contact, filters.sort, place)
    return render_template(
        "pages/desk.html",
        filters=filters,
        people=people,
        organizations=organizations,
        rows=page.rows,
        assignees=desk_queue.assignees([row.id for row in page.rows]),
        next_cursor=cursors.make(f"queue:{filters.sort}", page.next_place) if page.next_place else None,
        first_page=place is None,
        errors=errors or {},
        back=request.full_path.rstrip("?") if request.method == "GET" else url_for(".index"),
    )


def _queued(filters, people, organizations):
    """Return the select of the requests that these filters leave of all that the desk sees."""
    chosen = {one.slug: one.id for one in organizations}
    ids = {one.public_id: one.id for one in people} | {ME: g.contact.id}
    select = request_lists.narrow(
        permissions.visible_requests(g.contact, g.at),
        organization_id=chosen.get(filters.organization, 0) if filters.organization else None,
        statuses=filters.statuses,
    )
    return desk_queue.narrow(
        select,
        assignee=ids.get(filters.whose, 0) if filters.whose not in ("", NOBODY) else None,
        with_nobody=filters.whose == NOBODY,
        severity=filters.severity_number,
        submitted_before=g.at - filters.oldest_shown if filters.oldest_shown else None,
    )


def _row_of(service_request, people):
    """Return what the row of one request is drawn from, as it is now."""
    only = permissions.visible_requests(g.contact, g.at)
    row = request_lists.page(lambda: (request_lists.narrow_to(only, service_request), None), g.contact).rows[0]
    return {
        "row": row,
        "assignees": desk_queue.assignees([row.id]),
        "people": list(people.values()),
        "errors": {},
    }


def _said(service_request, assignee):
    if assignee is None:
        return _("%(reference)s is with nobody now.", reference=service_request.reference)
    if assignee == g.contact:
        return _("%(reference)s is with you now.", reference=service_request.reference)
    return _(
        "%(reference)s is with %(name)s now.", reference=service_request.reference, name=in_sentence(assignee.name)
    )


def _overtaken(service_request, assignee):
    if assignee is None:
        title = _("Somebody has just put %(reference)s back", reference=service_request.reference)
    else:
        title = _(
            "%(name)s has taken %(reference)s meanwhile",
            name=in_sentence(assignee.name),
            reference=service_request.reference,
        )
    return Overtaken(title, _("Your choice changed nothing. Load the queue again to see it as it is."))
