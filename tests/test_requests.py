"""My Requests: whose, in which order, how narrowed, how many at a time."""

import re
from datetime import timedelta

import pytest

from portal import clock, database
from portal.models import Message, ReadMark, ServiceRequest, search
from portal.permissions import Level
from tests.counting import statements
from tests.people import lasting
from tests.world import contact, grant, organization, service_request

ROW = re.compile(r'<a href="/requests/(\d{6}-\d{6})">')


def shown(browser, path="/requests"):
    """Return the references on the page, in order."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return ROW.findall(answer.text)


def next_page(browser, path="/requests"):
    found = re.search(r'rel="next" href="([^"]+)"', browser.get(path).text)
    return found and found[1].replace("&amp;", "&")


def say(request, author, body="More.", *, hours_ago=1, internal=False):
    at = clock.now() - timedelta(hours=hours_ago)
    Message.create(
        service_request=request,
        author=author,
        author_organization=author.organization,
        created_at=at,
        internal=internal,
        body=body,
    )
    if not internal:
        ServiceRequest.update(updated_at=at).where(ServiceRequest.id == request.id).execute()


# --- Whose ------------------------------------------------------------------------------------------------------


def test_a_partner_sees_the_requests_of_their_customers_newest_change_first(world, browse):
    assert shown(browse(world.look)) == [world.request.reference, world.naming_cc.reference, world.old.reference]


def test_cc_sees_only_what_names_them(world, browse):
    assert shown(browse(world.cc)) == [world.naming_cc.reference]


def test_the_desk_sees_the_requests_of_everybody(world, browse):
    assert len(shown(browse(world.desk))) == ServiceRequest.select().count()


@pytest.mark.parametrize("who", ["expired", "ended", "stranger"])
def test_whoever_has_no_access_sees_an_empty_list_that_says_what_to_do(world, browse, who):
    browser = browse(getattr(world, who))
    assert shown(browser) == []
    assert "No request yet" in browser.sees("/requests")


def test_nobody_signed_in_is_led_to_sign_in(world, browse):
    for path in ("/requests", "/requests.csv"):
        answer = browse().get(path)
        assert answer.status_code == 303
        assert "/login" in answer.location


# --- The drop-down ----------------------------------------------------------------------------------------------


def organizations_offered(browser):
    return re.findall(
        r'<option value="([a-z]+)"', re.search(r'id="organization".*?</select>', browser.get("/requests").text, re.S)[0]
    )


def test_the_drop_down_offers_my_own_organization_first_then_my_customers(world, browse):
    grant(world.nordlys, world.look, Level.CC)
    assert organizations_offered(browse(world.look)) == ["brightwater", "kitahama", "nordlys"]


def test_the_drop_down_offers_the_desk_every_organization(world, browse):
    assert organizations_offered(browse(world.desk)) == [
        "halyard",
        "cielo",
        "brightwater",
        "kitahama",
        "lattice",
        "nordlys",
    ]


def test_an_ended_customer_is_no_longer_offered(world, browse):
    assert organizations_offered(browse(world.ended)) == ["brightwater"]


def test_choosing_an_organization_narrows_the_list(world, browse):
    grant(world.nordlys, world.look, Level.LOOK)
    browser = browse(world.look)
    assert shown(browser, "/requests?organization=nordlys") == [world.nordlys_request.reference]
    assert world.nordlys_request.reference not in shown(browser, "/requests?organization=kitahama")


@pytest.mark.parametrize("slug", ["nordlys", "no-such-firm", "%00", "kitahama%27", "ｋitahama"])
def test_an_organization_that_is_unknown_or_not_mine_is_an_empty_list(world, browse, slug):
    answer = browse(world.look).get(f"/requests?organization={slug}")
    assert answer.status_code == 200
    assert ROW.findall(answer.text) == []
    assert "Meters" not in answer.text


def test_unknown_and_not_mine_are_the_same_page(world, browse):
    browser = browse(world.look)
    other, unknown = (browser.get(f"/requests?organization={slug}").text for slug in ("nordlys", "nowhere"))
    assert lasting(other.replace("nordlys", "nowhere")) == lasting(unknown)


# --- The filters ------------------------------------------------------------------------------------------------


def test_a_status_narrows_the_list(world, browse):
    ServiceRequest.update(status="solved").where(ServiceRequest.id == world.old.id).execute()
    ServiceRequest.update(status="waiting").where(ServiceRequest.id == world.naming_cc.id).execute()
    browser = browse(world.look)
    assert shown(browser, "/requests?status=solved") == [world.old.reference]
    assert shown(browser, "/requests?status=waiting") == [world.naming_cc.reference]
    assert shown(browser, "/requests?status=not_done") == [world.request.reference, world.naming_cc.reference]
    assert shown(browser, "/requests?status=") == shown(browser)
    assert shown(browser, "/requests?status=nonsense") == []


@pytest.mark.parametrize("value", ["on", "1", "", "no"])
def test_mine_with_any_value_shows_only_what_names_me(world, browse, value):
    by_me = service_request(world.kitahama, world.update, "My own", days_ago=5)
    led_by_me = service_request(world.kitahama, world.support, "Led by me", primary=world.update, days_ago=6)
    added = service_request(world.kitahama, world.support, "Added", naming=[world.update], days_ago=7)
    expected = [by_me.reference, led_by_me.reference, added.reference]
    assert shown(browse(world.update), f"/requests?mine={value}") == expected


def test_mine_counts_what_my_stand_in_is_named_on(world, browse):
    stand_in = contact(world.kitahama, "dummy", stands_in_for=world.update)
    through = service_request(world.kitahama, stand_in, "Through a stand-in", days_ago=9)
    assert shown(browse(world.update), "/requests?mine=on") == [through.reference]


# --- Search -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Order export stops", "order EXPORT"),
        ("La SEÑAL se corta", "señal"),
        ("La señal se corta", "SEÑAL"),
        ("アクセスできません", "アクセス"),
        ("ｱｸｾｽできません", "アクセス"),
        ("アクセスできません", "ｱｸｾｽ"),
        ("ＡＢＣ社の件", "abc"),
        ("申請が通らない", "申請"),
        ("Only 50% arrive", "50%"),
        ("a_b is not aXb", "a_b"),
        (r"C:\temp is full", "c:\\temp"),
        ("It's here", "it's"),
    ],
)
def test_search_matches_words_whatever_their_case_and_width(world, browse, text, typed):
    found = service_request(world.kitahama, world.support, text, days_ago=5)
    browser = browse(world.look)
    answer = browser.get("/requests", query_string={"q": typed})
    assert found.reference in ROW.findall(answer.text)
    said = service_request(world.kitahama, world.support, "Another", body=f"Hello. {text}. Bye.", days_ago=5)
    assert said.reference in ROW.findall(browser.get("/requests", query_string={"q": typed}).text)


@pytest.mark.parametrize("typed", ["50%", "a_b", "%", "_", "\\", "''", "export nothing", "\U0001f600"])
def test_search_takes_no_sign_for_a_pattern(world, browse, typed):
    service_request(world.kitahama, world.support, "500 axb", days_ago=5)
    assert ROW.findall(browse(world.look).get("/requests", query_string={"q": typed}).text) == []


def test_search_finds_a_reference_or_a_part_of_it(world, browse):
    browser = browse(world.look)
    for typed in (world.request.reference, world.request.reference[-6:]):
        assert world.request.reference in shown(browser, f"/requests?q={typed}")


def test_search_needs_every_word_but_in_any_place(world, browse):
    say(world.request, world.support, "The printer in Osaka hums.")
    browser = browse(world.look)
    assert shown(browser, "/requests?q=osaka+order") == [world.request.reference]
    assert shown(browser, "/requests?q=osaka+archive") == []


def test_an_internal_message_is_found_by_the_desk_alone(world, browse):
    say(world.request, world.desk, "Xylophone: they owe us money.", internal=True)
    assert shown(browse(world.desk), "/requests?q=xylophone") == [world.request.reference]
    for who in (world.support, world.manager, world.full_admin):
        assert shown(browse(who), "/requests?q=xylophone") == []


def test_search_finds_nothing_in_what_one_may_not_see(world, browse):
    assert shown(browse(world.look), "/requests?q=leaked") == []
    assert shown(browse(world.look), "/requests?q=meters") == []


def test_a_search_without_hits_says_so_and_offers_the_rest(world, browse):
    text = browse(world.look).sees("/requests?q=zebra&status=open")
    assert "Nothing matches “zebra”" in text
    assert "Search everywhere" in text


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "x" * 100_000, "sort=%27", "cursor=" + "y" * 50_000, "q=%ff%fe", "mine&mine"]
)
def test_nothing_typed_into_the_address_breaks_the_page(world, browse, query):
    assert browse(world.look).get(f"/requests?{query}").status_code == 200


# --- Order and pages --------------------------------------------------------------------------------------------


def test_each_order_puts_the_right_one_first(world, browse):
    ServiceRequest.update(severity=1).where(ServiceRequest.id == world.old.id).execute()
    ServiceRequest.update(status="closed").where(ServiceRequest.id == world.request.id).execute()
    say(world.old, world.support)
    browser = browse(world.look)
    request, naming, old = (one.reference for one in (world.request, world.naming_cc, world.old))
    assert shown(browser) == [old, request, naming]
    assert shown(browser, "/requests?sort=created") == [request, naming, old]
    assert shown(browser, "/requests?sort=severity") == [old, request, naming]
    assert shown(browser, "/requests?sort=status") == [old, naming, request]
    assert shown(browser, "/requests?sort=nonsense") == shown(browser)


def many(world, count, firm=None, submitted_by=None):
    """Add `count` requests whose dates collide in threes, so that ties are on every page's edge."""
    created = clock.now() - timedelta(days=20)
    rows = [
        {
            "reference": f"250101-{number:06d}",
            "organization": firm or world.kitahama,
            "category": "technical",
            "severity": 1 + number % 4,
            "status": ("open", "waiting", "solved", "closed")[number % 4],
            "subject": f"Number {number}",
            "submitted_by": submitted_by or world.support,
            "primary_contact": submitted_by or world.support,
            "timezone": "UTC",
            "created_at": created - timedelta(minutes=number // 3),
            "updated_at": created - timedelta(minutes=number // 3),
        }
        for number in range(count)
    ]
    for start in range(0, count, 500):
        ServiceRequest.insert_many(rows[start : start + 500]).execute()
    with database.transaction():
        search.catch_up()


@pytest.mark.parametrize("sort", ["updated", "created", "severity", "status"])
def test_walking_the_pages_shows_each_request_once(world, browse, sort):
    many(world, 130)
    browser, seen, path = browse(world.look), [], f"/requests?sort={sort}"
    while path:
        page = shown(browser, path)
        assert len(page) <= 50
        seen += page
        path = next_page(browser, path)
    assert len(seen) == len(set(seen)) == 133


def test_pages_stay_right_while_requests_are_added_and_changed(world, browse):
    many(world, 130)
    browser = browse(world.look)
    first = shown(browser)
    second_path = next_page(browser)
    service_request(world.kitahama, world.support, "Brand new", days_ago=0)
    second = shown(browser, second_path)
    assert not set(first) & set(second)
    assert second[0] == "250101-000050"  # the first page ended within the ties of 48, 49 and 50


def test_a_page_says_how_many_it_shows_and_never_how_many_there_are(world, browse):
    many(world, 130)
    browser = browse(world.look)
    text = browser.sees("/requests")
    assert "50 requests on this page" in text
    assert "133" not in text


@pytest.mark.parametrize("cursor", ["x", "W10.abc", "%00", "..", "eyJ9"])
def test_a_broken_cursor_is_the_first_page(world, browse, cursor):
    many(world, 60)
    browser = browse(world.look)
    assert shown(browser, f"/requests?cursor={cursor}") == shown(browser)


def test_a_cursor_of_another_order_is_the_first_page(world, browse):
    many(world, 60)
    browser = browse(world.look)
    path = next_page(browser, "/requests?sort=severity")
    assert shown(browser, path.replace("sort=severity", "sort=created")) == shown(browser, "/requests?sort=created")


def test_a_cursor_names_no_row_by_its_number(world, browse, app):
    many(world, 60)
    from portal import cursors

    text = re.search(r"cursor=([^&]+)", next_page(browse(world.look)))[1]
    with app.test_request_context():
        place = cursors.read("requests:updated", text)
    numbers = {row[0] for row in ServiceRequest.select(ServiceRequest.id).tuples()}
    assert place is not None
    assert not numbers & {value for value in place if isinstance(value, int)}


def test_a_page_keeps_the_filters_in_its_links(world, browse):
    many(world, 260)
    browser = browse(world.look)
    path = "/requests?status=open&organization=kitahama&q=number&sort=created"
    following = next_page(browser, path)
    for part in ("status=open", "organization=kitahama", "q=number", "sort=created"):
        assert part in following
        assert part in re.search(r'id="csv" href="([^"]+)"', browser.get(path).text)[1]


# --- The row ----------------------------------------------------------------------------------------------------


def cell(browser, reference, label):
    row = next(one for one in browser.get("/requests").text.split("<tr") if f">{reference}<" in one)
    return re.sub(r"<[^>]+>", "", re.search(rf'data-label="{label}">(.*?)</td>', row, re.S)[1]).strip()


def test_the_last_word_is_whoever_wrote_last(world, browse):
    say(world.request, world.update, hours_ago=3)
    assert cell(browse(world.support), world.request.reference, "Last word").endswith(world.update.name)
    assert cell(browse(world.support), world.request.reference, "Last word").startswith("partner:")
    assert cell(browse(world.update), world.request.reference, "Last word") == "partner: you"
    say(world.request, world.desk, hours_ago=2)
    assert cell(browse(world.support), world.request.reference, "Last word") == f"desk: {world.desk.name}"
    assert cell(browse(world.support), world.naming_cc.reference, "Last word") == "customer: you"


def test_an_internal_message_is_never_the_last_word_nor_news(world, browse):
    ReadMark.create(service_request=world.request, contact=world.look, read_at=clock.now())
    before = browse(world.look).get("/requests").text
    say(world.request, world.desk, "Between us.", internal=True, hours_ago=0)
    after = browse(world.look).get("/requests").text
    assert lasting(before.split('<div id="list">')[1]) == lasting(after.split('<div id="list">')[1])
    assert cell(browse(world.desk), world.request.reference, "Last word") == f"customer: {world.support.name}"


def unread(browser):
    return [ROW.search(one)[1] for one in browser.get("/requests").text.split("<tr") if 'class="unread"' in one]


def test_a_request_is_unread_until_it_is_read_and_again_when_it_changes(world, browse):
    browser = browse(world.look)
    assert world.request.reference in unread(browser)
    mark = ReadMark.create(service_request=world.request, contact=world.look, read_at=clock.now() - timedelta(hours=2))
    assert world.request.reference not in unread(browser)
    say(world.request, world.support, hours_ago=1)
    assert world.request.reference in unread(browser)
    ReadMark.update(read_at=clock.now()).where(ReadMark.id == mark.id).execute()
    assert world.request.reference not in unread(browser)


def test_what_i_wrote_myself_is_not_news_to_me(world, browse):
    say(world.request, world.update)
    assert world.request.reference not in unread(browse(world.update))
    assert world.request.reference in unread(browse(world.look))


def test_a_read_mark_of_another_person_is_not_mine(world, browse):
    ReadMark.create(service_request=world.request, contact=world.update, read_at=clock.now())
    assert world.request.reference in unread(browse(world.look))
    assert shown(browse(world.look)).count(world.request.reference) == 1


def test_a_confidential_request_says_so_to_those_who_see_it(world, browse):
    assert browse(world.support).get("/requests").text.count("tag-confidential") == 1


def test_a_subject_is_text_and_not_markup(world, browse):
    service_request(world.kitahama, world.support, '<b>bold</b> & "quoted"')
    page = browse(world.look).get("/requests?q=bold").text
    assert "<b>bold" not in page
    assert "&lt;b&gt;<mark>bold</mark>&lt;/b&gt;" in page


# --- How much it costs ------------------------------------------------------------------------------------------


def statements_of(browser, path="/requests"):
    browser.get(path)
    with statements() as sent:
        browser.get(path)
    return len(sent)


@pytest.mark.parametrize("query", ["", "?q=number&status=open&mine=on&sort=severity"])
def test_fifty_and_five_thousand_requests_take_the_same_queries(world, browse, query):
    browser = browse(world.look)
    many(world, 50)
    few = statements_of(browser, f"/requests{query}")
    ServiceRequest.delete().where(ServiceRequest.reference.startswith("250101-")).execute()
    many(world, 5000)
    assert statements_of(browser, f"/requests{query}") == few


def test_one_and_three_hundred_customers_take_the_same_queries(world, browse):
    browser = browse(world.look)
    few = statements_of(browser)
    for number in range(299):
        firm = organization(f"firm{number}")
        who = contact(firm, "someone")
        grant(firm, world.look, Level.LOOK)
        if number % 50 == 0:
            service_request(firm, who, "Hello")
    assert statements_of(browser) == few


# --- With and without HTMX --------------------------------------------------------------------------------------


def test_the_filter_form_is_a_plain_get_with_a_button(world, browse):
    form = re.search(r"<form class=\"filters\".*?</form>", browse(world.look).get("/requests").text, re.S)[0]
    assert 'method="get"' in form
    assert 'action="/requests"' in form
    assert 'type="submit"' in form
    assert "csrf" not in form
    assert 'data-hx-select="#list"' in form


def test_the_list_writes_nothing(world, browse):
    browser = browse(world.look)
    browser.get("/requests")
    with statements() as sent:
        browser.get("/requests?q=order")
        browser.get("/requests.csv")
    assert not [one for one in sent if re.match(r"\s*(INSERT|UPDATE|DELETE)", one) and "session" not in one]
