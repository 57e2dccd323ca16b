"""Notifications, Preferences and leaving a mail in a browser: each hears what they chose to hear."""

import re

from playwright.sync_api import expect

from tests.browser.doings import say, submit_request
from tests.browser.pages import NOOR, choose

AMINA, LARS, PETER, SIGNE, TARIQ = "Amina Yusuf", "Lars Hagen", "Peter Otieno", "Signe Dahl", "Tariq Nasser"
WRITES = "Somebody writes in a request"


def unread(page):
    """Return the figure beside Notifications in the menu."""
    found = page.get_by_role("link", name=re.compile("^Notifications")).first.text_content()
    return int(re.sub(r"\D", "", found) or 0)


def mails_to(page, person, subject):
    page.goto("/preview/mail")
    return page.get_by_role("row", name=re.compile(person)).filter(has_text=subject)


def test_news_is_counted_leads_to_its_request_and_is_read(be, words):
    lars, noor, subject = be(LARS), be(NOOR), words("The gateway hums")
    path = submit_request(lars, "nordlys", subject)
    before = unread(lars)
    noor.goto(path)
    say(noor, "Since when?")
    lars.goto("/notifications")
    assert unread(lars) == before + 1
    lars.get_by_role("link", name=re.compile(f"Noor Haddad wrote in .*{subject}")).click()
    expect(lars.get_by_role("heading", level=1)).to_have_text(subject)
    assert unread(lars) == before
    noor.reload()
    say(noor, "We heard it too.")
    lars.goto("/notifications")
    lars.get_by_role("button", name="Mark all as read").click()
    expect(lars.get_by_role("heading", name="Nothing unread")).to_be_visible()
    assert unread(lars) == 0


def test_what_is_unticked_is_mailed_no_more_and_stays_in_the_list(be, words):
    peter, noor = be(PETER), be(NOOR)
    switch = peter.get_by_role("checkbox", name=f"By mail: {WRITES}")
    saves = peter.get_by_role("button", name="Save what we tell you")
    subject = words("The archive opens slowly")
    path = submit_request(peter, "tamarind", subject)
    peter.goto("/preferences")
    switch.uncheck()
    saves.click()
    expect(switch).not_to_be_checked()
    noor.goto(path)
    say(noor, "Which archive?")
    expect(mails_to(noor, PETER, subject)).to_have_count(0)
    peter.goto("/notifications")
    expect(peter.get_by_role("link", name=re.compile(f"Noor Haddad wrote in .*{subject}"))).to_have_count(1)
    peter.goto("/preferences")
    switch.check()
    saves.click()
    noor.goto(path)
    say(noor, "Found it.")
    expect(mails_to(noor, PETER, subject)).to_have_count(1)


def test_one_customer_alone_is_left_and_heard_again(be, words):
    tariq, lucia = be(TARIQ), be("Lucía Romero")
    subject = words("Seats are sold twice")
    path = submit_request(tariq, "cielo", subject)
    box = tariq.get_by_role("checkbox", name="Requests of Aerolíneas Cielo in the list")
    news = tariq.get_by_role("link", name=re.compile(f"Lucía Romero wrote in .*{subject}"))
    for hears in (False, True):
        tariq.goto("/preferences")
        box.set_checked(hears)
        tariq.get_by_role("button", name="Save for these customers").click()
        expect(box).to_be_checked(checked=hears)
        lucia.goto(path)
        lucia.locator("#body").fill("¿Cuáles?")
        lucia.locator("#reply-form > .actions button").first.click()
        expect(lucia.locator("#body")).to_have_value("")
        tariq.goto("/notifications")
        expect(news.first).to_be_visible(visible=hears)


def test_another_language_is_spoken_from_then_on(be):
    tariq = be(TARIQ)
    tariq.goto("/preferences")
    tariq.locator("#locale").select_option("es")
    tariq.get_by_role("button", name="Save language and time zone").click()
    tariq.goto("/requests")
    expect(tariq.locator("html")).to_have_attribute("lang", "es")
    expect(tariq.get_by_role("heading", level=1)).to_contain_text("Mis solicitudes")
    tariq.goto("/preferences")
    tariq.locator("#locale").select_option("en")
    tariq.locator("form:has(#locale) > button").click()
    expect(tariq.get_by_role("heading", level=1)).to_contain_text("Preferences")


def test_signing_out_everywhere_ends_the_other_window_too(visit, inhabited, javascript):
    here, there = (visit(inhabited, java_script_enabled=javascript) for _ in range(2))
    for window in (here, there):
        choose(window, SIGNE)
    there.goto("/preferences")
    here.goto("/preferences")
    here.get_by_role("button", name="Sign out everywhere").click()
    expect(here.locator(".me")).to_have_count(0)
    there.goto("/preferences")
    expect(there.locator(".me")).to_have_count(0)
    expect(there).to_have_url(re.compile("/preview"))


def test_a_mail_is_left_by_its_own_link_without_signing_in(be, words, visit, inhabited, javascript):
    amina, noor, subject = be(AMINA), be(NOOR), words("Bookings jump an hour")
    path = submit_request(amina, "tamarind", subject)
    noor.goto(path)
    say(noor, "We look at it.")
    nobody = visit(inhabited, java_script_enabled=javascript)
    mails_to(nobody, AMINA, subject).get_by_role("link").first.click()
    nobody.frame_locator("iframe").get_by_role("link", name="Stop mail of this kind").click()
    expect(nobody.get_by_text(WRITES)).to_be_visible()
    nobody.get_by_role("button", name="Stop this mail").click()
    expect(nobody.get_by_role("heading", name="This mail comes no more")).to_be_visible()
    expect(nobody.locator(".me")).to_have_count(0)
    noor.goto(path)
    say(noor, "It is mended.")
    expect(mails_to(nobody, AMINA, subject)).to_have_count(1)
    amina.goto("/preferences")
    switch = amina.get_by_role("checkbox", name=f"By mail: {WRITES}")
    expect(switch).not_to_be_checked()
    switch.check()
    amina.get_by_role("button", name="Save what we tell you").click()
    expect(switch).to_be_checked()
