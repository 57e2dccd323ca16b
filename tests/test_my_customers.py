"""My Customers: what one holds, asking for more, taking that back, hearing of requests, giving access up."""

import re
from datetime import date, timedelta

import pytest

from portal import clock
from portal.models import AccessRequest, AccessRequestLine, Grant, HistoryEvent, Notification, Subscription
from portal.models import access_changes as changes
from portal.permissions import Level
from tests.counting import statements
from tests.people import plain
from tests.world import contact, grant, organization, service_request

PAGE = "/partner/my_customers"
FORM = "/partner/my_customers/request"


def asked(world, person, email=None, days=90, lines=None, reason="We help you.", ago=timedelta(0)):
    """Ask as `person` without the page."""
    lines = lines or [(None, Level.LOOK)]
    return changes.ask(person, email or world.manager.email, days, lines, reason, clock.now() - ago)


def as_typed(world, **fields):
    """Return the fields of a good request."""
    return {"manager_email": world.manager.email, "days": "180", "organization_level": "look", **fields}


# --- What one holds ----------------------------------------------------------------------------------------------


def test_every_signed_in_contact_has_the_page(world, browse):
    for person in (world.cc, world.own, world.manager, world.desk, world.stranger, world.expired):
        assert browse(person).get(PAGE).status_code == 200


def test_whoever_is_signed_out_is_led_to_sign_in(world, browse):
    assert browse().get(PAGE).status_code == 303
    assert browse().post(FORM, as_typed(world)).status_code == 303
    assert AccessRequest.select().count() == 0


def test_without_any_customer_it_says_what_to_do_next(world, browse):
    page = browse(world.expired).sees(PAGE)
    assert "No customer has given you access yet" in page
    assert "Kitahama" not in page


def test_a_holding_says_the_level_who_gave_it_and_until_when(world, browse):
    page = browse(world.update).sees(PAGE)
    assert "Kitahama Foods Update" in page
    assert "Manager of Kitahama Foods gave you Update for Kitahama Foods" in page
    assert "Ends in 90 days" in page


def test_an_individual_level_says_which_one_it_replaces(world, browse):
    page = browse(world.narrowed).sees(PAGE)
    assert "gave you Look for Kitahama Foods" in page
    assert "It replaces Full Admin, which everybody at Lattice Integrators has" in page
    assert "everybody at Lattice Integrators Full Admin" in browse(world.wide).sees(PAGE)


def test_a_grant_that_covers_from_a_day_says_so(world, browse):
    world.grants["look"].covers_from = date(2026, 10, 1)
    world.grants["look"].save()
    assert "It covers requests from 1 October 2026 on, and those that name you." in browse(world.look).sees(PAGE)
    assert "It covers requests" not in browse(world.update).sees(PAGE)


def test_switch_and_dashboard_stand_from_look_upwards(world, browse):
    look, cc = browse(world.look).get(PAGE).text, browse(world.cc).get(PAGE).text
    assert 'name="subscribed"' in look and "/dashboard/kitahama" in look
    assert 'name="subscribed"' not in cc and "/dashboard/kitahama" not in cc
    assert "Subscribing and the dashboard need Look." in plain(cc)


def test_requests_are_counted_as_one_may_see_them(world, browse):
    assert "3 open requests" in browse(world.look).sees(PAGE)
    assert "1 request names you" in browse(world.cc).sees(PAGE)


def test_colleagues_are_those_whom_grants_of_my_firm_reach(world, browse):
    contact(world.lattice, "left", active=False)
    page = browse(world.wide).sees(PAGE)
    assert "1 colleague has access" in page
    assert "Everybody at Lattice Integrators Full Admin" in page
    assert "Narrowed of Lattice Integrators Look named" in page
    assert "Lattice" not in browse(world.look).sees(PAGE)


def test_many_colleagues_are_shown_on_demand(world, browse):
    for number in range(35):
        grant(world.kitahama, contact(world.lattice, f"more{number:02}"), Level.LOOK, by=world.manager)
    page = browse(world.wide).get(PAGE).text
    assert "Show all 37 lines" in page and "More34" not in page
    assert "More34" in browse(world.wide).get(f"{PAGE}?colleagues=kitahama").text


