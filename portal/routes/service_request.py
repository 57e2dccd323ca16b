"""The page of one service request: its thread, its status, its people."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import clock, navigation, permissions
from portal.answering import wants_fragment
from portal.carrying import Carried
from portal.conversation import conversation
from portal.database import transaction
from portal.dates import day_and_time
from portal.drafting import keep
from portal.forms.service_request import ContactForm, ReplyForm, read_instant, read_severity
from portal.forms.submission import kept_key
from portal.identity import signed_in
from portal.models import beside, contact_changes, drafts, kept_files, request_changes, threads
from portal.models.reading import note_reading
from portal.permissions import Action, Capability
from portal.request_page import RequestPage
from portal.words import in_sentence

bp = Blueprint("service_request", __name__, url_prefix="/requests/<reference>")

QUIETLY = {"HX-Reswap": "none"}
ELSEWHERE = {
    "conversation": ("state",),
    "about": ("state", "thread"),
    "contacts": ("thread",),
}  # what else a swap moves


@bp.get("")
@signed_in
def show(reference):
    _found, one = permissions.load_request(g.contact, reference, Action.READ, g.at)
    return render_template("pages/service_request.html", **_context(one))


@bp.get("/news")
def news(reference):
    """Answer the open page that asks what came in after `after`: nothing (204), or the thread as it is now.

    A right or a session that is over is told without a word and without leading away: somebody may be typing there.
    """
    if g.contact is None:
        return "", 401, QUIETLY
    try:
        found, one = permissions.load_request(g.contact, reference, Action.READ, g.at)
    except permissions.Hidden:
        return "", 404, QUIETLY
    after = read_instant(request.args.get("after", ""))
    if after and not threads.anything_after(found, after, one.allows(Action.WRITE_INTERNALLY)):
        return "", 204
    return render_template("partials/_request_news.html", swapped=True, **_context(one))


@bp.post("/messages")
@signed_in
def reply(reference):
    at = clock.now()  # a long upload may have begun a while ago, under another right
    found, one = permissions.load_request(g.contact, reference, Action.REPLY, at)
    form = ReplyForm.read(request.form)
    carried = Carried.of(g.contact, found.reference, at)
    if "change" in request.form:
        return _change_draft(one, form, carried, request.form["change"])
    if not form.check(found, carried):
        return _reply_again(one, form, carried)
    if form.status not in {"", found.status}:
        permissions.require(one, Action.UPDATE)
    try:
        message = _send(found, one, form, carried)
    except kept_files.Gone:
        form.errors["files"] = _(
            "A file that was kept here is not there any more. Choose it again, or send without it."
        )
        return _reply_again(one, form, carried)
    anchor = f"message-{message.public_id}" if message else "thread"
    return _done(one, "conversation", _("Sent.") if message else _("The status is changed."), anchor, at)


def _reply_again(one, form, carried):
    carried.hold(form)
    return _answer(one, "conversation", reply=form, errors=form.errors)


def _send(found, one, form, carried):
    with transaction():
        message = request_changes.reply(
            found,
            g.contact,
            form.body,
            carried.at,
            readers=permissions.readers,
            status=form.status or None,
            internal=form.internal and one.allows(Action.WRITE_INTERNALLY),
            store_files=carried.keeper(),
            submission_key=kept_key(g.contact, form.submission),
            grant=one.standing.grant,
        )
        drafts.settle(g.contact, found.reference, form.draft)
    return message


def _change_draft(one, form, carried, what):
    """Save the reply as a draft, or throw the draft away."""
    reference = one.service_request.reference
    if what == "throw_away":
        drafts.throw_away(g.contact, reference)
        kept_files.forget(g.contact, reference, form.draft)
        return _done(one, "conversation", _("The draft is thrown away."), "reply")
    carried.hold(form)
    kept = keep(form, g.contact, reference, g.at)
    if kept.refused:
        return _answer(one, "conversation", reply=form, errors=form.errors or {"body": kept.said})
    return _done(one, "conversation", kept.said or _("There is no text to save."), "reply")


@bp.post("/severity")
@signed_in
def severity(reference):
    found, one = permissions.load_request(g.contact, reference, Action.UPDATE, g.at)
    chosen = read_severity(request.form)
    if chosen is None:
        return _answer(one, "about", errors={"severity": _("Choose one of the four severities.")})
    request_changes.set_severity(found, g.contact, chosen, g.at, readers=permissions.readers, grant=one.standing.grant)
    return _done(one, "about", _("The severity is changed."))


@bp.post("/confidential")
@signed_in
def confidential(reference):
    found, one = permissions.load_request(g.contact, reference, Action.SET_CONFIDENTIAL, g.at)
    marked = "confidential" in request.form
    request_changes.set_confidential(found, g.contact, marked, g.at)
    said = _("Confidential: partners see it only where it names them.") if marked else _("Not confidential any more.")
    return _done(one, "about", said)


@bp.post("/contacts")
@signed_in
def add_contact(reference):
    found, one = permissions.load_request(g.contact, reference, Action.CHANGE_CONTACTS, g.at)
    form = ContactForm.read(request.form)
    with transaction():
        request_changes.hold(found)
        contact = _new_contact(form, one) if form.kind == "new" else _existing_contact(form, one)
        if contact:
            request_changes.add_contact(
                found, contact, g.contact, g.at, readers=permissions.readers, grant=one.standing.grant
            )
    if contact is None:
        return _answer(one, "contacts", contact_form=form, errors=form.errors)
    return _done(one, "contacts", _("%(name)s has been added.", name=in_sentence(contact.name)))


def _existing_contact(form, one):
    found = _nameable(one, form.contact)
    if found is None:
        form.errors["contact"] = _("Choose somebody from the list.")
    return found


def _new_contact(form, one):
    customer, standing = permissions.load_organization(
        g.contact, one.standing.organization.slug, Capability.MANAGE_CONTACTS, g.at
    )
    if not form.check_new():
        return None
    try:
        return contact_changes.add_contact_record(
            customer, form.name, form.email, g.contact, g.at, current_app.secret_key, grant=standing.grant
        )
    except contact_changes.AddressTaken:
        form.errors["email"] = _("This address cannot be used here.")
        return None


def _nameable(one, public_id, capability=Capability.BE_ADDITIONAL_CONTACT):
    """Return the contact whom the reader may name so on this request, or None."""
    for person, standing in permissions.people_to_name(one):
        if person.public_id == public_id and standing.allows(capability):
            return person
    return None


@bp.post("/contacts/<contact>/remove")
@signed_in
def remove_contact(reference, contact):
    found, one = permissions.load_request(g.contact, reference, Action.CHANGE_CONTACTS, g.at)
    people = {person.contact.public_id: person for person in RequestPage(one, None).contacts}
    if contact not in people:
        if _nameable(one, contact) is None:
            raise permissions.Hidden
        return _done(one, "contacts", _("That contact is not on the request any more."))
    person = people[contact]
    name = in_sentence(person.contact.name)
    if person.primary:
        said = _("%(name)s is the primary contact: make somebody else primary first.", name=name)
        return _answer(one, "contacts", errors={"": said})
    request_changes.remove_contact(
        found, person.contact, g.contact, g.at, readers=permissions.readers, grant=one.standing.grant
    )
    return _done(one, "contacts", _("%(name)s has been taken off.", name=name))


@bp.post("/primary_contact")
@signed_in
def primary_contact(reference):
    found, one = permissions.load_request(g.contact, reference, Action.CHANGE_CONTACTS, g.at)
    form = ContactForm.read(request.form)
    chosen = _nameable(one, form.contact, Capability.BE_PRIMARY_CONTACT)
    if chosen is None:
        said = _(
            "This person cannot be the primary contact: that needs Update, or to be the customer’s support contact."
        )
        return _answer(one, "contacts", contact_form=form, errors={"": said})
    request_changes.make_primary(found, chosen, g.contact, g.at, readers=permissions.readers, grant=one.standing.grant)
    return _done(one, "contacts", _("%(name)s is the primary contact now.", name=in_sentence(chosen.name)))


# --- Answers -----------------------------------------------------------------------------------------------------


def _answer(one, region, said="", *, reply=None, contact_form=None, errors=None, sent=""):
    """Answer with one region of the page and what its change moves elsewhere; a bad form without HTMX with it all."""
    context = _context(one, reply=reply, contact_form=contact_form)
    context |= {"errors": errors or {}, "wrong": region if errors else "", "said": said, "sent": sent}
    status = 422 if errors else 200
    if not wants_fragment():
        return render_template("pages/service_request.html", **context), status
    others = () if errors else ELSEWHERE[region]
    return render_template(
        "partials/_request_changed.html", region=region, others=others, swapped=True, **context
    ), status


def _done(one, region, said, anchor="thread", at=None):
    """Answer a change that was made: with HTMX the region as it is now, else a redirect to the page."""
    reference = one.service_request.reference
    if wants_fragment():
        _found, now = permissions.load_request(g.contact, reference, Action.READ, at or g.at)
        return _answer(now, region, said, sent=anchor)
    flash(said, "good")
    news = _news(threads.count_new(one.service_request, g.contact, one.allows(Action.WRITE_INTERNALLY)))
    if news:
        flash(news, "info")
    return redirect(url_for("service_request.show", reference=reference, _anchor=anchor), 303)


def _news(number):
    """Return the sentence about messages that came in while the reader was writing."""
    if not number:
        return ""
    return ngettext(
        "While you wrote, %(num)s message came in: it is marked as new.",
        "While you wrote, %(num)s messages came in: they are marked as new.",
        number,
    )


def _context(one, reply=None, contact_form=None):
    there = beside.read(navigation.ask(beside.questions(one.service_request, g.contact, g.at)))
    page = RequestPage(one, there)
    thread = conversation(page.request, g.contact, there, internal_too=one.allows(Action.WRITE_INTERNALLY))
    if request.method != "HEAD":
        note_reading(
            page.request,
            g.contact,
            g.at,
            before=there.read_at,
            until=thread.until(page.request.updated_at),
            grant=one.standing.grant,
            recorded=there.recorded,
        )
    return {
        "page": page,
        "thread": thread,
        "news": _news(thread.new) if request.method == "POST" else "",
        **({"reply": reply} if reply else _reply_to_begin_with(page)),
        "contact_form": contact_form or ContactForm(),
    }


def _reply_to_begin_with(page):
    """Return the reader's draft put back, or an empty reply. An internal one waits for who may still write internally."""
    begun = page.may.reply and page.beside.draft
    draft = drafts.draft_of(g.contact, page.request.reference, g.at) if begun else None
    if draft is None or (draft.values["internal"] and not page.may.write_internally):
        return {"reply": ReplyForm.empty(page.likely_status)}
    overtaken = page.request.updated_at > draft.saved_at  # then the status chosen may be out of date
    form = ReplyForm.from_draft(draft, page.likely_status if overtaken else "")
    form.kept = kept_files.of_form(g.contact, draft.place, draft.key, g.at)
    said = _("Your draft of %(when)s is back.", when=day_and_time(draft.saved_at))
    return {"reply": form, "restored": True, "draft_said": said}
