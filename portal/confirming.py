"""Sensitive changes ask again for all that signing in takes, unless it was typed here in the last ten minutes."""

from datetime import timedelta

from flask import current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal import credentials, factor_duty, identity, language_change, second_factor
from portal.forms import typed
from portal.identity import own_path
from portal.models import SecondFactor

LASTS = timedelta(minutes=10)
FIELD, CODE = "confirm_password", "confirm_code"
LONGEST_CODE = 100
_OWN = {FIELD, CODE, "csrf_token", language_change.FIELD, language_change.PLACE}


def question():
    """Return None where the session's owner has just shown who they are, else the page that asks for it.

    The page keeps all that was typed and posts it to the same address once more, with the password in FIELD and, where
    there is a second factor, a code in CODE (ASVS 7.5.1).
    """
    confirmed = current_user.confirmed_at
    if confirmed is not None and g.at - confirmed < LASTS:
        return None
    if request.method != "POST" or FIELD not in request.form:
        return _page({}, 422 if request.method == "POST" else 200)
    return _answer(request.form[FIELD], typed.text(request.form, CODE, LONGEST_CODE))


def _answer(password, code):
    here, field = (request.remote_addr, g.at, current_app.config["PORTAL"]), FIELD
    try:
        if not credentials.confirm(g.contact, password, *here):
            return _page({FIELD: _("This is not your password.")}, 422)
        field = CODE
        if _has_factor() and not second_factor.prove(g.contact, code, *here):
            return _page({CODE: _("This code does not fit, or was used before.")}, 422)
    except credentials.Throttled as throttled:
        return _page({field: throttled.sentence(g.at)}, 429)
    return None if identity.renew(g.at) else identity.to_sign_in()


def _has_factor():
    return SecondFactor.of(g.contact) is not None


def _page(errors, status):
    kept = [pair for pair in request.form.items(multi=True) if pair[0] not in _OWN]
    # In another language this is a visit, with what was posted before still at hand.
    posts = request.method == "POST" or any(name != "next" for name, _value in kept)
    kept = kept if posts else [("next", _here())]
    page = render_template(
        "pages/confirm_password.html",
        layout=factor_duty.layout(),
        action=request.script_root + request.path if posts else url_for("second_factor.confirm"),
        kept=kept,
        asks_code=_has_factor(),
        visited=own_path(request.form.get("next", "")) or None,
        errors=errors,
    )
    return page, status


def _here():
    return request.full_path.rstrip("?")
