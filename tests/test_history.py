"""History: each event told, found again, taken along; nothing changed nor removed; and who could see what on a day."""

import csv
import io
import json
import re
from datetime import date, timedelta
from html import unescape

import peewee
import pytest

from portal import clock, database
from portal.models import (
    Contact,
    HistoryEvent,
    Organization,
    ServiceRequest,
    history,
    history_reading,
)
from portal.models.history_reading import GROUPS, Wanted
from tests.counting import statements
from tests.people import lasting, plain
from tests.tampering import unguarded_history

PATH = "/history/kitahama"


def note(world, kind, *, by="update", days_ago=0.0, request=None, customer=None, **values):
    """Write one event as the portal does; by a partner's person, under their grant."""
    actor = getattr(world, by) if by else None
    under = world.grants.get(by)
    if under:
        values = {"grant": under, "partner": under.partner, **values}
    at = clock.now() - timedelta(days=days_ago)
    with database.transaction():
        return history.record(customer or world.kitahama, kind, at, actor=actor, service_request=request, **values)


def told(browser, path=PATH):
    """Return the sentence of each event on the page, newest first."""
    answer = browser.get(path)
    assert answer.status_code == 200
    return [plain(one) for one in re.findall(r'<td data-label="What">(.*?)</td>', answer.text, re.S)]


def next_page(browser, path=PATH):
    found = re.search(r'rel="next" href="([^"]+)"', browser.get(path).text)
    return found and found[1].replace("&amp;", "&")


# --- Who may read it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, f"{PATH}.csv", f"{PATH}/who?reference={{reference}}&day={{day}}"])
def test_the_managers_and_the_desk_read_it_others_with_a_standing_are_refused_and_for_the_rest_it_is_not_there(
    world, browse, path
):
    path = path.format(reference=world.request.reference, day=clock.now().date())
    answers = {
        200: [world.manager, world.second_manager, world.desk],
        403: [world.own, world.support, world.cc, world.look, world.full_admin, world.wide],
        404: [world.stranger, world.expired, world.ended, world.nordlys_manager, world.partner_manager],
    }
    for status, people in answers.items():
        for person in people:
            assert browse(person).get(path).status_code == status, person.name
    assert browse().get(path).status_code == 303


def test_the_history_of_no_organization_is_the_same_as_of_one_that_is_not_mine(world, browse):
    browser = browse(world.stranger)

    assert lasting(browser.get("/history/kitahama").text) == lasting(browser.get("/history/nowhere").text)


# --- What is told -------------------------------------------------------------------------------------------------

