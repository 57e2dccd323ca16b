"""How a route answers: a page, a fragment for a swap, a redirect without HTMX, or a form that comes back."""

from flask import current_app, flash, g, redirect, render_template, request
from flask_babel import gettext as _


def wants_fragment():
    """Return whether HTMX asks, and so wants a fragment rather than a redirect."""
    return request.headers.get("HX-Request") == "true"


def swap(partial, back_to, status=200, **values):
    """Answer a change: the partial with HTMX, else a 303 to `back_to`."""
    if wants_fragment():
        return render_template(f"partials/{partial}", swapped=True, **values), status
    return redirect(back_to, 303)


def go_to(address):
    """Answer a change by leading to another page: 303, or HX-Redirect for a swap."""
    if wants_fragment():
        return "", 204, {"HX-Redirect": address}
    return redirect(address, 303)


def say_of_mail(sentence, kind):
    """Flash `sentence`, which promises a mail, and that it waits where no mail server is set up."""
    flash(sentence, kind)
    if not current_app.config["MAIL_LEAVES"]:
        flash(_("Mail is not set up yet: what should be mailed waits until it is."), "warn")


def sent_again(sentence, page):
    """Answer a form that is sent once more when what it made is over: 409, the form as typed, with a key of its own.

    `page()` draws the form; `sentence` says what became of what it made.
    """
    g.submission_is_used_up = True
    flash(sentence, "warn")
    return page(), 409
