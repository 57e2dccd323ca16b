"""What docs/scale.md says of partitions: the portal goes on over a table of requests that is split by its customers."""

import re

import pytest

from portal import clock, database, permissions
from portal.models import ServiceRequest

pytestmark = pytest.mark.engine("postgresql")
HASHED = 8
BIGGEST = 2  # Kitahama's number: the second organization of the cast
ROW = re.compile(r'<a href="/requests/(\d{6}-\d{6})">')


@pytest.fixture
def database_url(engine):
    url = engine.empty_database()
    bound = database.use(url)
    database.migrate()
    with database.opened():
        split_requests()
    bound.close_all()
    return url


def split_requests():
    """Split the empty table: the biggest customer apart, the rest hashed. References to it go, its own stay."""
    run = database.handle.execute_sql
    indexes = [row[0] for row in run("SELECT indexdef FROM pg_indexes WHERE tablename = 'service_request'").fetchall()]
    for table, name in run(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE confrelid = 'service_request'::regclass"
    ).fetchall():
        run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    run("CREATE TABLE split (LIKE service_request INCLUDING DEFAULTS) PARTITION BY LIST (organization_id)")
    run(f"CREATE TABLE requests_apart PARTITION OF split FOR VALUES IN ({BIGGEST})")
    run("CREATE TABLE requests_rest PARTITION OF split DEFAULT PARTITION BY HASH (organization_id)")
    for number in range(HASHED):
        values = f"FOR VALUES WITH (MODULUS {HASHED}, REMAINDER {number})"
        run(f"CREATE TABLE requests_rest_{number} PARTITION OF requests_rest {values}")
    run("ALTER SEQUENCE service_request_id_seq OWNED BY NONE")
    run("DROP TABLE service_request")
    run("ALTER TABLE split RENAME TO service_request")
    run("ALTER TABLE service_request ADD PRIMARY KEY (organization_id, id)")
    for index in indexes:
        if "_pkey" not in index:
            run(f"{index[:-1]}, organization_id)" if "UNIQUE" in index else index)


def partitions_asked(contact, customer=None):
    """Return the names of the partitions that the list of the contact's requests reads, perhaps of one customer."""
    listed = permissions.visible_requests(contact, clock.now())
    if customer:
        listed = listed.where(ServiceRequest.organization == customer)
    sql, values = listed.order_by(ServiceRequest.updated_at.desc(), ServiceRequest.id.desc()).limit(50).sql()
    plan = database.handle.execute_sql(f"EXPLAIN {sql}", values).fetchall()
    return set(re.findall(r"on (requests_(?:apart|rest_\d))\b", "\n".join(line for (line,) in plan)))


def test_each_customers_requests_lie_where_they_belong(world):
    def where(request):
        query = "SELECT tableoid::regclass::text FROM service_request WHERE id = %s"
        return database.handle.execute_sql(query, (request.id,)).fetchone()[0]

    assert where(world.request) == "requests_apart"
    assert where(world.nordlys_request).startswith("requests_rest_")


def test_lists_and_pages_show_what_they_always_did(world, browse):
    own, other = [world.request, world.naming_cc, world.old], world.nordlys_request
    assert ROW.findall(browse(world.update).get("/requests").text) == [one.reference for one in own]
    assert ROW.findall(browse(world.nordlys_support).get("/requests").text) == [other.reference]
    assert len(ROW.findall(browse(world.desk).get("/requests").text)) == ServiceRequest.select().count()
    assert browse(world.update).get(f"/requests/{world.request.reference}").status_code == 200
    assert browse(world.update).get(f"/requests/{other.reference}").status_code == 404
    assert browse(world.cc).get(f"/requests/{world.confidential.reference}").status_code == 404


def test_submitting_and_replying_go_on(world, browse):
    asking = {"organization": "kitahama", "category": "technical", "severity": "3", "site": world.site.public_id}
    written = {"subject": "Labels are blank", "description": "All of them.", "i_am_the_contact": "on"}
    answer = browse(world.create).post("/ask", {**asking, **written})
    assert answer.status_code == 303, answer.text
    made = ServiceRequest.get(ServiceRequest.subject == "Labels are blank")
    assert browse(world.desk).post(f"/requests/{made.reference}/messages", {"body": "Which?"}).status_code == 303
    assert "Which?" in browse(world.create).sees(f"/requests/{made.reference}")


def test_a_list_asks_only_the_partitions_of_those_whom_it_shows(world):
    assert partitions_asked(world.own) == {"requests_apart"}
    asked = partitions_asked(world.look)  # a customer that lies apart, and her own firm
    assert "requests_apart" in asked and len(asked) <= 3
    assert len(partitions_asked(world.desk)) == HASHED + 1


def test_a_list_narrowed_to_one_customer_asks_one_partition(world):
    for who in (world.look, world.cc, world.desk):
        assert partitions_asked(who, BIGGEST) == {"requests_apart"}
