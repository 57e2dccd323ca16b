"""The start page: what waits for each role, what changed, and who sees what."""

import re
from datetime import datetime, timedelta

import pytest

from portal import clock
from portal.models import Contact, Grant, Message, Notification, ServiceRequest, access_changes
from portal.models.notifications import MAIL_REFUSED
from portal.permissions import Level
from tests.counting import statements
from tests.people import lasting, plain
from tests.world import contact, grant, service_request


def waits(browser):
    """Return the words of each thing that waits."""
    page = browser.get("/")
    assert page.status_code == 200
    return [plain(one) for one in re.findall(r'<li class="todo.*?</li>', page.text, re.S)]


def ask(world, days_ago=2, by=None, lines=None):
    by = by or world.colleague
    at = clock.now() - timedelta(days=days_ago)
    return access_changes.ask(by, world.manager.email, 180, lines or [(None, Level.LOOK)], "", at)


def write(request, author, internal=False):
    Message.create(
        service_request=request,
        author=author,
        author_organization=author.organization,
        created_at=clock.now(),
        internal=internal,
        body="And now?",
    )


def wait_for_answer(request):
    write(request, request_desk())
    ServiceRequest.update(status="waiting").where(ServiceRequest.id == request.id).execute()


def request_desk():
    return Contact.get(Contact.desk)


def test_signed_out_one_is_led_to_sign_in(world, browse):
    assert browse().get("/").status_code == 303


def test_nothing_waits_and_the_page_says_so(world, browse):
    text = browse(world.own).sees("/")
    assert "Nothing waits for you." in text
    assert "We will tell you here, and by mail" in text


# --- Contact managers -------------------------------------------------------------------------------------------


def test_a_request_for_access_waits_for_every_manager_and_for_nobody_else(world, browse):
    ask(world)
    for manager in (world.manager, world.second_manager):
        assert any(
            "Brightwater Consulting asks for access" in one and "Decide" in one for one in waits(browse(manager))
        )
    for other in (world.own, world.support, world.full_admin, world.nordlys_manager, world.desk):
        assert "asks for access" not in browse(other).sees("/")


def test_a_request_for_access_says_who_asked_for_what_and_when_it_lapses(world, browse):
    ask(world, lines=[(None, Level.LOOK), (world.colleague, Level.CREATE)])
    told = waits(browse(world.manager))[0]
    assert f"{world.colleague.name} asked on" in told
    assert "for 180 days" in told
    assert "Look for everybody" in told
    assert f"Create for {world.colleague.name}" in told
    assert "lapses in 28 days" in told


def test_a_lapsed_request_for_access_waits_no_more(world, browse):
    ask(world, days_ago=31)
    assert "asks for access" not in browse(world.manager).sees("/")


def test_a_grant_that_ends_in_thirty_days_waits_for_the_managers(world, browse):
    Grant.update(expires_at=clock.now() + timedelta(days=5)).where(Grant.id == world.grants["wide"].id).execute()
    Grant.update(expires_at=clock.now() + timedelta(days=29)).where(Grant.id == world.grants["look"].id).execute()
    told = waits(browse(world.manager))
    assert "Access of Lattice Integrators ends in 5 days" in told[0]
    assert f"Access of {world.look.name}, Brightwater Consulting ends in" in told[1]
    assert len(told) == 2
    assert waits(browse(world.own)) == []


def test_a_grant_that_is_over_or_far_from_it_waits_for_nobody(world, browse):
    assert waits(browse(world.manager)) == []


def test_an_ending_grant_says_how_many_open_requests_they_lead(world, browse):
    Grant.update(expires_at=clock.now() + timedelta(days=5)).where(Grant.id == world.grants["wide"].id).execute()
    service_request(world.kitahama, world.support, "One", primary=world.wide)
    service_request(world.kitahama, world.support, "Two", primary=world.wide, status="waiting")
    service_request(world.kitahama, world.support, "Done", primary=world.wide, status="solved")
    assert "They lead 2 of your open requests." in waits(browse(world.manager))[0]


