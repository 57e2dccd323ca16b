"""Ask a Question: for whom one may ask, what depends on the organization, and that nothing typed is lost."""

import re
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from portal import clock
from portal.models import (
    AdditionalContact,
    Contact,
    HistoryEvent,
    Message,
    Notification,
    ServiceRequest,
    Site,
    Subscription,
    submitting,
)
from portal.permissions import Level
from tests.counting import statements
from tests.people import plain
from tests.world import contact, grant

PEOPLE = "cc look update create service_admin full_admin wide narrowed expired ended support manager own stranger desk"


def question(slug="kitahama", **changes):
    form = {
        "organization": slug,
        "category": "technical",
        "severity": "2",
        "subject": "The export stops",
        "description": "After **10,000** rows.",
        "i_am_the_contact": "on",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def requests_made():
    return list(ServiceRequest.select().where(ServiceRequest.subject == "The export stops"))


def ask(browser, **changes):
    """Post a question that is accepted; return the request."""
    answer = browser.post("/ask", question(**changes))
    assert answer.status_code == 303, plain(answer.text)
    return ServiceRequest.by_reference(answer.location.rpartition("/")[2])


def answers_of(browse, world, **changes):
    return {who: browse(getattr(world, who)).post("/ask", question(**changes)).status_code for who in PEOPLE.split()}


# --- Who may ask, and what ---------------------------------------------------------------------------------------


def test_create_and_more_may_ask_for_the_customer_and_nobody_else(browse, world):
    assert answers_of(browse, world) == {
        "cc": 403, "look": 403, "update": 403, "create": 303, "service_admin": 303, "full_admin": 303, "wide": 303,
        "narrowed": 403, "expired": 404, "ended": 404, "support": 303, "manager": 403, "own": 403, "stranger": 404,
        "desk": 303,
    }  # fmt: skip
    assert len(requests_made()) == 6


@pytest.mark.parametrize("category", ["hidden_configuration", "site_deletion", "site_access"])
def test_site_administration_needs_service_admin(browse, world, category):
    about = {"category": category, "site": world.site.public_id}
    assert {who: status for who, status in answers_of(browse, world, **about).items() if status == 303}.keys() == {
        "service_admin", "full_admin", "wide", "support", "desk",
    }  # fmt: skip
    refused = browse(world.create).post("/ask", question(**about))
    assert refused.status_code == 403
    assert "This needs the level Service Admin for Kitahama Foods" in plain(refused.text)


def test_an_upgrade_by_a_partner_is_not_supported_and_says_so(browse, world):
    refused = browse(world.full_admin).post("/ask", question(category="upgrade"))
    assert refused.status_code == 403
    assert "Upgrade management by a partner is not supported" in plain(refused.text)
    assert ask(browse(world.support), category="upgrade").category == "upgrade"


@pytest.mark.parametrize("who", ["own", "stranger", "cc", "colleague", "expired", "manager", "desk", "partner_manager"])
def test_everybody_may_ask_about_their_account_at_their_own_organization(browse, world, who):
    person = getattr(world, who)
    assert 'value="account" selected' in browse(person).get("/ask?category=account").text
    made = ask(browse(person), slug=person.organization.slug, category="account")
    assert (made.organization_id, made.submitted_by_id, made.category) == (person.organization_id, person.id, "account")


def test_an_ordinary_contact_finds_the_account_question_alone(browse, world):
    page = browse(world.own).get("/ask").text
    assert 'value="account" selected' in page
    for category in ("technical", "site_access", "upgrade"):
        assert f'value="{category}" disabled' in page
    assert "the organization’s own support contacts only" in page


def test_the_drop_down_has_ones_own_organization_first_then_customers_by_name(browse, world):
    grant(world.cielo, world.create, Level.CREATE)
    grant(world.nordlys, world.create, Level.UPDATE)
    page = browse(world.create).get("/ask").text
    drop_down = page.split('name="organization"')[1].split("</select>")[0]
    assert re.findall(r'<option value="([^"]*)"', drop_down) == ["brightwater", "cielo", "kitahama"]
    assert "Brightwater Consulting (mine)" in page
    assert "Nordlys" not in page


def test_a_hidden_organization_is_as_unknown_as_one_that_never_was(browse, world):
    hidden = browse(world.create).post("/ask", question("nordlys"))
    unknown = browse(world.create).post("/ask", question("nowhere"))
    assert hidden.status_code == unknown.status_code == 404
    for address in ("/ask?organization=nordlys", "/ask?organization=nowhere&category=technical"):
        page = browse(world.create).get(address)
        assert page.status_code == 200
        assert "Nordlys" not in page.text
    swapped = browse(world.create).post("/ask", {"change": "organization", "organization": "nordlys"}, swap=True)
    assert "Nordlys" not in swapped.text


def test_an_address_preselects_organization_and_category(browse, world):
    page = browse(world.service_admin).get("/ask?organization=kitahama&category=site_access").text
    assert 'value="kitahama" selected' in page
    assert 'value="site_access" selected' in page
    assert "Submit for Kitahama Foods" in page


# --- What depends on the organization ----------------------------------------------------------------------------


def test_changing_the_organization_keeps_what_was_typed_and_writes_nothing(browse, world):
    typed = question(change="organization", subject="Half a subject", description="Half <a> text", severity="1")
    before = ServiceRequest.select().count()
    page = browse(world.create).post("/ask", typed)
    assert page.status_code == 200
    assert 'value="Half a subject"' in page.text
    assert "Half &lt;a&gt; text" in page.text
    assert 'value="1" checked' in page.text
    assert "Osaka shop" in page.text
    assert ServiceRequest.select().count() == before


def test_changing_the_organization_swaps_only_what_depends_on_it(browse, world):
    Site.create(organization=world.brightwater, name="Our own office")
    mine = browse(world.create).post("/ask", question("brightwater", change="organization"), swap=True).text
    theirs = browse(world.create).post("/ask", question(change="organization"), swap=True).text
    assert 'id="dependent"' in mine and "Our own office" in mine and "Osaka shop" not in mine
    assert "Osaka shop" in theirs and "Our own office" not in theirs
    assert "Time zone of this request" in theirs and "Time zone of this request" not in mine
    assert "Submit for Kitahama Foods" in theirs
    for kept in ('name="subject"', 'name="description"', 'type="file"', "<html"):
        assert kept not in theirs


def test_a_site_belongs_to_the_organization(browse, world):
    elsewhere = Site.create(organization=world.nordlys, name="Oslo")
    browser = browse(world.create)
    assert browser.post("/ask", question(site=elsewhere.public_id)).status_code == 422
    assert ask(browser, site=world.site.public_id).site_id == world.site.id
    assert ask(browser, site="").site_id is None


def test_site_administration_names_its_site(browse, world):
    answer = browse(world.service_admin).post("/ask", question(category="site_deletion"))
    assert answer.status_code == 422
    assert "Choose the site that this is about." in answer.text


@pytest.mark.parametrize(
    ("who", "status"),
    [("update", 303), ("full_admin", 303), ("support", 303), ("look", 422), ("cc", 422), ("own", 422), ("manager", 422),
     ("expired", 422), ("stranger", 422), ("narrowed", 422), ("nordlys_support", 422), ("desk", 422)],
)  # fmt: skip
def test_the_primary_contact_is_a_support_contact_or_has_update_or_more(browse, world, who, status):
    chosen = getattr(world, who).public_id
    answer = browse(world.create).post("/ask", question(i_am_the_contact=None, primary_contact=chosen))
    assert answer.status_code == status
    if status == 303:
        assert requests_made()[0].primary_contact_id == getattr(world, who).id


def test_unticked_a_primary_contact_has_to_be_chosen(browse, world):
    answer = browse(world.create).post("/ask", question(i_am_the_contact=None))
    assert answer.status_code == 422
    assert "Choose who is the contact for this request." in answer.text


@pytest.mark.parametrize(
    ("who", "status"),
    [("cc", 303), ("look", 303), ("own", 303), ("wide", 303), ("expired", 422), ("ended", 422), ("stranger", 422),
     ("colleague", 422), ("nordlys_support", 422)],
)  # fmt: skip
def test_additional_contacts_are_the_customers_or_have_any_level(browse, world, who, status):
    people = [getattr(world, who).public_id, world.update.public_id]
    answer = browse(world.create).post("/ask", question(additional_contacts=people))
    assert answer.status_code == status
    named = {row.contact_id for row in AdditionalContact.select().where(AdditionalContact.added_by == world.create)}
    assert named == ({getattr(world, who).id, world.update.id} if status == 303 else set())


def test_nobody_adds_a_colleague_whose_access_begins_with_later_requests(browse, world):
    later = contact(world.lattice, "later")
    grant(world.kitahama, later, Level.LOOK, covers_from=clock.now().date() + timedelta(days=3))
    answer = browse(world.create).post("/ask", question(additional_contacts=[later.public_id]))
    assert answer.status_code == 422


def test_the_time_zone_starts_as_ones_own_and_one_click_takes_the_customers(browse, world):
    browser = browse(world.create)
    page = browser.get("/ask?organization=kitahama").text
    assert 'value="Europe/Lisbon" selected' in page
    assert page.index("Used at Kitahama Foods") < page.index('value="Asia/Tokyo"') < page.index("All others")
    swapped = browser.post("/ask", question(change="timezone", timezone="Europe/Lisbon"), swap=True).text
    assert 'value="Asia/Tokyo" selected' in swapped and "Use Europe/Lisbon" in swapped
    back = browser.post("/ask", question(change="timezone", timezone="Asia/Tokyo"), swap=True).text
    assert 'value="Europe/Lisbon" selected' in back


def test_the_time_zone_is_asked_only_of_who_submits_for_a_customer_as_its_contact(browse, world):
    world.support.timezone = "Asia/Seoul"
    world.support.save()
    assert ask(browse(world.create), timezone="America/Lima").timezone == "America/Lima"
    assert ask(browse(world.create)).timezone == "Europe/Lisbon"
    for_another = {"i_am_the_contact": None, "primary_contact": world.support.public_id}
    assert ask(browse(world.create), timezone="America/Lima", **for_another).timezone == "Asia/Seoul"
    assert ask(browse(world.support), timezone="America/Lima").timezone == "Asia/Seoul"
    assert 'name="timezone"' not in browse(world.support).get("/ask").text
    assert browse(world.create).post("/ask", question(timezone="Mars/Olympus")).status_code == 422


def test_confidential_is_for_the_customers_support_contacts_managers_and_the_desk(browse, world):
    assert browse(world.full_admin).post("/ask", question(confidential="on")).status_code == 403
    assert 'name="confidential"' not in browse(world.full_admin).get("/ask?organization=kitahama").text
    assert 'name="confidential"' in browse(world.support).get("/ask").text
    assert ask(browse(world.support), confidential="on").confidential
    assert ask(browse(world.desk), confidential="on").confidential
    assert ask(browse(world.manager), category="account", confidential="on").confidential
    assert browse(world.own).post("/ask", question(category="account", confidential="on")).status_code == 403


# --- Bad input, double posts, lost rights ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("subject", "", "Write a subject"),
        ("subject", " \n\t ", "Write a subject"),
        ("subject", "x" * 301, "301 characters long"),
        ("description", "", "Describe it"),
        ("description", "\0 \0", "Describe it"),
        ("description", "x" * 100_001, "100,001 characters long"),
        ("severity", "5", "one of the four severities"),
        ("severity", "９", "one of the four severities"),
        ("severity", "1" * 5000, "one of the four severities"),
        ("severity", None, "one of the four severities"),
        ("category", "nonsense", "one of the categories"),
        ("category", None, "one of the categories"),
        ("organization", "", "Choose an organization"),
        ("site", "x" * 1_000_000, "Choose a site of Kitahama Foods"),
        ("additional_contacts", ["nobody", "\0"], "cannot be added"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_and_what_was_typed(browse, world, field, value, sentence):
    typed = question(**{"subject": "A subject to keep", "description": "A text to keep", field: value})
    for swap in (False, True):
        answer = browse(world.create).post("/ask", typed, swap=swap)
        assert answer.status_code == 422
        assert sentence in plain(answer.text)
        assert ("<html" in answer.text) is not swap
        assert f'href="#{field}"' in answer.text
        assert "A text to keep" in answer.text or field == "description"
        assert "A subject to keep" in answer.text or field == "subject"
    assert not Message.select().where(Message.body == "A text to keep").exists()


def test_a_subject_is_one_line(browse, world):
    assert ask(browse(world.create), subject="The  export\r\nstops").subject == "The export stops"


def test_the_same_submission_makes_one_request_and_leads_to_the_same_page(browse, world):
    browser = browse(world.create)
    first = browser.post("/ask", question(submission="k" * 22))
    second = browser.post("/ask", question(submission="k" * 22))
    assert first.location == second.location
    assert len(requests_made()) == 1
    assert Message.select().where(Message.service_request == requests_made()[0]).count() == 1
    ask(browse(world.service_admin), submission="k" * 22)
    assert len(requests_made()) == 2


def test_the_same_submission_six_times_at_once_makes_one_request(app, browse, world):
    browsers = [browse(world.create) for _ in range(6)]
    answers = []
    start = threading.Barrier(6)

    def post(browser):
        start.wait()
        answers.append(browser.post("/ask", question(submission="s" * 22)).location)

    threads = [threading.Thread(target=post, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6 and len(set(answers)) == 1
    assert len(requests_made()) == 1


def test_a_reference_that_is_taken_is_drawn_anew(browse, world, monkeypatch):
    drawn = iter([7, 7, 8])
    monkeypatch.setattr(submitting, "secrets", SimpleNamespace(randbelow=lambda most: next(drawn)))
    references = [ask(browse(world.create)).reference for _ in range(2)]
    assert [one.partition("-")[2] for one in references] == ["000007", "000008"]


def test_with_htmx_the_answer_leads_to_the_new_request(browse, world):
    answer = browse(world.create).post("/ask", question(), swap=True)
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == f"/requests/{requests_made()[0].reference}"


def test_who_loses_the_right_while_writing_gets_the_text_back(browse, world):
    browser = browse(world.create)
    assert browser.get("/ask?organization=kitahama").status_code == 200
    world.grants["create"].ended_at = clock.now()
    world.grants["create"].save()
    answer = browser.post("/ask", question(description="Half an hour of writing"))
    assert answer.status_code == 404
    assert "Half an hour of writing" in answer.text
    assert not requests_made()


# --- What it leaves behind ---------------------------------------------------------------------------------------


def test_the_subscribers_the_named_and_the_desk_are_told_and_nobody_who_may_not_read_it(browse, world):
    for person in (world.look, world.update, world.cc, world.expired, world.own, world.stranger):
        Subscription.create(contact=person, organization=world.kitahama, created_at=clock.now())
    made = ask(browse(world.create), additional_contacts=[world.cc.public_id])
    told = {row.contact_id for row in Notification.select().where(Notification.service_request == made)}
    assert told == {one.id for one in (world.look, world.update, world.own, world.cc, world.desk)}
    hidden = ask(browse(world.support), confidential="on", additional_contacts=[world.update.public_id])
    told = {row.contact_id for row in Notification.select().where(Notification.service_request == hidden)}
    assert told == {one.id for one in (world.update, world.own, world.desk)}


def test_a_submission_takes_as_many_statements_for_forty_subscribers_as_for_two(browse, world):
    browser, cost = browse(world.create), []
    for count in (2, 40):
        for number in range(count):
            one = contact(world.brightwater, f"hears{count}of{number}")
            grant(world.kitahama, one, Level.LOOK)
            Subscription.create(contact=one, organization=world.kitahama, created_at=clock.now())
        ask(browser)
        with statements() as sent:
            made = ask(browser)
        cost.append(len(sent))
    assert Notification.select().where(Notification.service_request == made).count() > 40
    assert cost[0] == cost[1]


def test_the_customers_history_keeps_what_a_partner_created_and_under_which_grant(browse, world):
    made = ask(browse(world.create))
    event = HistoryEvent.get(HistoryEvent.service_request == made)
    assert (event.kind, event.actor_id, event.grant_id) == ("created", world.create.id, world.grants["create"].id)
    theirs = ask(browse(world.support))
    assert not HistoryEvent.select().where(HistoryEvent.service_request == theirs).exists()


def test_the_description_is_the_first_message_under_the_authors_own_organization(browse, world):
    made = ask(browse(world.create), description="One\r\ntwo\0")
    message = Message.get(Message.service_request == made)
    assert (message.body, message.author_id, message.author_organization_id) == (
        "One\ntwo", world.create.id, world.brightwater.id,
    )  # fmt: skip


def test_the_page_asks_the_database_as_often_for_a_hundred_people_as_for_ten(browse, world):
    browser = browse(world.create)
    browser.get("/ask?organization=kitahama")
    with statements() as few:
        browser.get("/ask?organization=kitahama")
    for number in range(40):
        contact(world.kitahama, f"more{number}")
        contact(world.lattice, f"others{number}")
        Site.create(organization=world.kitahama, name=f"Site {number}")
    with statements() as many:
        browser.get("/ask?organization=kitahama")
    assert len(many) == len(few)
    assert Contact.select().count() > 80
