"""My Partners: weighing, deciding, giving, editing, ending, handing over. For the customer's contact managers alone."""

import re
from datetime import date, timedelta

import pytest

from portal import clock
from portal.models import Grant, HistoryEvent, Notification, access_lists
from portal.models import access_changes as changes
from portal.permissions import Level
from tests.counting import statements
from tests.people import plain
from tests.world import contact, grant, organization, service_request

PAGE = "/partner/my_partners"
EVERYBODY, COLLEAGUE = "organization_level", "level-"


@pytest.fixture
def asked(world):
    """A request of `update` for everybody at Look and for `colleague` at Create, 180 days, addressed to the manager."""
    lines = [(None, Level.LOOK), (world.colleague, Level.CREATE)]
    return changes.ask(world.update, world.manager.email, 180, lines, "The warehouse project.", clock.now())


def path(access_request, action):
    return f"/partner/access_requests/{access_request.public_id}/{action}"


def of_colleague(world):
    return f"level-{world.colleague.public_id}"


def given(asked):
    """Return {who: (level, days, covers from)} of the grants that came of the request."""
    return {
        one.contact.name if one.contact else None: (Level(one.level), days_of(one), one.covers_from)
        for one in Grant.select().where(Grant.access_request == asked)
    }


def days_of(one):
    zone = one.customer.timezone
    return (clock.day_in(one.expires_at, zone) - clock.day_in(one.starts_at, zone)).days - 1


# --- Who sees the page --------------------------------------------------------------------------------------------


def test_the_page_is_the_contact_managers(world, browse):
    for person in (world.manager, world.second_manager, world.nordlys_manager, world.partner_manager):
        assert browse(person).get(PAGE).status_code == 200
    for person in (world.own, world.support, world.full_admin, world.desk, world.stranger):
        answer = browse(person).get(PAGE)
        assert answer.status_code == 403 and "Only a contact manager of the customer can do this" in answer.text
    assert browse().get(PAGE).status_code == 303


def test_without_partners_it_says_so(world, browse):
    page = browse(world.nordlys_manager).sees(PAGE)
    assert "Nobody outside Nordlys Energi sees your requests" in page
    assert "Waiting for your decision" not in page


def test_a_request_is_seen_by_the_managers_of_the_customer_it_reached_only(world, browse, asked):
    for person in (world.manager, world.second_manager):
        page = browse(person).sees(PAGE)
        assert "Brightwater Consulting asks for access for 180 days" in page and "The warehouse project." in page
    assert "warehouse" not in browse(world.nordlys_manager).sees(PAGE)
    assert "Addressed to you." in browse(world.manager).sees(PAGE)
    assert "Addressed to Manager of Kitahama Foods; you can decide it too." in browse(world.second_manager).sees(PAGE)


def test_before_approving_the_page_says_what_it_shows_and_allows(world, browse, asked):
    page = browse(world.manager).sees(PAGE)
    assert "If you approve, 4 people will read 3 past requests and 0 attachments." in page
    assert "1 can also reply and submit new ones." in page
    assert "1 confidential request stays closed. Requests that name them are open to them all the same." in page
    assert "6 people keep a level of their own." in page
    assert "Who they are: 4 people" in page


def test_the_form_offers_what_was_asked_each_lower_level_and_nothing(world, browse, asked):
    page = browse(world.manager).get(PAGE).text
    offered = {
        name: re.findall(r'<option value="(\w+)"( selected)?>', choices)
        for name, choices in re.findall(r'<select id="[^"]+" name="([^"]+)"[^>]*>(.*?)</select>', page)
    }
    assert offered[EVERYBODY] == [("look", " selected"), ("cc", ""), ("none", "")]
    codes = [code for code, _ in offered[of_colleague(world)]]
    assert codes == ["create", "update", "look", "cc", "none"]


def test_two_requests_of_one_partner_stand_together(world, browse, asked):
    between = changes.ask(world.wide, world.manager.email, 30, [(None, Level.LOOK)], "", clock.now())
    again = changes.ask(world.cc, world.manager.email, 30, [(world.colleague, Level.LOOK)], "", clock.now())
    page = browse(world.manager).get(PAGE).text
    places = [page.index(f'id="access-request-{one.public_id}"') for one in (asked, again, between)]
    assert places == sorted(places)
    assert "The requests of Brightwater Consulting stand together here." in page
    assert page.count("Another request of theirs names the same people.") == 2


