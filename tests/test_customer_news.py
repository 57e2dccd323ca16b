"""Customer by customer: what one hears of each one's requests and sites, and what cannot be left (SPEC 4 and 5)."""

import re

import pytest

from portal import clock, mail, unsubscribing
from portal.customer_news import customers
from portal.models import (
    Grant,
    Notification,
    NotificationPreference,
    Subscription,
    request_changes,
    site_notices,
    submitting,
)
from portal.models.notifications import REQUEST_KINDS, TOPICS
from portal.permissions import readers
from portal.telling import may_be_mailed, shown
from tests import tellings
from tests.people import plain
from tests.world import grant, service_request

BOTH = {"customer": ["kitahama", "nordlys"], "list-requests": ["kitahama", "nordlys"]}


@pytest.fixture
def look(world):
    """A person with Look at two customers, subscribed to both."""
    grant(world.nordlys, world.look, 2)
    for customer in (world.kitahama, world.nordlys):
        Subscription.create(contact=world.look, organization=customer, created_at=clock.now())
    return world.look


def tell_of_both(world, reader):
    """Let one request be told of at each of the two customers; return {slug: notification of the reader}."""
    told = {}
    for firm, support in ((world.kitahama, world.support), (world.nordlys, world.nordlys_support)):
        values = {"organization": firm, "category": "technical", "severity": 2, "subject": f"At {firm.name}"}
        values |= {"submitted_by": support, "primary_contact": support, "timezone": "UTC"}
        made = submitting.submit(values, "Stops.", [], clock.now(), readers=readers)
        told[firm.slug] = Notification.get(service_request=made, contact=reader, kind="request_new")
    return told


def mailed(told):
    return {slug for slug, one in told.items() if may_be_mailed(Notification.get_by_id(one.id), clock.now())}


def listed(contact, told):
    rows = {one.id for one in shown(contact, clock.now())}
    return {slug for slug, one in told.items() if one.id in rows}


def offered(contact):
    return {one.customer.slug: one for one in customers(contact, clock.now())}


# --- Which customers ---------------------------------------------------------------------------------------------


def test_ones_own_organization_and_each_customer_with_access_are_offered_and_no_other(world):
    grant(world.cielo, world.look, 3, ended=-1)
    assert list(offered(world.look)) == ["brightwater", "kitahama"]
    assert list(offered(world.stranger)) == ["cielo"]
    assert list(offered(world.expired)) == ["brightwater"]


def test_the_page_names_no_customer_whose_access_is_over(world, browse):
    assert "Kitahama" in browse(world.look).sees("/preferences")
    Grant.update(ended_at=clock.now()).where(Grant.contact == world.look).execute()
    assert "Kitahama" not in browse(world.look).sees("/preferences")


def test_the_desk_is_offered_the_customers_whose_requests_it_has_taken(world, browse):
    assert list(offered(world.desk)) == ["halyard"]
    request_changes.assign(world.request, world.desk, world.desk, clock.now())
    assert list(offered(world.desk)) == ["halyard", "kitahama"]
    browse(world.desk).post("/preferences/customers", {"customer": ["halyard", "kitahama"]})
    request_changes.assign(world.request, None, world.desk, clock.now())
    assert not offered(world.desk)["kitahama"].mailed, "what is off can be switched on again"


# --- Requests ----------------------------------------------------------------------------------------------------


def test_a_customer_switched_off_by_mail_is_not_mailed_and_still_listed(world, look, browse):
    answer = browse(look).post("/preferences/customers", {**BOTH, "mail-requests": "nordlys"})
    assert (answer.status_code, answer.location) == (303, "/preferences#customers")
    told = tell_of_both(world, look)
    assert mailed(told) == {"nordlys"} and listed(look, told) == {"kitahama", "nordlys"}
    page = browse(look).get("/preferences").text
    assert re.search(r'name="mail-requests" value="kitahama" aria-label="[^"]+">', page)
    assert re.search(r'name="mail-requests" value="nordlys" aria-label="[^"]+" checked>', page)


def test_a_customer_switched_off_in_the_list_is_neither_shown_nor_counted(world, look, browse):
    told = tell_of_both(world, look)
    browse(look).post("/preferences/customers", {**BOTH, "list-requests": "nordlys", "mail-requests": "kitahama"})
    assert mailed(told) == {"kitahama"} and listed(look, told) == {"nordlys"}
    seen = browse(look).sees("/notifications")
    assert "At Nordlys" in seen and "At Kitahama" not in seen


def test_the_switch_is_asked_at_the_moment_of_sending(world, look, browse):
    told = tell_of_both(world, look)
    assert mailed(told) == {"kitahama", "nordlys"}
    browse(look).post("/preferences/customers", BOTH)
    assert mailed(told) == set()
    browse(look).post("/preferences/customers", {**BOTH, "mail-requests": ["kitahama", "nordlys"]})
    assert mailed(told) == {"kitahama", "nordlys"}
    assert not NotificationPreference.select().where(NotificationPreference.kind == "requests").exists()


@pytest.mark.parametrize("kind", sorted(tellings.MAKERS))
def test_only_news_of_requests_is_left_with_a_customer(world, kind):
    told = tellings.make(world, kind)
    NotificationPreference.switch_customers_off(told.contact, [world.kitahama.id], {world.kitahama.id}, set())
    assert may_be_mailed(Notification.get_by_id(told.id), clock.now()) is (kind not in REQUEST_KINDS)