def test_a_contact_that_a_partner_added_waits_until_a_manager_confirms(world, browse):
    added = contact(world.kitahama, "added", added_by=world.brightwater)
    grant(world.kitahama, world.brightwater, Level.FULL_ADMIN)
    assert f"Brightwater Consulting added {added.name}" in waits(browse(world.manager))[0]
    assert waits(browse(world.support)) == []
    Contact.update(confirmed_at=clock.now()).where(Contact.id == added.id).execute()
    assert waits(browse(world.manager)) == []


def test_managers_see_who_else_sees_their_organization(world, browse):
    text = browse(world.manager).sees("/")
    assert "Who else can see Kitahama Foods" in text
    assert "Brightwater Consulting Full Admin 6 people" in text
    assert "Lattice Integrators Full Admin 2 people" in text
    assert "Who else" not in browse(world.own).sees("/")


def test_a_manager_without_partners_reads_that_nobody_sees_them(world, browse):
    assert "Nobody outside your organization sees its requests." in browse(world.nordlys_manager).sees("/")


# --- Requests that wait for an answer -----------------------------------------------------------------------------


def test_a_waiting_request_that_names_me_waits_for_my_answer(world, browse):
    wait_for_answer(world.request)
    assert "Order export stops" in waits(browse(world.support))[0]
    assert "The desk waits for your answer" in waits(browse(world.support))[0]
    assert waits(browse(world.own)) == []


@pytest.mark.parametrize(
    ("who", "waits_for_them"), [("cc", False), ("look", False), ("update", True), ("create", True)]
)
def test_a_waiting_request_waits_only_for_those_who_may_reply(world, browse, who, waits_for_them):
    named = getattr(world, who)
    request = service_request(world.kitahama, world.support, "Naming you", naming=[named])
    wait_for_answer(request)
    assert bool(waits(browse(named))) is waits_for_them


def test_a_request_that_i_answered_waits_for_me_no_more(world, browse):
    wait_for_answer(world.request)
    write(world.request, world.support)
    assert waits(browse(world.support)) == []


def test_my_own_account_question_waits_for_me(world, browse):
    question = service_request(world.kitahama, world.own, "My account", category="account")
    wait_for_answer(question)
    assert "My account" in waits(browse(world.own))[0]


def test_after_the_end_of_access_nothing_of_that_customer_waits(world, browse):
    request = service_request(world.kitahama, world.support, "Naming you", primary=world.update)
    wait_for_answer(request)
    Grant.update(ended_at=clock.now()).where(Grant.id == world.grants["update"].id).execute()
    assert waits(browse(world.update)) == []
    assert "Kitahama" not in browse(world.update).sees("/")


# --- Partners -----------------------------------------------------------------------------------------------------


def test_access_of_mine_that_ends_in_thirty_days_waits_with_a_button_to_extend_it(world, browse):
    Grant.update(expires_at=clock.now() + timedelta(days=12)).where(Grant.id == world.grants["update"].id).execute()
    browser = browse(world.update)
    assert "Your access to Kitahama Foods ends in" in waits(browser)[0]
    assert f"/partner/my_customers/request?grant={world.grants['update'].public_id}" in browser.get("/").text
    assert waits(browse(world.look)) == []


def test_partners_see_their_customers_with_level_and_end(world, browse):
    text = browse(world.update).sees("/")
    assert "Your customers Kitahama Foods Update Ends in 90 days" in text
    assert "Your customers" not in browse(world.expired).sees("/")


# --- The desk -----------------------------------------------------------------------------------------------------


def test_open_requests_with_nobody_wait_for_the_desk(world, browse):
    told = waits(browse(world.desk))
    assert "5 open requests are with nobody" in told[0]
    ServiceRequest.update(assignee=world.desk).where(ServiceRequest.id == world.request.id).execute()
    told = waits(browse(world.desk))
    assert "4 open requests are with nobody" in told[0]
    assert "1 open request is with you" in told[1]
    assert "with nobody" not in browse(world.full_admin).sees("/")