def test_the_number_of_queries_does_not_grow_with_requests_and_grants(world, browse, asked):
    browser = browse(world.manager)

    def queries():
        with statements() as sent:
            assert browser.get(PAGE).status_code == 200
        return len(sent)

    browser.get(PAGE)
    changes.decline(
        changes.ask(world.cc, world.manager.email, 9, [(None, 1)], "", clock.now()), world.manager, clock.now(), ""
    )
    service_request(world.kitahama, world.support, "Led", primary=world.ended)
    few = queries()
    for number in range(8):
        firm = organization(f"firm{number}")
        person = contact(firm, "one")
        grant(world.kitahama, firm, Level.LOOK, by=world.manager)
        grant(world.kitahama, person, Level.UPDATE, by=world.second_manager)
        grant(world.kitahama, contact(firm, "two"), Level.UPDATE, ended=-1, by=world.manager)
        changes.ask(person, world.manager.email, 9, [(None, Level.LOOK), (person, Level.CREATE)], "", clock.now())
        declined = changes.ask(person, world.manager.email, 9, [(None, Level.LOOK)], "", clock.now())
        changes.decline(declined, world.second_manager, clock.now(), "No.")
        service_request(world.kitahama, world.support, "Led", primary=person)
    assert queries() == few


# --- Approving ----------------------------------------------------------------------------------------------------


def test_approving_as_asked_makes_one_grant_a_line(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "approve"))
    assert answer.status_code == 303 and answer.location == PAGE
    assert given(asked) == {
        None: (Level.LOOK, 180, None),
        world.colleague.name: (Level.CREATE, 180, None),
    }
    decided = asked.as_it_is()
    assert (decided.status, decided.decided_by, decided.days_given) == ("approved", world.manager, 180)
    assert browse(world.colleague).get(f"/requests/{world.request.reference}").status_code == 200


def test_days_end_at_the_midnight_that_closes_the_last_one_at_the_customers(world, browse, asked):
    browse(world.manager).post(path(asked, "approve"), {"days": "1"})
    for one in Grant.select().where(Grant.access_request == asked):
        tomorrow = clock.day_in(one.starts_at, "Asia/Tokyo") + timedelta(days=1)
        assert one.expires_at == clock.start_of_day(tomorrow + timedelta(days=1), "Asia/Tokyo")


def test_approving_with_changes_lowers_shortens_and_covers_from_a_day(world, browse, asked):
    form = {EVERYBODY: "cc", of_colleague(world): "update", "days": "30", "covers_from": "2026-10-01"}
    assert browse(world.second_manager).post(path(asked, "approve"), form).status_code == 303
    day = date(2026, 10, 1)
    assert given(asked) == {None: (Level.CC, 30, day), world.colleague.name: (Level.UPDATE, 30, day)}
    one = Grant.get(Grant.access_request == asked)
    assert one.covers_from_at == clock.start_of_day(day, "Asia/Tokyo")
    assert "Look instead of Create" not in browse(world.manager).sees(PAGE)
    assert "Update instead of Create for Colleague of Brightwater Consulting" in browse(world.manager).sees(PAGE)


def test_none_drops_a_line_and_empty_leaves_it_as_asked(world, browse, asked):
    form = {EVERYBODY: "none", of_colleague(world): "", "days": "", "covers_from": ""}
    assert browse(world.manager).post(path(asked, "approve"), form).status_code == 303
    assert given(asked) == {world.colleague.name: (Level.CREATE, 180, None)}
    assert {line.contact_id: line.level_given for line in asked.lines} == {None: None, world.colleague.id: Level.CREATE}


