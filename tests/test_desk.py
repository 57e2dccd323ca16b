"""The desk: its queue, who takes what, organizations and their sites, and the mail that does not leave."""

import re
from datetime import date, timedelta

import pytest

from portal import clock
from portal.models import (
    Contact,
    Grant,
    HistoryEvent,
    Message,
    Notification,
    Organization,
    ServiceRequest,
    Site,
    organization_changes,
)
from portal.models.notifications import MAIL_DUE, MAIL_REFUSED
from portal.permissions import Level, visible_requests
from tests.counting import statements
from tests.people import lasting, plain
from tests.test_requests import many
from tests.world import contact, grant, service_request

PAGES = ["/desk", "/desk/organizations", "/desk/organizations/new", "/desk/organizations/kitahama", "/desk/mail"]


@pytest.fixture
def colleague_of_the_desk(world):
    return contact(world.halyard, "second", desk=True)


def queue(browser, query=""):
    answer = browser.get(f"/desk{query}")
    assert answer.status_code == 200
    return re.findall(r'<tr id="queue-(\d{6}-\d{6})"', answer.text)


def assign(browser, request, assignee, instead_of=None, **options):
    form = {
        "assignee": assignee.public_id if assignee else "",
        "instead_of": instead_of.public_id if instead_of else "",
    }
    return browser.post(f"/desk/requests/{request.reference}/assignee", form, **options)


def assignee_of(request):
    return ServiceRequest.get_by_id(request.id).assignee


# --- Who comes in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_the_desk_is_there_for_the_desk_alone(world, browse, path):
    assert browse(world.desk).get(path).status_code == 200
    for other in (world.manager, world.support, world.full_admin, world.partner_manager, world.stranger):
        assert browse(other).get(path).status_code == 404
    assert browse().get(path).status_code == 303


def test_what_the_desk_can_post_others_cannot(world, browse):
    refused = Notification.create(contact=world.cc, kind="x", created_at=clock.now(), mail_state=MAIL_REFUSED)
    posts = {
        f"/desk/requests/{world.request.reference}/assignee": {"assignee": world.full_admin.public_id},
        "/desk/organizations/new": {"slug": "new", "name": "New", "timezone": "UTC", "locale": "en"},
        "/desk/organizations/kitahama": {"name": "Mine", "timezone": "UTC", "locale": "en"},
        "/desk/organizations/kitahama/sites": {"name": "Mine"},
        f"/desk/organizations/kitahama/sites/{world.site.public_id}": {"name": "Mine"},
        f"/desk/mail/{refused.public_id}/again": {},
    }
    for path, form in posts.items():
        for other in (world.manager, world.full_admin, world.stranger):
            assert browse(other).post(path, form).status_code == 404
        assert browse().post(path, form).status_code == 303
        assert browse(world.desk).post(path, form, token=False).status_code == 400
    assert Organization.select().count() == 6
    assert Organization.get_by_id(world.kitahama.id).name == "Kitahama Foods"
    assert [site.name for site in Site.select()] == ["Osaka shop"]
    assert assignee_of(world.request) is None
    assert Notification.get_by_id(refused.id).mail_state == MAIL_REFUSED


# --- The queue ----------------------------------------------------------------------------------------------------


def test_the_queue_holds_what_is_not_done_the_most_severe_then_the_oldest_first(world, browse):
    ServiceRequest.update(severity=1).where(ServiceRequest.id == world.naming_cc.id).execute()
    ServiceRequest.update(status="waiting").where(ServiceRequest.id == world.old.id).execute()
    ServiceRequest.update(status="solved").where(ServiceRequest.id == world.confidential.id).execute()
    expected = [world.naming_cc, world.old, world.nordlys_request, world.request]
    assert queue(browse(world.desk)) == [one.reference for one in expected]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?whose=me", ["request"]),
        ("?whose=nobody", ["old", "nordlys_request", "confidential"]),
        ("?whose={second}", ["naming_cc"]),
        ("?whose=somebody", []),
        ("?status=solved", ["label_done"]),
        ("?status=open", ["old", "nordlys_request", "confidential", "naming_cc"]),
        ("?status=waiting", ["request"]),
        ("?status=all", ["old", "nordlys_request", "confidential", "naming_cc", "request", "label_done"]),
        ("?status=nonsense", []),
        ("?severity=1", []),
        ("?severity=3", ["old", "nordlys_request", "confidential", "naming_cc", "request"]),
        ("?severity=x", []),
        ("?organization=nordlys", ["nordlys_request"]),
        ("?organization=nowhere", []),
        ("?age=30", ["old"]),
        ("?age=1", ["old", "nordlys_request", "confidential", "naming_cc", "request"]),
        ("?age=9999", ["old", "nordlys_request", "confidential", "naming_cc", "request"]),
        ("?sort=updated", ["request", "naming_cc", "confidential", "nordlys_request", "old"]),
        ("?whose=nobody&organization=kitahama&age=30", ["old"]),
    ],
)
def test_the_filters_of_the_queue_are_in_its_address(world, browse, colleague_of_the_desk, query, names):
    world.label_done = service_request(world.kitahama, world.support, "Done", status="solved", days_ago=0.5)
    ServiceRequest.update(assignee=world.desk, status="waiting").where(ServiceRequest.id == world.request.id).execute()
    ServiceRequest.update(assignee=colleague_of_the_desk).where(ServiceRequest.id == world.naming_cc.id).execute()
    query = query.format(second=colleague_of_the_desk.public_id)
    assert queue(browse(world.desk), query) == [getattr(world, name).reference for name in names]


