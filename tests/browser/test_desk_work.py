"""The desk at its work in a browser: the queue, organizations and site notices, and what the others see of it."""

import re

from playwright.sync_api import expect

from tests.browser.doings import flip, submit_request
from tests.browser.pages import ANA, NOOR

DMITRI, HARUTO, JONAS, LARS = "Dmitri Sokol", "Haruto Abe", "Jonas Weber", "Lars Hagen"


def show(page, label, option, javascript, button="Show"):
    """Choose in a filter: a script shows the result at once, without one its button does."""
    page.get_by_label(label, exact=True).select_option(option)
    if not javascript:
        page.get_by_role("button", name=button, exact=True).click()


def test_a_request_is_found_in_the_queue_taken_and_the_filters_are_there_on_the_way_back(be, words, javascript):
    lars, noor, jonas, subject = be(LARS), be(NOOR), be(JONAS), words("Invoices show two currencies")
    submit_request(lars, "nordlys", subject)
    noor.goto("/desk")
    show(noor, "Organization", "Nordlys Energi", javascript)
    noor.wait_for_url(re.compile("organization=nordlys"))
    show(noor, "Sort", "Last updated", javascript)
    noor.wait_for_url(re.compile("sort=updated"))
    row = noor.get_by_role("row", name=re.compile(subject))
    row.get_by_role("combobox").select_option("Me")
    if not javascript:
        row.get_by_role("button", name="Assign").click()
    else:
        expect(noor.locator("#queue-said")).not_to_have_text(re.compile("^[0-9]+ request"))
    row.get_by_role("link", name=subject).click()
    expect(noor.locator("#about")).to_contain_text("Noor Haddad")
    noor.goto("/desk?organization=nordlys&sort=updated&whose=me")
    expect(row.get_by_role("combobox")).to_have_value(re.compile(".+"))
    row.get_by_role("link", name=subject).click()
    noor.go_back()
    expect(noor.get_by_label("Organization", exact=True)).to_have_value("nordlys")
    expect(row).to_be_visible()
    jonas.goto("/desk?whose=nobody")
    expect(jonas.get_by_role("row", name=re.compile(subject))).to_have_count(0)


def test_an_organization_with_a_site_is_added_and_offered_to_the_whole_desk(be, words):
    noor, name, site = be(NOOR), words("Fjord Rail"), words("Ticket shop")
    noor.goto("/desk/organizations")
    noor.get_by_role("link", name="Add an organization").click()
    noor.get_by_label("Name", exact=True).fill(name)
    noor.get_by_label("Time zone").select_option("Europe/Oslo")
    noor.get_by_role("button", name="Add the organization").click()
    noor.get_by_label("In addresses").fill(name.lower().replace(" ", "-"))
    noor.get_by_role("button", name="Add the organization").click()
    expect(noor.get_by_role("heading", level=1)).to_contain_text(name)
    expect(noor.get_by_text("No contact manager: nobody of this organization")).to_be_visible()
    adding = noor.get_by_role("region", name="Sites").locator("details", has_text="Add a site")
    adding.get_by_label("Name").fill(site)
    adding.get_by_role("button", name="Add the site").click()
    expect(noor.get_by_role("region", name="Sites").get_by_text(site, exact=True)).to_be_visible()
    jonas = be(JONAS)
    jonas.goto("/desk/notices/new")
    expect(jonas.get_by_label("Site", exact=True)).to_contain_text(site)
    jonas.goto(f"/ask?organization={name.lower().replace(' ', '-')}")
    expect(jonas.get_by_label("Site", exact=True)).to_contain_text(site)


def announce(noor, title):
    noor.goto("/desk/notices/new")
    noor.get_by_label("Site", exact=True).select_option("Umeda pop-up")
    noor.get_by_role("radio", name="Incident").check(force=True)
    noor.get_by_label("What happens, in one line").fill(title)
    noor.get_by_role("button", name="Announce it").click()
    expect(noor.get_by_role("region", name="Shown now")).to_contain_text(title)


def test_a_site_notice_reaches_whom_it_concerns_until_they_leave_or_it_is_over(be, words):
    noor, dmitri, ana, haruto = (be(person) for person in (NOOR, DMITRI, ANA, HARUTO))
    first, second = words("The till is slow"), words("The till stands still")
    announce(noor, first)
    dmitri.goto("/partner/my_customers")
    customer = dmitri.get_by_role("article", name="Kitahama Foods")
    expect(customer).to_contain_text(first)
    flip(dmitri, customer.get_by_role("switch", name=re.compile("Tell me of site notices")), False)
    announce(noor, second)
    for page, told in ((dmitri, False), (ana, True), (haruto, True)):
        page.goto("/notifications")
        expect(page.get_by_role("link", name=re.compile(second))).to_have_count(1 if told else 0)
    flip_back(dmitri)
    tell_that_it_is_over(noor, second)
    ana.goto("/notifications")
    expect(ana.get_by_role("link", name=re.compile(second))).to_have_count(2)


def flip_back(dmitri):
    dmitri.goto("/partner/my_customers")
    switch = dmitri.get_by_role("switch", name=re.compile(r"Tell me of site notices \(Kitahama"))
    expect(switch).not_to_be_checked()
    flip(dmitri, switch, True)


def tell_that_it_is_over(noor, title):
    one = noor.get_by_role("region", name="Shown now").get_by_role("listitem").filter(has_text=title)
    one.get_by_text("Tell that it is over").click()
    one.get_by_label("What was done").fill("A cable was loose.")
    one.get_by_role("button", name="Tell everybody concerned").click()
    expect(noor.get_by_text("A cable was loose.").first).to_be_visible()