def test_dropping_every_line_is_put_right(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "approve"), {EVERYBODY: "none", of_colleague(world): "none"})
    assert answer.status_code == 422
    assert "Every line is dropped: nothing would be given." in answer.text
    assert asked.as_it_is().status == "pending" and given(asked) == {}


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"organization_level": "update"}, "organization_level"),
        ({"level-COLLEAGUE": "service_admin"}, "level-COLLEAGUE"),
        ({"days": "181"}, "days"),
        ({"days": "0"}, "days"),
        ({"days": "-5"}, "days"),
        ({"days": "1.5"}, "days"),
        ({"days": "many"}, "days"),
        ({"covers_from": "yesterday"}, "covers_from"),
        ({"covers_from": "2026-13-01"}, "covers_from"),
        ({"covers_from": "0001-01-01"}, "covers_from"),
        ({"covers_from": "9999-12-31"}, "covers_from"),
        ({"organization_level": "owner"}, "organization_level"),
    ],
)
def test_what_cannot_be_given_comes_back_as_typed(world, browse, asked, fields, beside):
    swapped = {name.replace("COLLEAGUE", world.colleague.public_id): value for name, value in fields.items()}
    beside = beside.replace("COLLEAGUE", world.colleague.public_id)
    form = {"days": "90", "covers_from": "2026-10-01", **swapped}
    for swap in (False, True):
        answer = browse(world.manager).post(path(asked, "approve"), form, swap=swap)
        assert answer.status_code == 422
        assert f'href="#{beside}-{asked.public_id}"' in answer.text
        assert f'id="e-{beside}-{asked.public_id}"' in answer.text
        for value in form.values():
            if value not in {"owner", "update", "service_admin"}:
                assert f'value="{value}"' in answer.text
    assert asked.as_it_is().status == "pending" and given(asked) == {}


def test_a_line_that_was_not_asked_for_cannot_be_slipped_in(world, browse, asked):
    for name in (f"level-{world.cc.public_id}", f"level-{world.own.public_id}", "level-", "level-nobody"):
        answer = browse(world.manager).post(path(asked, "approve"), {name: "look"})
        assert answer.status_code == 422 and "This was not asked for." in answer.text
    only = changes.ask(world.update, world.manager.email, 9, [(world.colleague, Level.LOOK)], "", clock.now())
    assert browse(world.manager).post(path(only, "approve"), {EVERYBODY: "cc"}).status_code == 422
    assert given(asked) == given(only) == {}


@pytest.mark.parametrize("field", ["days", "covers_from", "organization_level", "reason"])
def test_nothing_typed_breaks_a_decision(world, browse, asked, field):
    for text in ("\0", "x" * 1_000_000, "9" * 5000, "２０２６-10-01", "{{7*7}}"):
        for action in ("approve", "impact", "decline"):
            for swap in (False, True):
                status = browse(world.manager).post(path(asked, action), {field: text}, swap=swap).status_code
                assert status in {200, 303, 409, 422}


def test_approving_ends_every_earlier_grant_of_the_same_subject(world, browse, asked):
    earlier = grant(world.kitahama, world.colleague, Level.LOOK, by=world.second_manager)
    later = grant(world.kitahama, world.colleague, Level.FULL_ADMIN, starts=100, expires=200)
    browse(world.manager).post(path(asked, "approve"))
    new = Grant.get(Grant.access_request == asked, Grant.contact == world.colleague)
    for one in (earlier, later):
        now = one.as_it_is()
        assert (now.end_cause, now.superseded_by, now.ended_at) == ("superseded", new, new.starts_at)
    assert world.grants["update"].as_it_is().ended_at is None


def test_approval_by_htmx_answers_where_the_decision_was_and_refreshes_who_has_access(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "approve"), swap=True)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert f'id="access-request-{asked.public_id}"' in answer.text
    assert "Approved. Update of Brightwater Consulting has been told." in answer.text
    assert 'id="current"' in answer.text and 'data-hx-swap-oob="true"' in answer.text
    assert re.search(r'id="pending-count" data-hx-swap-oob="true">0 requests<', answer.text)
    assert re.search(r'id="waits-handshake" data-hx-swap-oob="true" hidden>0<', answer.text)
    assert answer.headers["HX-Trigger"] == "access-decided"


def test_approving_twice_tells_who_was_first(world, browse, asked):
    browse(world.second_manager).post(path(asked, "approve"))
    for swap in (False, True):
        answer = browse(world.manager).post(path(asked, "approve"), {"days": "0"}, swap=swap)
        assert answer.status_code == 409
        assert "Second Manager of Kitahama Foods approved this request" in answer.text
        assert "notice-warn" in answer.text and f'id="access-request-{asked.public_id}"' in answer.text
    assert re.search(r'id="pending-count" data-hx-swap-oob="true">0 requests<', answer.text)
    assert 'id="current"' in answer.text and answer.headers["HX-Trigger"] == "access-decided"
    assert "You have approved this request already" in browse(world.second_manager).post(path(asked, "approve")).text
    assert Grant.select().where(Grant.access_request == asked).count() == 2