def test_the_number_of_queries_does_not_grow_with_the_customers(world, browse):
    browser = browse(world.update)

    def queries():
        with statements() as sent:
            assert browser.get(PAGE).status_code == 200
        return len(sent)

    browser.get(PAGE)
    few = queries()
    for number in range(12):
        customer = organization(f"customer{number}")
        manager = contact(customer, "manager", contact_manager=True)
        grant(customer, world.update, Level.UPDATE, by=manager)
        grant(customer, world.brightwater, Level.LOOK, by=manager)
        grant(customer, world.colleague, Level.CC, by=manager)
        service_request(customer, manager, "Anything", primary=world.update)
        asked(world, world.update, manager.email)
    assert queries() == few
    assert "13 customers" in browser.sees(PAGE)


# --- Asking ------------------------------------------------------------------------------------------------------


def test_asking_stores_what_was_asked_and_leads_back(world, browse):
    form = as_typed(world, days="45", reason="  Because.\r\nReally. ")
    form[f"level-{world.colleague.public_id}"] = "create"
    form[f"level-{world.cc.public_id}"] = ""
    answer = browse(world.update).post(FORM, form)
    assert answer.status_code == 303 and answer.location.startswith(PAGE)
    one = AccessRequest.get()
    assert (one.customer, one.addressed_to, one.days, one.status) == (world.kitahama, world.manager, 45, "pending")
    assert one.reason == "Because.\nReally."
    lines = {(line.contact_id, line.level) for line in AccessRequestLine.select()}
    assert lines == {(None, Level.LOOK), (world.colleague.id, Level.CREATE)}


def test_the_addressed_manager_is_mailed_and_the_others_see_it_in_their_list(world, browse):
    browse(world.update).post(FORM, as_typed(world))
    told = {row.contact: row.mail_state for row in Notification.select().where(Notification.kind == "access_asked")}
    assert told == {world.manager: "due", world.second_manager: "none"}


def answer_to(world, browse, email):
    """Return everything that asking with this address shows, without what differs by nature: the address and ids."""
    browser = browse(world.update)
    posted = browser.post(FORM, as_typed(world, manager_email=email))
    page = browser.get(PAGE).text.replace(email, "ADDRESS")
    page = re.sub(r'(access-request-|access_requests/)[^"/]+', r"\1ID", page)
    page = re.sub(r'name="csrf_token" value="[^"]+"|\?v=\w+|\d\d:\d\d:\d\d', "", page)
    AccessRequest.update(status="withdrawn", decided_at=clock.now() - timedelta(days=400)).execute()
    return posted.status_code, posted.location, page


def test_the_answer_tells_nothing_about_the_address(world, browse):
    Notification.delete().execute()
    expected = answer_to(world, browse, "nobody@nowhere.example")
    gone = contact(world.kitahama, "gone", contact_manager=True, active=False)
    for email in (world.manager.email, world.own.email, world.desk.email, world.partner_manager.email, gone.email):
        assert answer_to(world, browse, email) == expected


def test_an_address_that_reaches_nobody_is_as_many_statements(world, browse):
    browser = browse(world.update)

    def statements_for(email):
        with statements() as sent:
            browser.post(FORM, as_typed(world, manager_email=email))
        return [re.sub(r"\d+", "", one)[:40] for one in sent]

    statements_for("warm@up.example")
    assert statements_for("nobody@nowhere.example") == statements_for(world.manager.email)


@pytest.mark.parametrize("role", ["own", "partner_manager", "desk"])
def test_only_a_contact_manager_of_another_organization_is_reached(world, browse, role):
    browse(world.update).post(FORM, as_typed(world, manager_email=getattr(world, role).email))
    one = AccessRequest.get()
    assert one.customer_id is None and one.addressed_to_id is None
    told = [row.contact_id for row in Notification.select().where(Notification.kind == "access_asked")]
    assert told == [None]


def test_an_address_is_found_in_any_case(world, browse):
    browse(world.update).post(FORM, as_typed(world, manager_email=f" {world.manager.email.upper()} "))
    assert AccessRequest.get().customer == world.kitahama


@pytest.mark.parametrize("days", ["1", "30", "730", "007", "１８０"])
def test_any_whole_number_of_days_up_to_the_limit_is_taken(world, browse, days):
    assert browse(world.update).post(FORM, as_typed(world, days=days)).status_code == 303
    assert AccessRequest.get().days == int(days)


@pytest.mark.parametrize("days", ["", "0", "-1", "731", "1.5", "ninety", "1e3", "9" * 400, "٣\0"])
def test_other_days_are_put_right(world, browse, days):
    answer = browse(world.update).post(FORM, as_typed(world, days=days))
    assert answer.status_code == 422 or days == "٣\0"
    if answer.status_code == 422:
        assert 'href="#days"' in answer.text and 'id="e-days"' in answer.text
        assert AccessRequest.select().count() == 0


