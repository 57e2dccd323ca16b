"""Answers: search, read in any language, follow; and suggestions while a question is typed (SPEC 4)."""

from flask import Blueprint, g, render_template, request, url_for

from portal import cursors, markdown, permissions
from portal.answering import swap
from portal.forms.answers import AnswerSearch
from portal.forms.typed import text
from portal.identity import signed_in
from portal.languages import current_locale
from portal.models import answer_lists
from portal.models.answer_changes import follow
from portal.models.answers import in_language, outdated
from portal.models.mailing import follows

LONGEST_SUBJECT = 300

bp = Blueprint("answers", __name__)


@bp.get("/answers")
def index():
    """List what one may read, whether signed in or not."""
    search = AnswerSearch.read(request.args)
    place = cursors.read("answers", search.cursor)
    page = answer_lists.page(permissions.visible_answers(g.contact), current_locale(), search.words, place)
    return render_template(
        "pages/answers.html",
        q=search.q,
        entries=page.rows,
        next_cursor=cursors.make("answers", page.next_place) if page.next_place else None,
        first_page=place is None,
    )


@bp.get("/answers/<public_id>")
def show(public_id):
    """Show one answer in the language asked for, else in the reader's, else in the one there is."""
    answer = permissions.load_answer(g.contact, public_id)
    translations = answer.translated()
    if not translations:
        raise permissions.Hidden
    wished = text(request.args, "language", 16) or current_locale()
    shown = in_language(translations, wished, current_locale())
    return render_template(
        "pages/answer.html",
        answer=answer,
        shown=shown,
        html=markdown.article(shown.body),
        wished=wished,
        source=translations[0],
        available={one.locale for one in translations},
        outdated=outdated(translations),
        subscribed=g.contact is not None and follows(g.contact, answer.id),
    )


@bp.post("/answers/<public_id>/subscription")
@signed_in
def subscription(public_id):
    """Turn the wish to hear of the answer's changes on or off."""
    answer = permissions.load_answer(g.contact, public_id)
    wished = "subscribed" in request.form
    follow(g.contact, answer, wished, g.at)
    back_to = url_for(".show", public_id=answer.public_id)
    return swap("_answer_subscription.html", back_to, answer=answer, subscribed=wished)


@bp.post("/answers/suggestions")
def suggestions():
    """Suggest answers for the subject as typed so far. It is posted, so that it stands in no address (SPEC 6).

    Whoever was signed out while typing stays on the page: being led to sign-in would cost them their text.
    """
    subject = text(request.form, "subject", LONGEST_SUBJECT)
    found = answer_lists.suggestions(permissions.visible_answers(g.contact), subject, current_locale())
    return swap("_answer_suggestions.html", url_for("ask.index"), entries=found)
