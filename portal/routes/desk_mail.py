"""Mail at the desk: whether it leaves the house, what waits, and what was refused for good."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from portal.identity import desk_only
from portal.models import desk_mail

bp = Blueprint("desk_mail", __name__)


@bp.get("/desk/mail")
@desk_only
def index():
    return render_template(
        "pages/desk_mail.html",
        mail_works=current_app.config["MAIL_LEAVES"],
        waiting=desk_mail.count_due(),
        counted_up_to=desk_mail.COUNTED_UP_TO,
        refused=desk_mail.refused(),
    )


@bp.post("/desk/mail/<public_id>/again")
@desk_only
def again(public_id):
    if desk_mail.send_again(public_id, g.at):
        flash(_("The mail is due again."), "good")
    else:
        flash(_("This mail is not among the refused ones any more."), "warn")
    return redirect(url_for(".index"), 303)