def test_what_was_withdrawn_or_has_lapsed_cannot_be_decided(world, browse, asked):
    changes.withdraw(asked, world.update, clock.now())
    answer = browse(world.manager).post(path(asked, "approve"))
    assert answer.status_code == 409 and "Update of Brightwater Consulting withdrew this request" in answer.text
    old = changes.ask(world.update, world.manager.email, 9, [(None, 2)], "", clock.now() - timedelta(days=30))
    for action in ("approve", "decline", "impact"):
        answer = browse(world.manager).post(path(old, action))
        assert answer.status_code == 409 and "nobody answered it in 30 days" in answer.text
    assert given(asked) == given(old) == {}


def test_nobody_but_the_customers_managers_decides(world, browse, asked):
    expected = {
        world.own: 403,
        world.support: 403,
        world.desk: 403,
        world.update: 403,
        world.colleague: 403,
        world.partner_manager: 403,
        world.full_admin: 404,
        world.wide: 404,
        world.nordlys_manager: 404,
        world.stranger: 404,
    }
    for action in ("approve", "decline", "impact"):
        for person, status in expected.items():
            assert browse(person).post(path(asked, action)).status_code == status, (action, person.name)
        assert browse().post(path(asked, action)).status_code == 303
        assert browse(world.manager).post(path(asked, action), token=False).status_code == 400
    assert browse(world.manager).post("/partner/access_requests/nonsense/approve").status_code == 404
    assert asked.as_it_is().status == "pending"


def test_a_line_whose_person_has_left_falls_away(world, browse, asked):
    world.colleague.active = False
    world.colleague.save()
    page = browse(world.manager).sees(PAGE)
    assert "Has left Brightwater Consulting: this line falls away." in page
    browse(world.manager).post(path(asked, "approve"))
    assert given(asked) == {None: (Level.LOOK, 180, None)}
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_approved")}
    assert world.colleague not in told
    only = changes.ask(world.update, world.manager.email, 9, [(world.colleague, Level.LOOK)], "", clock.now())
    answer = browse(world.manager).post(path(only, "approve"))
    assert answer.status_code == 422 and only.as_it_is().status == "pending"


def test_the_first_day_that_is_covered_today_is_offered_again(world, browse, asked):
    day = clock.day_in(clock.now() - timedelta(days=50), "Asia/Tokyo")
    grant(world.kitahama, world.brightwater, Level.LOOK, covers_from=day)
    page = browse(world.manager).get(PAGE).text
    assert f'type="date" value="{day.isoformat()}"' in page
    assert "Approve with 1 change" in page


# --- Showing what changes -----------------------------------------------------------------------------------------


def test_the_sentence_follows_what_is_typed(world, browse, asked):
    form = {EVERYBODY: "none", of_colleague(world): "look", "days": "30", "covers_from": ""}
    answer = browse(world.manager).post(path(asked, "impact"), form, swap=True)
    assert answer.status_code == 200
    words = plain(answer.text)
    assert "If you approve, 1 person will read 3 past requests" in words
    assert "Approve with 3 changes" in words
    assert f'id="approve-button-{asked.public_id}" data-hx-swap-oob="true"' in answer.text
    form["covers_from"] = clock.day_in(clock.now() - timedelta(days=100), "Asia/Tokyo").isoformat()
    words = plain(browse(world.manager).post(path(asked, "impact"), form, swap=True).text)
    assert "will read 2 past requests" in words and "1 older request stays closed." in words
    assert "Requests that name them are open to them all the same." in words
    assert "Approve with 4 changes" in words
    assert asked.as_it_is().status == "pending"


def test_without_javascript_the_whole_page_shows_it_with_what_was_typed(world, browse, asked):
    form = {EVERYBODY: "cc", of_colleague(world): "look", "days": "30"}
    answer = browse(world.manager).post(path(asked, "impact"), form)
    assert answer.status_code == 200 and "<html" in answer.text
    assert "Approve with 3 changes" in answer.text and 'value="30"' in answer.text
    assert '<option value="cc" selected>' in answer.text


def test_bad_values_are_said_instead_of_weighed(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "impact"), {"days": "999"}, swap=True)
    assert answer.status_code == 422 and "never more than was asked" in answer.text


