"""A service request in a browser as partner, desk and manager, and what the others see of each step."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.doings import flip, say, stored, submit_request
from tests.browser.pages import ANA, NOOR, YUKI

HARUTO, DMITRI, PIET, CHIE = "Haruto Abe", "Dmitri Sokol", "Piet Vermeer", "Chie Tanaka"


@pytest.fixture
def asked(be, words):
    """Return (Piet's window, the path of a request that he has just submitted for Kitahama Foods)."""
    page = be(PIET)
    return page, submit_request(page, "kitahama", words("The night shift waits"))


def messages(page):
    return page.get_by_role("region", name="Messages")


def test_a_partner_replies_with_a_file_solves_and_reopens_and_the_customer_follows(be, asked, tmp_path):
    piet, path = asked
    steps = tmp_path / "steps.txt"
    steps.write_text("one, two", encoding="utf-8")
    piet.get_by_role("textbox", name="Message").fill("It works with these **steps**.")
    piet.get_by_label("Attach files").set_input_files(steps)
    piet.get_by_label("Then the status is").select_option("Solved")
    piet.get_by_role("button", name="Send reply").click()
    expect(piet.locator("#request-state")).to_contain_text("Solved")
    haruto = be(HARUTO)
    haruto.goto(path)
    expect(haruto.locator("#request-state")).to_contain_text("Solved")
    expect(messages(haruto).locator("strong", has_text="steps")).to_be_visible()
    link = messages(haruto).get_by_role("link", name=re.compile("steps.txt"))
    assert stored(haruto, link, tmp_path / "came") == "one, two"
    piet.get_by_role("textbox", name="Message").fill("It is back.")
    piet.get_by_label("Then the status is").select_option("open")
    piet.get_by_role("button", name="Send reply").click()
    expect(piet.locator("#request-state")).to_contain_text("Open")
    haruto.reload()
    expect(haruto.locator("#request-state")).to_contain_text("Open")
    expect(messages(haruto)).to_contain_text("It is back.")


def test_the_desks_internal_message_reaches_the_desk_alone(be, asked):
    piet, path = asked
    noor = be(NOOR)
    noor.goto(path)
    noor.get_by_label("Internal: only the desk sees it").check()
    say(noor, "Their contract ends in May.")
    expect(messages(noor).get_by_text("Internal", exact=True)).to_be_visible()
    jonas = be("Jonas Weber")
    jonas.goto(path)
    expect(messages(jonas)).to_contain_text("Their contract ends in May.")
    noor.reload()
    say(noor, "We look at it today.")
    haruto = be(HARUTO)
    for page in (piet, haruto):
        page.goto(path)
        expect(messages(page)).to_contain_text("We look at it today.")
        expect(page.locator("body")).not_to_contain_text("contract ends")


def test_the_desk_changes_the_severity_and_everybody_reads_by_whom(be, asked):
    piet, path = asked
    noor = be(NOOR)
    noor.goto(path)
    noor.get_by_text("Change the severity").click()
    noor.get_by_label("Severity", exact=True).select_option("1")
    noor.get_by_role("button", name="Change", exact=True).click()
    expect(noor.locator("#request-state")).to_contain_text("Nothing works")
    piet.goto(path)
    expect(piet.locator("#request-state")).to_contain_text("Nothing works")
    expect(messages(piet)).to_contain_text("Noor Haddad raised the severity from 3 to 1.")


def test_what_a_manager_marks_confidential_is_gone_for_partners_whom_it_does_not_name(be, asked):
    _piet, path = asked
    dmitri, yuki = be(DMITRI), be(YUKI)
    assert dmitri.goto(path).status == 200
    yuki.goto(path)
    flip(yuki, yuki.get_by_role("switch", name=re.compile("Confidential")), True)
    expect(yuki.locator("#request-state")).to_contain_text("Confidential")
    assert dmitri.goto(path).status == 404
    expect(dmitri.get_by_role("heading", level=1)).to_have_text("There is no such page for you")
    flip(yuki, yuki.get_by_role("switch", name=re.compile("Confidential")), False)
    expect(yuki.locator("#request-state")).not_to_contain_text("Confidential")
    assert dmitri.goto(path).status == 200


def test_a_contact_is_added_leads_and_is_removed_and_sees_it_only_as_long(be, asked):
    piet, path = asked
    chie = be(CHIE)
    assert chie.goto(path).status == 404
    panel = piet.locator("#contacts")
    for person in (CHIE, ANA):
        panel.get_by_label("Who", exact=True).select_option(offered(panel, person))
        panel.get_by_role("button", name="Add contact").click()
        expect(panel.get_by_role("button", name=f"Remove {person}")).to_be_visible()
    expect(panel.get_by_role("button", name=f"Make primary {CHIE}")).to_have_count(0)
    assert chie.goto(path).status == 200
    panel.get_by_role("button", name=f"Make primary {ANA}").click()
    expect(panel.get_by_role("listitem").filter(has_text=ANA)).to_contain_text("Primary")
    panel.get_by_role("button", name=f"Remove {CHIE}").click()
    expect(panel.get_by_role("button", name=f"Remove {CHIE}")).to_have_count(0)
    assert chie.goto(path).status == 404
    ana = be(ANA)
    ana.goto(path)
    expect(messages(ana)).to_contain_text(f"Piet Vermeer made {ANA} the primary contact.")


def offered(panel, person):
    return panel.get_by_role("option").filter(has_text=person).get_attribute("value")


def test_a_new_contact_is_added_by_the_second_drop_down_and_waits_for_the_manager(be, asked, words):
    piet, _path = asked
    name = words("Emi Kato")
    panel = piet.locator("#contacts")
    panel.get_by_label("Add another contact to this request").select_option("new")
    panel.get_by_label("Name").fill(name)
    panel.get_by_label("E-mail address").fill(f"{name.replace(' ', '.').lower()}@kitahama.example")
    panel.get_by_role("button", name="Add contact").click()
    expect(panel.get_by_role("button", name=f"Remove {name}")).to_be_visible()
    yuki = be(YUKI)
    yuki.goto("/contacts/kitahama")
    waiting = yuki.get_by_role("article", name=f"Lattice Integrators added {name}")
    expect(waiting.get_by_role("button", name=f"Confirm {name}")).to_be_visible()
