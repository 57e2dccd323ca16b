"""The tour's own ways: begin a story, go where its step happens, step on or back, leave. And its bar on every page."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from portal import identity, languages, permissions
from portal.answering import wants_fragment
from portal.presentation import static_url
from portal.preview.tour import progress
from portal.preview.tour.hints import set_beside
from portal.preview.tour.steps import Visit
from portal.preview.tour.stories import STORIES
from portal.words import in_sentence

bp = Blueprint("tour", __name__, url_prefix="/preview/tour")
_ANCHOR = "tour-hint-1"
_MONTHS = 30 * 24 * 3600  # seconds that a story stays begun


@dataclass(frozen=True)
class Bar:
    """What the bar on top of a page says of the story: `here` where its step happens and by whom it is done."""

    progress: progress.Progress
    here: bool
    person: object
    next_person: object | None

    @property
    def step(self):
        """Return the step, or None at the end."""
        return self.progress.step

    @property
    def changes_person(self):
        """Return whether going there means to be somebody else."""
        return self.person is not None and self.person != g.contact


def init_app(app):
    """Set the tour's bar and hints into the pages of `app`."""
    app.register_blueprint(bp)
    app.before_request(_speak_to_the_visitor)
    app.after_request(_dress)
    app.context_processor(lambda: {"tour": bar, "stories": STORIES})


def bar():
    """Return the Bar for this request, or None while no story is told."""
    now = _now()
    if now is None:
        return None
    scene, step = now.scene(g.at), now.step
    person = step.person(scene) if step else None
    here = step is not None and person == g.get("contact") and _path_of(step.address(scene)) == _page_path()
    after = now.after.person(scene) if step and now.after else None
    return Bar(now, here, person, after if after != g.get("contact") else None)


def _now():
    """Return how far the visitor has come by now: what a post has done counts at once."""
    kept = g.get("tour") or progress.read(request.cookies.get(progress.COOKIE))
    if kept is None or g.get("tour_left"):
        return None
    g.tour = kept.carried_on(Visit(g.get("contact"), request.endpoint, _page_path()), g.at)
    return g.tour


def _page_path():
    shown = request.headers.get("HX-Current-URL") if wants_fragment() else None
    return urlsplit(shown).path if shown else request.path


def _path_of(address):
    return urlsplit(address).path


def _speak_to_the_visitor():
    """Tell a story in the visitor's language, whoever they are in it."""
    if progress.COOKIE in request.cookies and "spoken" not in g and request.endpoint != "static":
        languages.speak(languages.wished())


# --- Pages as the tour shows them ---------------------------------------------------------------------------------


def _dress(response):
    page = response.mimetype == "text/html" and not 300 <= response.status_code < 400
    if page and not response.is_streamed and request.endpoint != "preview.mail_html":
        html = response.get_data(as_text=True)
        whole = "<html" in html[:1000]
        response.set_data(_with_hints(_with_bar(html, whole), whole))
    _remember(response)
    return response


def _with_bar(html, whole):
    """Link the style of the tour in a page, which has its bar; send a fragment's along, as a swap may move a story on."""
    if whole:
        sheet = Markup('<link rel="stylesheet" href="{}">').format(static_url("preview.css"))
        return html.replace("</head>", f"{sheet}</head>", 1)
    return html + render_template("partials/_tour.html", swapped=True) if wants_fragment() else html


def _with_hints(html, whole):
    shown = bar()
    if shown is None or not shown.here:
        return html
    return set_beside(html, shown.step.hints_in(shown.progress.scene(g.at)), whole)


def _remember(response):
    if g.get("tour_left"):
        response.delete_cookie(progress.COOKIE, samesite="Lax")
        return
    now = g.get("tour")
    if now is not None and now.written() != request.cookies.get(progress.COOKIE):
        response.set_cookie(progress.COOKIE, now.written(), _MONTHS, httponly=True, samesite="Lax")


# --- Ways ---------------------------------------------------------------------------------------------------------


@bp.post("/begin")
def begin():
    g.tour = progress.begun(request.form.get("story"), g.at) or abort(404)
    languages.speak(languages.wished())
    return _go()


@bp.post("/go")
def go():
    g.tour = _now()
    return _go()


@bp.post("/next")
def step_on():
    now = _now()
    g.tour = now.moved(1) if now else None
    return _go()


@bp.post("/back")
def step_back():
    now = _now()
    g.tour = now.gone_back(g.at) if now else None
    return _go()


@bp.post("/leave")
def leave():
    g.tour_left = True
    return redirect(url_for("preview.index"), 303)


def _go():
    """Lead to where the step happens, as the person whose step it is; at the end of a story, to all of them."""
    now = g.get("tour")
    if now is None or now.step is None:
        return redirect(url_for("preview.index", _anchor=None if now else "stories"), 303)
    scene = now.scene(g.at)
    person, address = now.step.person(scene), now.step.address(scene)
    if person is None or not permissions.may_sign_in(person, g.at):
        g.tour_left = True
        flash(_("%(name)s cannot sign in any more. Start the preview anew.", name=in_sentence(person.name)), "warn")
        return redirect(url_for("preview.index"), 303)
    if person != g.contact:
        identity.sign_out()
        identity.sign_in(person)
    anchored = address if now.step.hints_in(scene) == () else f"{address.partition('#')[0]}#{_ANCHOR}"
    return redirect(anchored, 303)
