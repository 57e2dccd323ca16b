"""Who is signed in: the session behind the cookie, asked of the database on every request."""

from functools import wraps
from urllib.parse import urlsplit

from flask import Response, g, make_response, redirect, request, session, url_for
from flask_login import LoginManager, current_user, login_user, logout_user

from portal import clock, permissions
from portal.database import transaction
from portal.models import Session

_HALF = "half_signed_in"
login_manager = LoginManager()
login_manager.session_protection = None  # the session row decides, and it can be ended


class SignedIn:
    """What Flask-Login keeps of a person: the key of one session, never the contact's id."""

    is_active = is_authenticated = True
    is_anonymous = False

    def __init__(self, key, contact, confirmed_at):
        self.key = key
        self.contact = contact
        self.confirmed_at = confirmed_at

    def get_id(self):
        """Return the session key."""
        return self.key


def init_app(app):
    """Let `app` know who is signed in: `g.contact` (or None) and `g.at`, the one instant of this request."""
    # Without a processor: an error page must not ask a silent database who is signed in.
    login_manager.init_app(app, add_context_processor=False)
    app.before_request(_recognise)


def _recognise():
    g.at = clock.now()
    g.contact = None
    if request.endpoint not in {"static", "health.healthz"} and current_user.is_authenticated:
        g.contact = current_user.contact


@login_manager.user_loader
def _load(key):
    at = clock.now()
    row = Session.by_key(key, at)
    if row is None:
        Session.forget(key)
        return None
    if not permissions.may_sign_in(row.contact, at):
        return None
    row.note_seen(at)
    return SignedIn(key, row.contact, row.confirmed_at)


def current_contact():
    """Return the signed-in contact or None."""
    return g.get("contact")


def sign_in(contact):
    """Begin a new session for `contact`; the old one is ended and nothing of it kept."""
    sign_out()
    with transaction():
        key = Session.open_for(contact, clock.now(), request.user_agent.string)
    keep(key, contact)


def keep(key, contact):
    """Hand the browser the key of a session that has just begun; call `sign_out` before, so that nothing old is left."""
    session.pop(_HALF, None)
    login_user(SignedIn(key, contact, clock.now()))
    g.contact = contact


def wait_for_code(key):
    """Hand the browser the key with which the code of the second factor is to come: it opens no page."""
    session[_HALF] = key


def half_key():
    """Return the key that `wait_for_code` handed out, or None."""
    return session.get(_HALF)


def renew(confirmed_at):
    """Give this session another key, and note when its password was typed; return whether the session still goes on."""
    with transaction():
        key = Session.renew(current_user.key, confirmed_at)
    if key is None:
        return False
    login_user(SignedIn(key, g.contact, confirmed_at))
    return True


def sign_out():
    """End this session on the server too: a copied cookie is dead."""
    if current_user.is_authenticated:
        with transaction():
            Session.end(current_user.key)
    logout_user()
    session.clear()
    g.contact = None


def forgetting(answer):
    """Return the answer to a signing-out, which makes the browser drop the pages that it kept."""
    response = make_response(answer)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def signed_in(view):
    """Let only signed-in people reach `view`; others are led to sign-in and back."""

    @wraps(view)
    def guarded(*args, **kwargs):
        if g.contact is None:
            return to_sign_in()
        return view(*args, **kwargs)

    guarded.needs_sign_in = True
    return guarded


def desk_only(view):
    """Let only the desk reach `view`: to others it does not exist."""

    @wraps(view)
    @signed_in
    def guarded(*args, **kwargs):
        if not g.contact.desk:
            raise permissions.Hidden
        return view(*args, **kwargs)

    guarded.needs_sign_in = True
    return guarded


def to_sign_in():
    """Answer somebody unknown: a redirect to sign-in, or for a swap the header that makes the browser go there."""
    if request.headers.get("HX-Request"):
        shown = urlsplit(request.headers.get("HX-Current-URL", ""))
        page = own_path(f"{shown.path}?{shown.query}".rstrip("?"))
        return Response(status=204, headers={"HX-Redirect": url_for("sign_in.login", next=page)})
    page = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
    return redirect(url_for("sign_in.login", next=page), 303)


def own_path(path):
    """Return `path` if it leads to a page of this portal, else None."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return None
    if any(ord(character) < 33 or ord(character) == 127 for character in path):
        return None
    parts = urlsplit(path)
    return None if parts.scheme or parts.netloc else path
