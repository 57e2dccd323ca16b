"""History in a browser: what partners did, narrowed, taken along as the access receipt, and who could see what."""

import csv
import re

from playwright.sync_api import expect

from tests.browser.doings import stored
from tests.browser.pages import ANA, YUKI, path_of_request

SUBJECT = "Order export stops at 10,000 rows"


def test_a_manager_finds_what_a_partner_has_just_read_and_takes_it_along(be, javascript, tmp_path):
    ana, yuki = be(ANA), be(YUKI)
    reference = path_of_request(ana, SUBJECT).rsplit("/", 1)[-1]
    ana.goto(f"/requests/{reference}")
    yuki.goto("/history/kitahama")
    yuki.get_by_label("Partner", exact=True).select_option("Brightwater Consulting")
    yuki.get_by_label("What", exact=True).select_option("Read and downloaded")
    yuki.get_by_label("Request", exact=True).first.fill(reference)
    yuki.get_by_role("button", name="Show", exact=True).click()
    yuki.wait_for_url(re.compile(f"reference={reference}"))
    read = yuki.locator("#receipt").get_by_role("row", name=re.compile("Ana Torres")).first
    expect(read).to_contain_text("Read")
    expect(read).to_contain_text("Update")
    receipt = stored(yuki, yuki.locator("#csv"), tmp_path / "receipt.csv")
    _header, *lines = csv.reader(receipt.splitlines())
    assert lines
    assert all(reference in line for line in lines)
    assert any("Ana Torres" in line or "a.torres@brightwater.example" in line for line in lines)
    yuki.reload()
    expect(yuki.get_by_label("Partner", exact=True)).to_have_value("brightwater")


def test_a_manager_asks_who_could_see_a_request_on_a_day_and_learns_why(be):
    yuki = be(YUKI)
    reference = path_of_request(yuki, SUBJECT).rsplit("/", 1)[-1]
    yuki.goto("/history/kitahama")
    yuki.locator("#sight-reference").fill(reference)
    yuki.locator("#sight-day").fill(yuki.evaluate("new Date().toISOString().slice(0, 10)"))
    yuki.get_by_role("button", name="Tell me").click()
    sights = yuki.locator("#sights")
    expect(sights.get_by_role("row", name=re.compile("Ana Torres"))).to_contain_text("given to them by Yuki Mori")
    expect(sights.get_by_role("row", name=re.compile("Dmitri Sokol"))).to_contain_text("given to everybody there")
    expect(sights).not_to_contain_text("Mara Quist")


def test_a_partner_is_refused_and_a_stranger_finds_nothing(be):
    ana, stranger = be(ANA), be("Wanjiru Kamau")
    assert ana.goto("/history/kitahama").status == 403
    expect(ana.get_by_role("heading", level=1)).to_have_text("Only a contact manager of the customer can do this")
    assert stranger.goto("/history/kitahama").status == 404
