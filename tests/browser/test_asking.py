"""Asking a question in a browser: nothing begun is lost, and who reads it sees it under one's own name."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.doings import stored, submit_request
from tests.browser.pages import NOOR, YUKI, choose, path_of_request

HARUTO, MISAKI, PIET, SANNE = "Haruto Abe", "佐藤 美咲", "Piet Vermeer", "Sanne de Boer"


def test_a_draft_is_offered_again_and_becomes_a_request_that_the_customer_reads(be, words, javascript):
    page, subject = be(PIET), words("Pallets vanish from the list")
    page.goto("/ask?organization=kitahama")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Description").fill("Three of them, since")
    if javascript:
        expect(page.locator("#draft-status")).not_to_be_empty()
    else:
        page.get_by_role("button", name="Save as a draft").click()
    page.goto("/ask")
    expect(page.locator("#draft-offer")).to_contain_text(subject)
    page.get_by_role("button", name="Continue with the draft").click()
    expect(page.get_by_label("Description")).to_have_value("Three of them, since")
    expect(page.get_by_label("Organization")).to_have_value("kitahama")
    page.get_by_label("Description").fill("Three of them, since Monday.")
    page.get_by_role("button", name="Submit for Kitahama Foods").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    page.goto("/ask")
    expect(page.locator("#draft-offer")).to_have_count(0)
    haruto = be(HARUTO)
    haruto.goto(path_of_request(haruto, subject))
    messages = haruto.get_by_role("region", name="Messages")
    expect(messages).to_contain_text("Piet Vermeer Lattice Integrators, partner")
    expect(messages).to_contain_text("Three of them, since Monday.")


def test_the_button_that_saves_a_draft_stands_clear_of_what_follows_on_a_phone(be, javascript):
    page = be(SANNE)
    page.set_viewport_size(NARROW)
    page.goto("/ask?organization=tamarind")
    line, readers = page.locator("#draft-line").bounding_box(), page.locator(".aside").first.bounding_box()
    assert line["y"] + line["height"] + (0 if javascript else 12) <= readers["y"]


def test_a_draft_thrown_away_is_not_offered_again(be, words, javascript):
    page = be(SANNE)
    page.goto("/ask")
    page.get_by_label("Subject").fill(words("Not worth a question"))
    if javascript:
        expect(page.locator("#draft-status")).not_to_be_empty()
    else:
        page.get_by_role("button", name="Save as a draft").click()
    page.goto("/ask")
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.locator("#draft-offer")).to_have_count(0)
    page.goto("/ask")
    expect(page.get_by_label("Subject")).to_have_value("")
    expect(page.locator("#draft-offer")).to_have_count(0)


def test_files_stay_through_a_mistake_and_arrive_as_they_were(be, words, tmp_path):
    page, subject = be(PIET), words("The scanner log is attached")
    log = tmp_path / "scanner.log"
    log.write_text("beep\nbeep\n", encoding="utf-8")
    page.goto("/ask?organization=kitahama")
    page.get_by_label("Description").fill("Look at the last line.")
    page.get_by_label("Attachments").set_input_files(log)
    page.get_by_role("button", name="Submit for Kitahama Foods").click()
    expect(page.get_by_role("alert")).to_contain_text("Write a subject")
    expect(page.get_by_role("group", name="Files kept").get_by_role("checkbox")).to_be_checked()
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Submit for Kitahama Foods").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    misaki = be(MISAKI)
    misaki.goto(path_of_request(misaki, subject))
    link = misaki.get_by_role("link", name=re.compile("scanner.log"))
    assert stored(misaki, link, tmp_path / "came") == "beep\nbeep\n"


def test_answers_are_suggested_beside_and_nothing_typed_is_lost(visit, inhabited):
    page = visit(inhabited)
    choose(page, PIET)
    page.goto("/ask")
    page.get_by_label("Description").fill("It prints the one before.")
    page.get_by_label("Subject").press_sequentially("label printer")
    link = page.get_by_role("region", name="Answers that may help").get_by_role("link").first
    with page.expect_popup() as beside:
        link.click()
    expect(beside.value.get_by_role("heading", level=1)).to_contain_text(re.compile("label", re.IGNORECASE))
    expect(page.get_by_label("Subject")).to_have_value("label printer")
    expect(page.get_by_label("Description")).to_have_value("It prints the one before.")


def test_a_manager_who_is_no_support_contact_asks_about_the_account_and_the_desk_answers(be, words):
    yuki, subject = be(YUKI), words("Who pays for another contact?")
    yuki.goto("/ask")
    category = yuki.get_by_label("Category")
    expect(category.locator("option:enabled")).to_have_count(1)
    expect(category).to_have_value("account")
    path = submit_request(yuki, "kitahama", subject)
    noor = be(NOOR)
    noor.goto("/desk?organization=kitahama")
    noor.get_by_role("link", name=subject).click()
    noor.get_by_role("textbox", name="Message").fill("Nobody: it is free.")
    noor.get_by_role("button", name="Send reply").click()
    expect(noor.get_by_role("region", name="Messages")).to_contain_text("Nobody: it is free.")
    yuki.goto(path)
    expect(yuki.get_by_role("region", name="Messages")).to_contain_text("Noor Haddad Halyard Support, desk")


def test_the_desk_asks_in_the_name_of_nobody_but_itself_for_any_customer(be, words):
    noor, subject = be(NOOR), words("We renew your certificate tonight")
    path = submit_request(noor, "nordlys", subject)
    lars = be("Lars Hagen")
    lars.goto(path)
    expect(lars.get_by_role("heading", level=1)).to_have_text(subject)
    expect(lars.get_by_role("region", name="Messages")).to_contain_text("Noor Haddad Halyard Support, desk")