def test_the_first_days_that_say_something_count(world, browse):
    for posted, taken in ((["", "45"], 45), (["30", "45"], 30), (["", "", "7"], 7)):
        assert browse(world.update).post(FORM, as_typed(world, days=posted)).status_code == 303
        assert AccessRequest.select().order_by(AccessRequest.id.desc()).get().days == taken


def test_the_limit_of_days_is_a_setting(world, browse, app):
    from dataclasses import replace

    app.config["PORTAL"] = replace(app.config["PORTAL"], max_days=100)
    assert browse(world.update).post(FORM, as_typed(world, days="101")).status_code == 422
    assert browse(world.update).post(FORM, as_typed(world, days="100")).status_code == 303


@pytest.mark.parametrize(
    "email", ["", "y.mori", "y.mori@kitahama", "a@b@c.example", "a b@c.example", "x" * 300 + "@a.example", "\0"]
)
def test_an_address_that_is_none_comes_back_with_a_sentence_and_everything_typed(world, browse, email):
    form = as_typed(world, manager_email=email, days="77", organization_level="create", reason="We <b>help</b>.")
    form[f"level-{world.colleague.public_id}"] = "update"
    answer = browse(world.update).post(FORM, form)
    assert answer.status_code == 422
    assert (
        'href="#manager_email"' in answer.text and 'aria-describedby="h-manager_email e-manager_email"' in answer.text
    )
    assert 'name="days" min="1" max="730" inputmode="numeric" autocomplete="off" value="77"' in answer.text
    assert re.search(r'value="create"[^>]* checked', answer.text)
    assert '<option value="update" selected>' in answer.text
    assert "We &lt;b&gt;help&lt;/b&gt;." in answer.text
    assert AccessRequest.select().count() == 0


@pytest.mark.parametrize("email", ["a@corp.local", "a@firm.test", "müller@exämple.example", "A.B+c@firm.example"])
def test_any_address_of_the_right_form_is_asked(world, browse, email):
    assert browse(world.update).post(FORM, as_typed(world, manager_email=email)).status_code == 303


def test_none_asks_for_no_line(world, browse):
    form = {"manager_email": world.manager.email, "days": "30", "organization_level": "none"}
    browse(world.colleague).post(
        "/partner/my_customers/request", {**form, f"level-{world.colleague.public_id}": "look"}
    )
    (asked,) = AccessRequest.select()
    assert [line.contact_id for line in asked.lines] == [world.colleague.id]
    answer = browse(world.colleague).post("/partner/my_customers/request", form)
    assert answer.status_code == 422


def test_a_request_without_any_line_is_put_right(world, browse):
    answer = browse(world.update).post(FORM, as_typed(world, organization_level=""))
    assert answer.status_code == 422
    assert "Choose a level for everybody, or for one person at least." in answer.text


@pytest.mark.parametrize("who", ["own", "wide", "expired_colleague", "nobody"])
def test_a_level_for_somebody_who_is_not_of_my_firm_is_put_right(world, browse, who):
    world.expired_colleague = contact(world.brightwater, "gone", active=False)
    public_id = "2" * 14 if who == "nobody" else getattr(world, who).public_id
    answer = browse(world.update).post(FORM, {**as_typed(world), f"level-{public_id}": "look"})
    assert answer.status_code == 422
    assert "Somebody you named is not with your organization any more." in answer.text
    if who in {"own", "wide"}:
        assert getattr(world, who).name not in answer.text
    assert AccessRequest.select().count() == 0


@pytest.mark.parametrize("level", ["owner", "LOOK", "7", "look\0x"])
def test_an_unknown_level_is_put_right(world, browse, level):
    assert browse(world.update).post(FORM, as_typed(world, organization_level=level)).status_code == 422
    mine = {**as_typed(world), f"level-{world.update.public_id}": level}
    assert browse(world.update).post(FORM, mine).status_code == 422
    assert AccessRequest.select().count() == 0


def test_a_reason_may_be_left_out_and_may_not_be_endless(world, browse):
    assert browse(world.update).post(FORM, as_typed(world, reason="x" * 2000)).status_code == 303
    answer = browse(world.update).post(FORM, as_typed(world, reason="x" * 2001))
    assert answer.status_code == 422 and "x" * 2001 in answer.text
    assert browse(world.update).post(FORM, as_typed(world, reason="")).status_code == 303


