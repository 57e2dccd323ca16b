"""Take pictures: the README's own, or with a folder every page in English and Japanese, wide and narrow.

python -m tests.browser.take_screenshots [FOLDER]
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import NARROW, OPTIONS, WIDE
from tests.browser.pages import PAGES, choose, open_named
from tests.browser.previews import ROOT, Preview

README_PICTURES = {"my_partners": ROOT / "docs" / "screenshots" / "my_partners.png"}


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
    for name, path in README_PICTURES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        page = _page(browser, preview, WIDE, "en", PAGES[name][0])
        open_named(page, name)
        page.screenshot(path=path)
        print(path)


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
