"""The second step of signing in: the code of the authenticator app, or a recovery code."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import authenticator, credentials, identity, second_factor
from portal.answering import go_to
from portal.forms import typed
from portal.identity import own_path
from portal.models import Organization, second_factors

bp = Blueprint("second_step", __name__)
LONGEST = 100


@bp.get("/login/code")
def ask():
    following = own_path(request.args.get("next", ""))
    if g.contact is not None:
        return redirect(following or url_for("start.index"), 303)
    if _half() is None:
        return redirect(url_for("sign_in.login", next=following), 303)
    return _page(following)


@bp.post("/login/code")
def enter():
    following, half = own_path(request.form.get("next", "")), _half()
    if half is None:
        flash(_("Too much time has passed, or something about your account has changed. Sign in again."), "warn")
        return go_to(url_for("sign_in.login", next=following))
    settings = current_app.config["PORTAL"]
    code, browser = typed.text(request.form, "code", LONGEST), request.user_agent.string
    try:
        entered = second_factor.enter(half, code, request.remote_addr, g.at, settings, browser)
    except credentials.Throttled as throttled:
        retry = {"Retry-After": str(throttled.seconds(g.at))}
        return _page(following, _beside(code, throttled.sentence(g.at)), 429, retry)
    if entered is None:
        return _page(following, _beside(code, _misfit(code)), 422)
    identity.sign_out()
    identity.keep(entered.key, half.contact)
    if entered.left is not None:
        flash(_left_sentence(entered.left), "warn")
    return go_to(following or url_for("start.index"))


def _beside(code, sentence):
    """Return the sentence beside the field into which such a code belongs."""
    return {"code" if len(authenticator.bare(code)) <= authenticator.DIGITS else "recovery_code": sentence}


def _misfit(code):
    if len(authenticator.bare(code)) <= authenticator.DIGITS:
        return _("This code does not fit, or was used before. Type the one that the app shows now.")
    return _("This is not a recovery code of yours, or it was used before.")


def _half():
    return second_factors.waiting(identity.half_key(), g.at)


def _left_sentence(left):
    if not left:
        return _("You used your last recovery code. Make new ones in Preferences.")
    return ngettext("You used a recovery code. %(num)s is left.", "You used a recovery code. %(num)s are left.", left)


def _page(following, errors=None, status=200, headers=None):
    desk = Organization.of_the_desk()
    page = render_template(
        "pages/sign_in_code.html",
        desk_name=desk.name if desk else None,
        next=following,
        errors=errors or {},
    )
    return page, status, {"Cache-Control": "no-store", **(headers or {})}