# --- Declining ----------------------------------------------------------------------------------------------------


def test_declining_keeps_the_reason_and_tells_the_requester(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "decline"), {"reason": " We have no project with you. "})
    assert answer.status_code == 303
    one = asked.as_it_is()
    assert (one.status, one.decision_reason, one.decided_by) == (
        "declined",
        "We have no project with you.",
        world.manager,
    )
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_declined")}
    assert told == {world.update, world.colleague, world.partner_manager}
    assert "“We have no project with you.”" in browse(world.second_manager).sees(PAGE)
    assert browse(world.manager).post(path(asked, "decline")).status_code == 409


def test_declining_needs_no_reason_and_a_reason_has_an_end(world, browse, asked):
    answer = browse(world.manager).post(path(asked, "decline"), {"reason": "x" * 2001}, swap=True)
    assert answer.status_code == 422 and "x" * 2001 in answer.text
    assert asked.as_it_is().status == "pending"
    answer = browse(world.manager).post(path(asked, "decline"), {"reason": ""}, swap=True)
    assert answer.status_code == 200 and "Declined. Update of Brightwater Consulting has been told." in answer.text


# --- Who has access -----------------------------------------------------------------------------------------------


def test_current_grants_stand_by_partner_with_level_end_and_giver(world, browse):
    page = browse(world.manager).sees(PAGE)
    assert "2 partners, 8 people" in page
    assert re.search(r"Lattice Integrators Everybody 1 person Full Admin ends in 90 days", page)
    assert "Narrowed of Lattice Integrators Look ends in 90 days" in page
    assert "Expired of Brightwater" in page.split("Past decisions")[1]
    assert "Expired of Brightwater" not in page.split("Past decisions")[0]


def test_a_grant_to_come_says_when_it_starts_and_one_of_somebody_gone_that_it_counts_for_nothing(world, browse):
    grant(world.kitahama, world.colleague, Level.LOOK, starts=12, expires=40)
    world.look.active = False
    world.look.save()
    page = browse(world.manager).sees(PAGE)
    assert "Colleague of Brightwater Consulting Look starts in 12 days" in page
    assert "Look of Brightwater Consulting Has left Brightwater Consulting: this counts for nothing." in page


def test_ending_says_first_what_will_happen_and_takes_effect_at_once(world, browse):
    service_request(world.kitahama, world.support, "Led by Update", primary=world.update)
    page = browse(world.manager).sees(PAGE)
    assert "Update of Brightwater Consulting loses Update at once and reads nothing more." in page
    assert "The open request that they lead is listed below, to hand over." in page
    assert "Narrowed of Lattice Integrators loses Look at once. Then Full Admin decides" in page
    assert "1 person at Lattice Integrators loses Full Admin at once." in page
    reader = browse(world.update)
    assert reader.get(f"/requests/{world.request.reference}").status_code == 200
    answer = browse(world.second_manager).post(f"/partner/grants/{world.grants['update'].public_id}/end")
    assert answer.status_code == 303
    assert reader.get(f"/requests/{world.request.reference}").status_code == 404
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_ended")}
    assert told == {world.update, world.partner_manager}
    event = HistoryEvent.select().where(HistoryEvent.kind == "ended").get()
    assert (event.actor, event.contact) == (world.second_manager, world.update)
    again = browse(world.manager).post(f"/partner/grants/{world.grants['update'].public_id}/end")
    assert again.status_code == 409 and "Second Manager of Kitahama Foods ended this access" in again.text


def test_what_is_over_by_its_date_cannot_be_ended(world, browse):
    answer = browse(world.manager).post(f"/partner/grants/{world.grants['expired'].public_id}/end")
    assert answer.status_code == 409 and "its last day has passed" in answer.text
    assert world.grants["expired"].as_it_is().ended_at is None


def test_only_the_customers_managers_and_those_concerned_end_a_grant(world, browse):
    public_id = world.grants["update"].public_id
    for person, status in {
        world.own: 403,
        world.desk: 403,
        world.look: 403,
        world.wide: 404,
        world.nordlys_manager: 404,
    }.items():
        assert browse(person).post(f"/partner/grants/{public_id}/end").status_code == status
    assert browse(world.manager).post("/partner/grants/nonsense/end").status_code == 404


# --- Editing ------------------------------------------------------------------------------------------------------


