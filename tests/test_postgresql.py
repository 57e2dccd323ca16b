"""What PostgreSQL is told of our statements: how to plan them, once for all, and anew where the tables have changed."""

from contextlib import contextmanager, suppress
from unittest import mock
from urllib.parse import quote

import psycopg
import pytest
from peewee import NotSupportedError, OperationalError, Value, fn

from portal import clock, database
from portal.models import Organization, ServiceRequest, history
from portal.models.base import among, gathered, read_gathered
from portal.models.holding import hold_row, lock_row
from portal.models.literals import spelled_out
from portal.models.prepared import fetched, prepared, slot
from tests.counting import statements

OFTEN = (
    12  # a statement is prepared the sixth time, and PostgreSQL plans it five times more before it settles on a plan
)
pytestmark = pytest.mark.engine("postgresql")


def prepared_statements(beginning):
    """Return (text, how often planned once for all, how often for its values) of each that begins so."""
    found = database.handle.execute_sql("SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements")
    return [row for row in found.fetchall() if row[0].startswith(beginning)]


@prepared
def _above(number):
    return Organization.select(Organization.slug).where(Organization.id > number).limit(1)


def test_a_statement_is_prepared_once_however_large_its_numbers_are(world):
    database.handle.execute_sql("DEALLOCATE ALL")
    for number in [5, 50_000] * OFTEN:
        _above(number)
    (found,) = prepared_statements('SELECT "t1"."slug"')
    assert found[1] > OFTEN
    ways = [fn.PG_TYPEOF(value).cast("text") for value in (5, -(2**31), 2**31, 2**63)]
    assert Organization.select(*ways).limit(1).tuples().get() == ("integer", "integer", "bigint", "numeric")


def test_connections_plan_for_short_statements_unless_the_url_says_otherwise(engine, app):
    with database.opened() as handle:
        assert _shown(handle) == ("1.1", "off", "0", "on")
    mine = "-c jit=on -c random_page_cost=3 -c synchronous_commit=off"
    database.use(f"{engine.url}{'&' if '?' in engine.url else '?'}options={quote(mine)}")
    with database.opened() as handle:
        assert _shown(handle) == ("3", "on", "0", "on")


def _shown(handle):
    names = ("random_page_cost", "jit", "max_parallel_workers_per_gather", "synchronous_commit")
    return tuple(handle.execute_sql(f"SHOW {name}").fetchone()[0] for name in names)


@contextmanager
def names_of_another_type(engine):
    """Change the type of a column, as a migration beside a running server might."""
    engine.execute("ALTER TABLE organization ALTER COLUMN name TYPE text")
    try:
        yield
    finally:
        engine.execute("ALTER TABLE organization ALTER COLUMN name TYPE varchar(255)")


PATHS = ["/requests", "/requests/{reference}", "/partner/my_customers", "/"]


@pytest.mark.parametrize("path", PATHS)
def test_a_migration_beside_a_running_server_reaches_nobody_who_reads(engine, world, browse, path):
    browser, path = browse(world.look), path.format(reference=world.request.reference)
    for _ in range(OFTEN):
        assert browser.get(path).status_code == 200
    with names_of_another_type(engine):
        assert browser.get(path).status_code == 200
    assert browser.get(path).status_code == 200


def _name(firm):
    return database.handle.execute_sql("SELECT name FROM organization WHERE id = %s", (firm.id,)).fetchone()[0]


def test_within_a_transaction_an_outdated_statement_is_a_connection_that_broke_and_the_next_one_works(engine, world):
    for _ in range(OFTEN):
        _name(world.halyard)
    with names_of_another_type(engine):
        with pytest.raises(OperationalError), database.transaction():
            _name(world.halyard)
        with database.transaction():
            assert _name(world.halyard) == world.halyard.name


def test_a_connection_that_was_cut_while_it_rested_reaches_nobody(engine, app):
    database.use(engine.url)
    rested = _process()
    assert _process() == rested
    engine.execute(f"SELECT pg_terminate_backend({rested}, 10000)")
    assert _process() != rested


def _process():
    """Return the number of the process that serves a connection from the pool."""
    with database.opened() as handle:
        return handle.execute_sql("SELECT pg_backend_pid()").fetchone()[0]


