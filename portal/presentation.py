"""What templates may call: words, dates, marks and the hidden token of a form."""

import secrets
from functools import lru_cache

from flask import g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from portal import dates, hits, languages, words
from portal.forms import submission
from portal.languages import current_locale
from portal.options import option_lines, option_list
from portal.stamps import Stamps
from portal.static_files import static_url

_FILTERS = (
    dates.day,
    dates.short_day,
    dates.weekday_day,
    dates.last_day,
    dates.clock_time,
    dates.day_and_time,
    dates.exact,
    dates.since,
    dates.span,
    dates.duration,
    dates.moment,
    dates.iso,
    words.number,
    words.file_size,
    words.in_sentence,
    words.listed,
    hits.marked,
    hits.excerpt,
)
_GLOBALS = (
    dates.spoken_until,
    dates.spoken_lapse,
    dates.spoken_start,
    dates.nearness,
    dates.percent_left,
    dates.zone_name,
    words.error_words,
    words.problems,
    words.one_sentence,
    option_lines,
    option_list,
)
_BOTH = (
    words.level_word,
    words.level_code,
    words.level_rank,
    words.level_pair,
    words.level_explained,
    words.level_in_brief,
    words.status_word,
    words.severity_word,
    words.category_word,
    words.access_status_word,
    words.site_notice_word,
)

_TOKEN = Markup(f"<!--{secrets.token_hex(16)}-->")  # noqa: S704 (in what is kept, for a token: nobody can write it)


def init_app(app):
    """Register filters and globals under the names of their functions, and csrf(), static_url(), page_language()."""
    # Sentences in {% trans %} may be broken over lines; babel.cfg says the same to the extractor.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters.update({function.__name__: function for function in _FILTERS + _BOTH})
    app.jinja_env.globals.update({function.__name__: function for function in _GLOBALS + _BOTH})
    app.jinja_env.globals.update(
        LEVELS=words.LEVELS,
        LANGUAGES=languages.LANGUAGES,
        page_language=languages.current_locale,
        csrf=csrf,
        drawn=drawn,
        drawn_forms=drawn_forms,
        drawn_lines=drawn_lines,
        submission_key=submission_key,
        stamps=Stamps,
        static_url=static_url,
    )


def drawn(macro, *values) -> Markup:
    """Return what a macro of a file of its own draws of `values`.

    It is kept, as it depends on nothing but them, the reader's language and the path under which the portal lies.
    """
    return _drawn(macro, current_locale(), request.script_root, values)


def drawn_lines(macro, lines, *values) -> Markup:
    """Return the same for each of `lines`: the values that differ from line to line, before those that do not."""
    about = macro, current_locale(), request.script_root
    return Markup("\n").join([_drawn(*about, (*line, *values)) for line in lines])


def drawn_forms(macro, token, *values) -> Markup:
    """Return the same of a macro whose first argument is the hidden token of forms, which is no part of what is kept."""
    kept = _drawn_forms(macro, current_locale(), request.script_root, values)
    return Markup(kept.replace(_TOKEN, token))  # noqa: S704 (both are ours)


@lru_cache(2048)  # the lines of lists, which people look at again and again, and the rails of those who do
def _drawn(macro, _locale, _root, values):
    return macro(*values)


@lru_cache(512)  # a page has dozens of them, of some thousands of letters each
def _drawn_forms(macro, _locale, _root, values):
    return str(macro(_TOKEN, *values))


def csrf() -> Markup:
    """Return the hidden input that every posting form carries (SPEC 6)."""
    if "csrf_input" not in g:
        g.csrf_input = Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
    return g.csrf_input


def submission_key() -> Markup:
    """Return the hidden input by which a form that is sent twice makes one thing: the key it came with, or a new one.

    A key whose thing is made and over is used up: see `answering.sent_again`.
    """
    typed = None if g.get("submission_is_used_up") else submission.typed_key(request.form)
    key = typed or submission.new_key()
    return Markup('<input type="hidden" name="{}" value="{}">').format(submission.FIELD, key)
