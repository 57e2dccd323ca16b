"""The Support Experience Dashboard in a browser: another period, another site, and the figures beside the drawing."""

import re

from playwright.sync_api import expect

from tests.browser.pages import ANA, YUKI


def choose_in(page, label, value, javascript):
    page.get_by_label(label, exact=True).select_option(value)
    if not javascript:
        page.get_by_role("button", name="Show").click()


def test_another_period_and_site_change_the_figures_and_the_address(be, javascript):
    yuki = be(YUKI)
    yuki.goto("/dashboard/kitahama")
    before = yuki.locator("#figures > .meta").text_content()
    weeks = yuki.get_by_label("Period").get_by_role("option").last.get_attribute("value")
    choose_in(yuki, "Period", weeks, javascript)
    yuki.wait_for_url(re.compile(f"weeks={weeks}"))
    expect(yuki.locator("#figures > .meta")).not_to_have_text(before)
    opened = yuki.locator("#figures [role=status]").text_content()
    choose_in(yuki, "Site", "Warehouse Nanko", javascript)
    expect(yuki.locator("#figures [role=status]")).not_to_have_text(opened)
    by_site = yuki.get_by_role("region", name="Opened and answered, by site").locator("tbody").get_by_role("row")
    expect(by_site).to_have_count(1)
    expect(by_site).to_contain_text("Warehouse Nanko")
    yuki.reload()
    expect(yuki.get_by_label("Period")).to_have_value(weeks)
    expect(by_site).to_contain_text("Warehouse Nanko")


def test_the_drawing_has_its_table_beside_it(be):
    yuki = be(YUKI)
    yuki.goto("/dashboard/kitahama")
    weekly = yuki.get_by_role("region", name="Opened and solved by week").first
    expect(weekly.get_by_role("img").first).to_be_visible()
    table = weekly.get_by_role("table")
    expect(table).to_be_hidden()
    weekly.get_by_text("The same as a table").click()
    expect(table).to_be_visible()
    weeks = int(yuki.get_by_label("Period").input_value())
    expect(table.locator("tbody").get_by_role("row")).to_have_count(weeks)


def test_a_partner_with_look_sees_what_is_counted_and_one_with_cc_is_refused_by_name(be):
    ana, chie = be(ANA), be("Chie Tanaka")
    ana.goto("/partner/my_customers")
    ana.get_by_role("link", name="Dashboard (Kitahama Foods)").click()
    expect(ana.get_by_text("Counted is what you may read, not everything")).to_be_visible()
    assert chie.goto("/dashboard/kitahama").status == 403
    expect(chie.get_by_role("main")).to_contain_text("閲覧")
