"""An answer in a browser, from the desk's first draft to a translation that is outdated and a reader who is told."""

import re

from playwright.sync_api import expect

from tests.browser.doings import flip
from tests.browser.pages import ANA, NOOR

MISAKI = "佐藤 美咲"


def test_an_answer_is_written_previewed_translated_followed_and_changed(be, words, javascript):
    noor, ana, title = be(NOOR), be(ANA), words("Weigh a pallet twice")
    noor.goto("/desk/answers")
    noor.get_by_role("link", name="Write an answer").click()
    noor.get_by_label("Title").fill(title)
    noor.get_by_label("Text", exact=True).fill("Weigh it **twice**.")
    noor.get_by_role("button", name="Show a preview").click()
    expect(noor.get_by_role("region", name="Preview").locator("strong", has_text="twice").last).to_be_visible()
    noor.get_by_label("Who may read it").select_option("Everybody who is signed in")
    noor.get_by_role("button", name="Save", exact=True).click()
    expect(noor.get_by_role("heading", name="Edit this answer")).to_be_visible()
    address = re.sub("^/desk", "", noor.url[noor.url.index("/desk/answers/") :].split("?")[0])
    ana.goto(address)
    flip(ana, ana.get_by_role("switch", name="Tell me when this answer changes"), True)
    expect(ana.get_by_role("switch", name="Tell me when this answer changes")).to_be_checked()
    translates(noor, address)
    noor.goto(f"/desk{address}?language=en")
    noor.get_by_label("Text", exact=True).fill("Weigh it **three times**.")
    noor.get_by_label(re.compile("Tell the 1 person who follows")).check()
    noor.get_by_role("button", name="Save", exact=True).click()
    expect(noor.get_by_role("region", name="Versions").get_by_role("listitem")).to_have_count(2)
    the_follower_is_told(ana, title)
    the_reader_in_japanese_is_warned(be(MISAKI), address)


def translates(noor, address):
    noor.goto(f"/desk{address}")
    noor.get_by_role("region", name="Languages").get_by_role("link", name="日本語").click()
    noor.get_by_label("Title").fill("パレットは二度量る")
    noor.get_by_label("Text", exact=True).fill("二度量ってください。")
    noor.get_by_role("button", name="Save", exact=True).click()
    expect(noor.locator("#notices")).not_to_be_empty()


def the_follower_is_told(ana, title):
    ana.goto("/notifications")
    ana.get_by_role("link", name=re.compile(title)).first.click()
    expect(ana.get_by_role("article")).to_contain_text("three times")


def the_reader_in_japanese_is_warned(misaki, address):
    misaki.goto(address)
    expect(misaki.get_by_role("heading", level=1)).to_have_text("パレットは二度量る")
    misaki.locator(".because a").click()
    expect(misaki.get_by_role("article")).to_contain_text("three times")