def edit_path(one):
    return f"{PAGE}/grants/{one.public_id}"


def test_editing_replaces_the_grant_in_one_step_and_tells_the_partner(world, browse):
    one = world.grants["update"]
    form = {
        "level": "create",
        "last_day": (clock.day_in(clock.now(), "Asia/Tokyo") + timedelta(days=9)).isoformat(),
        "covers_from": "2026-10-01",
    }
    assert browse(world.manager).get(edit_path(one)).status_code == 200
    assert browse(world.manager).post(edit_path(one), form).status_code == 303
    new = Grant.select().where(Grant.contact == world.update, Grant.ended_at.is_null()).get()
    assert (new.level, new.covers_from, new.approved_by) == (Level.CREATE, date(2026, 10, 1), world.manager)
    assert new.expires_at == clock.end_after_days(new.starts_at, 9, "Asia/Tokyo")
    assert one.as_it_is().superseded_by == new and one.as_it_is().ended_at == new.starts_at
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_changed")}
    assert told == {world.update, world.partner_manager}
    answer = browse(world.manager).post(edit_path(one), form)
    assert answer.status_code == 409 and "You have replaced this access already" in answer.text
    led_on = browse(world.manager)
    assert led_on.get(edit_path(one)).status_code == 303
    assert "You have replaced this access already" in led_on.sees(PAGE)


def test_editing_the_level_alone_keeps_the_end_to_the_second(world, browse):
    one = world.grants["update"]
    page = browse(world.manager).get(edit_path(one)).text
    last_day = re.search(r'id="last_day"[^>]*value="([^"]+)"', page)[1]
    browse(world.manager).post(edit_path(one), {"level": "look", "last_day": last_day})
    new = Grant.select().where(Grant.contact == world.update, Grant.ended_at.is_null()).get()
    assert new.expires_at == one.expires_at and new.level == Level.LOOK


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("level", ""),
        ("level", "owner"),
        ("last_day", "2020-01-01"),
        ("last_day", "9999-12-31"),
        ("last_day", "soon"),
        ("last_day", ""),
        ("covers_from", "0000-00-00"),
        ("covers_from", "9999-12-31"),
    ],
)
def test_terms_that_cannot_be_come_back_as_typed(world, browse, field, value):
    one = world.grants["update"]
    tomorrow = (clock.day_in(clock.now(), "Asia/Tokyo") + timedelta(days=1)).isoformat()
    form = {"level": "look", "last_day": tomorrow, "covers_from": "2026-10-01", field: value}
    answer = browse(world.manager).post(edit_path(one), form)
    assert answer.status_code == 422 and f'href="#{field}"' in answer.text
    assert browse(world.manager).post(f"{edit_path(one)}/impact", form, swap=True).status_code == 422
    assert Grant.get_by_id(one.id).ended_at is None


def test_a_partner_can_neither_see_nor_use_the_edit_page(world, browse):
    one = world.grants["full_admin"]
    for person, status in {
        world.full_admin: 403,
        world.partner_manager: 403,
        world.desk: 403,
        world.support: 403,
        world.wide: 404,
        world.stranger: 404,
        world.nordlys_manager: 404,
    }.items():
        form = {"level": "full_admin", "last_day": "2099-01-01"}
        assert browse(person).get(edit_path(one)).status_code == status
        assert browse(person).post(edit_path(one), form).status_code == status
        assert browse(person).post(f"{edit_path(one)}/impact", form).status_code == status
    assert Grant.get_by_id(one.id).ended_at is None


def test_editing_is_weighed_before_it_is_saved(world, browse):
    one = world.grants["update"]
    tomorrow = (clock.day_in(clock.now(), "Asia/Tokyo") + timedelta(days=1)).isoformat()
    form = {"level": "cc", "last_day": tomorrow}
    page = browse(world.manager).post(f"{edit_path(one)}/impact", form, swap=True).text
    words, news = plain(page), page[page.index("goes down from") :].partition("</p>")[0]
    assert re.findall(r'class="level level-(\w+)"><svg class="key"', news) == ["update", "cc"]
    assert "1 person will read only the requests that name them." in words
    assert "Update of Brightwater Consulting goes down from Update to CC." in words
    assert Grant.get_by_id(one.id).ended_at is None


# --- Giving directly ----------------------------------------------------------------------------------------------

