"""Contacts in a browser: who adds whom, who confirms them, and what a stand-in can no longer do."""

import re

from playwright.sync_api import expect

from tests.browser.pages import YUKI

HARUTO, PIET = "Haruto Abe", "Piet Vermeer"
PASSPHRASE = "seven quiet rivers at noon"


def add(page, name):
    """Add a contact of Kitahama Foods; return the address that the invitation goes to."""
    address = f"{name.replace(' ', '.').lower()}@kitahama.example"
    page.goto("/contacts/kitahama")
    page.get_by_role("link", name="Add a contact").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Add and invite").click()
    expect(people(page).get_by_role("row", name=re.compile(name))).to_be_visible()
    return address


def people(page):
    return page.get_by_role("region", name="People")


def test_whom_a_manager_adds_is_invited_and_comes_in_by_the_mail(be, words, visit, inhabited, javascript):
    yuki, name = be(YUKI), words("Nao Ito")
    address = add(yuki, name)
    expect(people(yuki).get_by_role("row", name=re.compile(name))).not_to_contain_text("Not confirmed")
    nao = visit(inhabited, java_script_enabled=javascript)
    nao.goto("/preview/mail")
    nao.get_by_role("row", name=re.compile(name)).get_by_role("link").first.click()
    expect(nao.get_by_text(address).first).to_be_visible()
    nao.frame_locator("iframe").locator("a.go").click()
    nao.locator("#password").fill(PASSPHRASE)
    nao.locator("form:has(#password) button[type=submit]").click()
    nao.get_by_label("E-mail address").fill(address)
    nao.get_by_label("Password").fill(PASSPHRASE)
    nao.get_by_role("button", name="Sign in").click()
    expect(nao.locator(".me")).to_contain_text(name)
    nao.goto("/requests")
    expect(nao.locator("#list tbody").get_by_role("row").first).to_contain_text("Kitahama Foods")


def test_whom_a_partner_adds_waits_until_a_manager_confirms(be, words):
    piet, haruto, name = be(PIET), be(HARUTO), words("Aya Endo")
    add(piet, name)
    expect(people(piet).get_by_role("row", name=re.compile(name))).to_contain_text("Not confirmed")
    expect(piet.get_by_role("button", name=f"Confirm {name}")).to_have_count(0)
    haruto.goto("/notifications")
    haruto.get_by_role("link", name=re.compile(f"Piet Vermeer .* added {name}")).click()
    haruto.goto("/contacts/kitahama")
    haruto.get_by_role("button", name=f"Confirm {name}").click()
    expect(haruto.get_by_role("button", name=f"Confirm {name}")).to_have_count(0)
    piet.goto("/contacts/kitahama")
    expect(people(piet).get_by_role("row", name=re.compile(name))).not_to_contain_text("Not confirmed")


def test_a_record_linked_as_a_stand_in_signs_in_no_more_until_it_is_unlinked(be, words):
    yuki, visitor, name = be(YUKI), be(HARUTO), words("Lattice Helper")
    add(yuki, name)
    visitor.goto("/preview")
    expect(visitor.get_by_role("button", name=name)).to_have_count(1)
    people(yuki).get_by_role("link", name=f"Edit {name}").click()
    person = yuki.get_by_label("In truth this is").get_by_role("option").filter(has_text=PIET).get_attribute("value")
    yuki.get_by_label("In truth this is").select_option(person)
    yuki.get_by_role("button", name="Make it a stand-in").click()
    yuki.goto("/contacts/kitahama")
    linked = yuki.get_by_role("region", name="Stand-ins").get_by_role("row", name=re.compile(name))
    expect(linked).to_contain_text(PIET)
    visitor.goto("/preview")
    expect(visitor.get_by_role("button", name=name)).to_have_count(0)
    linked.get_by_role("button", name=f"Unlink {name}").click()
    expect(people(yuki).get_by_role("row", name=re.compile(name))).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("button", name=name)).to_have_count(1)


def test_a_contact_made_inactive_leaves_the_list_and_comes_back(be, words):
    yuki, name = be(YUKI), words("Ken Baba")
    add(yuki, name)
    people(yuki).get_by_role("link", name=f"Edit {name}").click()
    yuki.get_by_text("Deactivate", exact=True).click()
    yuki.get_by_role("button", name=f"Deactivate {name}").click()
    inactive = yuki.get_by_role("region", name="Inactive")
    yuki.goto("/contacts/kitahama")
    expect(inactive.get_by_role("row", name=re.compile(name))).to_be_visible()
    expect(people(yuki).get_by_role("row", name=re.compile(name))).to_have_count(0)
    inactive.get_by_role("button", name=f"Reactivate {name}").click()
    expect(people(yuki).get_by_role("row", name=re.compile(name))).to_be_visible()
