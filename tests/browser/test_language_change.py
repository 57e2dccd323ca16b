"""The language changed in the middle of typing, in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import ANA, NOOR, SANNE, choose, path_of_request

WORDS = "Half a sentence, not sent"
# page: (whom to be, where, the field to type into)
TYPED = {
    "ask": (ANA, "/ask", "#description"),
    "request access": (SANNE, "/partner/my_customers/request", "#reason"),
    "reply": (ANA, lambda page: path_of_request(page, "Order export stops at 10,000 rows"), "#body"),
    "sign in": (None, "/login", "#email"),
}


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_what_is_typed_stays_when_the_language_is_changed(visit, lived_in, javascript):
    for person, place, field in TYPED.values():
        page = visit(lived_in, java_script_enabled=javascript)
        if person:
            choose(page, person)
        page.goto(place(page) if callable(place) else place)
        address = page.url
        page.locator(field).fill(WORDS)
        page.get_by_role("button", name="日本語").click()
        expect(page.locator("html[lang=ja]")).to_have_count(1)
        expect(page.locator(field)).to_have_value(WORDS)
        page.get_by_role("button", name="English").click()
        expect(page.locator("html[lang=en]")).to_have_count(1)
        expect(page.locator(field)).to_have_value(WORDS)
        assert page.url == address


def test_of_several_forms_alike_the_one_that_was_typed_into_is_kept_and_in_sight(visit, lived_in):
    page = visit(lived_in)
    choose(page, NOOR)
    page.goto("/desk/organizations/kitahama")
    page.locator("li details > summary").nth(1).click()
    page.locator("li details[open] input[name=name]").fill(WORDS)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html[lang=es]")).to_have_count(1)
    expect(page.locator("li details input[name=name]").nth(1)).to_be_visible()
    expect(page.locator("li details input[name=name]").nth(1)).to_have_value(WORDS)
    expect(page.locator("#organization-form [name=name]")).not_to_have_value(WORDS)
