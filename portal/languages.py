"""Which language and time zone a person is spoken to in, and the catalogues behind it."""

import logging
import os
import tempfile
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import current_app, g, has_app_context, has_request_context, request
from jinja2 import pass_eval_context
from markupsafe import Markup

LANGUAGES = {"en": "English", "ja": "日本語", "es": "Español"}
LOCALES = tuple(LANGUAGES)
COOKIE = "lang"
COOKIE_SECONDS = 365 * 24 * 3600
_REGIONS = {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
CATALOGUES = Path(__file__).parent / "translations"

_log = logging.getLogger(__name__)
_forced_zone: ContextVar[str | None] = ContextVar("forced_zone", default=None)


def init_app(app, current_contact, catalogues=CATALOGUES):
    """Set up translation for `app`; `current_contact()` returns the signed-in contact or None."""
    compile_catalogues(catalogues)
    app.extensions["languages"] = current_contact
    babel = flask_babel.Babel()
    babel.domain_instance = _Catalogues()
    babel.init_app(
        app,
        default_locale="en",
        default_translation_directories=str(catalogues),
        locale_selector=_choose_locale,
    )
    _speak_quickly(app.jinja_env, babel.domain_instance.get_translations)
    app.after_request(_remember_choice)


class _Catalogues(flask_babel.Domain):
    """The catalogues of one app, each at hand by its language: finding it took longer than the sentence in it."""

    def __init__(self):
        super().__init__()
        self._kept = {}

    def get_translations(self):
        """Return the catalogue of the language that is spoken."""
        locale = current_locale()
        kept = self._kept.get(locale)
        if kept is None:
            kept = super().get_translations()
            if has_app_context():  # without, it is an empty one
                self._kept[locale] = kept
        return kept


def _speak_quickly(environment, catalogue):
    """Let templates look each sentence up at once.

    The same as Jinja's own `newstyle` functions, which call each other three deep.
    """

    def filled(eval_context, said, values):
        found = Markup(said) if eval_context.autoescape else said  # noqa: S704 (our own catalogues)
        return found % values if "%" in found else found

    @pass_eval_context
    def gettext(eval_context, said, /, **values):
        return filled(eval_context, catalogue().ugettext(said), values)

    @pass_eval_context
    def ngettext(eval_context, one, many, num, /, **values):
        return filled(eval_context, catalogue().ungettext(one, many, num), {"num": num, **values})

    @pass_eval_context
    def pgettext(eval_context, context, said, /, **values):
        return filled(eval_context, catalogue().upgettext(context, said), {"context": context, **values})

    @pass_eval_context
    def npgettext(eval_context, context, one, many, num, /, **values):
        found = catalogue().unpgettext(context, one, many, num)
        return filled(eval_context, found, {"context": context, "num": num, **values})

    spoken = {"_": gettext, "gettext": gettext, "ngettext": ngettext, "pgettext": pgettext, "npgettext": npgettext}
    environment.globals.update(spoken)
    environment.newstyle_gettext = True


def current_locale() -> str:
    """Return the language of the person being answered: one of LOCALES."""
    try:
        kept = g._get_current_object().get("_flask_babel")
    except RuntimeError:  # nobody is being answered
        return "en"
    # Where Flask-Babel keeps it: asking takes five times as long, and a page asks a hundred times.
    locale = getattr(kept, "babel_locale", None) or flask_babel.get_locale()
    return locale.language if locale else "en"


def reader_zone() -> str:
    """Return the IANA name of the reader's time zone; UTC while nobody is known."""
    forced = _forced_zone.get()
    if forced:
        return forced
    return _zone_of(_contact())


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Return whether `name` is a time zone that this machine knows."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of the world's time zones that people live by, in order, and UTC."""
    return tuple(sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS)) + ("UTC",)


@contextmanager
def speaking_to(contact):
    """Use the language and time zone of `contact` inside the block: for mails, which have no request."""
    locale = contact.locale if contact.locale in LOCALES else "en"
    token = _forced_zone.set(_zone_of(contact))
    try:
        with flask_babel.force_locale(locale):
            yield
    finally:
        _forced_zone.reset(token)


def speak(locale: str):
    """Speak `locale` in the rest of this request, whoever is answered."""
    g.spoken = locale
    flask_babel.refresh()


def wished() -> str:
    """Return the language that the browser asks for: by choice, by cookie, or by its settings."""
    for chosen in (request.args.get(COOKIE), request.cookies.get(_cookie())):
        if chosen in LOCALES:
            return chosen
    return request.accept_languages.best_match(LOCALES, default="en")


def forget():
    """Choose the language anew: after a preference has changed in the middle of a request."""
    flask_babel.refresh()


def compile_catalogues(directory=CATALOGUES):
    """Compile each `.po` file whose `.mo` is missing or older."""
    for source in sorted(Path(directory).glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            _compile(source, compiled)
        except OSError as error:
            _log.warning("%s is not written, pages fall back to English: %s", compiled, error)


def _compile(source, compiled):
    # Several processes may start at once, and one may read while another writes: hence a name of one's own, then a rename.
    changed_at = source.stat().st_mtime_ns
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parent.parent.name)
    handle, name = tempfile.mkstemp(dir=compiled.parent, prefix=f".{compiled.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write_mo(file, catalogue)
        os.chmod(name, 0o644)
        os.utime(name, ns=(changed_at, changed_at))
        os.replace(name, compiled)
    except BaseException:
        os.unlink(name)
        raise


def _contact():
    if not has_request_context():
        return None
    return current_app.extensions["languages"]()


def _zone_of(contact) -> str:
    zone = contact.timezone if contact else None
    return zone if zone and is_zone(zone) else "UTC"


def _choose_locale() -> str:
    if "spoken" in g:
        return g.spoken
    contact = _contact()
    if contact and contact.locale in LOCALES:
        return contact.locale
    return wished() if has_request_context() else "en"


def _remember_choice(response):
    chosen = request.args.get(COOKIE)
    if chosen in LOCALES and chosen != request.cookies.get(_cookie()) and not _contact():
        remember(response, chosen)
    return response


def remember(response, locale):
    """Let the browser ask for this language from now on."""
    secure = _is_bound_to_host()
    response.set_cookie(_cookie(), locale, COOKIE_SECONDS, httponly=True, samesite="Lax", secure=secure)


def _cookie():
    return f"__Host-{COOKIE}" if _is_bound_to_host() else COOKIE


def _is_bound_to_host():
    return current_app.config.get("SESSION_COOKIE_SECURE", False)
