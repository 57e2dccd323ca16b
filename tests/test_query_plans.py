"""Each hot query goes along an index: no table is read whole, nothing longer than a page is sorted."""

import itertools
import re
from datetime import timedelta

import pytest
from psycopg import ClientCursor

from portal import clock, database
from portal.models import (
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    counting,
    request_lists,
    request_paths,
    search,
)
from portal.models.base import opaque_id
from portal.models.notifications import Notification
from portal.models.sessions import Session
from portal.permissions import Level, Sight
from portal.telling import unread
from tests.benchmarks import bulk
from tests.counting import statements

ORDER = request_lists.ORDERS["updated"]
# Tables that grow with the requests; organizations and grants are few.
GROWING = ("service_request", "message", "notification", "search_entry", "additional_contact", "attachment", "session")


@pytest.fixture
def partner(world):
    """A partner's person with 30 customers, in a world large enough to be planned for."""
    now = clock.now()
    firms = [{"slug": f"planned{number}", "name": f"Planned {number}"} for number in range(30)]
    Organization.insert_many(firms).execute()
    ids = [one.id for one in Organization.select().where(Organization.slug.startswith("planned"))]
    about = {"partner": world.look.organization, "contact": world.look, "level": int(Level.LOOK), "created_at": now}
    lasting = {"starts_at": now.replace(year=now.year - 1), "expires_at": now.replace(year=now.year + 1)}
    Grant.insert_many([{"public_id": opaque_id(), "customer": one, **about, **lasting} for one in ids]).execute()
    many_requests(world, [*ids, world.kitahama.id], 4000)
    many_messages(world, 2000)
    return world.look


def many_requests(world, firms, count):
    now = clock.now()
    rows = [
        {
            "reference": f"p{number}",
            "organization": firms[number % len(firms)],
            "category": "technical",
            "severity": 3,
            "status": "open" if number % 40 == 0 else "closed",
            "subject": "Planned",
            "submitted_by": world.support.id,
            "primary_contact": world.support.id,
            "timezone": "UTC",
            "created_at": now,
            "updated_at": now,
        }
        for number in range(count)
    ]
    with database.opened() as handle, database.transaction():
        bulk.insert(ServiceRequest, rows)
        handle.execute_sql("ANALYZE")


def many_messages(world, count):
    """Write so many into one request: PostgreSQL reads few of them whole rather than look one up."""
    of = {"service_request": world.request.id, "author": world.support.id, "created_at": clock.now(), "body": "-"}
    of |= {"author_organization": world.support.organization_id}
    with database.opened() as handle, database.transaction():
        bulk.insert(Message, [{"public_id": opaque_id(), **of} for _number in range(count)])
        handle.execute_sql("ANALYZE")


