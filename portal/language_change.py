"""Another language on any page: its form is posted to the page itself, which comes back as it is, with what was typed."""

from urllib.parse import urlencode

from flask import g, redirect, request
from flask.globals import request_ctx
from flask_wtf.csrf import validate_csrf
from werkzeug.exceptions import HTTPException
from wtforms.validators import ValidationError

from portal import languages
from portal.database import transaction
from portal.filling import filled

FIELD, PLACE = "lang", "typed_in"  # PLACE: which form of the page it is, where a script could tell


def init_app(app):
    """Answer on every page of `app` the buttons of partials/_languages.html."""
    app.before_request(_change)
    app.after_request(_fill)
    app.context_processor(lambda: {"language_address": language_address})


def typed_before():
    """Return what is typed into the page that is to be shown in another language, or None: it is shown, not done."""
    return request.form if g.get("language_changed") else None


def language_address(instead=None):
    """Return the address to which this page's buttons post, or None where a page cannot be visited.

    A form that came back stands at the address it was posted to: where that is none to visit, the page is the nearest
    one above it, or `instead`; False: what was posted must not be left.
    """
    posted = request.method == "POST"
    if posted and instead is False:
        return None
    if _is_visited(request.path):
        query = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != FIELD])
        return f"{request.script_root}{request.path}{'?' if query else ''}{query}"
    if instead or not posted or request.url_rule is None:
        return instead or None
    above = request.path.rpartition("/")[0]
    while above and not _is_visited(above):
        above = above.rpartition("/")[0]
    return f"{request.script_root}{above}" if above else None


def _is_visited(path):
    try:
        request_ctx.url_adapter.match(path, method="GET")
    except HTTPException:
        return False
    return True


def _change():
    """Take the language, and go on as if the page had only been asked for: nothing of the form is done."""
    locale = request.form.get(FIELD) if request.method == "POST" and _is_plain() else None
    if locale not in languages.LOCALES:
        return None
    try:
        validate_csrf(request.form.get("csrf_token"))
        _as_a_visit()
    except (ValidationError, HTTPException):
        return redirect(language_address() or "/", 303)
    languages.speak(locale)
    if g.get("contact") is not None and g.contact.locale != locale:
        with transaction():
            g.contact.choose_locale(locale)
    g.language_changed = locale
    return None


def _is_plain():
    # What uploads is not read here: buttons of other languages send a form without its files.
    return request.mimetype == "application/x-www-form-urlencoded"


def _as_a_visit():
    """Let the rest of this request be a GET of the same address; raise where nothing can be visited."""
    rule, values = request_ctx.url_adapter.match(method="GET", return_rule=True)
    request.url_rule, request.view_args, request.routing_exception = rule, values, None
    request.method = request.environ["REQUEST_METHOD"] = "GET"


def _fill(response):
    """Put what was typed back into the page, and let the browser remember the language."""
    if not g.get("language_changed"):
        return response
    if response.mimetype == "text/html" and not response.is_streamed:
        place = request.form.get(PLACE, "")
        kept = {name: values for name, values in request.form.lists() if name not in {FIELD, PLACE, "csrf_token"}}
        html = filled(response.get_data(as_text=True), kept, int(place) if place.isdecimal() else None)
        response.set_data(html)
    languages.remember(response, g.language_changed)
    response.headers["Cache-Control"] = "no-store"
    return response