@pytest.mark.parametrize("field", ["manager_email", "days", "organization_level", "reason", "colleague"])
def test_nothing_typed_breaks_the_page(world, browse, field):
    for text in ("\0" * 10, "x" * 1_000_000, "9" * 5000, "{{7*7}}", "' OR 1=1 --", "\ud83d", "%s%n"):
        for path in (FORM, f"{FORM}/colleagues"):
            form = as_typed(world, **{field: text.encode("utf-8", "replace").decode()})
            assert browse(world.update).post(path, form).status_code in {200, 303, 422}


# --- The form, prefilled and searched ----------------------------------------------------------------------------


def test_asking_to_extend_repeats_what_is_held(world, browse):
    page = browse(world.update).get(f"{FORM}?grant={world.grants['update'].public_id}").text
    assert '<option value="update" selected>' in page
    assert 'value="100"' in page
    assert world.manager.email not in page


def test_the_manager_is_prefilled_only_once_a_request_to_them_was_approved(world, browse):
    one = asked(world, world.colleague, world.second_manager.email, lines=[(world.update, Level.UPDATE)])
    changes.decline(one, world.second_manager, clock.now(), "")
    path = f"{FORM}?customer=kitahama"
    assert world.second_manager.email not in browse(world.update).get(path).text
    one = asked(world, world.colleague, world.second_manager.email, lines=[(world.update, Level.UPDATE)])
    changes.approve(one, world.manager, clock.now(), {one.all_lines()[0].id: Level.UPDATE}, 90)
    assert world.second_manager.email in browse(world.update).get(path).text


CHANGING = re.compile(r'(name="(csrf_token|submission)" value|action|formaction|data-hx-post)="[^"]*"')


def test_a_grant_or_a_customer_that_is_not_mine_prefills_nothing(world, browse):
    plain_form = CHANGING.sub("", browse(world.cc).get(FORM).text)
    for query in (
        f"grant={world.grants['wide'].public_id}",
        f"grant={world.grants['update'].public_id}",
        "grant=nonsense",
        "customer=nordlys",
        "customer=nowhere",
        "customer=brightwater",
    ):
        page = CHANGING.sub("", browse(world.cc).get(f"{FORM}?{query}").text)
        assert page == plain_form, query


def test_what_colleagues_have_today_is_shown_for_a_customer_of_mine(world, browse):
    page = browse(world.update).sees(f"{FORM}?customer=kitahama")
    assert re.search(r"Cc of Brightwater Consulting CC As everybody", page)
    assert "Today" not in browse(world.update).sees(FORM)


def test_a_firm_of_thousands_finds_a_colleague_and_keeps_what_is_typed(world, browse):
    for number in range(60):
        contact(world.brightwater, f"person{number:02}")
    browser = browse(world.update)
    page = browser.get(FORM).text
    assert page.count("<select") == 11 and "Person59" not in page
    form = as_typed(world, colleague="ｐｅｒｓｏｎ59", reason="Typed already")
    form[f"level-{world.colleague.public_id}"] = "create"
    found = browser.post(f"{FORM}/colleagues", form)
    assert found.status_code == 200
    assert "Person59" in found.text and "Typed already" in found.text
    assert '<option value="create" selected>' in found.text
    fragment = browser.post(f"{FORM}/colleagues", form, swap=True).text
    assert fragment.lstrip().startswith('<div id="colleagues"') and "Person59" in fragment and "<html" not in fragment
    assert AccessRequest.select().count() == 0


def test_one_searches_only_ones_own_firm(world, browse):
    found = browse(world.update).post(f"{FORM}/colleagues", as_typed(world, colleague="Kitahama"), swap=True).text
    assert "Kitahama Foods" not in plain(found)


# --- What waits, and what was answered ----------------------------------------------------------------------------


def test_a_pending_request_is_seen_by_its_requester_those_named_and_the_firms_managers(world, browse):
    asked(world, world.update, "nobody@nowhere.example", lines=[(world.colleague, Level.LOOK)])
    for person in (world.update, world.colleague, world.partner_manager):
        assert "nobody@nowhere.example" in browse(person).get(PAGE).text
    for person in (world.cc, world.wide, world.manager):
        assert "nobody@nowhere.example" not in browse(person).get(PAGE).text


