"""The main job, lived through in a browser: asked, approved by the mail's link, worked on, and seen by the customer."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import SANNE, choose

SUBJECT = "Night shift cannot print delivery notes"
DESCRIPTION = "Since the last update the button “Print” does nothing on the tablets."
REPLY = "It works again after signing out and in on each tablet."


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_from_asking_for_access_to_the_reply_and_what_the_customer_sees(visit, lived_in, javascript):
    sanne = visit(lived_in, java_script_enabled=javascript)
    yuki = visit(lived_in, java_script_enabled=javascript)
    choose(sanne, SANNE)
    asks_for_access(sanne)
    comes_by_the_mails_link(yuki)
    looks_and_approves(yuki)
    sees_her_level_and_subscribes(sanne, javascript)
    chooses_the_customer_and_submits(sanne, javascript)
    replies(sanne)
    finds_it_again(sanne)
    sees_who_did_what(yuki)
    assert [one for one in sanne.complaints + yuki.complaints if "Content Security Policy" in one] == []


def asks_for_access(page):
    page.get_by_role("link", name="My Customers").first.click()
    expect(page.get_by_role("article", name="Kitahama Foods")).to_have_count(0)
    page.get_by_role("link", name="Request new access").click()
    page.get_by_label("Contact manager’s e-mail address").fill("y.mori@kitahama.example")
    page.get_by_role("radio", name="90 days").check(force=True)
    page.get_by_label("Level for Sanne de Boer").select_option("Create")
    page.get_by_label("A sentence for the contact manager").fill("I look after the night shift’s tablets.")
    page.get_by_role("button", name="Send request").click()
    waiting = page.get_by_role("region", name="Waiting for an answer")
    expect(waiting.get_by_role("row", name=re.compile("y.mori@kitahama.example"))).to_contain_text("90 days")


def comes_by_the_mails_link(page):
    page.goto("/preview/mail")
    page.get_by_role("link", name="Sanne de Boer of Lattice Integrators asks for access").click()
    page.get_by_role("button", name=re.compile("Be Yuki Mori")).click()
    letter = page.frame_locator("iframe")
    expect(letter.locator("body")).to_contain_text("I look after the night shift’s tablets.")
    letter.get_by_role("link", name="Look at it and decide").click()
    page.wait_for_url("**/partner/my_partners*")


def looks_and_approves(page):
    request = page.get_by_role("article", name="Lattice Integrators asks for access for 90 days")
    expect(request).to_contain_text("I look after the night shift’s tablets.")
    expect(request).to_contain_text("If you approve")
    request.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Sanne de Boer has been told")).to_be_visible()
    access = page.get_by_role("region", name="Who has access now")
    expect(access.get_by_role("row", name=re.compile("Sanne de Boer"))).to_contain_text("Create")


def sees_her_level_and_subscribes(page, javascript):
    page.goto("/partner/my_customers")
    customer = page.get_by_role("article", name="Kitahama Foods")
    expect(customer).to_contain_text("Yuki Mori gave you Create for Kitahama Foods")
    switch = customer.get_by_role("switch", name=re.compile("Tell me of new requests"))
    switch.check()
    if javascript:
        expect(customer.get_by_role("status")).to_have_text("You hear of every new request of Kitahama Foods.")
    else:
        customer.get_by_role("button", name="Save").click()
    page.reload()
    expect(switch).to_be_checked()


def chooses_the_customer_and_submits(page, javascript):
    page.goto("/ask")
    page.get_by_label("Subject").fill(SUBJECT)
    page.get_by_label("Description").fill(DESCRIPTION)
    page.get_by_label("Organization").select_option("Kitahama Foods")
    if not javascript:
        page.get_by_role("button", name="Change", exact=True).click()
    submit = page.get_by_role("button", name="Submit for Kitahama Foods")
    expect(submit).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value(SUBJECT)
    expect(page.get_by_label("Description")).to_have_value(DESCRIPTION)
    page.get_by_label("Site").select_option("Warehouse Nanko")
    submit.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    expect(page.get_by_role("region", name="Messages")).to_contain_text(
        "Sanne de Boer (you) Lattice Integrators, partner"
    )


def replies(page):
    page.get_by_role("textbox", name="Message").fill(REPLY)
    page.get_by_label("Then the status is").select_option("Solved")
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text(REPLY)


def finds_it_again(page):
    page.goto("/requests")
    page.get_by_role("searchbox").fill("delivery notes")
    page.get_by_label("Organization").select_option("Kitahama Foods")
    page.get_by_role("button", name="Search").click()
    row = page.get_by_role("row", name=re.compile(SUBJECT))
    expect(row).to_contain_text("Kitahama Foods")
    expect(row).to_contain_text("Solved")
    row.get_by_role("link", name=re.compile(SUBJECT)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)


def sees_who_did_what(page):
    page.goto("/requests")
    page.get_by_role("link", name=re.compile(SUBJECT)).click()
    messages = page.get_by_role("region", name="Messages")
    expect(messages).to_contain_text("Sanne de Boer Lattice Integrators, partner")
    expect(messages).to_contain_text(REPLY)
    page.get_by_role("link", name="History").first.click()
    rows = page.get_by_role("row", name=re.compile("Sanne de Boer"))
    for done in ("Submitted", "Wrote in", "Read"):
        expect(rows.filter(has_text=done).filter(has_text=SUBJECT).first).to_contain_text("Create")
    expect(page.get_by_role("row", name=re.compile("Gave Create to Sanne de Boer")).first).to_contain_text("Yuki Mori")
