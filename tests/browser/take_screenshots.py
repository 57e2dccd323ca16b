"""Take pictures: the README's own, of the tour's steps; or with a folder every page in two languages and widths.

python -m tests.browser.take_screenshots [FOLDER]
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import tour
from tests.browser.conftest import NARROW, OPTIONS, WIDE
from tests.browser.pages import PAGES, choose, open_named
from tests.browser.previews import ROOT, Preview

PICTURES = ROOT / "docs" / "screenshots"
# The README's pictures are steps of the preview's stories (tests/browser/tour.py): {step: file}.
README_PICTURES = {
    "ask-2": "ask_for_access.png",
    "decide-1": "my_partners.png",
    "question-3": "service_request.png",
    "narrow-3": "narrowed.png",
    "end-3": "access_has_ended.png",
}


def main(folder=None):
    """Write the pictures, and say where they are."""
    with tempfile.TemporaryDirectory() as kept, sync_playwright() as playwright:
        preview = Preview("--keep", kept)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        try:
            if folder:
                _every_page(browser, preview, Path(kept) / "preview.db", Path(folder))
            else:
                _for_the_readme(browser, preview)
        finally:
            browser.close()
            preview.stop()


def _for_the_readme(browser, preview):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = _page(browser, preview, WIDE, "en", None)
    for story in tour.STORIES:
        tour.walk(page, story, _keep_for_the_readme)


def _keep_for_the_readme(page, name):
    if name in README_PICTURES:
        page.screenshot(path=PICTURES / README_PICTURES[name])
        print(PICTURES / README_PICTURES[name])


def _every_page(browser, preview, database, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for locale in ("en", "ja"):
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE contact SET locale = ?", (locale,))
        for width, viewport in ((1280, WIDE), (390, NARROW)):
            for name in PAGES:
                page = _page(browser, preview, viewport, locale, PAGES[name][0])
                status = open_named(page, name)
                page.screenshot(path=folder / f"{name}.{locale}.{width}.png", full_page=True)
                print(f"{name} {locale} {width}: {status}")
                page.context.close()


def _page(browser, preview, viewport, locale, person):
    context = browser.new_context(
        base_url=preview.url, viewport=viewport, locale=locale, timezone_id="Asia/Tokyo", color_scheme="light"
    )
    page = context.new_page()
    if person:
        choose(page, person)
    return page


if __name__ == "__main__":
    main(*sys.argv[1:2])
