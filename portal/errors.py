"""One error handler, two sizes: a page, or a notice for a swap. What was typed is handed back."""

import errno
import logging
import sqlite3

import psycopg
from flask import g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge, ServiceUnavailable

from portal import bodies, database, files, logs, marks, way_out, words
from portal.answering import wants_fragment
from portal.permissions import Level, Refused

KEPT_FIELDS = ("subject", "description", "body", "reason")
_log = logging.getLogger(__name__)


class Overtaken(HTTPException):
    """409: somebody else was quicker. `title` and `lead` say who did what, and when."""

    code = 409

    def __init__(self, title, lead=""):
        super().__init__()
        self.title = title
        self.lead = lead


class InsufficientStorage(HTTPException):
    """507: there is no room left for what was sent; reading goes on."""

    code = 507


class Unsure(ServiceUnavailable):
    """503: nobody knows whether it was saved."""


# Peewee puts its own names on what statements raise, not on what reading rows does.
_NO_ANSWER = (
    OperationalError,
    InterfaceError,
    MaxConnectionsExceeded,
    sqlite3.OperationalError,
    psycopg.OperationalError,
)


def init_app(app):
    """Answer every error of `app` with the same calm page."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Exception, _unexpected)
    app.before_request(_refuse_nul)


def _refuse_nul():
    # Such an address names nothing, and PostgreSQL cannot even be asked.
    if "\0" in request.path:
        raise NotFound


def answer(error):
    """Return the response for an HTTP error."""
    if error.response is not None:
        return error.response
    if error.code is not None and error.code < 400:
        return error
    title, lead = words.error_words(error.code)
    values = {"status": error.code, "title": title, "lead": lead, "facts": [], "because": None}
    if isinstance(error, Refused):
        values |= refusal_words(error)
    elif isinstance(error, CSRFError) and request.form.get("csrf_token"):
        values |= _another_session()
    elif isinstance(error, Overtaken):
        values |= {"title": error.title, "lead": error.lead}
    elif isinstance(error, RequestEntityTooLarge):
        values |= {"lead": _limits_sentence(error)}
    elif isinstance(error, Unsure):
        values |= {
            "lead": _("The connection broke while this was saved. Look whether it is there before you send it again.")
        }
    return _respond(error, values)


def _another_session():
    # To load the page again first would lose what is typed on it.
    return {
        "title": _("You signed in or out after you opened this page"),
        "lead": _("Nothing was changed. Copy what you have written, load the page again and send it from there."),
    }


def _limits_sentence(error):
    if isinstance(error, bodies.TooMuchText) or request.mimetype == bodies.TYPED:
        return _("Nothing was saved. A form takes up to %(size)s of text.", size=words.file_size(bodies.MOST_TEXT))
    number, size = files.limits()
    return _(
        "Nothing was saved. Send up to %(number)s files at once, together no more than %(size)s.",
        number=number,
        size=words.file_size(size),
    )


def _respond(error, values):
    values |= {"reference": logs.request_id(), "kept": _kept(error), "actions": _actions(error)}
    values["way_out"] = way_out.address(error.code)
    if wants_fragment():
        response = make_response(render_template("partials/_error_notice.html", **values), error.code)
        response.headers["HX-Retarget"] = "#notices"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    response = make_response(render_template("pages/error.html", **values), error.code)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _unexpected(error):
    if _is_full(error):
        _log.error("The disk is full: %s", logs.said(error))
        g.contact = None  # the page must not ask the database again
        return answer(InsufficientStorage())
    if isinstance(error, _NO_ANSWER):
        _log.error("The database does not answer: %s", logs.said(error))
        g.contact = None
        in_doubt = isinstance(error, database.InDoubt)
        return answer(Unsure(retry_after=5) if in_doubt else ServiceUnavailable(retry_after=5))
    _log.exception("A request failed")
    failed = HTTPException()
    failed.code = 500
    return answer(failed)


def _is_full(error):
    """Return whether there was no room for what was sent: in the database, or where a large form waits."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    if isinstance(error, psycopg.errors.DiskFull):  # its words are in the server's own language
        return True
    if isinstance(error, _NO_ANSWER) and any(words in str(error) for words in ("disk is full", "No space left")):
        return True
    # A full SQLite rolls back by itself, and the rollback that follows fails on top of it.
    return error.__context__ is not None and _is_full(error.__context__)


def _kept(error):
    """Return (label, text) of what was typed into the refused form, so that nothing is lost to its writer."""
    too_large_to_be_read = isinstance(error, RequestEntityTooLarge) and "form" not in vars(request)
    if request.method != "POST" or too_large_to_be_read:
        return []
    labels = {"subject": _("Subject"), "description": _("Description"), "body": _("Message"), "reason": _("Reason")}
    try:
        typed = request.form
    except HTTPException:  # not read before, and too large
        return []
    return [(labels[name], typed[name]) for name in KEPT_FIELDS if typed.get(name, "").strip()]


def _actions(error):
    ask = (way_out.address(error.code), _("Ask us about it"), False)  # who is signed out is led there by sign-in
    if g.get("contact") is None:
        return [("/login", _("Sign in"), True), ask]
    lent = isinstance(error, Refused) and error.needed is not None and error.standing and error.standing.grant
    if not lent:
        return [("/requests", _("Go to My Requests"), True), ask]
    another = url_for("my_customers.request_access", customer=error.standing.organization.slug)
    return [(another, _("Ask for another level"), True), ("/requests", _("Go to My Requests"), False), ask]


def refusal_words(error):
    """Return title, facts and reason of a 403: what is needed, what one has, from whom."""
    standing = error.standing
    found = {"title": _refusal_title(error), "lead": _refusal_lead(error)}
    if standing and standing.grant and error.needed:
        found["facts"] = [
            (_("You have"), marks.level(standing.level.code)),
            (_("This needs"), marks.level(error.needed.code)),
        ]
        why = render_template("partials/_because_of_grant.html", standing=standing)
        found["because"] = Markup(why)  # noqa: S704
    return found


def _refusal_title(error):
    organization = error.standing.organization.name if error.standing else ""
    if error.needed is not None:
        return _(
            "This needs the level %(level)s for %(organization)s",
            level=words.level_word(Level(error.needed).code),
            organization=organization,
        )
    return {
        "third_party_upgrade": _("Upgrade management by a partner is not supported"),
        "customer_only": _("Only the customer’s support contacts, its contact managers and the desk can do this"),
        "contact_manager": _("Only a contact manager of the customer can do this"),
        "managers_or_desk": _("Only the customer’s contact managers and the desk can do this"),
        "requester": _("Only the person who asked, or their firm’s contact manager, can withdraw this"),
        "site_notices": _("With the level Update or more, site notices cannot be left"),
        "giver": _("Only the customer’s contact managers or the people concerned can end this access"),
        "desk": _("Only the desk can do this"),
    }.get(error.because, _("You may see this, but not do it"))


def _refusal_lead(error):
    if error.because == "third_party_upgrade":
        return _("Upgrades are managed by the customer’s own support contacts, whatever level a partner has.")
    if error.standing and error.standing.grant:
        name = error.standing.organization.name
        return _("The contact managers of %(organization)s can change that.", organization=name)
    return _("If this surprises you, ask us: the way out below always reaches us.")