@pytest.mark.parametrize(
    "query", ["?whose=%00", "?status=%27", "?severity=" + "9" * 5000, "?age=-1", "?cursor=x", "?sort=zz"]
)
def test_nothing_typed_into_the_address_breaks_the_queue(world, browse, query):
    assert browse(world.desk).get(f"/desk{query}").status_code == 200


@pytest.mark.parametrize("sort", ["urgent", "oldest", "updated"])
def test_walking_the_queue_shows_each_request_once(world, browse, sort):
    many(world, 230)
    browser, seen, path = browse(world.desk), [], f"?sort={sort}&status=all"
    while path:
        page = browser.get(f"/desk{path}").text
        seen += re.findall(r'id="queue-(\d{6}-\d{6})"', page)
        found = re.search(r'rel="next" href="/desk([^"]+)"', page)
        path = found and found[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 235


def test_an_empty_queue_says_so(world, browse):
    ServiceRequest.update(status="closed").execute()
    assert "The queue is empty" in browse(world.desk).sees("/desk")
    assert "No request is like that" in browse(world.desk).sees("/desk?severity=1")


def test_the_queue_takes_the_same_queries_for_many_requests(world, browse):
    def statements_of(browser):
        browser.get("/desk")
        with statements() as sent:
            browser.get("/desk")
        return len(sent)

    few = statements_of(browse(world.desk))
    many(world, 2000)
    for number in range(5):
        contact(world.halyard, f"more{number}", desk=True)
    assert statements_of(browse(world.desk)) == few


def test_the_last_word_of_the_queue_is_the_last_public_one(world, browse):
    Message.create(
        service_request=world.request,
        author=world.desk,
        author_organization=world.halyard,
        created_at=clock.now(),
        internal=True,
        body="Between us",
    )
    row = next(one for one in browse(world.desk).get("/desk").text.split("<tr") if world.request.reference in one)
    assert world.support.name in row


# --- Taking and handing on ----------------------------------------------------------------------------------------


def test_taking_a_request_without_javascript_leads_back_to_the_same_filters(world, browse):
    form = {"assignee": world.desk.public_id, "instead_of": "", "back": "/desk?whose=nobody"}
    answer = browse(world.desk).post(f"/desk/requests/{world.request.reference}/assignee", form)
    assert (answer.status_code, answer.location) == (303, "/desk?whose=nobody")
    assert assignee_of(world.request) == world.desk


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_way_back_leads_to_no_other_place(world, browse, back):
    form = {"assignee": world.desk.public_id, "back": back}
    assert browse(world.desk).post(f"/desk/requests/{world.request.reference}/assignee", form).location == "/desk"


def test_with_htmx_the_row_alone_comes_back(world, browse):
    answer = assign(browse(world.desk), world.request, world.desk, swap=True)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<tr id="queue-{world.request.reference}"')
    assert "<html" not in answer.text
    assert f'value="{world.desk.public_id}" selected' in answer.text
    assert f"{world.request.reference} is with you now." in answer.text


def test_handing_a_request_to_a_colleague_tells_them(world, browse, colleague_of_the_desk):
    assign(browse(world.desk), world.request, colleague_of_the_desk)
    told = Notification.get(Notification.kind == "request_assigned")
    assert told.contact == colleague_of_the_desk
    assign(browse(world.desk), world.request, None, instead_of=colleague_of_the_desk)
    assert assignee_of(world.request) is None


def test_assigning_is_seen_by_nobody_but_the_desk(world, browse):
    def lists():
        pages = [browse(person).get("/requests").text for person in (world.support, world.look)]
        return [lasting(page.split('<div id="list">')[1]) for page in pages]

    before = lists()
    assign(browse(world.desk), world.request, world.desk)
    assert before == lists()
    assert HistoryEvent.select().count() == 0


def test_two_of_the_desk_taking_one_request_leaves_the_first_and_tells_the_second(world, browse, colleague_of_the_desk):
    assert assign(browse(world.desk), world.request, world.desk).status_code == 303
    for swap in (False, True):
        late = assign(browse(colleague_of_the_desk), world.request, colleague_of_the_desk, swap=swap)
        assert late.status_code == 409
        assert f"{world.desk.name} has taken {world.request.reference} meanwhile" in plain(late.text)
    assert assignee_of(world.request) == world.desk


def test_choosing_whom_it_is_with_already_is_no_conflict(world, browse):
    assign(browse(world.desk), world.request, world.desk)
    assert assign(browse(world.desk), world.request, world.desk).status_code == 303


@pytest.mark.parametrize("who", ["support", "full_admin", "gone", "nobody_at_all"])
def test_only_one_of_the_desk_can_take_a_request(world, browse, who):
    if who == "gone":
        world.gone = contact(world.halyard, "gone", desk=True, active=False)
    form = {"assignee": getattr(getattr(world, who, None), "public_id", "x\0y")}
    answer = browse(world.desk).post(f"/desk/requests/{world.request.reference}/assignee", form)
    assert answer.status_code == 422
    assert "Choose one of the desk." in answer.text
    assert assignee_of(world.request) is None


def test_a_request_that_is_none_cannot_be_taken(world, browse):
    form = {"assignee": world.desk.public_id}
    assert browse(world.desk).post("/desk/requests/000000-000000/assignee", form).status_code == 404


def test_an_assignee_who_left_the_desk_stays_named_until_somebody_takes_over(world, browse, colleague_of_the_desk):
    ServiceRequest.update(assignee=colleague_of_the_desk).where(ServiceRequest.id == world.request.id).execute()
    Contact.update(active=False).where(Contact.id == colleague_of_the_desk.id).execute()
    assert colleague_of_the_desk.name in browse(world.desk).sees("/desk")
    assert assign(browse(world.desk), world.request, world.desk, instead_of=colleague_of_the_desk).status_code == 303


# --- Organizations ------------------------------------------------------------------------------------------------

NEW = {"slug": "hoshino", "name": "Hoshino Ryokan", "timezone": "Asia/Tokyo", "locale": "ja"}


def test_an_organization_is_added_and_its_page_opens(world, browse):
    browser = browse(world.desk)
    answer = browser.post("/desk/organizations/new", NEW)
    assert (answer.status_code, answer.location) == (303, "/desk/organizations/hoshino")
    made = Organization.by_slug("hoshino")
    assert (made.name, made.timezone, made.locale) == ("Hoshino Ryokan", "Asia/Tokyo", "ja")
    text = browser.sees("/desk/organizations/hoshino")
    assert "Hoshino Ryokan is added." in text
    assert "No contact manager" in text


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"slug": ""}, "slug", "Use small letters"),
        ({"slug": "Två ord"}, "slug", "Use small letters"),
        ({"slug": "a--b"}, "slug", "Use small letters"),
        ({"slug": "../etc"}, "slug", "Use small letters"),
        ({"slug": "x.csv"}, "slug", "Use small letters"),
        ({"slug": "x" * 65}, "slug", "Use small letters"),
        ({"slug": "kitahama"}, "slug", "Another organization is called so"),
        ({"slug": "KITAHAMA"}, "slug", "Another organization is called so"),
        ({"name": "  "}, "name", "Write a name."),
        ({"name": "x" * 121}, "name", "Use 120 characters at most."),
        ({"name": "x" * 1_000_000}, "name", "Use 120 characters at most."),
        ({"timezone": "Mars/Base"}, "timezone", "Choose a time zone"),
        ({"timezone": "../../etc/passwd"}, "timezone", "Choose a time zone"),
        ({"locale": "tlh"}, "locale", "Choose a language"),
    ],
)
def test_bad_input_comes_back_with_a_sentence_beside_the_field(world, browse, change, field, sentence):
    answer = browse(world.desk).post("/desk/organizations/new", {**NEW, **change})
    assert answer.status_code == 422
    assert sentence in plain(re.search(rf'id="e-{field}".*?</p>', answer.text, re.S)[0])
    if "name" not in change:
        assert 'value="Hoshino Ryokan"' in answer.text
    assert Organization.select().count() == 6


