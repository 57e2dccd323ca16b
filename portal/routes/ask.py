"""Ask a Question: for one's own organization or for a customer."""

from flask import Blueprint, flash, g, render_template, request, url_for
from flask_babel import gettext as _

from portal import clock, files, permissions
from portal.answering import go_to, wants_fragment
from portal.forms import submission
from portal.forms.ask import AskForm
from portal.forms.ask_offer import Offer
from portal.identity import signed_in
from portal.models import request_changes
from portal.models.service_requests import ACCOUNT, CATEGORIES, TECHNICAL

bp = Blueprint("ask", __name__)


@bp.route("/ask", methods=["GET", "POST"])
@signed_in
def index():
    if request.method == "GET":
        return _first_page()
    form = AskForm.read(request.form)
    if "change" in request.form:
        return _changed(form, request.form["change"])
    return _submit(form)


def _first_page():
    form = AskForm.preselected(request.args)
    form.submission = submission.new_key()
    open_to_me = permissions.submissions(g.contact, g.at)
    offer = Offer.of(_chosen(open_to_me, form), g.at)
    form.fit_to(offer)
    return _page(form, offer, open_to_me)


def _chosen(open_to_me, form):
    """Return the Submission that the form names, or the one to begin with; a hidden organization is an unknown one.

    One's own organization is always among them: its account question is the way out.
    """
    named = [one for one in open_to_me if one.organization.slug == form.organization]
    if named or form.category == ACCOUNT:
        return (named or open_to_me)[0]
    useful = [one for one in open_to_me if TECHNICAL in one.categories]
    return (useful or open_to_me)[0]


def _changed(form, what):
    """Show the form again with what another organization offers, or with the other time zone; write nothing."""
    open_to_me = permissions.submissions(g.contact, g.at)
    offer = Offer.of(_chosen(open_to_me, form), g.at)
    if what == "timezone":
        form.timezone = g.contact.timezone if form.timezone == offer.other_zone else offer.other_zone
    elif form.timezone not in offer.zones:
        form.timezone = ""
    form.fit_to(offer)
    if wants_fragment():
        return render_template("partials/_ask_changed.html", form=form, offer=offer, swapped=True)
    return _page(form, offer, open_to_me)


def _submit(form):
    at = clock.now()  # a long upload may have begun a while ago, under another right
    category = form.category if form.category in CATEGORIES else ACCOUNT
    if not form.organization:
        form.errors["organization"] = _("Choose an organization.")
        return _again(form, at)
    chosen = permissions.load_submission(g.contact, form.organization, category, at, form.confidential)
    found, offer = files.uploads(), Offer.of(chosen, at)
    if not form.check(offer):
        return _again(form, at, offer, found)
    made = request_changes.submit(
        form.values(offer),
        form.description,
        form.named(offer),
        at,
        readers=permissions.readers,
        store_files=files.keeper(found),
        grant=offer.standing.grant,
    )
    flash(_("Submitted as %(reference)s. The desk has been told.", reference=made.reference), "good")
    return go_to(url_for("service_request.show", reference=made.reference))


def _again(form, at, offer=None, found=()):
    open_to_me = permissions.submissions(g.contact, at)
    offer = offer or Offer.of(_chosen(open_to_me, form), at)
    if found and not wants_fragment():  # a swap keeps them chosen, a whole page cannot
        form.errors["files"] = _("Choose your files again: a browser does not keep them.")
    form.timezone = form.timezone or g.contact.timezone
    return _page(form, offer, open_to_me, 422)


def _page(form, offer, open_to_me, status=200):
    swapped = wants_fragment() and request.method == "POST"
    template = "partials/_ask.html" if swapped else "pages/ask.html"
    number, size = files.limits()
    values = {"form": form, "offer": offer, "errors": form.errors, "most_files": number, "most_bytes": size}
    return render_template(template, organizations=_options(open_to_me), swapped=swapped, **values), status


def _options(open_to_me):
    mine = g.contact.organization_id
    return [
        (
            one.organization.slug,
            _("%(organization)s (mine)", organization=one.organization.name)
            if one.organization.id == mine
            else one.organization.name,
        )
        for one in open_to_me
    ]
