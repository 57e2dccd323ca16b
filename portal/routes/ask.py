"""Ask a Question: for one's own organization or for a customer."""

from flask import Blueprint, flash, g, render_template, request, url_for
from flask_babel import gettext as _

from portal import clock, files, permissions
from portal.answering import go_to, wants_fragment
from portal.carrying import Carried
from portal.collation import in_order
from portal.database import transaction
from portal.dates import day_and_time
from portal.drafting import keep
from portal.forms.ask import AskForm
from portal.forms.ask_offer import Offer
from portal.identity import signed_in
from portal.language_change import typed_before
from portal.models import drafts, kept_files, submitting
from portal.models.drafts import ASK
from portal.models.service_requests import ACCOUNT, CATEGORIES, TECHNICAL

bp = Blueprint("ask", __name__)


@bp.route("/ask", methods=["GET", "POST"])
@signed_in
def index():
    if request.method == "GET":
        return _first_page()
    form = AskForm.read(request.form)
    what = request.form.get("change")
    if what in DRAFT_CHANGES:
        return DRAFT_CHANGES[what](form)
    return _submit(form) if what is None else _changed(form, what)


def _first_page():
    typed = typed_before()
    if typed:
        return _as_typed(AskForm.read(typed), "")
    form = AskForm.preselected(request.args)
    form.begin()
    open_to_me = permissions.submissions(g.contact, g.at)
    offer = Offer(_chosen(open_to_me, form), g.at)
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
    offer = Offer(_chosen(open_to_me, form), g.at)
    if what == "timezone":
        form.timezone = g.contact.timezone if form.timezone == offer.other_zone else offer.other_zone
    elif form.timezone not in offer.zones:
        form.timezone = ""
    form.fit_to(offer)
    if wants_fragment():
        return render_template("partials/_ask_changed.html", form=form, offer=offer, swapped=True)
    _carried().hold(form)
    return _page(form, offer, open_to_me)


def _carried(at=None):
    return Carried.of(g.contact, ASK, at or g.at)


# --- Drafts ------------------------------------------------------------------------------------------------------


def _save_draft(form):
    _carried().hold(form)
    kept = keep(form, g.contact, ASK, g.at)
    return _as_typed(form, kept.said, 422 if kept.refused else 200)


def _continue_draft(form):
    draft = drafts.draft_of(g.contact, ASK, g.at)
    if draft is None:
        _carried().hold(form)
        return _as_typed(form, _("This draft is not there any more."))
    form = AskForm.from_draft(draft)
    _carried().hold(form, only=False)
    return _as_typed(form, _("Your draft of %(when)s is back.", when=day_and_time(draft.saved_at)))


def _throw_draft_away(form):
    drafts.throw_away(g.contact, ASK)
    _carried().hold(form)
    return _as_typed(form, _("The draft is thrown away."))


def _as_typed(form, said, status=200):
    """Show the form as typed; of an organization that is not open any more only the text, and nothing chosen for it."""
    open_to_me = permissions.submissions(g.contact, g.at)
    chosen = _chosen(open_to_me, form)
    if not form.organization:
        form.errors["organization"] = _("Choose an organization.")
    elif chosen.organization.slug != form.organization:
        form.errors["organization"] = _("You cannot submit for the organization of this draft any more. Choose one.")
    offer = Offer(chosen, g.at)
    form.fit_to(offer)
    return _page(form, offer, open_to_me, status, said)


DRAFT_CHANGES = {"draft": _save_draft, "continue": _continue_draft, "throw_away": _throw_draft_away}


# --- Submitting --------------------------------------------------------------------------------------------------


def _submit(form):
    at = clock.now()  # a long upload may have begun a while ago, under another right
    category = form.category if form.category in CATEGORIES else ACCOUNT
    carried = _carried(at)
    if not form.organization:
        form.errors["organization"] = _("Choose an organization.")
        return _again(form, at, carried)
    chosen = permissions.load_submission(g.contact, form.organization, category, at, form.confidential)
    offer = Offer(chosen, at)
    if not form.check(offer):
        return _again(form, at, carried, offer)
    try:
        made = _send(form, offer, carried)
    except kept_files.Gone:
        form.errors["files"] = _(
            "A file that was kept here is not there any more. Choose it again, or send without it."
        )
        return _again(form, at, carried, offer)
    flash(_("Submitted as %(reference)s. The desk has been told.", reference=made.reference), "good")
    return go_to(url_for("service_request.show", reference=made.reference))


def _send(form, offer, carried):
    with transaction():
        made = submitting.submit(
            form.values(offer),
            form.description,
            form.named(offer),
            carried.at,
            readers=permissions.readers,
            store_files=carried.keeper(),
            grant=offer.standing.grant,
        )
        drafts.settle(g.contact, ASK, form.draft)
    return made


def _again(form, at, carried, offer=None):
    open_to_me = permissions.submissions(g.contact, at)
    offer = offer or Offer(_chosen(open_to_me, form), at)
    carried.hold(form)
    form.timezone = form.timezone or g.contact.timezone
    return _page(form, offer, open_to_me, 422)


def _page(form, offer, open_to_me, status=200, draft_said=""):
    swapped = wants_fragment() and request.method == "POST"
    template = "partials/_ask.html" if swapped else "pages/ask.html"
    number, size = files.limits()
    values = {"form": form, "offer": offer, "errors": form.errors, "most_files": number, "most_bytes": size}
    values |= {"draft_said": draft_said, **_offered(form)}
    return render_template(template, organizations=_options(open_to_me, form), swapped=swapped, **values), status


def _offered(form):
    """Return the draft to offer, unless it is the one in the form, and its subject."""
    draft = drafts.draft_of(g.contact, ASK, g.at)
    if draft is None or draft.key == form.draft:
        return {"offered": None}
    return {"offered": draft, "offered_subject": draft.values["subject"]}


def _options(open_to_me, form):
    mine = g.contact.organization_id
    nothing = [("", _("Choose an organization"))] if "organization" in form.errors else []
    return nothing + [
        (
            one.organization.slug,
            _("%(organization)s (mine)", organization=one.organization.name)
            if one.organization.id == mine
            else one.organization.name,
        )
        for one in _mine_first(open_to_me)
    ]


def _mine_first(open_to_me):
    by_name = in_order(open_to_me, lambda one: one.organization.name)
    return sorted(by_name, key=lambda one: one.organization.id != g.contact.organization_id)
