"""Sign-in, signing out, and the way back in for who forgot the password."""

from flask import Blueprint, current_app, flash, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from portal import credentials, identity
from portal.answering import go_to, say_of_mail
from portal.forms.sign_in import ForgotForm, SignInForm, password_hint, password_problem
from portal.identity import own_path
from portal.models import Organization

bp = Blueprint("sign_in", __name__)


@bp.get("/login")
def login():
    form = SignInForm.read(request.args, own_path)
    if g.contact is not None:
        return redirect(form.next or url_for("start.index"), 303)
    return _page(SignInForm(next=form.next))


@bp.post("/login")
def enter():
    form = SignInForm.read(request.form, own_path)
    try:
        contact = credentials.check(form.email, form.password, request.remote_addr, g.at, _settings())
    except credentials.Throttled as throttled:
        form.errors = {"": throttled.sentence(g.at)}
        return _page(form, 429, {"Retry-After": str(throttled.seconds(g.at))})
    if contact is None:
        form.refuse()
        return _page(form, 422)
    identity.sign_out()
    begun = credentials.begin(contact, g.at, request.user_agent.string)
    if begun is None:
        form.refuse()
        return _page(form, 422)
    if begun.waits_for_code:
        identity.wait_for_code(begun.key)
        return go_to(url_for("second_step.ask", next=form.next))
    identity.keep(begun.key, contact)
    return go_to(form.next or url_for("start.index"))


@bp.post("/logout")
def logout():
    identity.sign_out()
    return identity.forgetting(go_to(url_for(".login")))


@bp.get("/login/forgot")
def forgot():
    return _render("forgot_password.html", form=ForgotForm())


@bp.post("/login/forgot")
def mail_link():
    form = ForgotForm.read(request.form)
    if form.errors:
        return _render("forgot_password.html", form=form), 422
    credentials.mail_reset_link(form.email, g.at, _settings().secret_key)
    said = _("If this address can sign in here, a link is on its way to it. It works once, for 60 minutes.")
    say_of_mail(said, "info")
    return go_to(url_for(".login"))


@bp.get("/login/reset/<token>")
def reset(token):
    link = credentials.find_link(token, g.at)
    return _link_is_over() if link is None else _password_page(link)


@bp.post("/login/reset/<token>")
def choose_password(token):
    link = credentials.find_link(token, g.at)
    if link is None:
        return _link_is_over()
    password = request.form.get("password", "")
    problem = password_problem(password, link.contact, credentials.least_length(link.contact))
    if problem:
        return _password_page(link, {"password": problem}), 422
    try:
        if not credentials.set_password_by(link, password, g.at):
            return _link_is_over()
    except credentials.TooShort:
        return _password_page(link, {"password": password_hint()}), 422
    session.clear()
    flash(_("Your password is set. Sign in with it."), "good")
    return go_to(url_for(".login"))


def _settings():
    return current_app.config["PORTAL"]


def _page(form, status=200, headers=None):
    return _render("sign_in.html", form=form), status, headers or {}


def _password_page(link, errors=None):
    return _render(
        "choose_password.html",
        email=link.contact.email,
        first=link.is_invitation,
        hint=password_hint(credentials.least_length(link.contact)),
        errors=errors or {},
    )


def _link_is_over():
    """Answer for a link that was used, has run out, or never was: nobody can tell which."""
    return _render("link_over.html"), 404


def _render(page, **values):
    desk = Organization.of_the_desk()
    response = make_response(render_template(f"pages/{page}", desk_name=desk.name if desk else None, **values))
    if (
        request.view_args
    ):  # the address carries a mailed link's token: no other page is to learn it, no cache to keep it
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
    return response