GIVE = f"{PAGE}/give"


def test_access_is_given_to_a_partner_that_is_known(world, browse):
    page = browse(world.manager).get(GIVE).text
    assert 'value="brightwater"' in page and 'value="nordlys"' not in page
    form = {"partner": "brightwater", "organization_level": "look", "days": "30"}
    assert browse(world.manager).post(GIVE, form).status_code == 303
    one = Grant.select().where(Grant.partner == world.brightwater, Grant.contact.is_null()).get()
    assert (one.level, days_of(one), one.approved_by, one.access_request) == (Level.LOOK, 30, world.manager, None)
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_given")}
    assert told == {world.partner_manager}
    event = HistoryEvent.select().where(HistoryEvent.kind == "granted").get()
    assert '"how": "given"' in event.details


def test_access_is_given_to_one_person_by_their_address_even_of_a_firm_not_known_yet(world, browse):
    form = {
        "person_email": " STRANGER@cielo.example",
        "person_level": "update",
        "days": "7",
        "covers_from": "2026-10-01",
    }
    assert browse(world.manager).post(GIVE, form).status_code == 303
    one = Grant.get(Grant.contact == world.stranger)
    assert (one.customer, one.partner, one.level, one.covers_from) == (
        world.kitahama,
        world.cielo,
        Level.UPDATE,
        date(2026, 10, 1),
    )
    assert [row.contact for row in Notification.select().where(Notification.kind == "access_given")] == [world.stranger]


@pytest.mark.parametrize(
    "email",
    [
        "nobody@nowhere.example",
        "own@kitahama.example",
        "desk@halyard.example",
        "gone@cielo.example",
        "manager@kitahama.example",
    ],
)
def test_every_address_to_which_nothing_can_be_given_is_answered_alike(world, browse, email):
    contact(world.cielo, "gone", active=False)
    answer = browse(world.manager).post(GIVE, {"person_email": email, "person_level": "look", "days": "7"})
    assert answer.status_code == 422
    assert "Nobody to whom you can give access has this address." in answer.text
    assert Grant.select().where(Grant.starts_at > clock.now() - timedelta(minutes=5)).count() == 0


def test_an_address_is_not_looked_up_while_anything_else_is_wrong(world, browse):
    answers = [
        re.sub(
            r'(?:csrf_token|submission)" value="[^"]+"',
            "",
            browse(world.manager).post(GIVE, {"person_email": email, "person_level": "look", "days": "0"}).text,
        ).replace(email, "")
        for email in (world.stranger.email, "nobody@nowhere.example")
    ]
    assert answers[0] == answers[1] and "Nobody to whom" not in answers[0]


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({}, "partner"),
        ({"partner": "nordlys", "organization_level": "look"}, "partner"),
        ({"partner": "brightwater"}, "organization_level"),
        ({"partner": "brightwater", "organization_level": "owner"}, "organization_level"),
        ({"partner": "brightwater", "person_level": "look"}, "person_email"),
        (
            {"partner": "brightwater", "organization_level": "look", "person_email": "update@brightwater.example"},
            "person_level",
        ),
        ({"partner": "brightwater", "person_level": "look", "person_email": "wide@lattice.example"}, "person_email"),
        ({"partner": "brightwater", "organization_level": "look", "days": "731"}, "days"),
        ({"partner": "brightwater", "organization_level": "look", "covers_from": "x"}, "covers_from"),
    ],
)
def test_what_cannot_be_given_directly_comes_back_with_a_sentence(world, browse, fields, beside):
    answer = browse(world.manager).post(GIVE, {"days": "7", **fields})
    assert answer.status_code == 422
    assert f'href="#{beside}"' in answer.text and f'id="e-{beside}"' in answer.text
    assert Grant.select().where(Grant.starts_at > clock.now() - timedelta(minutes=5)).count() == 0


def test_only_contact_managers_give(world, browse):
    form = {"partner": "brightwater", "organization_level": "look", "days": "30"}
    for person in (world.own, world.full_admin, world.desk, world.stranger):
        assert browse(person).get(GIVE).status_code == 403
        assert browse(person).post(GIVE, form).status_code == 403
    assert browse(world.manager).post(GIVE, form, token=False).status_code == 400


# --- Handing over -------------------------------------------------------------------------------------------------


HANDOVER = f"{PAGE}/handover"


