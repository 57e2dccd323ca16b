"""Grants: given without a request, edited by the customer, ended by the customer or given up by the partner."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal import clock, permissions
from portal.answering import go_to, sent_again, wants_fragment
from portal.forms.access import level_choices
from portal.forms.grants import EditForm, GiveForm
from portal.forms.submission import once_id
from portal.identity import signed_in
from portal.models import grant_changes
from portal.models.access import ENDED, GIVEN_UP, SUPERSEDED, Grant, partners_known_to
from portal.outcomes import given_before, overtaken_end
from portal.partnerships import latest_day
from portal.weighing import Scales
from portal.words import in_sentence

bp = Blueprint("grants", __name__)


@bp.post("/partner/grants/<public_id>/end")
@signed_in
def end(public_id):
    """End access at once: the customer ends it, the partner gives it up."""
    grant = permissions.load_grant_to_end(g.contact, public_id, g.at)
    by_customer = grant.customer_id == g.contact.organization_id
    if not grant_changes.end(grant, g.contact, g.at, ENDED if by_customer else GIVEN_UP):
        raise overtaken_end(grant.as_it_is(), g.contact)
    if not by_customer:
        flash(_("You have given up the access to %(customer)s.", customer=grant.customer.name), "good")
        return go_to(url_for("my_customers.index"))
    flash(_("Ended: %(whom)s.", whom=_holder(grant)), "good")
    return go_to(url_for("my_partners.index", _anchor="current"))


def _holder(grant):
    if grant.contact_id:
        return in_sentence(grant.contact.name)
    return _("everybody at %(firm)s", firm=grant.partner.name)


@bp.route("/partner/my_partners/grants/<public_id>", methods=["GET", "POST"])
@signed_in
def edit(public_id):
    """Show a grant's terms, or replace it by one with others."""
    grant = permissions.load_grant_to_edit(g.contact, public_id, g.at)
    if not grant.may_be_changed(g.at):
        return _over(grant)
    form = _edit_form(grant)
    if request.method == "GET":
        return _edit_page(grant, form)
    if form.take(request.form).errors:
        return _edit_page(grant, form), 422
    expires_at = form.expires_at(grant, grant.customer.timezone)
    try:
        grant_changes.edit(grant, g.contact, g.at, form.level_chosen, expires_at, form.covers_from_day)
    except grant_changes.AlreadyOver as late:
        raise overtaken_end(late.grant, g.contact) from None
    flash(_("Changed: %(whom)s.", whom=_holder(grant)), "good")
    return redirect(url_for("my_partners.index", _anchor="current"), 303)


@bp.post("/partner/my_partners/grants/<public_id>/impact")
@signed_in
def impact(public_id):
    """Show what editing the grant as typed would change; nothing is decided."""
    grant = permissions.load_grant_to_edit(g.contact, public_id, g.at)
    if not grant.may_be_changed(g.at):
        return _over(grant)
    form = _edit_form(grant).take(request.form)
    status = 422 if form.errors else 200
    if not wants_fragment():
        return _edit_page(grant, form), status
    return render_template("partials/_edit_impact.html", **_weighed(grant, form)), status


def _over(grant):
    """Tell that there is nothing left to edit: a link leads to what there is, a form is answered with 409."""
    told = overtaken_end(grant, g.contact)
    if request.method == "POST":
        raise told
    flash(told.title, "warn")
    return redirect(url_for("my_partners.index", _anchor="current"), 303)


def _edit_form(grant):
    customer = grant.customer
    return EditForm.of(grant, customer.timezone, clock.day_in(g.at, customer.timezone), _max_days())


def _edit_page(grant, form):
    return render_template("pages/edit_grant.html", errors=form.errors, **_weighed(grant, form))


def _weighed(grant, form):
    customer = grant.customer
    expires_at = form.expires_at(grant, customer.timezone) if form.last_day_chosen else None
    levels = {grant.contact_id: form.level_chosen} if form.level_chosen else {}
    scales = Scales(customer, [grant.partner_id], g.at)
    return {
        "grant": grant,
        "customer": customer,
        "at": g.at,
        "level_choices": level_choices(),
        "form": form,
        "weighed": scales.weigh(grant.partner_id, levels, form.covers_from_day, expires_at),
    }


@bp.route("/partner/my_partners/give", methods=["GET", "POST"])
@signed_in
def give():
    """Give access without a request."""
    permissions.load_own_partners(g.contact, g.at)
    customer = g.contact.organization
    known = {one.slug: one for one in partners_known_to(customer)}
    form = GiveForm(known, _max_days(), latest_day(customer, g.at))
    if request.method == "GET":
        return _give_page(form)
    if form.take(request.form).errors:
        return _give_page(form), 422
    partner, person = known.get(form.partner), None
    # Only now, with nothing else to put right, is the address looked up: a hit is a grant, which its owner is told of.
    if form.person_email:
        person = permissions.person_to_give_to(customer, form.person_email, partner, g.at)
        if person is None:
            form.errors["person_email"] = _("Nobody to whom you can give access has this address. Let them ask for it.")
            return _give_page(form), 422
        partner = person.organization
    once = once_id(g.contact, request.form)
    terms = {"covers_from": form.covers_from_day, "public_id": once}
    if not grant_changes.give_directly(
        customer, partner, form.levels(person), g.at, int(form.days), g.contact, **terms
    ):
        earlier = Grant.by_public_id(once)
        if earlier.is_over(g.at) and earlier.end_cause != SUPERSEDED:
            return sent_again(given_before(earlier), lambda: _give_page(form))
    flash(_("%(firm)s has access now, and has been told.", firm=partner.name), "good")
    return redirect(url_for("my_partners.index", _anchor="current"), 303)


def _give_page(form):
    return render_template("pages/give_access.html", form=form, errors=form.errors, level_choices=level_choices())


def _max_days():
    return current_app.config["PORTAL"].max_days
