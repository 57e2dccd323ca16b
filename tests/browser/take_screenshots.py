"""Take the README's pictures, of the tour's steps. Those of every page are made by tests.browser.contact_sheet.

python -m tests.browser.take_screenshots
"""

import shutil

from playwright.sync_api import sync_playwright

from tests.browser import tour
from tests.browser.conftest import OPTIONS, WIDE
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


def main():
    """Write the pictures, and say where they are."""
    with sync_playwright() as playwright:
        preview = Preview()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        try:
            _walk(browser, preview)
        finally:
            browser.close()
            preview.stop()


def _walk(browser, preview):
    PICTURES.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(
        base_url=preview.url, viewport=WIDE, locale="en", timezone_id="Asia/Tokyo", color_scheme="light"
    )
    for story in tour.STORIES:
        tour.walk(page, story, _keep_for_the_readme)


def _keep_for_the_readme(page, name):
    if name in README_PICTURES:
        page.screenshot(path=PICTURES / README_PICTURES[name])
        print(PICTURES / README_PICTURES[name])


if __name__ == "__main__":
    main()
