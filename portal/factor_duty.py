"""Whoever must have a second factor and has none is led to set one up, and reaches nothing else until then."""

from flask import current_app, g, redirect, request, url_for

from portal import second_factor
from portal.answering import go_to, wants_fragment

OPEN = {
    "static",
    "health.healthz",
    "sign_in.logout",
    "second_factor.index",
    "second_factor.set_up",
    "second_factor.confirm",
    "unsubscribe.ask",
    "unsubscribe.leave",
}


def init_app(app):
    """Lead them there from every page of `app`; call it after `identity.init_app`."""
    app.before_request(_lead)


def is_due():
    """Return whether the signed-in contact must have a second factor and has none, asked once a request."""
    if "factor_is_due" not in g:
        g.factor_is_due = g.contact is not None and second_factor.lacks(g.contact, current_app.config["PORTAL"])
    return g.factor_is_due


def layout():
    """Return the layout of a page that one reaches while it is due too: without the ways that are closed then."""
    return "layouts/bare.html" if is_due() else "layouts/frame.html"


def _lead():
    if request.endpoint in OPEN or request.blueprint == "preview" or not is_due():
        return None
    page = url_for("second_factor.index")
    return go_to(page) if wants_fragment() else redirect(page, 303)
