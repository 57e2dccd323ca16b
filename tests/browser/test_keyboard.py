"""The story from asking for access to the reply, by somebody who has only a keyboard."""

import re

from playwright.sync_api import expect

from tests.browser.pages import SANNE, YUKI

SUBJECT = "Scanner at gate 4 reads nothing"
REPLY = "It reads again with the cable changed."
# The element that has the focus, or for a radio button that is drawn by its label, what is drawn.
SHOWN = """() => {
    const one = document.activeElement;
    const drawn = one.matches(".choice input") ? one.nextElementSibling : one;
    const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && style.boxShadow !== "none";
    const inSight = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {ring, inSight, what: one.outerHTML.slice(0, 160)};
}"""
HAS_FOCUS = "one => one === document.activeElement"


def test_the_whole_story_by_keyboard_alone_with_the_focus_always_in_sight(visit, lived_in):
    sanne, yuki = visit(lived_in), visit(lived_in)
    becomes(sanne, SANNE)
    skips_to_the_content(sanne)
    asks_for_access(sanne)
    becomes(yuki, YUKI)
    approves(yuki)
    asks_a_question(sanne)
    replies(sanne)
    assert sanne.complaints + yuki.complaints == []


def reach(page, target, key="Tab"):
    """Press `key` until `target` has the focus. Each stop on the way must show that it has it, and be in sight."""
    for _stop in range(150):
        page.keyboard.press(key)
        shown = page.evaluate(SHOWN)
        if target.evaluate(HAS_FOCUS):
            assert shown["ring"] and shown["inSight"], shown
            return
        assert "<body" in shown["what"] or shown["ring"] and shown["inSight"], shown
    raise AssertionError(f"{target} cannot be reached by {key}")


def press(page, target, key="Enter"):
    """Reach `target` and press `key` on it."""
    reach(page, target)
    page.keyboard.press(key)


def go(page, name):
    """Follow the link of this name, by Enter, and wait for the page it leads to."""
    target = page.get_by_role("link", name=name).first
    reach(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page, target, text):
    reach(page, target)
    page.keyboard.type(text)


def choose_option(page, target, text):
    """Choose in a drop-down as one does without a mouse: by typing how the choice begins."""
    reach(page, target)
    page.keyboard.type(text)
    expect(target.locator("option:checked")).to_have_text(re.compile(text))


def becomes(page, person):
    page.goto("/preview")
    press(page, page.get_by_role("button", name=person).first)
    page.wait_for_url(re.compile(r"/$"))


def skips_to_the_content(page):
    page.reload()
    reach(page, page.locator(":focus"))
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop is not the skip link"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "the skip link does not skip"


def asks_for_access(page):
    page.reload()
    go(page, "My Customers")
    go(page, "Request new access")
    type_into(page, page.get_by_label("Contact manager’s e-mail address"), "y.mori@kitahama.example")
    days = page.get_by_role("radio", name="90 days")
    reach(page, page.locator("[name=days]:checked"))
    while not days.is_checked():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(SHOWN)["ring"]
    choose_option(page, page.get_by_label("Level for Sanne de Boer"), "Create")
    type_into(page, page.get_by_label("A sentence for the contact manager"), "I look after the gates.")
    press(page, page.get_by_role("button", name="Send request"))
    waiting = page.get_by_role("region", name="Waiting for an answer")
    expect(waiting.get_by_role("row", name=re.compile("y.mori@kitahama.example"))).to_contain_text("90 days")


def approves(page):
    go(page, "My Partners")
    request = page.get_by_role("article", name="Lattice Integrators asks for access for 90 days")
    press(page, request.get_by_role("button", name="Approve"))
    expect(page.get_by_text("Sanne de Boer has been told")).to_be_visible()
    assert page.evaluate("document.activeElement !== document.body"), "the focus is lost with what was decided"


def asks_a_question(page):
    page.reload()
    go(page, "Ask a Question")
    organization = page.get_by_label("Organization")
    choose_option(page, organization, "Kitahama")
    submit = page.get_by_role("button", name="Submit for Kitahama Foods")
    expect(submit).to_be_visible()
    assert organization.evaluate(HAS_FOCUS), "what one chooses in loses the focus when the rest changes"
    type_into(page, page.get_by_label("Subject"), SUBJECT)
    type_into(page, page.get_by_label("Description"), "Since this morning.")
    press(page, submit, "Space")
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)


def replies(page):
    page.reload()
    type_into(page, page.get_by_role("textbox", name="Message"), REPLY)
    choose_option(page, page.get_by_label("Then the status is"), "Solved")
    reach(page, page.get_by_role("textbox", name="Message"), "Shift+Tab")
    press(page, page.get_by_role("button", name="Send reply"))
    expect(page.get_by_role("region", name="Messages")).to_contain_text(REPLY)