def test_many_open_requests_are_not_counted_to_the_end(world, browse):
    from tests.test_requests import many

    many(world, 500)
    with statements() as sent:
        assert "100 or more open requests are with nobody" in waits(browse(world.desk))[0]
    assert not [one for one in sent if "COUNT" in one and "service_request" in one and "LIMIT" not in one]


def test_the_desk_is_told_that_mail_is_not_set_up(world, browse):
    assert any("Mail is not set up" in one for one in waits(browse(world.desk)))
    assert "Mail is not set up" not in browse(world.manager).sees("/")


class TestWithMail:
    @pytest.fixture
    def environment(self, environment):
        return {**environment, "MAIL_URL": "smtp://127.0.0.1:2525"}

    def test_with_a_mail_server_nothing_is_said_of_it(self, world, browse):
        assert "Mail is not set up" not in browse(world.desk).sees("/")


def test_a_refused_mail_is_shown_to_the_desk(world, browse):
    Notification.create(
        contact=world.cc,
        kind="request_new",
        created_at=clock.now(),
        mail_state=MAIL_REFUSED,
        mail_error="550 no such user",
    )
    assert any("refused mails for good" in one and world.cc.name in one for one in waits(browse(world.desk)))
    assert "refused" not in browse(world.manager).sees("/")


# --- What changed -------------------------------------------------------------------------------------------------


def test_the_requests_that_changed_last_are_listed_newest_first(world, browse):
    page = browse(world.look).get("/").text
    found = re.findall(r"/requests/(\d{6}-\d{6})", page)
    assert found == [world.request.reference, world.naming_cc.reference, world.old.reference]


def test_an_internal_message_changes_nothing_of_the_start_page_for_others(world, browse):
    def heart(text):
        return re.search(r"<main.*</main>", text, re.S)[0]

    before = {
        who: lasting(heart(browse(getattr(world, who)).get("/").text)) for who in ("support", "manager", "full_admin")
    }
    write(world.request, world.desk, internal=True)
    for who, text in before.items():
        assert lasting(heart(browse(getattr(world, who)).get("/").text)) == text


@pytest.mark.parametrize(
    ("hour", "words"),
    [(4, "Good evening"), (5, "Good morning"), (11, "Good morning"), (12, "Good afternoon"), (18, "Good evening")],
)
def test_the_greeting_goes_by_the_readers_clock(app, world, hour, words):
    from portal.languages import speaking_to
    from portal.words import greeting

    world.own.timezone = "Asia/Tokyo"
    at = datetime(2026, 11, 22, hour) - timedelta(hours=9)
    with app.test_request_context(), speaking_to(world.own):
        said = greeting(world.own, at)
    assert said == f"{words}, {world.own.name}"


def test_the_page_takes_as_many_queries_for_many_as_for_few(world, browse):
    def statements_of(browser):
        browser.get("/")
        with statements() as sent:
            browser.get("/")
        return len(sent)

    from tests.test_requests import many

    ask(world)
    Grant.update(expires_at=clock.now() + timedelta(days=5)).where(Grant.id == world.grants["wide"].id).execute()
    wait_for_answer(world.request)
    wait_for_answer(service_request(world.kitahama, world.support, "Once", primary=world.update, days_ago=2))
    people = [world.manager, world.support, world.update, world.desk]
    few = [statements_of(browse(person)) for person in people]
    many(world, 1000)
    for _ in range(20):
        ask(world)
    for number in range(10):
        person = contact(world.lattice, f"person{number}")
        grant(world.kitahama, person, Level.LOOK, expires=10)
        wait_for_answer(service_request(world.kitahama, world.support, "Again", primary=world.update, days_ago=2))
    assert [statements_of(browse(person)) for person in people] == few