TOLD = [
    (
        "granted",
        {"how": "approved", "level": 2, "until": "2027-03-01T00:00:00"},
        "Gave Look to {person} until 1 March 2027.",
    ),
    (
        "granted",
        {
            "how": "edited",
            "level": 3,
            "until": "2027-03-01T00:00:00",
            "covers_from": "2026-01-02",
            "supersedes": [{"grant": "x", "level": 2}],
        },
        "Changed the access of {person}: now Update until 1 March 2027. "
        "Requests created before 2 January 2026 stay hidden. This replaced Look.",
    ),
    ("approved", {"requested_by": "Ana"}, "Approved the request of Ana, Brightwater Consulting."),
    (
        "declined",
        {"requested_by": "Ana", "reason": "No <need>"},
        "Declined the request of Ana, Brightwater Consulting: “No &lt;need&gt;”",
    ),
    ("declined", {"requested_by": "Ana", "reason": ""}, "Declined the request of Ana, Brightwater Consulting."),
    ("withdrawn", {"requested_by": "Ana"}, "Withdrew the request of Ana for access."),
    (
        "lapsed",
        {"requested_by": "Ana"},
        "The request of Ana, Brightwater Consulting, lapsed: nobody answered it in 30 days.",
    ),
    ("ended", {"level": 2}, "Ended the access of {person}."),
    ("given_up", {"level": 2}, "Gave up the access of {person}."),
    ("expired", {"level": 2}, "The access of {person} ended: its last day had passed."),
    ("imported", {"grants": 3}, "Imported 3 grants from files."),
    ("read", {}, "Read {request}."),
    ("downloaded", {"name": "a & b.pdf"}, "Downloaded a &amp; b.pdf from {request}."),
    ("wrote", {}, "Wrote in {request}."),
    ("created", {"subject": "x"}, "Submitted {request}."),
    ("changed", {"what": "status", "after": "solved"}, "Set the status of {request} to Solved."),
    ("changed", {"what": "severity", "after": 1}, "Set the severity of {request} to 1, Nothing works."),
    ("changed", {"what": "contact_added", "contact_name": "Ben"}, "Added Ben to {request}."),
    ("changed", {"what": "contact_removed", "contact_name": "Ben"}, "Removed Ben from {request}."),
    ("changed", {"what": "primary_contact", "contact_name": "Ben"}, "Made Ben the primary contact of {request}."),
    ("changed", {"what": "something else"}, "Changed {request}."),
    ("confidential", {}, "Marked {request} confidential."),
    ("not_confidential", {}, "Took the mark “confidential” off {request}."),
    ("contact_added", {"name": "Sara", "email": "s@x.example"}, "Added the contact Sara (s@x.example)."),
    (
        "contact_changed",
        {"name": "Sara", "changes": {"name": ["Sarah", "Sara"], "support_contact": [False, True]}},
        "Changed the contact Sara: name from “Sarah” to “Sara” and now support contact.",
    ),
    (
        "organization_changed",
        {"changes": {"timezone": ["UTC", "Asia/Tokyo"]}},
        "Changed the organization: time zone from “UTC” to “Asia/Tokyo”.",
    ),
    ("contact_confirmed", {"name": "Sara"}, "Confirmed the contact Sara, whom Brightwater Consulting had added."),
    ("contact_kept", {"name": "Sara"}, "Kept the contact Sara, whom Brightwater Consulting had added."),
    ("contact_deactivated", {"name": "Sara"}, "Deactivated the contact Sara."),
    ("contact_reactivated", {"name": "Sara"}, "Made the contact Sara active again."),
    (
        "contact_second_factor_reset",
        {"name": "Sara"},
        "Took away the second factor of Sara, who had lost it.",
    ),
    (
        "stand_in_linked",
        {"name": "Dummy", "person": "Ana", "firm": "Brightwater"},
        "Linked Dummy as a stand-in to Ana, Brightwater.",
    ),
    (
        "stand_in_unlinked",
        {"name": "Dummy", "person": "Ana", "firm": "Brightwater"},
        "Gave the record of Dummy back: it stands in for Ana no more.",
    ),
    ("brand_new", {"x": 1}, "Recorded “brand_new”: {{&#34;x&#34;: 1}}"),
]


@pytest.mark.parametrize(
    ("kind", "details", "sentence"), TOLD, ids=[f"{one[0]}-{number}" for number, one in enumerate(TOLD)]
)
def test_each_kind_of_event_is_told_in_a_sentence_on_the_page_and_in_the_receipt(
    world, browse, kind, details, sentence
):
    about = {"request": world.request} if "{request}" in sentence else {}
    note(world, kind, contact=world.update if "{person}" in sentence else None, **about, **details)
    request = f"{world.request.reference} “Order export stops”"
    person = f"{world.update.name}, Brightwater Consulting"
    said = sentence.format(request=request, person=person)
    assert told(browse(world.manager)) == [said]
    assert receipt(browse(world.manager))[0]["what"] == unescape(said)


def test_a_level_is_shown_by_its_key_in_the_sentence_too(world, browse):
    details = {"level": 3, "until": "2027-03-01T15:00:00", "supersedes": [{"level": 2}]}
    note(world, "granted", contact=world.update, **details)
    sentence = re.search(r'<td data-label="What">(.*?)</td>', browse(world.manager).get(PATH).text, re.S)[1]
    assert re.findall(r'class="level level-(\w+)( overruled)?"><svg class="key"', sentence) == [
        ("update", ""),
        ("look", " overruled"),
    ]


def test_every_group_of_the_filter_names_kinds_that_have_a_sentence():
    assert {kind for kinds in GROUPS.values() for kind in kinds} == {one[0] for one in TOLD} - {"brand_new"}


def test_a_grant_to_the_whole_partner_is_told_as_to_everybody_there(world, browse):
    note(world, "ended", by="manager", partner=world.lattice, grant=world.grants["wide"], level=6)
    page = browse(world.manager).get(PATH).text
    assert told(browse(world.manager)) == ["Ended the access of everybody at Lattice Integrators."]
    assert "overruled" in re.search(r'<span class="level[^>]+>', page)[0]


def test_who_did_it_stands_with_the_partners_name_and_under_which_grant(world, browse):
    note(world, "read", request=world.request)
    note(world, "ended", by="manager", partner=world.lattice, grant=world.grants["wide"], level=6)
    text = browse(world.manager).sees(PATH)
    assert f"{world.update.name} Brightwater Consulting Read" in text
    assert f"{world.manager.name} Kitahama Foods Ended" in text
    assert "Update named, until" in text
    assert "Full Admin everybody, until" in text


