"""Asking and answering in a browser: what was typed and chosen stays, whatever is swapped around it."""

import re

from playwright.sync_api import expect

from tests.browser.pages import ANA, choose, path_of_request

PIET, HARUTO = "Piet Vermeer", "Haruto Abe"
SUBJECT = "Label printer prints yesterday’s lot number"


def test_changing_the_organization_keeps_what_was_typed_and_chosen(visit, portal, tmp_path):
    log = tmp_path / "printer.log"
    log.write_text("ready")
    page = visit(portal)
    choose(page, PIET)
    page.goto("/ask")
    page.get_by_label("Subject").fill("Half a subject")
    page.get_by_label("Description").fill("Half a text")
    page.get_by_label("Attachments").set_input_files(log)
    page.get_by_label("Organization").select_option(label="Kitahama Foods")
    send = page.get_by_role("button", name="Submit for Kitahama Foods")
    expect(send).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Half a subject")
    page.get_by_role("button", name="Use Asia/Tokyo").click()
    expect(page.get_by_label("Time zone of this request")).to_have_value("Asia/Tokyo")
    page.get_by_label("Subject").fill("")
    send.click()
    expect(page.get_by_role("alert")).to_contain_text("Write a subject")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Description")).to_have_value("Half a text")
    page.get_by_label("Subject").fill("A whole subject")
    page.get_by_label("Subject").press("Enter")
    expect(page.get_by_role("heading", name="A whole subject")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("printer.log"))).to_be_visible()
    expect(page.locator("#about")).to_contain_text("Asia/Tokyo")


def test_the_fields_that_do_not_matter_are_put_away(visit, portal):
    page = visit(portal)
    choose(page, PIET)
    page.goto("/ask?organization=kitahama")
    expect(page.get_by_label("Time zone of this request")).to_be_visible()
    expect(page.get_by_label("Who is the contact?")).to_be_hidden()
    page.get_by_label("I am the contact for this request").uncheck()
    expect(page.get_by_label("Time zone of this request")).to_be_hidden()
    expect(page.get_by_label("Who is the contact?")).to_be_visible()


def test_a_reply_and_what_others_write_appear_in_place(visit, portal):
    ana, haruto = visit(portal), visit(portal)
    choose(ana, ANA)
    choose(haruto, HARUTO)
    for page in (ana, haruto):
        page.goto(path_of_request(page, SUBJECT))
    ana.get_by_label("Message", exact=True).fill("Half a sentence")
    haruto.get_by_label("Message", exact=True).fill("A word in **between**")
    haruto.get_by_label("Then the status is").select_option("waiting")
    haruto.get_by_role("button", name="Send reply").click()
    expect(haruto.locator("#request-state")).to_contain_text("Waiting for you")
    expect(haruto.locator("#messages li:focus")).to_contain_text("A word in between")
    expect(haruto.get_by_label("Message", exact=True)).to_have_value("")
    ana.evaluate("htmx.trigger('#thread', 'every')")
    expect(ana.locator("#reply-status")).to_have_text("1 new message above")
    expect(ana.locator("#messages")).to_contain_text("A word in between")
    expect(ana.get_by_label("Message", exact=True)).to_have_value("Half a sentence")
    expect(ana.locator("#request-state")).to_contain_text("Waiting for you")


def test_who_loses_the_right_in_the_middle_of_a_sentence_keeps_it(visit, portal):
    ana, haruto = visit(portal), visit(portal)
    choose(ana, ANA)
    choose(haruto, HARUTO)
    for page in (ana, haruto):
        page.goto(path_of_request(page, "Order export stops at 10,000 rows"))
    haruto.locator("#contacts").get_by_role("button", name=f"Remove {ANA}").click()
    haruto.get_by_role("switch", name=re.compile("Confidential")).check()
    expect(haruto.locator("#request-state")).to_contain_text("Confidential")
    ana.get_by_label("Message", exact=True).fill("An hour of work")
    ana.evaluate("htmx.trigger('#thread', 'every')")
    ana.get_by_role("button", name="Send reply").click()
    expect(ana.get_by_role("alert")).to_contain_text("There is no such page for you")
    expect(ana.get_by_label("Message", exact=True)).to_have_value("An hour of work")


def test_a_new_contact_is_asked_for_by_name_and_address(visit, portal):
    page = visit(portal)
    choose(page, PIET)
    page.goto(path_of_request(page, SUBJECT))
    panel = page.locator("#contacts")
    expect(panel.get_by_label("Who")).to_be_visible()
    expect(panel.get_by_label("Name")).to_be_hidden()
    panel.get_by_label("Add another contact to this request").select_option("new")
    expect(panel.get_by_label("Who")).to_be_hidden()
    panel.get_by_role("button", name="Add contact").click()
    expect(panel.get_by_role("alert")).to_contain_text("Write the person’s name.")
    panel.get_by_label("Name").fill("Emi Kato")
    panel.get_by_label("E-mail address").fill("e.kato@kitahama.example")
    panel.get_by_role("button", name="Add contact").click()
    expect(panel.get_by_role("status")).to_have_text("Emi Kato has been added.")
    expect(panel.get_by_role("heading", name="Contacts")).to_be_focused()
    expect(page.locator("#messages")).to_contain_text("Piet Vermeer added Emi Kato as a contact.")
