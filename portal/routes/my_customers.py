"""My Customers: what I may do for each customer and until when; asking for access, and taking that back."""

from datetime import timedelta

from flask import Blueprint, current_app, flash, g, render_template, request, url_for
from flask_babel import gettext as _

from portal import access_told, clock, cursors, holdings, holdings_told, permissions
from portal.answering import go_to, sent_again, swap, wants_fragment
from portal.folding import folded
from portal.forms.access import AskForm, level_choices
from portal.forms.submission import once_id
from portal.forms.typed import text
from portal.identity import signed_in
from portal.language_change import typed_before
from portal.languages import reader_zone
from portal.models import access_changes
from portal.models.access import PENDING
from portal.models.subscribing import subscribe
from portal.outcomes import overtaken_decision, sent_before
from portal.permissions import Capability
from portal.requesting import Requester
from portal.seeing import sight

ANSWERS_SHOWN = timedelta(days=90)
LONGEST_SEARCH, MOST_WORDS = 200, 8

bp = Blueprint("my_customers", __name__)


@bp.get("/partner/my_customers")
@signed_in
def index():
    """Show what I hold, what waits for an answer, and what was answered."""
    searched, colleagues = text(request.args, "q", LONGEST_SEARCH), request.args.get("colleagues", "")
    place = cursors.read("my_customers", request.args.get("cursor", ""))
    around = colleagues or request.args.get("customer", "")
    page = holdings.page(sight(), folded(searched).split()[:MOST_WORDS], place, around)
    zone = reader_zone()
    pending, answered = permissions.access_requests_shown(g.contact, g.at, g.at - ANSWERS_SHOWN)
    return render_template(
        "pages/my_customers.html",
        page=page,
        holdings=[_shown(one, colleagues) for one in page.holdings],
        page_size=holdings.PAGE,
        q=searched,
        next_cursor=cursors.make("my_customers", page.next_place) if page.next_place else None,
        pending=[access_told.waiting(one, g.contact, permissions.may_withdraw(g.contact, one)) for one in pending],
        answered=[access_told.answered(one, g.contact, g.at) for one in answered],
        zone=zone,
        day_begun=clock.start_of_day(clock.day_in(g.at, zone), zone),
    )


def _shown(holding, colleagues):
    whole = holding.customer.slug == colleagues
    return holdings_told.told(holding, holdings.COLLEAGUES_SHOWN, whole), holding.notices


@bp.route("/partner/my_customers/request", methods=["GET", "POST"])
@signed_in
def request_access():
    """Show the form, empty or prefilled from what I hold; or ask. The answer is the same for every address."""
    requester = _requester()
    if request.method == "GET":
        typed = typed_before()
        return _form_page(requester, AskForm.read(typed, _max_days()) if typed else requester.prefilled(_max_days()))
    form = AskForm.read(request.form, _max_days())
    named = requester.named(form)
    if not form.check(named):
        return _form_page(requester, form), 422
    once = once_id(g.contact, request.form)
    asked = access_changes.ask(
        g.contact, form.manager_email, int(form.days), form.lines(named), form.reason, g.at, once
    )
    if asked.status_at(g.at) != PENDING:
        return sent_again(sent_before(asked, g.at), lambda: _form_page(requester, form))
    flash(_("Your request is on its way. It lapses in 30 days if nobody answers."), "good")
    return go_to(url_for(".index", _anchor="pending"))


@bp.post("/partner/my_customers/request/colleagues")
@signed_in
def find_colleagues():
    """Show the form as typed, with the colleagues who match what is searched; nothing is asked yet."""
    requester, form = _requester(), AskForm.read(request.form, _max_days())
    if wants_fragment():
        return render_template("partials/_colleagues.html", swapped=True, **_offered(requester, form))
    return _form_page(requester, form)


def _requester():
    return Requester(g.contact, g.at, request.args.get("customer", ""), request.args.get("grant", ""))


def _form_page(requester, form):
    return render_template("pages/request_access.html", **_offered(requester, form))


def _offered(requester, form):
    return {
        "form": form,
        "errors": form.errors,
        "rows": requester.rows(form),
        "firm_size": requester.firm_size,
        "customer": requester.customer,
        "level_choices": level_choices(),
    }


def _max_days():
    return current_app.config["PORTAL"].max_days


@bp.post("/partner/access_requests/<public_id>/withdraw")
@signed_in
def withdraw(public_id):
    """Take a request back."""
    found = permissions.load_access_request_to_withdraw(g.contact, public_id, g.at)
    try:
        access_changes.withdraw(found, g.contact, g.at)
    except access_changes.AlreadyDecided as late:
        raise overtaken_decision(late.access_request, g.contact, g.at) from None
    flash(_("Your request is withdrawn."), "good")
    return go_to(url_for(".index", _anchor="pending"))


@bp.post("/partner/my_customers/<slug>/subscription")
@signed_in
def subscription(slug):
    """Turn the wish to hear of an organization's new requests on or off."""
    organization, _standing = permissions.load_organization(g.contact, slug, Capability.SUBSCRIBE, g.at)
    wished = "subscribed" in request.form
    subscribe(g.contact, organization, wished, g.at)
    back_to = url_for(".index", customer=organization.slug, _anchor=f"customer-{organization.slug}")
    return swap("_subscription.html", back_to, customer=organization, subscribed=wished)