def test_the_partners_name_stays_when_the_person_has_moved_on(world, browse):
    note(world, "read", request=world.request)
    Contact.update(organization=world.lattice).where(Contact.id == world.update.id).execute()
    assert f"{world.update.name} Brightwater Consulting Read" in browse(world.manager).sees(PATH)


def test_a_customers_history_tells_of_no_other_customer(world, browse):
    note(world, "read", request=world.nordlys_request, customer=world.nordlys)
    assert told(browse(world.manager)) == []
    assert "Nothing has happened yet" in browse(world.manager).sees(PATH)
    assert "Meters" not in browse(world.manager).get(f"{PATH}.csv").text


def test_days_and_times_are_the_customers(world, browse):
    with database.transaction():
        at = clock.start_of_day(date(2026, 3, 3), "Asia/Tokyo")
        history.record(world.kitahama, "read", at, actor=world.update, service_request=world.request)
        history.record(
            world.kitahama, "wrote", at - timedelta(seconds=1), actor=world.update, service_request=world.request
        )
    text = browse(world.desk).sees(PATH)
    assert text.index("Tuesday, 3 March 2026") < text.index("00:00") < text.index("Monday, 2 March 2026")
    assert "23:59" in text


# --- Filters ------------------------------------------------------------------------------------------------------


def kinds_shown(browser, query):
    return [sentence.split()[0] for sentence in told(browser, f"{PATH}?{query}")]


@pytest.fixture
def eventful(world):
    note(
        world,
        "granted",
        by="manager",
        contact=world.look,
        partner=world.brightwater,
        level=2,
        until="2027-01-01T00:00:00",
        days_ago=9,
    )
    note(world, "read", request=world.request, days_ago=5)
    note(world, "wrote", request=world.naming_cc, days_ago=3)
    note(world, "read", by="wide", partner=world.lattice, grant=world.grants["wide"], request=world.old, days_ago=2)
    note(world, "contact_added", by="full_admin", name="Sara", email="s@x.example", days_ago=1)
    return world


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Added", "Read", "Wrote", "Read", "Gave"]),
        ("partner=lattice", ["Read"]),
        ("partner=brightwater", ["Added", "Wrote", "Read", "Gave"]),
        ("partner=cielo", []),
        ("partner=nowhere", []),
        ("kind=access", ["Gave"]),
        ("kind=reading", ["Read", "Read"]),
        ("kind=writing", ["Wrote"]),
        ("kind=people", ["Added"]),
        ("kind=nonsense", []),
        ("kind=reading&partner=lattice", ["Read"]),
        ("kind=people&partner=lattice", []),
    ],
)
def test_the_filters_narrow_the_history(eventful, browse, query, expected):
    assert kinds_shown(browse(eventful.manager), query) == expected


def test_a_person_is_found_by_what_they_did_and_by_what_was_decided_about_them(eventful, browse):
    browser = browse(eventful.manager)
    assert kinds_shown(browser, f"person={eventful.update.public_id}") == ["Wrote", "Read"]
    assert kinds_shown(browser, f"person={eventful.look.public_id}") == ["Gave"]
    assert kinds_shown(browser, f"person={eventful.look.public_id}&kind=reading") == []
    assert kinds_shown(browser, f"person={eventful.stranger.public_id}") == []


def test_a_request_is_found_by_its_reference_if_it_is_the_customers(eventful, browse):
    browser = browse(eventful.manager)
    assert kinds_shown(browser, f"reference={eventful.request.reference}") == ["Read"]
    assert kinds_shown(browser, f"reference={eventful.nordlys_request.reference}") == []


def test_days_bound_the_history_both_included(eventful, browse):
    browser = browse(eventful.manager)
    day = {ago: clock.day_in(clock.now() - timedelta(days=ago), "Asia/Tokyo") for ago in (5, 3, 2)}
    assert kinds_shown(browser, f"from={day[5]}&until={day[3]}") == ["Wrote", "Read"]
    assert kinds_shown(browser, f"from={day[2]}") == ["Added", "Read"]
    assert kinds_shown(browser, f"until={day[5]}") == ["Read", "Gave"]


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-31", "0001-01-01", "9999-12-31", "%00soon", "2026-1-1"])
def test_a_day_that_is_none_is_said_beside_its_field(eventful, browse, typed):
    answer = browse(eventful.manager).get(f"{PATH}?from={typed}&until={typed}")
    assert answer.status_code == 200
    assert answer.text.count("This is no day") == 2