def test_requester_and_firms_manager_may_withdraw_and_a_named_colleague_may_not(world, browse):
    for person in (world.update, world.partner_manager):
        one = asked(world, world.update, lines=[(world.colleague, Level.LOOK)])
        path = f"/partner/access_requests/{one.public_id}/withdraw"
        assert browse(world.colleague).post(path).status_code == 403
        assert browse(world.cc).post(path).status_code == 404
        assert browse(world.wide).post(path).status_code == 404
        assert browse(person).post(path).status_code == 303
        assert one.as_it_is().status == "withdrawn"


@pytest.mark.parametrize("email", ["manager@kitahama.example", "nobody@nowhere.example"])
def test_withdrawing_twice_is_told_kindly_and_alike_for_every_address(world, browse, email):
    one = asked(world, world.update, email)
    path = f"/partner/access_requests/{one.public_id}/withdraw"
    browse(world.partner_manager).post(path)
    answer = browse(world.update).post(path)
    assert answer.status_code == 409
    assert "Partner Manager of Brightwater Consulting withdrew this request" in answer.text
    again = browse(world.partner_manager).post(path)
    assert "You have withdrawn this request already" in again.text


def test_withdrawing_what_was_approved_tells_who_decided(world, browse):
    one = asked(world, world.update)
    changes.approve(one, world.manager, clock.now(), {one.all_lines()[0].id: Level.LOOK}, 90)
    answer = browse(world.update).post(f"/partner/access_requests/{one.public_id}/withdraw", swap=True)
    assert answer.status_code == 409
    assert "Manager of Kitahama Foods approved this request" in answer.text
    assert one.as_it_is().status == "approved"


def test_a_lapsed_request_cannot_be_withdrawn_and_shows_the_same_whomever_it_reached(world, browse):
    shown = []
    for email in (world.manager.email, "nobody@nowhere.example"):
        one = asked(world, world.update, email, ago=timedelta(days=30))
        answer = browse(world.update).post(f"/partner/access_requests/{one.public_id}/withdraw")
        assert answer.status_code == 409 and "nobody answered it in 30 days" in answer.text
        page = browse(world.update).sees(PAGE)
        assert "Nothing waits for an answer." in page
        shown.append(page.replace(email, "ADDRESS"))
        AccessRequest.update(created_at=clock.now() - timedelta(days=400)).execute()
    assert shown[0] == shown[1]


def test_an_answer_says_what_was_changed_and_why(world, browse):
    one = asked(world, world.update, lines=[(None, Level.CREATE), (world.colleague, Level.LOOK)], days=180)
    lines = one.all_lines()
    changes.approve(one, world.manager, clock.now(), {lines[0].id: Level.LOOK}, 60)
    page = browse(world.update).sees(PAGE)
    assert "Manager of Kitahama Foods of Kitahama Foods approved:" in page
    assert "Look instead of Create for everybody" in page
    assert "60 days instead of 180 days" in page
    other = asked(world, world.update)
    changes.decline(other, world.manager, clock.now(), "We have no <project> with you.")
    page = browse(world.update).get(PAGE).text
    assert "“We have no &lt;project&gt; with you.”" in page


# --- Subscribing --------------------------------------------------------------------------------------------------


def subscribed(person, customer):
    return Subscription.select().where(Subscription.contact == person, Subscription.organization == customer).exists()


def test_the_switch_turns_news_on_and_off_for_me_alone(world, browse):
    path = f"{PAGE}/kitahama/subscription"
    answer = browse(world.look).post(path, {"subscribed": "on"})
    assert answer.status_code == 303 and answer.location.startswith(PAGE)
    assert subscribed(world.look, world.kitahama) and not subscribed(world.update, world.kitahama)
    assert 'name="subscribed" value="on" checked' in browse(world.look).get(PAGE).text
    assert browse(world.look).post(path, {"subscribed": "on"}).status_code == 303
    assert Subscription.select().count() == 1
    browse(world.look).post(path, {})
    assert not subscribed(world.look, world.kitahama)


def test_the_switch_swaps_itself(world, browse):
    path = f"{PAGE}/kitahama/subscription"
    on = browse(world.look).post(path, {"subscribed": "on"}, swap=True)
    assert on.status_code == 200 and on.text.lstrip().startswith('<form id="subscription-kitahama"')
    assert "checked" in on.text and "You hear of every new request of Kitahama Foods." in on.text
    off = browse(world.look).post(path, {}, swap=True)
    assert "checked" not in off.text


