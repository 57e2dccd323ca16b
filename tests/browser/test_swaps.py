"""What a change of a part of the page means to who does not see it all: focus, announcements, errors, nothing that jumps."""

import re

from playwright.sync_api import expect

from tests.browser.pages import ANA, choose

LISTEN = """() => {
    new MutationObserver(changes => {
        for (const {target, addedNodes} of changes)
            if (target.role === "status" && addedNodes.length) document.body.dataset.said = target.textContent.trim();
    }).observe(document.body, {childList: true, subtree: true});
}"""
TOPS = (
    "[...document.querySelectorAll('main article, main section')].map(one => one.getBoundingClientRect().top + scrollY)"
)


def test_a_switch_keeps_the_focus_and_its_place_and_what_it_did_is_read_out(visit, lived_in):
    page = visit(lived_in)
    choose(page, ANA)
    page.goto("/partner/my_customers")
    switch = page.get_by_role("switch", name="Tell me of new requests").first
    page.evaluate(LISTEN)
    before, on = page.evaluate(TOPS), switch.is_checked()
    switch.focus()
    page.keyboard.press("Space")
    # Only what comes into a line that stands already is heard.
    expect(page.locator("body")).to_have_attribute("data-said", re.compile("^You hear"))
    expect(switch).to_be_checked(checked=not on)
    assert switch.evaluate("one => one === document.activeElement"), "the focus is lost"
    assert page.evaluate(TOPS) == before, "what stands below has moved"


def test_a_form_with_errors_says_so_and_each_error_leads_to_its_field(visit, lived_in):
    page = visit(lived_in)
    choose(page, ANA)
    page.goto("/ask")
    page.locator("#submit-line button[type=submit]").first.click()
    summary = page.locator("main [role=alert]").first
    expect(summary).to_be_focused()
    link = summary.get_by_role("link").first
    field = page.locator(link.get_attribute("href"))
    link.press("Enter")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}").inner_text().strip()


def test_nothing_moves_where_less_motion_is_wished(visit, lived_in):
    page = visit(lived_in, reduced_motion="reduce")
    choose(page, ANA)
    page.goto("/partner/my_customers")
    page.get_by_role("switch", name="Tell me of new requests").first.click()
    moving = page.evaluate("document.getAnimations().filter(one => one.playState === 'running').length")
    assert moving == 0
    slow = "[...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0.001).length"
    assert page.evaluate(slow) == 0
    fades = "one => { one.className = 'swapped'; return getComputedStyle(one).animationName; }"
    assert page.locator("main").evaluate(fades) == "none"
