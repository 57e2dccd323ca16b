"""The five stories of the preview, walked as a visitor does: wide and narrow, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.browser import tour
from tests.browser.axe import violations
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_each_page import complaints

# On a phone, where there is the least room, axe judges each step: its own measuring is against the pages' policy.
WAYS = {
    "wide": {"viewport": WIDE},
    "narrow, in Japanese": {"viewport": NARROW, "locale": "ja-JP", "bypass_csp": True},
    "without JavaScript": {"viewport": NARROW, "java_script_enabled": False, "locale": "es-ES"},
}


@pytest.mark.parametrize("way", WAYS)
def test_all_five_stories_can_be_walked_one_after_the_other(visit, lived_in, way):
    page, judged, found = visit(lived_in, **WAYS[way]), WAYS[way].get("bypass_csp", False), []

    def look_at(page, name):
        _keeps_to_the_page(page, name)
        found.extend(f"{name}: {one}" for one in (violations(page) if judged else ()))

    for story in tour.STORIES:
        tour.walk(page, story, look_at)
    assert found == []
    assert complaints(page) == []


def _keeps_to_the_page(page, name):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], name
    if not name.endswith("-end") and not name.startswith("end-2"):
        hint = page.locator("#tour-hint-1")
        expect(hint, name).to_be_visible()


def test_one_can_step_back_begin_anew_skip_and_leave(visit, lived_in):
    page = visit(lived_in)
    tour.begin(page, "ask")
    page.get_by_role("button", name="Skip this step").click()
    expect(page.locator(".tour-place")).to_contain_text("step 2 of 4")
    page.get_by_role("button", name="A step back").click()
    expect(page.locator(".tour-place")).to_contain_text("step 1 of 4")
    page.get_by_role("button", name="Skip this step").click()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".tour-place")).to_contain_text("step 1 of 4")
    page.get_by_role("button", name="Leave the tour").click()
    expect(page.locator(".tour")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Follow a story, or be anybody")


def test_somebody_else_is_one_click_away_from_where_the_story_goes_on(visit, lived_in):
    page = visit(lived_in)
    tour.begin(page, "decide")
    page.goto("/preview")
    page.get_by_role("button", name="Noor Haddad").click()
    page.get_by_role("button", name="Go on as Yuki Mori").click()
    expect(page.locator(".preview-bar")).to_contain_text("you are Yuki Mori")
    expect(page.locator("#tour-hint-1")).to_be_visible()