def test_the_drop_downs_offer_the_partners_and_the_people_of_this_customer_alone(eventful, browse):
    page = browse(eventful.manager).get(PATH).text
    partners = re.search(r'<select id="partner".*?</select>', page, re.S)[0]
    people = re.search(r'<select id="person".*?</select>', page, re.S)[0]
    assert re.findall(r'value="(\w+)"', partners) == ["brightwater", "lattice"]
    assert eventful.update.name in people
    assert eventful.manager.name in people
    assert eventful.look.name in people  # a grant names them, though they did nothing yet
    assert eventful.stranger.name not in people
    assert eventful.nordlys_support.name not in people


def test_a_period_is_summed_up_in_a_sentence(eventful, browse):
    note(eventful, "downloaded", request=eventful.request, name="x.pdf")
    day = clock.day_in(clock.now() - timedelta(days=6), "Asia/Tokyo")
    text = browse(eventful.manager).sees(f"{PATH}?from={day}")
    assert "In this time 2 people of 2 partners read 2 requests, downloaded 1 file, and wrote 1 message." in text
    assert "In this time" not in browse(eventful.manager).sees(PATH)


# --- Pages --------------------------------------------------------------------------------------------------------


def many(world, count, kinds=("read", "wrote")):
    """Write `count` events at once, chained as `record` chains them; three share each instant."""
    start = HistoryEvent.select().where(HistoryEvent.customer == world.kitahama).count()
    now, previous, rows = clock.now() - timedelta(days=50), "", []
    for number in range(start, start + count):
        event = HistoryEvent(
            customer=world.kitahama,
            sequence=number + 1,
            at=now + timedelta(minutes=number // 3),
            kind=kinds[number % len(kinds)],
            actor=world.update,
            partner=world.brightwater,
            grant=world.grants["update"],
            service_request=world.request,
            previous_hash=previous,
        )
        event.hash = previous = event.digest()
        rows.append(event.__data__)
    for first in range(0, count, 1000):
        HistoryEvent.insert_many(rows[first : first + 1000]).execute()


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(kinds=("read", "wrote")), Wanted(kinds=("read",))])
def test_walking_the_pages_tells_each_event_once_newest_first(world, wanted):
    many(world, 230)
    place, seen = None, []
    while True:
        page = history_reading.page(world.kitahama, wanted, place)
        assert len(page.rows) <= 50
        seen += [row.sequence for row in page.rows]
        place = page.next_place
        if place is None:
            break
    expected = [number for number in range(230, 0, -1) if wanted.kinds != ("read",) or number % 2]
    assert seen == expected


def test_a_page_links_to_the_older_one_and_stays_right_while_events_are_added(world, browse):
    many(world, 130)
    browser = browse(world.manager)
    older = next_page(browser)
    note(world, "read", request=world.request)
    assert len(told(browser, older)) == 50
    text = browser.get(next_page(browser, older)).text
    assert "Older" not in text
    assert "Newest" in text


@pytest.mark.parametrize("cursor", ["x", "W10.abc", "%00"])
def test_a_broken_cursor_is_the_newest_page(world, browse, cursor):
    many(world, 60)
    assert told(browse(world.manager), f"{PATH}?cursor={cursor}") == told(browse(world.manager))


def test_a_hundred_and_ten_thousand_events_take_the_same_queries_and_walk_an_index(world, browse):
    browser = browse(world.manager)

    def sent_by(path):
        browser.get(path)
        with statements() as sent:
            browser.get(path)
        return sent

    paths = [PATH, f"{PATH}?kind=reading", f"{PATH}?partner=brightwater", f"{PATH}?person={world.update.public_id}"]
    many(world, 100)
    few = [len(sent_by(path)) for path in paths]
    many(world, 10_000)
    assert [len(sent_by(path)) for path in paths] == few


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(partner=1),
        Wanted(kinds=GROUPS["access"]),
        Wanted(kinds=("read",), partner=1),
        Wanted(service_request=1),
        Wanted(since=clock.now(), until=clock.now()),
    ],
    ids=["all", "partner", "kinds", "kind and partner", "request", "days"],
)
def test_no_page_scans_or_sorts_the_history(world, wanted):
    many(world, 3000)
    database.handle.execute_sql("ANALYZE")
    query = history_reading._with_names(history_reading._narrowed(world.kitahama, wanted, [clock.now(), 7], 51)).limit(
        51
    )
    sql, values = query.sql()
    if database.is_sqlite():
        plan = [row[3] for row in database.handle.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert not [step for step in plan if step.startswith("SCAN")]
        sorts = [step for step in plan if "TEMP B-TREE" in step]
        assert len(sorts) <= (1 if wanted.kinds else 0)  # what the branches found together, a page of each
    else:
        database.handle.execute_sql("SET enable_seqscan = off")  # else a small table is read whole, rightly
        plan = [row[0] for row in database.handle.execute_sql(f"EXPLAIN {sql}", values)]
        database.handle.execute_sql("RESET enable_seqscan")
        assert not [step for step in plan if "Seq Scan on history_event" in step]


# --- The receipt --------------------------------------------------------------------------------------------------


def receipt(browser, query=""):
    answer = browser.get(f"{PATH}.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8"), newline="")))


