"""The short cuts of templates change no letter of a page."""

import pytest
from flask_babel import lazy_gettext
from markupsafe import Markup, escape

from portal.presentation import drawn, drawn_forms
from portal.stamps import Stamps


class Marked:
    def __html__(self):
        return "<b>marked</b>"


@pytest.mark.parametrize("value", ["<a href='x'>&\"", "", Markup("<b>"), 5, None, True, Marked(), ["<"], "日本"])
def test_what_a_template_shows_is_escaped_as_ever(app, value):
    template = app.jinja_env.from_string("{{ value }}{% for one in [value] %}, {{ one }}{% endfor %}")
    assert template.render(value=value) == f"{escape(value)}, {escape(value)}"


def test_what_is_missing_and_what_waits_for_its_language_are_shown(app):
    with app.test_request_context("/?lang=ja"):
        shown = app.jinja_env.from_string("[{{ nothing }}] {{ later }} {{ _('%(name)s', name='<') }}")
        assert shown.render(later=lazy_gettext("My Requests")) == "[] サービスリクエスト &lt;"


def test_text_without_markup_is_not_escaped(app):
    plain = app.jinja_env.overlay(autoescape=False).from_string("{{ value }} {{ _('%(name)s', name=value) }}")
    with app.test_request_context("/"):
        assert plain.render(value="<&>") == "<&> <&>"


def test_a_line_is_drawn_once_for_each_language_and_value(app):
    told = []
    source = "{% macro line(word) %}{{ tell(word) }}{{ _('My Requests') }}{% endmacro %}"
    line = app.jinja_env.from_string(source, {"tell": lambda word: told.append(word) or word}).module.line
    for language, words in {"en": "My Requests", "ja": "サービスリクエスト"}.items():
        with app.test_request_context(f"/?lang={language}"):
            for one in ("<i>", "<b>", "<i>"):
                assert drawn(line, one) == f"{escape(one)}{words}"
    assert told == ["<i>", "<b>"] * 2


def test_what_is_kept_of_a_form_is_shown_with_the_token_at_hand(app):
    drawings = []
    source = "{% macro form(token, name) %}{{ tell(name) }}<form>{{ token }}</form>{{ token }}{% endmacro %}"
    form = app.jinja_env.from_string(source, {"tell": lambda name: drawings.append(name) or name}).module.form
    with app.test_request_context("/"):
        for token in (Markup("<input value=one>"), Markup("<input value=two>")):
            assert drawn_forms(form, token, "<i>") == Markup(f"&lt;i&gt;<form>{token}</form>{token}")
    assert drawings == ["<i>"]


def test_writers_of_instants_are_equal_where_they_write_the_same(app):
    with app.test_request_context("/?lang=en"):
        assert Stamps() == Stamps()
        english = Stamps()
    with app.test_request_context("/?lang=es"):
        assert Stamps() != english
