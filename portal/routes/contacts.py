"""Contacts: the people of an organization, whom a partner added, and who stands in for whom (SPEC 4, and 3 rule 7)."""

from contextlib import contextmanager

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from portal import confirming, contact_words, cursors, permissions
from portal.answering import say_of_mail, swap, wants_fragment
from portal.contact_book import ContactBook, ContactRecord
from portal.database import transaction
from portal.forms import typed
from portal.forms.contacts import ContactFilters, ContactForm, fields_open, last_manager_sentence, posts_closed_field
from portal.identity import signed_in
from portal.models import Contact, Organization, contact_changes, stand_ins
from portal.permissions import Capability, ContactAction, ContactStanding, Refused
from portal.words import in_sentence

bp = Blueprint("contacts", __name__)


@bp.get("/contacts/<slug>")
@signed_in
def index(slug):
    return render_template("pages/contacts.html", **_listed(slug))


@bp.get("/contacts/<slug>/add")
@signed_in
def new(slug):
    organization, standing = _managed(slug)
    return _add_page(standing, ContactForm.for_new(organization, _fields_for_new(standing)))


@bp.post("/contacts/<slug>/add")
@signed_in
def add(slug):
    organization, standing = _managed(slug)
    form = _form_posted(standing, _fields_for_new(standing))
    if not form.check():
        return _add_page(standing, form), 422
    asked = confirming.question() if form.is_sensitive() else None
    if asked:
        return asked
    values = form.values()
    try:
        contact_changes.add_contact_record(
            organization,
            values.pop("name"),
            values.pop("email"),
            g.contact,
            g.at,
            _secret(),
            grant=standing.grant,
            **values,
        )
    except contact_changes.AddressTaken:
        form.refuse_address()
        return _add_page(standing, form), 422
    said = _("%(name)s is added. An invitation is on its way to %(email)s.", name=form.name, email=form.email)
    say_of_mail(said, "good")
    return redirect(url_for(".index", slug=slug), 303)


@bp.get("/contacts/<slug>/<public_id>")
@signed_in
def show(slug, public_id):
    contact, one = permissions.load_contact(g.contact, slug, public_id, ContactAction.EDIT, g.at)
    return _record_page(one, ContactForm.of(contact, fields_open(one.allows)))


@bp.post("/contacts/<slug>/<public_id>")
@signed_in
def edit(slug, public_id):
    contact, one = permissions.load_contact(g.contact, slug, public_id, ContactAction.EDIT, g.at)
    form = _form_posted(one.standing, fields_open(one.allows))
    asked = confirming.question() if form.check() and form.is_sensitive(contact) else None
    if asked:
        return asked
    with _held(slug, public_id, ContactAction.EDIT) as (contact, one):
        form = _form_posted(one.standing, fields_open(one.allows))
        changed = _save(one, form) if form.check() else {}
    if form.meanwhile or form.errors:
        return _record_page(one, form), 409 if form.meanwhile else 422
    if changed:
        flash(_saved(contact, changed), "good")
    return redirect(_page_after(one, form), 303)


def _save(one, form):
    """Write what was typed and return what changed; where it cannot be, the form says why."""
    try:
        return contact_changes.edit(
            one.contact,
            form.values(),
            g.contact,
            g.at,
            _secret(),
            edition=form.edition,
            grant=one.standing.grant,
            session_key=current_user.key if one.is_self else None,
        )
    except contact_changes.AddressTaken:
        form.refuse_address()
    except contact_changes.LastManager:
        form.refuse_losing_last_manager(one.standing.organization)
    except contact_changes.FlagRefused as refused:
        form.refuse_flag(refused)
    except contact_changes.ChangedMeanwhile as meanwhile:
        form.overtaken_by(meanwhile.contact)
    return {}


@bp.post("/contacts/<slug>/<public_id>/confirm")
@signed_in
def confirm(slug, public_id):
    with _held(slug, public_id, ContactAction.AGREE) as (contact, _one):
        done = contact_changes.confirm(contact, g.contact, g.at)
    return _answer(slug, contact, done, _("Confirmed: %(name)s counts among your own.", name=in_sentence(contact.name)))


@bp.post("/contacts/<slug>/<public_id>/keep")
@signed_in
def keep(slug, public_id):
    with _held(slug, public_id, ContactAction.AGREE) as (contact, _one):
        done = contact_changes.keep(contact, g.contact, g.at)
    return _answer(slug, contact, done, _("Kept: %(name)s can sign in.", name=in_sentence(contact.name)))


@bp.post("/contacts/<slug>/<public_id>/deactivate")
@signed_in
def deactivate(slug, public_id):
    with _held(slug, public_id, ContactAction.DEACTIVATE) as (contact, one):
        try:
            done = contact_changes.deactivate(contact, g.contact, g.at, grant=one.standing.grant)
        except contact_changes.LastManager:
            done = None
    if done is None:
        form = ContactForm.of(contact, fields_open(one.allows))
        form.errors = {"": last_manager_sentence(one.standing.organization)}
        return _record_page(one, form), 422
    said = _("%(name)s is inactive: every session has ended.", name=in_sentence(contact.name))
    after = ContactStanding(one.standing, contact.again()).allows(ContactAction.EDIT)
    return _answer(slug, contact, done, said, to_record=after)