def handing(successor, *requests, **fields):
    """Return the form that hands these requests over."""
    return {"contact": successor.public_id, "request": [one.reference for one in requests], **fields}


def lead_of(request):
    return request.__class__.get_by_id(request.id).primary_contact


def test_requests_led_by_the_departed_are_listed_until_handed_over(world, browse):
    led = service_request(world.kitahama, world.support, "Left behind", primary=world.ended)
    other = service_request(world.kitahama, world.support, "Left as well", primary=world.ended)
    solved = service_request(world.kitahama, world.support, "Done long ago", primary=world.ended, status="solved")
    down = service_request(world.kitahama, world.support, "Only looks now", primary=world.look)
    stays = service_request(world.kitahama, world.support, "Still led", primary=world.update)
    page = browse(world.manager).sees(PAGE).split("Requests to hand over")[1]
    departed, staying = page.split("1 person with access leads requests")
    assert "2 people lead requests without access" in departed
    assert "Ended of Brightwater Consulting leads 2 open requests" in departed
    assert led.reference in departed and down.reference in departed and solved.reference not in page
    assert stays.reference in staying.split("Past decisions")[0]
    answer = browse(world.manager).post(HANDOVER, handing(world.support, led, other))
    assert answer.status_code == 303
    assert lead_of(led) == lead_of(other) == world.support and lead_of(down) == world.look
    assert led.reference not in browse(world.manager).sees(PAGE)


def test_a_stand_in_counts_as_the_person_behind_it(world, browse):
    stand_in = contact(world.kitahama, "stand_in", stands_in_for=world.ended)
    led = service_request(world.kitahama, world.support, "Led under another name", primary=stand_in)
    page = browse(world.manager).sees(PAGE)
    assert "Ended of Brightwater Consulting leads 1 open request" in page
    assert f"{led.reference} under the name Stand In of Kitahama Foods" in page


@pytest.mark.parametrize("who", ["look", "own", "stranger", "ended", "desk", "nobody"])
def test_only_who_may_lead_can_be_chosen(world, browse, who):
    led = service_request(world.kitahama, world.support, "Left behind", primary=world.ended)
    public_id = getattr(world, who).public_id if who != "nobody" else ""
    form = {"contact": public_id, "request": led.reference, "lead": world.ended.public_id}
    answer = browse(world.manager).post(HANDOVER, form)
    assert answer.status_code == 422 and "Choose the requests, and who leads them from now on." in answer.text
    assert f'id="e-successor-{world.ended.public_id}"' in answer.text
    assert lead_of(led) == world.ended
    none_chosen = {**handing(world.support), "lead": world.ended.public_id}
    assert browse(world.manager).post(HANDOVER, none_chosen).status_code == 422


def test_a_handover_that_is_done_already_is_told_kindly(world, browse):
    led = service_request(world.kitahama, world.support, "Left behind", primary=world.ended)
    browse(world.second_manager).post(HANDOVER, handing(world.support, led))
    answer = browse(world.manager).post(HANDOVER, handing(world.create, led))
    assert answer.status_code == 409 and "Support of Kitahama Foods leads this request by now" in answer.text
    assert lead_of(led) == world.support


def test_only_the_customers_managers_hand_over_and_only_their_own_requests(world, browse):
    led = service_request(world.kitahama, world.support, "Left behind", primary=world.ended)
    for person in (world.own, world.full_admin, world.desk):
        assert browse(person).post(HANDOVER, handing(world.support, led)).status_code == 403
    for form in (handing(world.support, led, world.nordlys_request), {"request": "000000-000000"}):
        assert browse(world.manager).post(HANDOVER, form).status_code == 404
    assert browse(world.nordlys_manager).post(HANDOVER, handing(world.support, led)).status_code == 404
    assert lead_of(led) == world.ended


def test_only_answers_of_my_own_customer_stand_among_past_decisions(world, browse):
    other = changes.ask(world.wide, world.nordlys_manager.email, 9, [(None, Level.LOOK)], "", clock.now())
    changes.decline(other, world.nordlys_manager, clock.now(), "Not with us.")
    assert "Not with us." in browse(world.nordlys_manager).sees(PAGE)
    assert "Not with us." not in browse(world.manager).sees(PAGE)
    assert access_lists.of_customer(world.kitahama, clock.now()) == ([], [])
