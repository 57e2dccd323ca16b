"""The preview: its made-up world, the choice of people, its mailbox."""

import re

import pytest
from peewee import fn

from portal import clock, database, permissions
from portal.models import (
    AccessRequest,
    Contact,
    Grant,
    HistoryEvent,
    Message,
    Notification,
    Organization,
    ServiceRequest,
    SiteNotice,
)
from portal.models.service_requests import CATEGORIES, SEVERITIES, STATUSES
from portal.permissions import Level
from portal.preview import cast, files, stories
from portal.preview.factory import create_preview_app
from tests.people import Browser

ADDRESS = "http://127.0.0.1:8169"


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    """One preview for the whole file: filling it takes longer than most tests."""
    made = create_preview_app(tmp_path_factory.mktemp("preview"), ADDRESS)
    made.testing = True
    with database.opened():
        yield made


@pytest.fixture
def person(preview):
    """Return the person of the cast whom stories call by this key."""
    emails = {one.key: one.email for one in cast.PEOPLE}
    return lambda key: Contact.by_email(emails[key])


@pytest.fixture
def nobody(preview):
    return Browser(preview)


# --- The world ----------------------------------------------------------------------------------------------------


def test_there_is_a_desk_four_customers_and_three_partner_firms(preview):
    sides = [firm.side for firm in cast.FIRMS]
    assert [sides.count(side) for side in (cast.DESK, cast.CUSTOMER, cast.PARTNER)] == [1, 4, 3]
    assert Organization.select().count() == 8
    assert 24 <= Contact.select().count() <= 28


def test_eighty_requests_show_every_status_severity_and_category(preview):
    assert ServiceRequest.select().count() == 80
    for column, all_there_are in (
        (ServiceRequest.status, STATUSES),
        (ServiceRequest.severity, SEVERITIES),
        (ServiceRequest.category, CATEGORIES),
    ):
        assert {row[0] for row in ServiceRequest.select(column).distinct().tuples()} == set(all_there_are)
    assert ServiceRequest.select().where(ServiceRequest.confidential).count() >= 4
    assert Message.select().where(Message.internal).count() >= 3


def test_threads_are_in_english_and_japanese_and_none_is_told_twice(preview):
    bodies = [message.body for message in Message.select().where(Message.body != "")]
    assert len(set(bodies)) == len(bodies)
    japanese = [body for body in bodies if re.search("[ぁ-んァ-ン]", body)]
    assert len(japanese) >= 30
    assert len(bodies) - len(japanese) >= 150


def test_every_level_is_somebodys_now(preview):
    levels = {grant.level for grant in Grant.select().where(Grant.active_at(clock.now()))}
    assert levels == {int(level) for level in Level}


def test_a_grant_is_about_to_end_in_twelve_days_and_one_in_five(preview):
    now = clock.now()
    kitahama = Organization.by_slug("kitahama")
    ends = Grant.select().where(Grant.customer == kitahama, Grant.active_at(now))
    left = {(grant.expires_at - now).days for grant in ends}
    assert left & {12, 13} and left & {4, 5, 6}


def test_an_individual_grant_stands_below_the_organizations(person):
    standing = permissions.standing(person("chie"), Organization.by_slug("kitahama"), clock.now())
    assert (standing.level, standing.overrules.level) == (Level.CC, Level.LOOK)


def test_who_lost_the_access_has_nothing_left(person):
    assert permissions.customer_standings(person("mara"), clock.now()) == []


def test_a_request_waits_and_others_were_declined_withdrawn_or_lapsed(preview):
    statuses = {row[0] for row in AccessRequest.select(AccessRequest.status).distinct().tuples()}
    assert statuses == {"pending", "approved", "declined", "withdrawn", "lapsed"}
    assert AccessRequest.count_pending_for_customer(Organization.by_slug("kitahama"), clock.now()) == 1


def test_a_stand_ins_requests_are_found_by_the_person_behind(person):
    old = permissions.visible_requests(person("ana"), clock.now()).where(permissions.names(person("ana")))
    assert "Import of supplier prices rejects the yen sign" in {request.subject for request in old}


def test_nothing_has_happened_in_the_future(preview):
    now = clock.now()
    for column in (ServiceRequest.updated_at, Message.created_at, HistoryEvent.at, Notification.created_at):
        assert column.model.select(fn.MAX(column)).scalar(as_tuple=True)[0] <= now


def test_each_customers_history_is_a_true_chain_in_the_order_of_time(preview):
    events = list(HistoryEvent.select().order_by(HistoryEvent.customer, HistoryEvent.sequence))
    earlier = {}
    for event in events:
        before = earlier.get(event.customer_id)
        assert event.hash == event.digest()
        assert event.previous_hash == (before.hash if before else "")
        assert before is None or before.at <= event.at
        earlier[event.customer_id] = event
    assert len(earlier) == 4


def test_there_are_site_notices(preview):
    assert {notice.kind for notice in SiteNotice.select()} == {"maintenance", "incident", "resolved"}


def test_every_file_that_a_story_attaches_can_be_made():
    names = {name for story in stories.read_all() for entry in story.thread for name in entry.files}
    assert names == set(files.SHEETS) | set(files.TEXTS) | {"label-sample.png"}


# --- The choice ---------------------------------------------------------------------------------------------------