def plan(query):
    """Return the steps of the engine's plan, as text; PostgreSQL is kept from reading a small table whole."""
    sql, values = database.handle.get_sql_context().sql(query).query()
    if database.is_sqlite():
        return [row[3] for row in database.handle.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    with database.transaction():
        database.handle.execute_sql("SET LOCAL enable_seqscan = off")
        return [row[0] for row in database.handle.execute_sql(f"EXPLAIN {sql}", values)]


def whole_tables(steps):
    """Return the steps that read a growing table whole."""
    names = "|".join(GROWING)
    if database.is_sqlite():
        # "SCAN … USING INDEX" walks in the order asked for, and stops after the page.
        return [one for one in steps if re.match(r"SCAN (t\d+|" + names + r")\b(?!.* USING)", one)]
    return [one for one in steps if re.search(rf"Seq Scan on ({names})\b", one)]


def queries(partner):
    """Return the hot queries by name, each with the index that it must go along (as the engine's plan names it)."""
    sight, now = Sight(partner, clock.now()), clock.now()
    desk = Sight(Contact.get(Contact.desk), now)
    one, few = [sight.places[1].id], sight.within[:10]
    seen = sight.requests.where(ServiceRequest.organization == one[0])

    def newest(select, within):
        return request_paths.first(select, None, ORDER, None, 51, within)

    return {
        "one organization": (newest(sight.requests, one), "organization_id_updated_at"),
        "a few organizations": (newest(sight.requests, few), "organization_id_updated_at"),
        "many organizations": (newest(sight.requests, sight.within), "service_?request_updated_at_id"),
        "the desk": (newest(desk.requests, None), "service_?request_updated_at_id"),
        "the desk, by status": (
            newest(request_lists.narrow(desk.requests, statuses=("waiting",)), None),
            "service_?request_status_updated",
        ),
        "the desk, by creation": (
            request_paths.first(desk.requests, None, request_lists.ORDERS["created"], None, 51, None),
            "service_?request_created_at_id",
        ),
        "one reference": (ServiceRequest.select().where(ServiceRequest.reference == "p1"), "reference"),
        "what is open": (seen.where(ServiceRequest.status == "open"), "organization_id_status"),
        "the dashboard": (
            ServiceRequest.select(ServiceRequest.severity, ServiceRequest.created_at, ServiceRequest.solved_at).where(
                ServiceRequest.organization == one[0],
                ServiceRequest.updated_at >= now - timedelta(days=365),
                ~ServiceRequest.confidential,
            ),
            # PostgreSQL may think a shorter one of the organization enough for so few.
            "organization_id_updated_at_id_and_all" if database.is_sqlite() else "organization_id",
        ),
        "what one leads": (
            ServiceRequest.select(ServiceRequest.organization).where(
                counting.led_by([partner.id]), ServiceRequest.organization == one[0]
            ),
            "primary_contact_id_status",
        ),
        "whether a partner leads": (
            Contact.select(counting.anything_led_from_outside(one[0])).limit(1),
            "organization_id_status",
        ),
        "what partners lead": (counting._led_from_outside.__wrapped__(one[0]), "organization_id_status"),
        "what is unread": (unread(partner, now, sight), "notification_contact_id"),
        "the session": (Session.select().where(Session.key_hash == "x"), "key_hash"),
        "the desk's people": (Contact.people_of_the_desk(), "contact_desk"),
        "a contact's notifications": (
            Notification.select().where(Notification.contact == partner).order_by(Notification.created_at.desc()),
            "notification_contact_id",
        ),
    }


def test_each_hot_query_goes_along_its_index(partner):
    wrong = {}
    for name, (query, index) in queries(partner).items():
        steps = plan(query)
        if whole_tables(steps) or not re.search(index, "\n".join(steps)):
            wrong[name] = steps
    assert not wrong


@pytest.mark.parametrize("name", ["one organization", "many organizations", "the desk", "the desk, by status"])
def test_a_plan_without_its_index_is_told(partner, name):
    query, index = queries(partner)[name]
    dropped = [one for one in database.handle.obj.get_indexes("service_request") if re.search(index, one.name)]
    for one in dropped:
        database.handle.execute_sql(f'DROP INDEX "{one.name}"')
    try:
        steps = plan(query)
        assert whole_tables(steps) or not re.search(index, "\n".join(steps))
    finally:  # PostgreSQL's database is that of the next test too
        for one in dropped:
            database.handle.execute_sql(one.sql)


def test_nothing_longer_than_a_page_is_sorted_for_the_newest(partner):
    for name in ("one organization", "the desk", "the desk, by status", "the desk, by creation"):
        query, _ = queries(partner)[name]
        steps = "\n".join(plan(query))
        assert "TEMP B-TREE" not in steps, name
        assert not re.search(r"\bSort\b(?!.*Incremental)", steps.replace("Incremental Sort", "")), name


def sent_by(browser, path):
    """Return [(SQL, values)] of what a page asks of the database the second time, when it is warm."""
    browser.get(path)
    with statements(with_values=True) as sent:
        assert browser.get(path).status_code == 200
    return [one for one in sent if one[0].startswith(("SELECT", "WITH"))]


def walked_through(sql, values):
    """Return the steps of a statement's plan that read all of a growing table, whatever they call it."""
    explained = "EXPLAIN QUERY PLAN" if database.is_sqlite() else "EXPLAIN"
    with database.transaction():
        if not database.is_sqlite():
            database.handle.execute_sql("SET LOCAL enable_seqscan = off")
        steps = [row[-1] for row in database.handle.execute_sql(f"{explained} {sql}", values)]
    return walked_through_by(sql, steps)


def walked_through_by(sql, steps):
    aliases = {alias for table, alias in re.findall(r'"(\w+)" AS "(t\d+)"', sql) if table in GROWING}
    if not database.is_sqlite():
        return whole_tables(steps)
    called = "|".join([*aliases, *GROWING])
    return [one for one in steps if re.match(rf"SCAN ({called})$", one)]


PATHS = [
    "/requests",
    "/requests?q=planned",
    "/requests?q=stops",
    "/requests?q=order+export&status=open",
    "/requests/{reference}",
    "/partner/my_customers",
    "/notifications",
    "/dashboard/{customer}",
    "/",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_statement_of_a_page_walks_through_a_table_that_grows(partner, world, browse, path):
    sent = sent_by_page(partner, world, browse, path)
    assert {sql: steps for sql, values in sent if (steps := walked_through(sql, values))} == {}


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("path", PATHS)
def test_nor_does_one_that_is_prepared_and_planned_once_for_all_values(partner, world, browse, path):
    sent = sent_by_page(partner, world, browse, path)
    assert {sql: steps for sql, values in sent if (steps := walked_through_by(sql, once_for_all(sql, values)))} == {}


def sent_by_page(partner, world, browse, path):
    with database.opened() as handle, database.transaction():
        search.catch_up()
        handle.execute_sql("ANALYZE")
    sent = sent_by(browse(partner), path.format(reference=world.request.reference, customer=world.kitahama.slug))
    assert len(sent) > 2
    return sent


def once_for_all(sql, values):
    """Return the steps of PostgreSQL's plan for a prepared statement that has to do for all values."""
    with database.transaction():
        handle = database.handle
        handle.execute_sql("SET LOCAL enable_seqscan = off")
        handle.execute_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        handle.connection().execute(sql, values, prepare=True)
        handle.execute_sql("DISCARD PLANS")
        named = "SELECT name FROM pg_prepared_statements WHERE statement = %s ORDER BY prepare_time DESC"
        name = handle.execute_sql(named, (numbered(sql),)).fetchone()[0]
        called = f"({', '.join(['%s'] * len(values))})" if values else ""
        explained = ClientCursor(handle.connection()).execute(f"EXPLAIN EXECUTE {name}{called}", values or None)
        return [row[0] for row in explained.fetchall()]


def numbered(sql):
    """Return the SQL with $1, $2 and so on for its marks, as PostgreSQL itself has them."""
    numbers = itertools.count(1)
    return re.sub("%[%s]", lambda mark: "%" if mark[0] == "%%" else f"${next(numbers)}", sql)


@pytest.mark.engine("sqlite")
def test_a_walk_through_is_told(partner):
    assert walked_through('SELECT "t1"."id" FROM "message" AS "t1" WHERE "t1"."body" = ?', ["x"])
    assert not walked_through('SELECT "t1"."id" FROM "organization" AS "t1" WHERE "t1"."name" = ?', ["x"])


def statements_of(browser, path):
    browser.get(path)
    with statements() as sent:
        assert browser.get(path).status_code == 200
    return len(sent)


@pytest.mark.parametrize("path", ["/requests", "/requests?q=planned", "/requests?status=open"])
def test_a_list_takes_as_many_statements_for_fifty_as_for_fifty_thousand(world, browse, path):
    browser, firms = browse(world.look), [world.kitahama.id]
    many_requests(world, firms, 50)
    few = statements_of(browser, path)
    ServiceRequest.update(reference=ServiceRequest.reference.concat("-")).execute()
    many_requests(world, firms, 50_000)
    assert statements_of(browser, path) == few <= 6
