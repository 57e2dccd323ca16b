"""My Partners: what partners ask for, what they have, who leads what they leave behind. For contact managers."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import access_told, cursors, navigation, permissions
from portal.answering import wants_fragment
from portal.forms.decisions import ApprovalForm, nothing_left, reason_in
from portal.forms.typed import text
from portal.identity import signed_in
from portal.models import AccessRequest, access_changes, request_changes
from portal.models.access import PENDING
from portal.outcomes import overtaken_decision, overtaken_handover
from portal.partnerships import ROWS_SHOWN, Partnerships, latest_day
from portal.words import in_sentence

MOST_HANDED_OVER = 100

bp = Blueprint("my_partners", __name__)


@bp.get("/partner/my_partners")
@signed_in
def index():
    """Show what waits for a decision, who has access, and what was decided."""
    permissions.load_own_partners(g.contact, g.at)
    return _page()


def _page(forms=None, errors=None, overtaken=None):
    partnerships = Partnerships(g.contact, g.at)
    last = cursors.read("my_partners", request.args.get("cursor", ""))
    turn = partnerships.turn_to(*(last or [None]), around=next(iter(forms or ()), request.args.get("request", "")))
    return render_template(
        "pages/my_partners.html",
        decisions=partnerships.decisions(forms, ask=navigation.ask),
        turn=turn,
        next_cursor=cursors.make("my_partners", [turn.last]) if turn.last else None,
        errors=errors or {},
        overtaken=overtaken,
        answered=[access_told.answered(one, g.contact, g.at) for one in partnerships.answered],
        over=[access_told.over(one) for one in partnerships.over],
        partnerships=partnerships,
        **_who_has_access(partnerships),
    )


def _who_has_access(partnerships):
    return {
        "at": g.at,
        "customer": g.contact.organization,
        "day_begun": partnerships.day_begun,
        "partners": partnerships.partners(),
        "people_count": partnerships.people_count,
        "rows_shown": ROWS_SHOWN,
        "whole_partner": request.args.get("partner"),
    }


@bp.post("/partner/access_requests/<public_id>/impact")
@signed_in
def impact(public_id):
    """Show what approving as typed would change; nothing is decided."""
    access_request, form = _to_decide(public_id)
    if access_request.status_at(g.at) != PENDING:
        return _overtaken(access_request)
    status = 422 if form.errors else 200
    if not wants_fragment():
        return _page({public_id: form}, form.errors), status
    return render_template("partials/_impact_swap.html", **_decision(form)), status


@bp.post("/partner/access_requests/<public_id>/approve")
@signed_in
def approve(public_id):
    """Approve as asked, or with changes: lower, shorter, fewer, from a day on."""
    access_request, form = _to_decide(public_id)
    if access_request.status_at(g.at) != PENDING:
        return _overtaken(access_request)
    if form.errors:
        return _put_right(access_request, form)
    try:
        access_changes.approve(
            access_request, g.contact, g.at, form.levels, form.days_given, covers_from=form.covers_from_day
        )
    except access_changes.AlreadyDecided:
        return _overtaken(access_request)
    except access_changes.NothingLeft:
        form.errors = {"": nothing_left()}
        return _put_right(access_request, form)
    told = _("Approved. %(name)s has been told.", name=in_sentence(access_request.requested_by.name))
    return _decided(access_request, told)


@bp.post("/partner/access_requests/<public_id>/decline")
@signed_in
def decline(public_id):
    """Decline, with a reason that is sent to the requester."""
    access_request = permissions.load_access_request_to_decide(g.contact, public_id, g.at)
    reason, problem = reason_in(request.form)
    if problem and access_request.status_at(g.at) == PENDING:
        form = ApprovalForm.read(request.form, access_request, latest_day(g.contact.organization, g.at))
        form.reason, form.errors = reason, {form.id_of("reason"): problem}
        return _put_right(access_request, form)
    try:
        access_changes.decline(access_request, g.contact, g.at, reason)
    except access_changes.AlreadyDecided:
        return _overtaken(access_request)
    told = _("Declined. %(name)s has been told.", name=in_sentence(access_request.requested_by.name))
    return _decided(access_request, told)


def _to_decide(public_id):
    access_request = permissions.load_access_request_to_decide(g.contact, public_id, g.at)
    return access_request, ApprovalForm.read(request.form, access_request, latest_day(g.contact.organization, g.at))


def _decision(form):
    partnerships = Partnerships(g.contact, g.at)
    partnerships.turn_to(around=form.access_request.public_id)
    return {
        "decision": partnerships.decision(form, form.errors),
        "customer": g.contact.organization,
        "day_begun": partnerships.day_begun,
    }


def _put_right(access_request, form):
    """Return the decision as typed, with a sentence beside what has to be put right (422)."""
    if not wants_fragment():
        return _page({access_request.public_id: form}, form.errors), 422
    return render_template("partials/_decision_anew.html", **_decision(form)), 422


def _overtaken(access_request):
    """Return a notice, where the decision was, of who was quicker (409)."""
    late = overtaken_decision(access_request.as_it_is(), g.contact, g.at)
    values = {"public_id": access_request.public_id, "title": late.title, "lead": late.lead}
    if wants_fragment():
        return _swapped("partials/_overtaken_swap.html", **values), 409
    return _page(overtaken=values), 409


def _decided(access_request, told):
    """Return the result where the decision was, and who has access now; without HTMX lead back to the page."""
    if not wants_fragment():
        flash(told, "good")
        return redirect(url_for(".index"), 303)
    return _swapped("partials/_decided.html", public_id=access_request.public_id, told=told)


def _swapped(template, **told):
    """Return what stands in the decision's place, with how many wait and who has access now."""
    waiting = AccessRequest.count_pending_for_customer(g.contact.organization, g.at)
    shown = _who_has_access(Partnerships(g.contact, g.at))
    response = make_response(render_template(template, waiting=waiting, **told, **shown))
    response.headers["HX-Trigger"] = "access-decided"  # other decisions on the page are weighed anew
    return response


@bp.post("/partner/my_partners/handover")
@signed_in
def hand_over():
    """Make somebody else the primary contact of requests that a partner's person leads."""
    references = request.form.getlist("request")[:MOST_HANDED_OVER]
    chosen = permissions.load_requests_to_hand_over(g.contact, references, g.at)
    partnerships = Partnerships(g.contact, g.at)
    led = partnerships.still_led_from_outside(chosen)
    if chosen and not led:
        raise overtaken_handover(chosen[0], g.contact)
    successor = partnerships.successors.get(text(request.form, "contact", 64))
    if successor is None or not led:
        field = f"successor-{text(request.form, 'lead', 64)}"
        return _page(errors={field: _("Choose the requests, and who leads them from now on.")}), 422
    for one in led:
        request_changes.make_primary(one, successor, g.contact, g.at, readers=permissions.readers)
    name = in_sentence(successor.name)
    flash(
        ngettext("%(name)s leads %(num)s request now.", "%(name)s leads %(num)s requests now.", len(led), name=name),
        "good",
    )
    return redirect(url_for(".index", _anchor="handover"), 303)
