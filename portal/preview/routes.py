"""The pages of the preview alone: whom one wants to be, and the mail that would have been sent."""

from flask import Blueprint, Response, abort, current_app, g, redirect, render_template, request, url_for

from portal import identity, permissions
from portal.headers import POLICY
from portal.identity import own_path
from portal.preview import choice, mailbox

bp = Blueprint("preview", __name__)

# A mail brings its own style block; it may load nothing, run nothing, and lead only where a click says so.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'"
)
STEPS = (1, 7, 90)  # days by which the clock can be turned forward
POLICY_WITH_FRAME = f"{POLICY}; frame-src 'self'"


@bp.before_app_request
def _lead_to_the_choice():
    """Lead whom nobody knows yet to the choice of people, where the portal would ask for a password."""
    if g.contact is not None or request.method != "GET":
        return None
    if request.endpoint == "start.index" or (request.endpoint == "sign_in.login" and "next" in request.args):
        return redirect(url_for("preview.index", next=own_path(request.args.get("next"))), 303)
    return None


@bp.app_context_processor
def _offer_the_bar():
    return {"preview_mails": len(mailbox.current())}


@bp.get("/preview")
def index():
    wish = own_path(request.args.get("next"))
    chosen = {"firms": choice.firms(g.at), "password": choice.PASSWORD, "next": wish, "at": g.at}
    return render_template("pages/preview.html", **chosen)


@bp.post("/preview/be")
def be():
    contact = choice.person(request.form.get("email", ""))
    if contact is None or not permissions.may_sign_in(contact, g.at):
        abort(404)
    identity.sign_out()
    identity.sign_in(contact)
    return redirect(own_path(request.form.get("next")) or url_for("start.index"), 303)


@bp.post("/preview/clock")
def turn_clock():
    days = request.form.get("days", type=int)
    if days not in STEPS:
        abort(422)
    mailbox.live_on(current_app, days)
    if g.contact is not None:
        identity.sign_in(g.contact)  # the session of an earlier day is over
    return redirect(own_path(request.form.get("next")) or url_for(".index"), 303)


@bp.get("/preview/mail")
def mails():
    return render_template("pages/preview_mails.html", mails=mailbox.current().newest_first())


@bp.get("/preview/mail/<int:number>")
def mail(number):
    response = Response(render_template("pages/preview_mail.html", mail=_mail(number)))
    response.headers["Content-Security-Policy"] = POLICY_WITH_FRAME
    return response


@bp.get("/preview/mail/<int:number>/html")
def mail_html(number):
    response = Response(_mail(number).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"  # browsers refuse a sandboxed page with another
    return response


def _mail(number):
    return mailbox.current().get(number) or abort(404)
