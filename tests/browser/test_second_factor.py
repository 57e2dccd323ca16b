"""A second factor in a browser without scripts: set up, used, looked after, and what each of its pages looks like."""

from urllib.parse import unquote

import pyotp
import pytest

from portal.preview.cast import PASSWORD
from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import YUKI, choose
from tests.browser.test_each_page import complaints

PAGE = "/preferences/second_factor"
EMAIL = "y.mori@kitahama.example"


@pytest.fixture(params=["scripts", "no scripts"])
def page(visit, lived_in, request):
    return visit(lived_in, java_script_enabled=request.param == "scripts")


def looks_well(page, name):
    """See that the page keeps its policy and fits a phone; axe judges these pages with all others."""
    assert complaints(page) == [], name
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], name
    page.set_viewport_size(WIDE)


def focused(page):
    return page.evaluate("document.activeElement.id")


def set_up(page):
    """Set a second factor up and return (its app, the recovery codes)."""
    page.goto(PAGE)
    page.get_by_text("I cannot scan it").click()
    app = pyotp.TOTP(page.locator(".typed-code").inner_text().replace(" ", ""))
    page.get_by_label("Code of six digits").fill("000 000")
    page.get_by_role("button", name="Set it up").click()
    looks_well(page, "a code that does not fit")
    page.get_by_label("Code of six digits").fill(app.now())
    page.get_by_role("button", name="Set it up").click()
    codes = page.locator(".code-list li").all_inner_texts()
    saved = unquote(page.get_by_role("link", name="Save as a file").get_attribute("href"))
    assert len(codes) == 10 and all(code in saved for code in codes)
    looks_well(page, "recovery codes")
    return app, codes


def test_a_second_factor_is_set_up_used_and_looked_after(page):
    choose(page, YUKI)
    app, codes = set_up(page)
    page.get_by_role("link", name="I have kept them: go on").click()
    page.goto(PAGE)
    looks_well(page, "looking after it")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Type your code").wait_for()
    assert focused(page) == "code"
    looks_well(page, "asking for the code")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    page.locator("#e-code").wait_for()
    assert focused(page) == "code"
    looks_well(page, "a wrong code")
    page.get_by_text("Use a recovery code", exact=True).click()
    page.get_by_label("One of your recovery codes").fill("not one of mine at all")
    page.get_by_role("button", name="Sign in with it").click()
    page.locator("#e-recovery_code").wait_for()
    assert focused(page) == "recovery_code"
    looks_well(page, "a wrong recovery code")
    page.keyboard.type(codes[0])
    page.keyboard.press("Enter")
    page.get_by_text("9 are left.").wait_for()
    page.goto(PAGE)
    page.get_by_text("Turn the second factor off").click()
    page.get_by_role("button", name="Turn it off").click()
    page.get_by_text("Your second factor is off.").wait_for()
    page.goto("/preferences")
    page.get_by_role("link", name="Set up a second factor").wait_for()