@bp.post("/contacts/<slug>/<public_id>/reactivate")
@signed_in
def reactivate(slug, public_id):
    with _held(slug, public_id, ContactAction.REACTIVATE) as (contact, _one):
        done = contact_changes.reactivate(contact, g.contact, g.at)
    return _answer(slug, contact, done, _("%(name)s is active again.", name=in_sentence(contact.name)))


@bp.post("/contacts/<slug>/<public_id>/invitation")
@signed_in
def invite(slug, public_id):
    with _held(slug, public_id, ContactAction.INVITE) as (contact, one):
        able = permissions.may_sign_in(contact, g.at)
        done = able and contact_changes.invite_again(contact, g.contact, g.at, _secret(), grant=one.standing.grant)
    if done:
        say_of_mail(_("Another invitation is on its way to %(email)s.", email=contact.email), "good")
    else:
        flash(_("No invitation was sent: there is a password already, or there were five in this hour."), "warn")
    return redirect(url_for(".show", slug=slug, public_id=public_id), 303)


@bp.post("/contacts/<slug>/<public_id>/stand_in")
@signed_in
def link(slug, public_id):
    chosen = typed.text(request.form, "person", 64)
    with _held(slug, public_id, ContactAction.LINK) as (contact, one):
        person = permissions.person_behind(one.standing.organization, chosen, g.at)
        cause = _link(contact, person) if person else "unknown"
    if cause == "unknown" and not wants_fragment():
        form = ContactForm.of(contact, fields_open(one.allows))
        form.errors = {"person": _("Choose one of the partners’ people.")}
        return _record_page(one, form), 422
    if cause:
        raise contact_words.cannot_stand_in(cause, contact)
    said = _("%(name)s stands in for %(person)s from now on.", name=contact.name, person=in_sentence(person.name))
    return _answer(slug, contact, True, said)


def _link(contact, person):
    """Link them and return an empty text, or why that cannot be."""
    try:
        stand_ins.link(contact, person, g.contact, g.at)
    except stand_ins.CannotStandIn as refused:
        return refused.cause
    return ""


@bp.post("/contacts/<slug>/<public_id>/stand_in/end")
@signed_in
def unlink(slug, public_id):
    with _held(slug, public_id, ContactAction.LINK) as (contact, _one):
        done = stand_ins.unlink(contact, g.contact, g.at)
    return _answer(slug, contact, done, _("%(name)s stands in for nobody any more.", name=contact.name))


# --- Loading and answering ---------------------------------------------------------------------------------------


def _managed(slug):
    return permissions.load_organization(g.contact, slug, Capability.MANAGE_CONTACTS, g.at)


@contextmanager
def _held(slug, public_id, action):
    """Hold the organization, then ask for the right: between the question and the change nobody else comes."""
    with transaction():
        Organization.hold(slug)
        yield permissions.load_contact(g.contact.again(), slug, public_id, action, g.at)


def _listed(slug):
    organization, standing = _managed(slug)
    filters = ContactFilters.read(request.args)
    places = [cursors.read(f"contacts:{slug}", one) for one in (filters.after, filters.inactive_after)]
    book = ContactBook(organization, standing, filters.words, *places)
    following = [
        cursors.make(f"contacts:{slug}", page.next_place) if page.next_place else ""
        for page in (book.active, book.inactive)
    ]
    return {
        "book": book,
        "standing": standing,
        "filters": filters,
        "next_active": following[0],
        "next_inactive": following[1],
    }


def _answer(slug, contact, done, said, to_record=False):
    """Answer a change of one contact: the list as it is now, or who was faster (409)."""
    if not done:
        raise contact_words.overtaken(contact, g.contact)
    back_to = url_for(".index", slug=slug, **ContactFilters.read(request.args).address)
    if wants_fragment():
        return swap("_contacts.html", back_to, said=said, **_listed(slug))
    flash(said, "good")
    if to_record:
        return redirect(url_for(".show", slug=slug, public_id=contact.public_id), 303)
    return redirect(back_to, 303)


def _form_posted(standing, fields):
    if posts_closed_field(request.form, fields):
        raise Refused(standing, because="managers_or_desk")
    return ContactForm.read(request.form, fields)


def _fields_for_new(standing):
    coming = ContactStanding(standing, Contact(organization=standing.organization))
    return fields_open(coming.allows) | {"email"}


def _add_page(standing, form):
    return render_template("pages/contact_add.html", standing=standing, form=form, errors=form.errors)


def _record_page(one, form):
    record = ContactRecord(one)
    return render_template("pages/contact.html", record=record, standing=one.standing, form=form, errors=form.errors)


def _page_after(one, form):
    """Return where to go after saving: people who gave their own right away have no page here any more."""
    if one.is_self and not (form.contact_manager or one.contact.desk):
        return url_for("start.index")
    return url_for(".show", slug=one.standing.organization.slug, public_id=one.contact.public_id)


def _saved(contact, changed):
    if "email" in changed:
        return _(
            "Saved. Every session of %(name)s has ended, and both addresses are told.", name=in_sentence(contact.name)
        )
    return _("Saved.")


def _secret():
    return current_app.config["PORTAL"].secret_key
