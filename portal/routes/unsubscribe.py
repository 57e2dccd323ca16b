"""Leaving a mail by the link in it: no sign-in and no form token, for it can do nothing else (RFC 8058)."""

from flask import Blueprint, g, make_response, render_template, request

from portal import csrf_protection, permissions, unsubscribing
from portal.forms.preferences import topic_sentence

bp = Blueprint("unsubscribe", __name__)


@bp.get("/unsubscribe/<token>")
def ask(token):
    """Show the button: mail programs look at links ahead of people, so looking changes nothing."""
    return _page(_load(token), done=False)


@csrf_protection.exempt
@bp.post("/unsubscribe/<token>")
def leave(token):
    """Stop that mail, or all about the customer's requests; once more is as good as once."""
    leaving = _load(token)
    whole_customer = "customer" in request.form and unsubscribing.offers_customer(leaving)
    if whole_customer:
        unsubscribing.leave_customer(leaving)
    else:
        unsubscribing.leave(leaving, g.at)
    return _page(leaving, done=True, whole_customer=whole_customer)


def _load(token):
    leaving = unsubscribing.read(token)
    if leaving is None:
        raise permissions.Hidden
    return leaving


def _page(leaving, *, done, whole_customer=False):
    page = render_template(
        "pages/unsubscribe.html",
        done=done,
        topic=leaving.topic,
        sentence=topic_sentence(leaving.topic),
        organization=leaving.organization,
        whole_customer=whole_customer,
        offers_customer=unsubscribing.offers_customer(leaving),
    )
    response = make_response(page)
    # The address carries the token: no other page is to learn it, no cache to keep it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