def test_whether_a_connection_still_lives_is_not_asked_of_the_server(engine, app):
    database.use(engine.url)
    _process()
    with mock.patch.object(psycopg.Cursor, "execute") as asked, database.opened():
        assert not asked.called


def test_what_postgresql_cannot_do_is_still_said(world):
    with pytest.raises(NotSupportedError, match="FOR UPDATE"), database.transaction():
        database.handle.execute_sql("SELECT count(*) FROM organization FOR UPDATE")


def test_a_row_is_held_once_in_a_transaction_and_by_each_anew(world):
    for _ in range(2):
        with database.transaction(), statements() as sent:
            lock_row(Organization, world.halyard.id)
            history.record(world.halyard, "created", clock.now())
            history.record(world.halyard, "created", clock.now())
            hold_row(Organization, world.nordlys.id)
        assert sum("FOR NO KEY UPDATE" in one for one in sent) == 2
        assert database.held.rows is None


def test_what_was_held_in_a_part_that_was_undone_is_held_anew(engine, world):
    with database.transaction():
        with suppress(ZeroDivisionError), database.transaction():
            hold_row(Organization, world.halyard.id)
            raise ZeroDivisionError
        assert is_free(engine, world.halyard)
        hold_row(Organization, world.halyard.id)
        assert not is_free(engine, world.halyard)
    assert is_free(engine, world.halyard)


def is_free(engine, firm):
    """Return whether another connection could hold the row."""
    with psycopg.connect(engine.url) as other:
        found = other.execute("SELECT 1 FROM organization WHERE id = %s FOR UPDATE SKIP LOCKED", (firm.id,))
        return found.fetchone() is not None


def test_plain_values_that_are_always_the_same_stand_in_the_text_and_no_others(db):
    plain = [True, False, None, 51, "open", "2026-01-01 10:00:00"]
    odd = ["it's", "100%", "a\\b", "日本", "$1", 'a"b', "a;b", -1, 2**31, 1.5, b"x", slot("later")]
    sql = "/* 5%% %%s */ " + ", ".join(["%s"] * len([*plain, *odd]))
    text, left = spelled_out(sql, [*plain, *odd])
    assert left == odd
    spelled = "TRUE, FALSE, NULL, 51, 'open', '2026-01-01 10:00:00'"
    assert text == f"/* 5%% %%s */ {spelled}, " + ", ".join(["%s"] * len(odd))


def test_what_is_spelled_out_is_what_was_meant(world):
    said = ["open", "it's", "100%", "a\\b", "it''s", "-- no", "%s"]

    def build():
        shown = (Value(one, converter=False).cast("text").concat(slot("ending")) for one in [*said, 7, None, True])
        return Organization.select(*shown).limit(1)

    expected = (*(f"{one}!" for one in said), "7!", None, "true!")
    assert fetched("spelled out", build, ending="!") == [expected] == fetched(None, build, ending="!")


def test_how_much_is_asked_for_is_known_when_a_list_is_planned_once_for_all(world, browse):
    browser = browse(world.desk)
    for _ in range(2 * OFTEN):
        browser.get("/requests")
    lists = prepared_statements('SELECT "t1"."id", "t1"."reference", "t1"."subject"')
    assert lists
    for text, once_for_all, _for_its_values in lists:
        assert "LIMIT 51" in text
        assert once_for_all > 0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_what_is_gathered_and_what_is_among_some_is_as_it_stands(world, count):
    firms = [world.halyard, world.nordlys][:count]
    found = Organization.select().where(among(Organization.id, [one.id for one in firms]))
    text = found.select().tuples()
    expected = [(one.id, one.slug, None) for one in firms]
    told = gathered(found, (Organization.id, Organization.slug, fn.NULLIF(Organization.id, Organization.id)))
    assert sorted(read_gathered(told.tuples().get()[0])) == sorted(expected)
    assert sorted(row[0] for row in text) == sorted(row[0] for row in expected)


def test_a_long_list_of_numbers_is_read_in_one_go(world):
    sql, values = ServiceRequest.select().where(among(ServiceRequest.organization, range(300))).sql()
    assert "::int[]" in sql
    assert values == []
