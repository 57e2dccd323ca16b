"""Drafts: what is typed into a question or a reply is kept while it is being written."""

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from portal import errors, permissions
from portal.answering import swap, wants_fragment
from portal.drafting import keep
from portal.forms import typed
from portal.forms.ask import AskForm
from portal.forms.service_request import ReplyForm
from portal.identity import to_sign_in
from portal.models.drafts import ASK
from portal.permissions import Action

bp = Blueprint("drafts", __name__)


@bp.post("/drafts")
def save():
    """Keep the form as typed and answer one line. A session that is over leads nobody away: somebody is typing."""
    if g.contact is None:
        return _signed_out()
    place = typed.text(request.form, "place", 16)
    if place == ASK:
        form, back_to = AskForm.read(request.form), url_for("ask.index")
    else:
        found, _one = permissions.load_request(g.contact, place, Action.REPLY, g.at)
        form, place = ReplyForm.read(request.form), found.reference
        back_to = url_for("service_request.show", reference=place, _anchor="reply")
    kept = keep(form, g.contact, place, g.at)
    return swap("_draft_said.html", back_to, 422 if kept.refused else 200, said=kept.said)


@bp.errorhandler(CSRFError)
def _from_another_session(error):
    # In the draft's own line: a notice would take the focus from somebody who is typing.
    if not wants_fragment():
        return errors.answer(error)
    if g.contact is None:
        return _signed_out()
    said = _(
        "The draft is not saved: you have signed in again since you opened this page. "
        "Copy what you have written, then load the page again."
    )
    return render_template("partials/_draft_said.html", said=said), error.code


def _signed_out():
    if not wants_fragment():
        return to_sign_in()
    said = _("The draft is not saved: you are signed out. Copy what you have written before you sign in again.")
    return render_template("partials/_draft_said.html", said=said), 401
