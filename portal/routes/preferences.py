"""What one chooses for oneself: language, time zone, password, what one is told, and where one is signed in."""

from flask import Blueprint, current_app, flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal import confirming, credentials, customer_news, identity, languages
from portal.answering import go_to
from portal.browsers import browser_word
from portal.database import transaction
from portal.forms import typed
from portal.forms.preferences import PasswordForm, RegionForm, switched_off, topics_of
from portal.forms.sign_in import password_hint
from portal.identity import signed_in
from portal.models import NotificationPreference, RecoveryCode, SecondFactor, Session

bp = Blueprint("preferences", __name__)


@bp.get("/preferences")
@signed_in
def index():
    return _page()


@bp.post("/preferences")
@signed_in
def region():
    form = RegionForm.read(request.form)
    if form.errors:
        return _page(region=form), 422
    with transaction():
        g.contact.settle_in(form.locale, form.timezone)
    languages.forget()
    flash(_("Language and time zone are saved."), "good")
    return go_to(url_for(".index"))


@bp.post("/preferences/password")
@signed_in
def password():
    form = PasswordForm.read(request.form, g.contact, credentials.least_length(g.contact))
    try:
        fits = credentials.confirm(g.contact, form.current, request.remote_addr, g.at, current_app.config["PORTAL"])
    except credentials.Throttled as throttled:
        form.errors["current"] = throttled.sentence(g.at)
        return _page(password=form), 429
    if not fits:
        form.refuse()
    if form.errors:
        return _page(password=form), 422
    try:
        credentials.change_password(g.contact, form.password, g.at, current_user.key)
    except credentials.TooShort:
        form.errors["password"] = password_hint()
        return _page(password=form), 422
    if not identity.renew(g.at):
        return identity.to_sign_in()
    flash(_("Your password is changed. Your other sessions are signed out."), "good")
    return go_to(url_for(".index"))


@bp.post("/preferences/notifications")
@signed_in
def told():
    with transaction():
        NotificationPreference.switch_off(g.contact, *switched_off(request.form, g.contact))
    flash(_("What we tell you is saved."), "good")
    return go_to(f"{url_for('.index')}#told")


@bp.post("/preferences/customers")
@signed_in
def customers():
    customer_news.keep(g.contact, g.at, request.form)
    flash(_("What we tell you of these customers is saved."), "good")
    return go_to(f"{url_for('.index')}#customers")


@bp.post("/preferences/sessions/end")
@signed_in
def end_sessions():
    asked = confirming.question()
    if asked:
        return asked
    if "session" in request.form:
        with transaction():
            Session.end_one(g.contact, typed.whole_number(request.form["session"]), but=current_user.key)
        flash(_("That browser is signed out."), "good")
        return go_to(f"{url_for('.index')}#sessions")
    with transaction():
        Session.end_all(g.contact)
    identity.sign_out()
    flash(_("You are signed out everywhere."), "good")
    return identity.forgetting(go_to(url_for("sign_in.login")))


def _page(region=None, password=None):
    not_mailed, not_listed = NotificationPreference.switched_off(g.contact)
    region, password = region or RegionForm.of(g.contact), password or PasswordForm()
    return render_template(
        "pages/preferences.html",
        region=region,
        password=password,
        errors={**region.errors, **password.errors},
        hint=password_hint(credentials.least_length(g.contact)),
        factor=SecondFactor.of(g.contact),
        codes_left=RecoveryCode.left(g.contact),
        topics=[
            (one, sentence, one not in not_mailed, one not in not_listed) for one, sentence in topics_of(g.contact)
        ],
        customers=customer_news.customers(g.contact, g.at),
        sessions=[
            (one, browser_word(one.browser), one.is_behind(current_user.key)) for one in Session.of(g.contact, g.at)
        ],
    )
