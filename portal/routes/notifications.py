"""What one was told: the list, and marking it as read."""

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for

from portal import cursors, telling
from portal.answering import swap
from portal.forms.typed import text
from portal.headlines import headline
from portal.identity import signed_in
from portal.landing import path
from portal.models import notification_lists, outbox

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
@signed_in
def index():
    return render_template("pages/notifications.html", **_list(request.args.get("cursor")))


@bp.get("/notifications/<public_id>")
@signed_in
def follow(public_id):
    """Lead to what a notification tells of, and mark it as read."""
    told = telling.load(g.contact, public_id, g.at)
    if told.read_at is None:
        notification_lists.mark_one_read(told, g.at)
    return redirect(path(told), 303)


@bp.post("/notifications/read")
@signed_in
def read():
    notification_lists.mark_read(g.contact, g.at, up_to=text(request.form, "newest", 64))
    return swap("_notifications.html", url_for(".index"), **_list(None))


def _list(cursor):
    place = cursors.read("notifications", cursor)
    page = notification_lists.page(telling.shown(g.contact, g.at), place)
    return {
        "rows": [(told, headline(told)) for told in page.rows],
        "next_cursor": cursors.make("notifications", page.next_place) if page.next_place else None,
        "first_page": place is None,
        "waiting": _mails_waiting(),
    }


def _mails_waiting():
    """Return how many mails wait because no mail server is set up: all of them to the desk, one's own to others."""
    if current_app.config["MAIL_LEAVES"]:
        return 0
    return outbox.count_waiting(None if g.contact.desk else g.contact)
