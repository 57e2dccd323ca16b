"""The desk's answers: written, translated, looked at before they are saved, and opened or closed to readers."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from portal import cursors, markdown, permissions
from portal.answering import wants_fragment
from portal.forms.answers import LONGEST_BODY, AnswerForm, AnswerSearch, audience_choices, audience_in, today_of
from portal.forms.submission import once_id
from portal.forms.typed import text, whole_number
from portal.identity import desk_only
from portal.languages import LANGUAGES, current_locale
from portal.models import answer_changes, answer_lists
from portal.models.answers import outdated

bp = Blueprint("desk_answers", __name__)


@bp.get("/desk/answers")
@desk_only
def index():
    search = AnswerSearch.read(request.args)
    place = cursors.read("answers", search.cursor)
    page = answer_lists.page(permissions.visible_answers(g.contact), current_locale(), search.words, place)
    return render_template(
        "pages/desk_answers.html",
        q=search.q,
        entries=page.rows,
        audiences=dict(audience_choices()),
        next_cursor=cursors.make("answers", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.route("/desk/answers/new", methods=["GET", "POST"])
@desk_only
def new():
    today = today_of(g.contact, g.at)
    if request.method == "GET":
        return _new_page(AnswerForm.empty(current_locale(), today))
    form = AnswerForm.read(request.form)
    if "preview" in request.form:
        return _preview(form) if wants_fragment() else _new_page(form, preview=_html(form))
    if not form.check(today):
        return _new_page(form), 422
    answer = answer_changes.write(form.draft, form.audience, g.contact, g.at, once_id(g.contact, request.form))
    flash(_("The answer is written. Its other languages can follow."), "good")
    return redirect(url_for(".edit", public_id=answer.public_id, language=form.locale), 303)


@bp.route("/desk/answers/<public_id>", methods=["GET", "POST"])
@desk_only
def edit(public_id):
    """Show one translation to be edited, or empty to be written; or save it."""
    answer, today = permissions.load_answer(g.contact, public_id), today_of(g.contact, g.at)
    if request.method == "GET":
        return _edit_page(answer, _form_asked_for(answer, today))
    form = AnswerForm.read(request.form)
    if "preview" in request.form:
        return _preview(form) if wants_fragment() else _edit_page(answer, form, preview=_html(form))
    if not form.check(today):
        return _edit_page(answer, form), 422
    try:
        answer_changes.save(answer, form.draft, form.version, g.contact, g.at, form.tell)
    except answer_changes.ChangedMeanwhile as meanwhile:
        form.version = meanwhile.translation.version
        return _edit_page(answer, form, theirs=meanwhile.translation), 409
    flash(_("Saved. Those who follow it are told.") if form.tell else _("Saved."), "good")
    return redirect(url_for(".edit", public_id=public_id, language=form.locale), 303)


@bp.post("/desk/answers/<public_id>/audience")
@desk_only
def audience(public_id):
    """Let another audience read the answer."""
    answer, chosen = permissions.load_answer(g.contact, public_id), audience_in(request.form)
    if chosen is None:
        form = _form_asked_for(answer, today_of(g.contact, g.at))
        form.errors = {"audience": _("Choose who may read it.")}
        return _edit_page(answer, form), 422
    answer_changes.open_to(answer, chosen)
    flash(_("Saved."), "good")
    return redirect(url_for(".edit", public_id=public_id), 303)


def _form_asked_for(answer, today):
    """Return the form of the language that the address names, with the text of an earlier version if it names one."""
    translations = {one.locale: one for one in answer.translated()}
    locale = text(request.args, "language", 16)
    if locale not in LANGUAGES:
        locale = next(iter(translations), current_locale())
    if locale not in translations:
        return AnswerForm.empty(locale, today)
    number = whole_number(text(request.args, "version", 12))
    earlier = next((one for one in answer.versions(locale) if one.version == number), None)
    return AnswerForm.of(translations[locale], today, earlier)


def _preview(form):
    return render_template("partials/_answer_preview.html", form=form, preview=_html(form), swapped=True)


def _html(form):
    return markdown.article(form.body[:LONGEST_BODY])


def _new_page(form, preview=None):
    return render_template(
        "pages/desk_answer_new.html", form=form, errors=form.errors, audiences=audience_choices(), preview=preview
    )


def _edit_page(answer, form, theirs=None, preview=None):
    translations = answer.translated()
    return render_template(
        "pages/desk_answer.html",
        answer=answer,
        form=form,
        errors=form.errors,
        theirs=theirs,
        preview=preview,
        available={one.locale for one in translations},
        outdated=outdated(translations),
        versions=answer.versions(form.locale),
        followers=len(answer.subscribers()),
        audiences=audience_choices(),
    )