def test_news_of_ones_own_access_stays_in_the_list(world, look):
    told = tellings.make(world, "access_given")
    NotificationPreference.switch_customers_off(told.contact, [world.kitahama.id], set(), {world.kitahama.id})
    assert told.id in {one.id for one in shown(told.contact, clock.now())}


def test_a_customer_that_the_form_did_not_show_stays_as_it_was(world, look, browse):
    browse(look).post("/preferences/customers", {"customer": "nordlys"})
    assert not offered(look)["nordlys"].mailed and offered(look)["kitahama"].mailed


def test_a_customer_that_is_not_mine_is_not_kept(world, browse):
    browse(world.stranger).post("/preferences/customers", {"customer": ["kitahama", "nothing", "\0"]})
    assert not NotificationPreference.select().exists()


def test_topics_and_customers_leave_one_another_alone(world, look, browse):
    browse(look).post("/preferences/customers", BOTH)
    kept = {f"{way}-{topic}": "on" for topic in TOPICS for way in ("mail", "list")}
    browse(look).post("/preferences/notifications", kept)
    assert not offered(look)["kitahama"].mailed
    browse(look).post("/preferences/notifications", {})
    browse(look).post("/preferences/customers", {**BOTH, "mail-requests": ["kitahama", "nordlys"]})
    assert "request_new" in NotificationPreference.switched_off(look)[0]


# --- Site notices ------------------------------------------------------------------------------------------------


def notices(contact, slug="kitahama"):
    one = offered(contact)[slug]
    return one.noticed, one.may_leave_notices


def test_with_look_site_notices_are_left_and_joined_here(world, look, browse):
    assert notices(look) == (True, True)
    browse(look).post("/preferences/customers", BOTH)
    assert notices(look) == (False, True)
    assert NotificationPreference.site_notices_left_by(look) == {world.kitahama.id, world.nordlys.id}
    browse(look).post("/preferences/customers", {**BOTH, "site-notices": ["kitahama"]})
    assert NotificationPreference.site_notices_left_by(look) == {world.nordlys.id}


@pytest.mark.parametrize("who", ["update", "create", "service_admin", "full_admin"])
def test_with_update_or_more_the_site_notices_of_a_customer_cannot_be_left(world, browse, who):
    person = getattr(world, who)
    browser = browse(person)
    assert notices(person) == (True, False)
    assert 'name="site-notices"' not in browser.get("/preferences").text
    browser.post("/preferences/customers", {"customer": "kitahama"})
    assert not offered(person)["kitahama"].mailed
    told = tellings.tell(
        "site_notice", person, site_notice=tellings.make(world, "site_notice").site_notice, organization=world.kitahama
    )
    assert may_be_mailed(told, clock.now())


def test_what_cannot_be_left_is_not_left_for_later_either(world, browse):
    browse(world.update).post("/preferences/customers", {"customer": "kitahama"})
    Grant.update(level=2).where(Grant.contact == world.update, Grant.customer == world.kitahama).execute()
    assert notices(world.update) == (True, True)


def test_who_left_with_look_and_may_update_now_is_told_again_and_the_page_says_so(world, look, browse):
    site_notices.receive(look, world.kitahama, False)
    Grant.update(level=3).where(Grant.contact == look, Grant.customer == world.kitahama).execute()
    assert notices(look) == (True, False)


def test_who_hears_of_no_site_is_told_none(world):
    assert notices(world.cc) == (False, False)
    assert notices(world.support) == (True, False)
    assert notices(world.own) == (False, False)


# --- One click ---------------------------------------------------------------------------------------------------


def path_of(notification):
    address = unsubscribing.address(Notification.get_by_id(notification.id), clock.now())
    return address.removeprefix("http://localhost")


def test_the_page_of_the_link_offers_to_leave_the_customer_instead(app, world, look):
    service_request(world.nordlys, world.nordlys_support, "Elsewhere")
    told = tellings.tell(
        "request_message", world.support, service_request=world.request, organization=world.kitahama, actor=world.desk
    )
    with app.test_request_context():
        path = path_of(told)
    program = app.test_client()
    page = program.get(path)
    assert "Stop all mail about requests of Kitahama" in plain(page.text)
    assert not NotificationPreference.select().exists()
    for _once_more in range(2):
        answer = program.post(path, data={"customer": "on"})
        assert answer.status_code == 200 and "Requests of Kitahama" in plain(answer.text)
    assert NotificationPreference.select().count() == 1
    assert NotificationPreference.switched_off(world.support) == (set(), set())
    off = NotificationPreference.all_switched_off(world.support)
    assert (off.customers_mailed, off.customers_listed) == ({world.kitahama.id}, set())
    assert not may_be_mailed(Notification.get_by_id(told.id), clock.now())


def test_the_link_of_a_mail_about_access_leaves_no_customer(app, world):
    told = tellings.make(world, "access_given")
    with app.test_request_context():
        path = path_of(told)
    assert "Stop all mail about" not in app.test_client().get(path).text
    app.test_client().post(path, data={"customer": "on"})
    assert not NotificationPreference.all_switched_off(told.contact).customers_mailed


def test_every_mail_of_a_request_still_says_how_to_leave_it(app, world):
    told = tellings.make(world, "request_changed")
    with app.app_context():
        assert mail.build(told, clock.now())["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
