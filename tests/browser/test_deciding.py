"""Weighing and deciding in a browser: the sentence follows what is chosen, and an answer stands where the decision was."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import ANA, YUKI, choose

HARUTO = "Haruto Abe"


def decision_of(page):
    """Open My Partners and return the first decision that waits."""
    page.goto("/partner/my_partners")
    return page.locator("article.decision").first


def test_the_sentence_and_the_button_follow_what_is_chosen(visit, portal):
    page = visit(portal)
    choose(page, YUKI)
    decision = decision_of(page)
    before = decision.locator(".impact").inner_text()
    decision.get_by_label("Covers requests from").fill("2026-11-20")
    decision.get_by_label("Covers requests from").blur()
    expect(decision.locator(".impact")).not_to_have_text(before)
    expect(decision.get_by_role("button", name="Approve with 1 change")).to_be_visible()
    decision.locator("select").first.select_option("none")
    expect(decision.get_by_role("button", name="Approve with 2 changes")).to_be_visible()
    decision.get_by_label("Days").fill("100000")
    decision.get_by_label("Days").blur()
    expect(decision.get_by_role("alert")).to_contain_text("never more than was asked")
    expect(decision.get_by_label("Covers requests from")).to_have_value("2026-11-20")


def test_who_decides_second_is_told_in_the_same_place(visit, portal):
    first, second = visit(portal), visit(portal)
    choose(first, YUKI)
    choose(second, HARUTO)
    slow, quick = decision_of(first), decision_of(second)
    place = "#" + slow.get_attribute("id")
    quick.get_by_role("button", name="Approve").click()
    expect(second.locator(place)).to_contain_text("has been told.")
    expect(second.locator(place)).to_be_focused()
    expect(second.locator("#pending-count")).to_have_text("0 requests")
    expect(second.locator("#waits-handshake")).to_be_hidden()
    slow.locator("summary", has_text="Decline").click()
    slow.get_by_label(re.compile("Reason")).fill("We know nothing of this.")
    slow.get_by_role("button", name="Decline the request").click()
    expect(first.locator(place)).to_contain_text("Haruto Abe approved this request")
    expect(first.locator(place)).to_be_focused()
    expect(first).to_have_url(re.compile("/partner/my_partners$"))


def test_the_second_click_of_a_double_click_approves_nothing_else(visit, portal):
    for person in ("Piet Vermeer", "Sanne de Boer"):
        asker = visit(portal)
        choose(asker, person)
        asker.goto("/partner/my_customers/request")
        asker.get_by_label("Contact manager’s e-mail address").fill("y.mori@kitahama.example")
        asker.get_by_role("radio", name=re.compile("^Look")).check(force=True)
        asker.get_by_role("button", name="Send request").click()
        expect(asker).to_have_url(re.compile("/partner/my_customers#pending$"))
    page = visit(portal)
    choose(page, YUKI)
    decision_of(page)
    ours = page.locator("article.decision", has_text="Lattice Integrators asks")
    press(page, ours.first.get_by_role("button", name="Approve"), 1)
    expect(page.locator(".notice-good")).to_contain_text("Approved.")
    page.wait_for_load_state("networkidle")
    left = ours.first.get_by_role("button", name="Approve")
    press(page, left, 2)
    expect(left).to_be_enabled()
    page.reload()
    expect(ours).to_have_count(1)
    press(page, left, 1)
    expect(ours).to_have_count(0)


def press(page, button, clicks):
    """Click a button as the first or the second click of a double click."""
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    page.mouse.down(click_count=clicks)
    page.mouse.up(click_count=clicks)


def test_the_switch_stays_where_it_is_and_says_what_it_did(visit, portal):
    page = visit(portal)
    choose(page, ANA)
    page.goto("/partner/my_customers")
    switch = page.get_by_role("switch", name="Tell me of new requests (Kitahama Foods)")
    told = switch.is_checked()
    switch.click()
    expect(page.locator("#subscription-kitahama").get_by_role("status")).to_contain_text("You hear")
    page.reload()
    expect(switch).to_be_checked(checked=not told)


@pytest.mark.parametrize("javascript", [True, False])
def test_another_number_of_days_is_typed_and_kept(visit, portal, javascript):
    page = visit(portal, java_script_enabled=javascript)
    choose(page, ANA)
    page.goto("/partner/my_customers/request")
    number = page.get_by_label("Another number of days")
    expect(number).to_be_hidden()
    page.set_viewport_size({"width": 640, "height": 450})
    chosen, hint = page.locator(".choices").first.bounding_box(), page.locator(".choices + .hint").first.bounding_box()
    assert hint["y"] - chosen["y"] < 2 * hint["height"], "no line is kept free for a field that is not there"
    page.get_by_role("radio", name="Another number").check(force=True)
    number.fill("45")
    page.get_by_label("Contact manager’s e-mail address").fill("nobody@nowhere")
    page.get_by_label("Contact manager’s e-mail address").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This address is not complete.")
    expect(number).to_have_value("45")
