"""Every page as a browser sees it: no rule of its policy broken, nothing axe minds, and room for all on small screens."""

import shutil

import pytest

from tests.browser.axe import violations
from tests.browser.conftest import WIDE, open_window
from tests.browser.fitting import misfits
from tests.browser.pages import PAGES, STATUSES, open_named
from tests.browser.walking import LANGUAGES, THEMES, Walk

# Each page is judged in one language and theme; `python -m tests.browser.every_combination` judges it in all.
TURNS = [(language, theme) for theme in THEMES for language in LANGUAGES]


@pytest.fixture(scope="session")
def walking(chromium, filled, tmp_path_factory):
    """A preview that tests look at and leave as it is, in the language that each browser asks for."""
    made = Walk(chromium, shutil.copytree(filled, tmp_path_factory.mktemp("looked_at") / "preview"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def windows(chromium, walking):
    """The windows that stay open, by person and language: to open one takes longer than to look at a page."""
    kept = {}
    yield kept
    for page in kept.values():
        page.context.close()


@pytest.fixture
def window(chromium, visit, walking, windows):
    """Return a function that gives the window of a person, or for nobody, who may become anybody, always a new one."""

    def of(person, language, theme):
        options = {"storage_state": walking.cookies(person), "locale": language}
        if person is None:
            page = visit(walking, **options)
        elif (person, language) in windows:
            page = windows[person, language]
        else:
            page = windows[person, language] = open_window(chromium, walking, **options)
        page.complaints.clear()
        page.set_viewport_size(WIDE)
        page.emulate_media(color_scheme=theme)
        return page

    return of


@pytest.mark.parametrize("name", PAGES)
def test_the_page_keeps_its_policy_pleases_axe_and_has_room_on_small_screens(window, name):
    language, theme = TURNS[list(PAGES).index(name) % len(TURNS)]
    page = window(PAGES[name][0], language, theme)
    assert open_named(page, name) == STATUSES.get(name, 200)
    assert page.get_attribute("html", "lang") == language
    assert complaints(page) == []
    assert violations(page) == []
    # A phone with whole buttons, and the smallest one with doubled text.
    assert misfits(page) == []


def complaints(page):
    """Return what the browser's console holds against the page, its status apart."""
    return [one for one in page.complaints if not one.startswith("Failed to load resource: the server responded")]
