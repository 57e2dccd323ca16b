"""The catalogues are complete and compiled; each person is spoken to in their own language."""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask, request
from flask_babel import gettext

from portal import dates, languages

ROOT = Path(__file__).resolve().parent.parent
TRANSLATED = [locale for locale in languages.LOCALES if locale != "en"]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|</?\w+[^>]*>")


def catalogue(locale):
    path = languages.CATALOGUES / locale / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def written():
    """Return every message in the code and the templates as (context, id)."""
    with (languages.CATALOGUES / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = set()
    for folder in ("portal", "templates"):
        for _file, _line, message, _comments, context in extract_from_dir(
            ROOT / folder, methods, options, keywords=KEYWORDS
        ):
            found.add((context, message[0] if isinstance(message, tuple) else message))
    return found


def forms(message, text):
    return message[text] if isinstance(message[text], (list, tuple)) else [message[text]]


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_sentence_of_the_code_is_in_the_catalogue(locale):
    ours = {(message.context, forms(vars(message), "id")[0]) for message in catalogue(locale) if message.id}
    assert sorted(map(str, written() - ours)) == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_every_sentence_of_the_catalogue_is_translated(locale):
    empty = [message.id for message in catalogue(locale) if not all(forms(vars(message), "string"))]
    assert empty == []
    assert [message.id for message in catalogue(locale) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("locale", TRANSLATED)
def test_a_translation_has_the_placeholders_and_the_markup_of_its_sentence(locale):
    wrong = []
    for message in catalogue(locale):
        if not message.id:
            continue
        ids, strings = forms(vars(message), "id"), forms(vars(message), "string")
        wanted = sorted(m.group(0) for m in PLACEHOLDER.finditer(ids[-1]))
        optional = {"%(num)s"} if len(ids) > 1 else set()
        for string in strings:
            got = sorted(m.group(0) for m in PLACEHOLDER.finditer(string))
            if (set(got) ^ set(wanted)) - optional:
                wrong.append((ids[-1], string))
    assert wrong == []


@pytest.fixture
def one_catalogue(tmp_path):
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "messages.po"
    source.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "a"\nmsgstr "b"\n')
    return source


def compiled(source):
    with source.with_suffix(".mo").open("rb") as file:
        return read_mo(file).get("a").string


def test_a_missing_catalogue_is_compiled_at_start(one_catalogue, tmp_path):
    languages.compile_catalogues(tmp_path)
    assert compiled(one_catalogue) == "b"


def test_an_older_catalogue_is_compiled_again_and_a_current_one_is_left_alone(one_catalogue, tmp_path):
    languages.compile_catalogues(tmp_path)
    inode = one_catalogue.with_suffix(".mo").stat().st_ino
    languages.compile_catalogues(tmp_path)
    assert one_catalogue.with_suffix(".mo").stat().st_ino == inode
    one_catalogue.write_text(one_catalogue.read_text().replace('"b"', '"c"'))
    later = one_catalogue.with_suffix(".mo").stat().st_mtime + 10
    os.utime(one_catalogue, (later, later))
    languages.compile_catalogues(tmp_path)
    assert compiled(one_catalogue) == "c"


def test_many_may_compile_at_once_and_leave_nothing_behind(one_catalogue, tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: languages.compile_catalogues(tmp_path), range(16)))
    assert compiled(one_catalogue) == "b"
    assert sorted(path.name for path in one_catalogue.parent.iterdir()) == ["messages.mo", "messages.po"]


@pytest.fixture
def app():
    app = Flask("portal")
    app.config["SECRET_KEY"] = "for tests only"
    people = {
        "yuki": SimpleNamespace(locale="ja", timezone="Asia/Tokyo"),
        "nobody's zone": SimpleNamespace(locale="", timezone="Middle/Earth"),
    }
    languages.init_app(app, current_contact=lambda: people.get(request.headers.get("X-Who")))

    @app.get("/")
    def told():
        return f"{languages.current_locale()} {languages.reader_zone()} {gettext('yesterday')}"

    return app


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "en UTC yesterday"),
        ({"Accept-Language": "es-MX,es;q=0.9,en;q=0.8"}, "es UTC ayer"),
        ({"Accept-Language": "fr"}, "en UTC yesterday"),
        ({"Accept-Language": "es", "Cookie": "lang=ja"}, "ja UTC 昨日"),
        ({"Accept-Language": "es", "Cookie": "lang=../etc"}, "es UTC ayer"),
        ({"Accept-Language": "es", "Cookie": "lang=es", "X-Who": "yuki"}, "ja Asia/Tokyo 昨日"),
        ({"Accept-Language": "es", "X-Who": "nobody's zone"}, "es UTC ayer"),
    ],
)
def test_the_preference_comes_first_then_the_cookie_then_the_browser(app, headers, said):
    assert app.test_client(use_cookies=False).get("/", headers=headers).text == said


def test_a_language_chosen_before_signing_in_is_remembered(app):
    visitor = app.test_client()
    assert visitor.get("/?lang=es").text.startswith("es ")
    assert visitor.get("/").text.startswith("es ")
    assert visitor.get("/?lang=klingon").text.startswith("es ")


def test_a_signed_in_contact_is_not_swayed_by_the_address(app):
    response = app.test_client().get("/?lang=es", headers={"X-Who": "yuki"})
    assert response.text.startswith("ja ")
    assert "Set-Cookie" not in response.headers


def test_a_mail_speaks_to_its_reader_and_the_page_goes_on_as_before(app):
    carlos = SimpleNamespace(locale="es", timezone="America/Argentina/Buenos_Aires")
    with app.test_request_context("/", headers={"X-Who": "yuki"}):
        assert gettext("yesterday") == "昨日"
        with languages.speaking_to(carlos):
            assert gettext("yesterday") == "ayer"
            assert languages.reader_zone() == "America/Argentina/Buenos_Aires"
        assert gettext("yesterday") == "昨日"
        assert languages.reader_zone() == "Asia/Tokyo"


def test_mails_are_written_without_a_request(app):
    with app.app_context():
        with languages.speaking_to(SimpleNamespace(locale="ja", timezone="Asia/Tokyo")):
            assert gettext("yesterday") == "昨日"
        assert (languages.current_locale(), languages.reader_zone()) == ("en", "UTC")


def test_every_language_has_its_forms_of_dates():
    assert set(dates.FORMS) == set(languages.LOCALES)