def test_who_may_subscribe_is_who_reads_everything(world, browse):
    path = f"{PAGE}/kitahama/subscription"
    refused = browse(world.cc).post(path, {"subscribed": "on"})
    assert refused.status_code == 403 and "This needs the level Look" in refused.text
    for person in (world.expired, world.stranger, world.colleague):
        assert browse(person).post(path, {"subscribed": "on"}).status_code == 404
    for person in (world.own, world.desk, world.wide):
        assert browse(person).post(path, {"subscribed": "on"}).status_code == 303
    assert browse(world.look).post(f"{PAGE}/nowhere/subscription", {"subscribed": "on"}).status_code == 404
    assert Subscription.select().count() == 3


def test_a_post_without_the_token_changes_nothing(world, browse):
    assert (
        browse(world.look).post(f"{PAGE}/kitahama/subscription", {"subscribed": "on"}, token=False).status_code == 400
    )
    assert browse(world.look).post(FORM, as_typed(world), token=False).status_code == 400
    assert Subscription.select().count() == AccessRequest.select().count() == 0


# --- Giving up ----------------------------------------------------------------------------------------------------


def test_i_give_up_my_own_access_and_the_customer_is_told(world, browse):
    service_request(world.kitahama, world.support, "Mine to lead", primary=world.update)
    page = browse(world.update).sees(PAGE)
    assert "You will no longer read the requests of Kitahama Foods." in page
    assert "The open request that you lead is listed for Kitahama Foods to hand over." in page
    path = f"/partner/grants/{world.grants['update'].public_id}/end"
    answer = browse(world.update).post(path)
    assert answer.status_code == 303 and answer.location == PAGE
    ended = world.grants["update"].as_it_is()
    assert (ended.end_cause, ended.ended_by) == ("given_up", world.update)
    assert browse(world.update).get(f"/requests/{world.request.reference}").status_code == 404
    event = HistoryEvent.select().where(HistoryEvent.customer == world.kitahama).get()
    assert (event.kind, event.actor, event.grant) == ("given_up", world.update, ended)
    told = {row.contact for row in Notification.select().where(Notification.kind == "access_ended")}
    assert told == {world.manager, world.second_manager}


def test_by_htmx_asking_taking_back_and_giving_up_lead_on_without_a_page_to_swap(world, browse):
    browser = browse(world.update)
    asked = browser.post(FORM, as_typed(world), swap=True)
    made = AccessRequest.select().get()
    withdrawn = browser.post(f"/partner/access_requests/{made.public_id}/withdraw", swap=True)
    given_up = browser.post(f"/partner/grants/{world.grants['update'].public_id}/end", swap=True)
    ended = browse(world.manager).post(f"/partner/grants/{world.grants['look'].public_id}/end", swap=True)
    answers = (asked, withdrawn, given_up, ended)
    assert [(one.status_code, one.text) for one in answers] == [(204, "")] * 4
    leads = [one.headers["HX-Redirect"] for one in answers]
    assert leads == [f"{PAGE}#pending", f"{PAGE}#pending", PAGE, "/partner/my_partners#current"]


def test_giving_up_twice_is_told_kindly(world, browse):
    path = f"/partner/grants/{world.grants['update'].public_id}/end"
    browse(world.update).post(path)
    assert "You have given this access up already" in browse(world.update).post(path).text
    answer = browse(world.manager).post(path)
    assert answer.status_code == 409 and "Update of Brightwater Consulting gave this access up" in answer.text
    assert Notification.select().where(Notification.kind == "access_ended").count() == 2


def test_only_the_firms_contact_manager_gives_up_what_everybody_has(world, browse):
    boss = contact(world.lattice, "boss", contact_manager=True)
    path = f"/partner/grants/{world.grants['wide'].public_id}/end"
    assert "Give up the firm’s access" not in browse(world.wide).sees(PAGE)
    assert browse(world.wide).post(path).status_code == 403
    assert browse(world.update).post(path).status_code == 404
    assert browse(world.desk).post(path).status_code == 403
    assert "Give up the firm’s access" in browse(boss).sees(PAGE)
    assert browse(boss).post(path).status_code == 303
    assert world.grants["wide"].as_it_is().end_cause == "given_up"


def test_a_colleague_cannot_give_up_what_is_mine_nor_learn_of_it_without_access(world, browse):
    path = f"/partner/grants/{world.grants['update'].public_id}/end"
    for person in (world.colleague, world.expired):
        assert browse(person).post(path).status_code == 404
    for person in (world.look, world.full_admin, world.partner_manager):
        assert browse(person).post(path).status_code == 403
    assert Grant.get_by_id(world.grants["update"].id).ended_at is None