def test_somebody_unknown_is_led_to_the_choice(nobody):
    assert nobody.get("/").headers["Location"] == "/preview"
    asked = nobody.get("/partner/my_partners", follow_redirects=True)
    assert 'name="next" value="/partner/my_partners"' in asked.text


def test_the_sign_in_page_can_still_be_seen_and_its_password_works(nobody, person):
    assert nobody.get("/login").status_code == 200
    answer = nobody.post("/login", {"email": person("ana").email, "password": cast.PASSWORD})
    assert answer.status_code == 303


def test_the_choice_tells_of_each_person_what_is_true_now(nobody):
    text = nobody.sees("/preview")
    assert "Yuki Mori Contact manager: decides who else gets in. 1 access request waits." in text
    assert "Ana Torres Update Leads the project." in text
    assert "Brightwater 01" not in text


def test_one_click_signs_in_and_the_bar_says_who_one_is(nobody, person):
    answer = nobody.post("/preview/be", {"email": person("noor").email})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "you are Noor Haddad, Halyard Support" in nobody.sees("/")


@pytest.mark.parametrize(
    ("wish", "place"), [("/requests", "/requests"), ("//host.example", "/"), ("https://host.example", "/")]
)
def test_one_goes_on_to_where_one_wanted_to_go_and_nowhere_else(nobody, person, wish, place):
    answer = nobody.post("/preview/be", {"email": person("yuki").email, "next": wish})
    assert answer.headers["Location"] == place


@pytest.mark.parametrize("email", ["nobody@host.example", "brightwater01@kitahama.example", ""])
def test_nobody_else_can_be_chosen(nobody, email):
    assert nobody.post("/preview/be", {"email": email}).status_code == 404


def test_without_the_token_nobody_is_chosen(nobody, person):
    assert nobody.post("/preview/be", {"email": person("yuki").email}, token=False).status_code == 400
    assert nobody.get("/requests").status_code == 303


# --- The mailbox --------------------------------------------------------------------------------------------------


def mail_about(browser, words):
    """Return the path of the newest mail whose line in the mailbox holds `words`."""
    for path, line in re.findall(r'<a href="(/preview/mail/\d+)">(.*?)</tr>', browser.get("/preview/mail").text, re.S):
        if words in line:
            return path
    raise AssertionError(f"no mail about {words}")


def test_the_request_that_waits_was_mailed_to_the_manager_it_was_addressed_to(nobody):
    path = mail_about(nobody, "asks for access")
    page = nobody.sees(path)
    assert "Brightwater Consulting" in page
    assert "We take over the warehouse project from Lattice" in page


def test_a_mails_html_is_shown_under_rules_of_its_own(nobody):
    path = mail_about(nobody, "Yuki Mori")
    policy = nobody.get(f"{path}/html").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "frame-src 'self'" in nobody.get(path).headers["Content-Security-Policy"]
    assert "frame-src" not in nobody.get("/preview/mail").headers["Content-Security-Policy"]


def test_a_mails_links_lead_to_the_preview(nobody):
    html = nobody.get(f"{mail_about(nobody, 'Yuki Mori')}/html").text
    links = re.findall(r'href="(http[^"]+)"', html)
    assert links
    assert all(link.startswith(f"{ADDRESS}/") for link in links)


@pytest.mark.parametrize("number", ["0", "100000"])
def test_a_mail_that_is_not_there_is_not_found(nobody, number):
    assert nobody.get(f"/preview/mail/{number}").status_code == 404
    assert nobody.get(f"/preview/mail/{number}/html").status_code == 404


def test_no_page_says_that_mail_waits_for_a_server(preview, person):
    desk = Browser(preview, person("noor"))
    for path in ("/", "/desk/mail", "/notifications"):
        assert "Mail is not set up" not in desk.sees(path)


def test_what_one_does_is_in_the_mailbox_at_once(preview, person):
    ana = Browser(preview, person("ana"))
    asked = {
        "manager_email": "w.kamau@tamarind.example",
        "days": "30",
        "organization_level": "look",
        "reason": "Kites.",
    }
    assert ana.post("/partner/my_customers/request", asked).status_code == 303
    assert "Kites." in ana.sees(mail_about(ana, "Wanjiru Kamau"))


# --- The clock ----------------------------------------------------------------------------------------------------


def test_three_months_later_access_has_ended_and_each_end_was_announced(preview, person, monkeypatch):
    monkeypatch.setattr(clock, "_ahead", clock._ahead)
    browser = Browser(preview)
    before = set(re.findall(r"/preview/mail/\d+", browser.get("/preview/mail").text))
    assert browser.post("/preview/clock", {"days": "90"}).status_code == 303
    standing = permissions.standing(person("ana"), Organization.by_slug("kitahama"), clock.now())
    assert standing.level == Level.LOOK  # her own has ended, her firm's decides again
    page = browser.get("/preview/mail").text
    assert set(re.findall(r"/preview/mail/\d+", page)) > before
    for told in ("ends in 7 days", "ends in 1 day", "has ended"):
        assert any("Ana Torres" in line and told in line for line in page.split("</tr>")), told


@pytest.mark.parametrize("days", ["-90", "36500", "", "soon"])
def test_the_clock_takes_no_other_steps(nobody, days):
    before = clock._ahead
    assert nobody.post("/preview/clock", {"days": days}).status_code == 422
    assert clock._ahead == before