def test_the_receipt_holds_the_same_events_as_the_page_with_their_hashes(eventful, browse):
    browser = browse(eventful.manager)
    rows = receipt(browser)
    assert [int(row["sequence"]) for row in rows] == [5, 4, 3, 2, 1]
    assert [row["hash"] for row in rows] == [
        event.hash for event in HistoryEvent.select().order_by(HistoryEvent.sequence.desc())
    ]
    wrote = rows[2]
    assert wrote["event"] == "wrote"
    assert wrote["who"] == eventful.update.name
    assert wrote["email"] == "update@brightwater.example"
    assert wrote["organization"] == wrote["partner"] == "Brightwater Consulting"
    assert wrote["reference"] == eventful.naming_cc.reference
    assert wrote["what"] == f"Wrote in {eventful.naming_cc.reference} “Label printer”."
    assert wrote["level"] == "update"
    assert wrote["until"].endswith("+00:00")
    assert wrote["at"].endswith("+00:00")


def test_the_receipt_is_narrowed_like_the_page_streamed_and_safe(eventful, browse):
    note(eventful, "contact_added", by="full_admin", name="x", email="e")
    ServiceRequest.update(subject="=cmd").where(ServiceRequest.id == eventful.old.id).execute()
    browser = browse(eventful.manager)
    assert [row["event"] for row in receipt(browser, "?partner=lattice")] == ["read"]
    assert receipt(browser, "?partner=lattice")[0]["subject"] == "'=cmd"
    answer = browser.get(f"{PATH}.csv")
    assert answer.is_streamed
    assert re.fullmatch(
        r"attachment; filename=history-kitahama-\d{4}-\d\d-\d\d\.csv", answer.headers["Content-Disposition"]
    )


def test_a_long_receipt_is_whole(world, browse):
    many(world, 1234)
    assert [int(row["sequence"]) for row in receipt(browse(world.manager))] == list(range(1234, 0, -1))


# --- Append-only --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: HistoryEvent.update(kind="read").execute(),
        lambda: HistoryEvent.update(details="{}").where(HistoryEvent.sequence == 2).execute(),
        lambda: HistoryEvent.delete().execute(),
        lambda: HistoryEvent.delete().where(HistoryEvent.sequence == 1).execute(),
        lambda: HistoryEvent.get(HistoryEvent.sequence == 1).delete_instance(),
    ],
    ids=["update all", "update one", "delete all", "delete one", "delete instance"],
)
def test_the_database_itself_refuses_to_change_or_remove_an_event(eventful, tamper):
    before = list(HistoryEvent.select().order_by(HistoryEvent.sequence).dicts())
    with pytest.raises(peewee.DatabaseError, match="never changed nor removed"):
        tamper()
    assert list(HistoryEvent.select().order_by(HistoryEvent.sequence).dicts()) == before


def test_a_refused_change_takes_its_whole_transaction_with_it(eventful):
    with pytest.raises(peewee.DatabaseError), database.transaction():
        Organization.update(name="Other").where(Organization.id == eventful.kitahama.id).execute()
        HistoryEvent.delete().execute()
    assert Organization.get_by_id(eventful.kitahama.id).name == "Kitahama Foods"


def test_events_go_on_being_written_after_a_refusal(eventful):
    with pytest.raises(peewee.DatabaseError):
        HistoryEvent.delete().execute()
    note(eventful, "read", request=eventful.request)
    assert HistoryEvent.select().count() == 6


def test_whoever_lifts_the_guard_in_the_database_can_tamper_so_the_chain_is_needed_too(eventful):
    with unguarded_history():
        assert HistoryEvent.update(kind="wrote").where(HistoryEvent.sequence == 2).execute() == 1
    with pytest.raises(peewee.DatabaseError):
        HistoryEvent.update(kind="read").where(HistoryEvent.sequence == 2).execute()


def test_details_are_json_whatever_is_in_them(world, browse):
    note(world, "declined", requested_by="</script>", reason="100% “sure” {x} %(y)s")
    assert json.loads(HistoryEvent.get().details)["reason"] == "100% “sure” {x} %(y)s"
    assert "100% “sure” {x} %(y)s" in browse(world.manager).sees(PATH)
