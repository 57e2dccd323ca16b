"""My Requests in a browser: narrowed, searched, sorted, leafed through and taken along, each list in its address."""

import csv
import re

from playwright.sync_api import expect

from tests.browser.doings import stored
from tests.browser.pages import ANA, NOOR

CHIE, MARA = "Chie Tanaka", "Mara Quist"
COLUMNS = (
    "reference organization subject status severity category site submitted_by primary_contact created_at updated_at"
)


def rows(page):
    return page.locator("#list tbody").get_by_role("row")


def test_a_list_is_narrowed_searched_and_sorted_and_its_address_brings_it_back(be):
    ana = be(ANA)
    ana.goto("/requests")
    ana.get_by_label("Organization").select_option("Kitahama Foods")
    ana.get_by_label("Sort").select_option("Severity")
    ana.get_by_role("searchbox").fill("lot number")
    ana.get_by_role("button", name="Search").click()
    ana.wait_for_url(re.compile("q=lot"))
    expect(ana.locator("#list mark").first).to_have_text(re.compile("lot", re.IGNORECASE))
    expect(ana.get_by_role("columnheader", name="Sev.")).to_have_attribute("aria-sort", "ascending")
    found = rows(ana).count()
    assert found
    expect(rows(ana).filter(has_text="Kitahama Foods")).to_have_count(found)
    address = ana.url
    ana.goto("/requests")
    ana.goto(address)
    expect(ana.get_by_role("searchbox")).to_have_value("lot number")
    expect(rows(ana)).to_have_count(found)


def test_the_next_page_goes_on_where_the_first_ends_and_leads_back(be):
    ana = be(ANA)
    ana.goto("/requests?sort=created")
    first = rows(ana).get_by_role("link").all_text_contents()
    ana.get_by_role("link", name="Next page").click()
    expect(ana.get_by_role("link", name="First page")).to_be_visible()
    second = rows(ana).get_by_role("link").all_text_contents()
    assert len(first) == 50
    assert second
    assert ana.locator("#list .ref").first.text_content() not in first
    ana.get_by_role("link", name="First page").click()
    expect(rows(ana).get_by_role("link")).to_have_text(first)


def test_the_csv_holds_what_the_list_shows_and_for_each_what_they_may_see(be, tmp_path):
    told = {}
    for person in (ANA, CHIE, MARA, NOOR):
        page = be(person)
        page.goto("/requests?organization=kitahama&q=lot+number")
        listed = page.locator("#list .ref").all_text_contents()
        taken = stored(page, page.locator("#csv"), tmp_path / "list.csv")
        header, *lines = csv.reader(taken.splitlines())
        assert header == COLUMNS.split()
        assert [line[0] for line in lines] == listed
        told[person] = set(listed)
    assert told[MARA] == set()
    assert told[CHIE] < told[ANA] <= told[NOOR]


def test_only_those_that_name_me_are_left_when_one_asks_for_them(be):
    chie, ana = be(CHIE), be(ANA)
    ana.goto("/requests?organization=kitahama")
    everything = rows(ana).count()
    ana.get_by_label("Only those that name me").check()
    ana.get_by_role("button", name="Search").click()
    ana.wait_for_url(re.compile("mine=on"))
    expect(rows(ana)).not_to_have_count(everything)
    named = rows(ana).get_by_role("link").first.text_content()
    ana.get_by_role("link", name=named).click()
    expect(ana.locator("#contacts")).to_contain_text("Ana Torres (you)")
    chie.goto("/requests?organization=kitahama")
    expect(rows(chie)).not_to_have_count(everything)
