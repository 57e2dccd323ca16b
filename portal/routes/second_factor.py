"""One's second factor: set up, replaced, turned off; recovery codes; and the desk's way back for who lost both."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal import authenticator, confirming, factor_duty, identity, permissions, second_factor
from portal.answering import go_to
from portal.database import transaction
from portal.forms import typed
from portal.identity import own_path, signed_in
from portal.language_change import typed_before
from portal.models import Organization, RecoveryCode, SecondFactor
from portal.permissions import ContactAction
from portal.words import in_sentence

bp = Blueprint("second_factor", __name__)
LONGEST = 1000


@bp.get("/preferences/second_factor")
@signed_in
def index():
    found, shown = SecondFactor.of(g.contact), typed_before() or {}
    if found and "shown" in shown:
        return _codes_page(shown.getlist("shown"))
    return _status_page(found) if found else confirming.question() or _set_up_page()


@bp.get("/preferences/second_factor/new")
@signed_in
def replace():
    return confirming.question() or _set_up_page()


@bp.post("/preferences/second_factor")
@signed_in
def set_up():
    asked = confirming.question()
    if asked:
        return asked
    secret = second_factor.offered(g.contact, typed.text(request.form, "offer", LONGEST), _settings().secret_key)
    if secret is None:
        return _set_up_page(
            error=_("This page is out of date. Take the picture below into the app, and type its code.")
        )
    code, key = typed.text(request.form, "code", LONGEST), current_user.key
    codes = second_factor.set_up(g.contact, secret, code, g.at, _settings(), key)
    if codes is None:
        return _set_up_page(secret, _("This code does not fit. Type the six digits that the app shows now."))
    return _renewed() or _codes_page(codes, _("Your second factor is set up. Your other sessions are signed out."))


@bp.post("/preferences/second_factor/codes")
@signed_in
def codes():
    asked = confirming.question()
    if asked:
        return asked
    made = second_factor.make_codes(g.contact, g.at)
    if made is None:
        return go_to(url_for(".index"))
    return _codes_page(made, _("These are your recovery codes from now on. The old ones are worth nothing."))


@bp.post("/preferences/second_factor/off")
@signed_in
def turn_off():
    asked = confirming.question()
    if asked:
        return asked
    try:
        second_factor.turn_off(g.contact, g.at, _settings(), current_user.key)
    except second_factor.Required:
        return _refused(_("Here everybody in your role needs a second factor: replace it instead."))
    except second_factor.PasswordTooShort:
        return _refused(_("Your password is too short to stand alone. Choose one of 15 characters or more first."))
    flash(_("Your second factor is off. Your other sessions are signed out."), "good")
    return _renewed() or go_to(url_for("preferences.index"))


@bp.post("/preferences/confirm")
@signed_in
def confirm():
    following = own_path(request.form.get("next", "")) or url_for("preferences.index")
    return confirming.question() or go_to(following)


@bp.post("/contacts/<slug>/<public_id>/second_factor/reset")
@signed_in
def reset(slug, public_id):
    permissions.load_contact(g.contact, slug, public_id, ContactAction.RESET_SECOND_FACTOR, g.at)
    asked = confirming.question()
    if asked:
        return asked
    with transaction():  # asked again while nobody can take the right away
        Organization.hold(slug)
        here = (slug, public_id, ContactAction.RESET_SECOND_FACTOR)
        contact, _one = permissions.load_contact(g.contact.again(), *here, g.at)
        done = second_factor.reset(contact, g.contact, g.at, _settings())
    name = in_sentence(contact.name)
    if done:
        flash(
            _("The second factor of %(name)s is gone, and their sessions have ended. They are told.", name=name), "good"
        )
    else:
        flash(_("%(name)s has no second factor.", name=name), "info")
    return redirect(url_for("contacts.show", slug=slug, public_id=public_id), 303)


def _settings():
    return current_app.config["PORTAL"]


def _renewed():
    """Give this session another key after a change of factors; return where to go if it has ended meanwhile."""
    g.pop("factor_is_due", None)
    return None if identity.renew(current_user.confirmed_at) else identity.to_sign_in()


def _refused(sentence):
    return _status_page(SecondFactor.of(g.contact), {"": sentence}), 422


def _status_page(found, errors=None):
    return render_template(
        "pages/second_factor.html",
        factor=found,
        left=RecoveryCode.left(g.contact),
        required=second_factor.must_have(g.contact, _settings()),
        errors=errors or {},
    )


def _set_up_page(secret=None, error=None):
    """Return the page with a secret to take into an app: the one shown before, after a code that did not fit."""
    offer, key = typed.text(request.form, "offer", LONGEST), _settings().secret_key
    secret = secret or second_factor.offered(g.contact, offer, key)  # in another language: the one shown before
    if secret is None:
        secret, offer = second_factor.offer(g.contact, key)
    desk = Organization.of_the_desk()
    page = render_template(
        "pages/second_factor_set_up.html",
        layout=factor_duty.layout(),
        due=factor_duty.is_due(),
        replaces=SecondFactor.of(g.contact) is not None,
        offer=offer,
        secret=authenticator.in_groups(secret),
        picture=authenticator.picture(secret, g.contact.email, desk.name if desk else "Partner Portal"),
        errors={"code": error} if error else {},
    )
    return page, 422 if error else 200


def _codes_page(made, said=None):
    return render_template("pages/recovery_codes.html", layout=factor_duty.layout(), codes=made, said=said)