def test_unknown_fields_are_ignored(world, browse):
    browse(world.desk).post("/desk/organizations/new", {**NEW, "id": "1", "desk": "on", "public_id": "x"})
    assert Organization.by_slug("hoshino").id not in (1, None)


def test_organizations_are_found_by_name_or_slug_whatever_the_case(world, browse):
    browser = browse(world.desk)
    for typed in ("AEROLÍNEAS", "cielo", "ｃｉｅｌｏ"):
        page = browser.get("/desk/organizations", query_string={"q": typed}).text
        assert re.findall(r'href="/desk/organizations/(\w+)">[^<]+</a></th>', page) == ["cielo"]
    assert "Nothing matches “zebra”" in browser.sees("/desk/organizations?q=zebra")


def test_many_organizations_come_in_pages(world, browse):
    Organization.insert_many([{"slug": f"firm-{n}", "name": f"Firm {n // 2}"} for n in range(250)]).execute()
    browser, seen, path = browse(world.desk), [], "/desk/organizations"
    while path:
        page = browser.get(path).text
        seen += re.findall(r'href="/desk/organizations/([\w-]+)">[^<]+</a></th>', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found and found[1].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 256


def edit(browser, organization, swap=False, **changes):
    shown = {name: getattr(organization, name) for name in ("name", "timezone", "locale")}
    form = {**shown, **{f"seen_{name}": value for name, value in shown.items()}, **changes}
    return browser.post(f"/desk/organizations/{organization.slug}", form, swap=swap)


def test_an_organization_is_edited_and_its_history_tells(world, browse):
    answer = edit(browse(world.desk), world.kitahama, name="Kitahama Foods Ltd.", locale="en")
    assert (answer.status_code, answer.location) == (303, "/desk/organizations/kitahama")
    now = Organization.get_by_id(world.kitahama.id)
    assert (now.name, now.locale, now.timezone, now.slug) == ("Kitahama Foods Ltd.", "en", "Asia/Tokyo", "kitahama")
    told = browse(world.manager).sees("/history/kitahama")
    assert "Changed the organization: language from “ja” to “en” and name from “Kitahama Foods”" in told


def test_saving_what_is_unchanged_writes_nothing(world, browse):
    edit(browse(world.desk), world.kitahama)
    assert HistoryEvent.select().count() == 0


def test_another_time_zone_moves_the_day_that_grants_cover_from_and_no_end(world, browse):
    day = clock.day_in(clock.now() - timedelta(days=20), "Asia/Tokyo")
    covering = grant(world.kitahama, world.colleague, Level.LOOK, covers_from=day)
    past = grant(world.kitahama, world.expired, Level.LOOK, starts=-9, expires=-2, covers_from=date(2026, 1, 5))
    elsewhere = grant(world.nordlys, world.colleague, Level.LOOK, covers_from=day)
    hour_of_dispute = clock.start_of_day(day, "Asia/Tokyo") + timedelta(
        hours=3
    )  # of the day in Tokyo, not yet in New York
    request = service_request(world.kitahama, world.support, "At the edge", days_ago=20)
    ServiceRequest.update(created_at=hour_of_dispute).where(ServiceRequest.id == request.id).execute()

    def sees():
        return visible_requests(world.colleague, clock.now()).where(ServiceRequest.id == request.id).exists()

    assert sees()
    assert edit(browse(world.desk), world.kitahama, timezone="America/New_York").status_code == 303
    assert not sees()
    after = Grant.get_by_id(covering.id)
    assert after.covers_from == day
    assert after.covers_from_at == clock.start_of_day(day, "America/New_York")
    assert after.expires_at == covering.expires_at
    assert Grant.get_by_id(past.id).covers_from_at == clock.start_of_day(date(2026, 1, 5), "America/New_York")
    assert Grant.get_by_id(elsewhere.id).covers_from_at == elsewhere.covers_from_at


def test_editing_what_somebody_else_has_saved_meanwhile_is_refused_with_what_it_is_now(world, browse):
    edit(browse(world.desk), world.kitahama, name="Kitahama Holdings")
    late = edit(browse(world.desk), world.kitahama, name="Something else")
    assert late.status_code == 409
    assert "It is now called Kitahama Holdings" in plain(late.text)
    assert Organization.get_by_id(world.kitahama.id).name == "Kitahama Holdings"


def test_an_edit_of_an_organization_that_is_none_is_not_there(world, browse):
    assert browse(world.desk).post("/desk/organizations/nowhere", {"name": "x"}).status_code == 404
    assert browse(world.desk).get("/desk/organizations/nowhere").status_code == 404


def test_the_page_of_an_organization_leads_to_its_people_requests_and_history(world, browse):
    page = browse(world.desk).get("/desk/organizations/kitahama").text
    for address in ("/contacts/kitahama", "/contacts/kitahama/add", "/history/kitahama", "/desk?organization=kitahama"):
        assert address in page
    assert world.manager.name in page
    assert "4 people" in page


# --- Sites --------------------------------------------------------------------------------------------------------


def test_a_site_is_added_and_edited(world, browse):
    browser = browse(world.desk)
    answer = browser.post("/desk/organizations/kitahama/sites", {"name": "Kyoto shop", "url": "https://kyoto.example"})
    assert (answer.status_code, answer.location) == (303, "/desk/organizations/kitahama#sites")
    site = Site.get(Site.name == "Kyoto shop")
    assert (site.organization, site.url) == (world.kitahama, "https://kyoto.example")
    browser.post(f"/desk/organizations/kitahama/sites/{site.public_id}", {"name": "Kyoto", "url": ""})
    site = Site.get_by_id(site.id)
    assert (site.name, site.url) == ("Kyoto", "")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": ""}, "Write a name."),
        ({"name": "Osaka shop"}, "Another site of this organization has this name."),
        ({"name": "x", "url": "javascript:alert(1)"}, "Write the whole address"),
        ({"name": "x", "url": "ftp://x.example"}, "Write the whole address"),
        ({"name": "x", "url": "https://"}, "Write the whole address"),
        ({"name": "x", "url": "https://[::1"}, "Write the whole address"),
        ({"name": "x", "url": "https://" + "x" * 3000}, "Use 2,000 characters at most."),
    ],
)
def test_a_bad_site_comes_back_with_a_sentence_and_what_was_typed(world, browse, form, sentence):
    answer = browse(world.desk).post("/desk/organizations/kitahama/sites", form)
    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert Site.select().count() == 1


def test_a_site_of_another_organization_cannot_be_edited_through_this_one(world, browse):
    other = Site.create(organization=world.nordlys, name="Plant")
    path = f"/desk/organizations/kitahama/sites/{other.public_id}"
    assert browse(world.desk).post(path, {"name": "Mine"}).status_code == 404
    assert Site.get_by_id(other.id).name == "Plant"


def test_two_sites_of_one_name_added_at_once_leave_one(world):
    organization_changes.add_site(world.kitahama, "Nara", "")
    with pytest.raises(organization_changes.NameTaken):
        organization_changes.add_site(world.kitahama, "Nara", "")
    organization_changes.add_site(world.nordlys, "Nara", "")
    assert Site.select().where(Site.name == "Nara").count() == 2


# --- Mail ---------------------------------------------------------------------------------------------------------


def refuse(world, **values):
    fields = {"contact": world.cc, "kind": "request_new", "created_at": clock.now(), "mail_state": MAIL_REFUSED}
    return Notification.create(**{**fields, "mail_error": "550 <nobody> here", **values})


def test_a_refused_mail_is_shown_with_what_the_server_said(world, browse):
    refuse(world)
    page = browse(world.desk).get("/desk/mail")
    assert world.cc.email in page.text
    assert "550 &lt;nobody&gt; here" in page.text
    assert f"/contacts/brightwater/{world.cc.public_id}" in page.text


def test_a_refused_mail_can_be_sent_again_once(world, browse):
    mail = refuse(world, mail_attempts=3)
    browser = browse(world.desk)
    assert browser.post(f"/desk/mail/{mail.public_id}/again").status_code == 303
    after = Notification.get_by_id(mail.id)
    assert (after.mail_state, after.mail_attempts, after.mail_error) == (MAIL_DUE, 0, "")
    browser.post(f"/desk/mail/{mail.public_id}/again")
    assert "not among the refused ones any more" in browser.sees("/desk/mail")


def test_what_waits_is_counted_and_a_missing_mail_server_named(world, browse):
    assert "No mail waits to be sent." in browse(world.desk).sees("/desk/mail")
    refuse(world, mail_state=MAIL_DUE)
    text = browse(world.desk).sees("/desk/mail")
    assert "1 mail waits to be sent." in text
    assert "Mail is not set up" in text
