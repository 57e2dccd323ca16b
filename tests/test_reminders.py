"""A grant's end is told of in good time, to those whom it concerns, and once."""

import random
import re
import threading
from collections import Counter
from datetime import timedelta

import pytest

from portal import clock, database, mail, telling
from portal.models import AccessRequest, Grant, HistoryEvent, Notification, history, reminders
from portal.models.base import add_all
from portal.models.grant_changes import end, give
from portal.models.reminders import MARKS, nearest_mark, remind
from portal.permissions import Level
from tests.counting import statements
from tests.world import contact, grant

DAY = timedelta(days=1)


@pytest.fixture
def calm(world):
    """The cast without grants: each test gives its own."""
    Grant.delete().execute()
    return world


def told(one=None):
    """Return who was told what about a grant, as (kind, days or cause, contact) tuples in order."""
    query = Notification.select().order_by(Notification.id)
    if one is not None:
        query = query.where(Notification.grant == one)
    return [(note.kind, note.facts.get("days") or note.facts.get("cause"), note.contact) for note in query]


def those_told(one, kind):
    return {person for told_kind, _, person in told(one) if told_kind == kind}


def test_the_person_and_the_customers_managers_hear_thirty_seven_and_one_day_before_and_on_the_day(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE, by=w.manager)
    heard = []
    for left in (31, 30, 29, 8, 7, 6, 2, 1, 0, -1):
        remind(one.expires_at - left * DAY)
        heard.append((left, [(kind, what) for kind, what, person in told(one) if person == w.update]))
    assert [(left, len(words)) for left, words in heard] == [
        (31, 0), (30, 1), (29, 1), (8, 1), (7, 2), (6, 2), (2, 2), (1, 3), (0, 4), (-1, 4),
    ]  # fmt: skip
    assert heard[-1][1] == [
        ("access_ending", 30),
        ("access_ending", 7),
        ("access_ending", 1),
        ("access_ended", "expired"),
    ]
    assert (
        those_told(one, "access_ending") == those_told(one, "access_ended") == {w.update, w.manager, w.second_manager}
    )
    assert len(told(one)) == 4 * 3


def test_a_reminder_is_due_to_the_second(calm):
    one = grant(calm.kitahama, calm.update, Level.UPDATE)
    second = timedelta(seconds=1)
    for days in MARKS:
        assert remind(one.expires_at - days * DAY - second) == 0
        assert remind(one.expires_at - days * DAY) == 1
    assert remind(one.expires_at - second) == 0
    assert remind(one.expires_at) == 1


def test_a_grant_to_the_whole_firm_is_told_to_who_asked_for_it(calm):
    w = calm
    asked = AccessRequest.create(
        requested_by=w.colleague, partner=w.brightwater, manager_email="m@kitahama.example", days=90,
        created_at=clock.now(), status="approved", customer=w.kitahama,
    )  # fmt: skip
    one = grant(w.kitahama, w.brightwater, Level.LOOK)
    Grant.update(access_request=asked).where(Grant.id == one.id).execute()
    remind(one.expires_at - DAY)
    assert those_told(one, "access_ending") == {w.colleague, w.manager, w.second_manager}


@pytest.mark.parametrize("who_asked", ["nobody", "one who left"])
def test_a_grant_to_the_whole_firm_that_nobody_there_asked_for_is_told_to_its_managers(calm, who_asked):
    w = calm
    one = grant(w.kitahama, w.brightwater, Level.LOOK)
    if who_asked == "one who left":
        asked = AccessRequest.create(
            requested_by=w.colleague, partner=w.brightwater, manager_email="", days=90, created_at=clock.now()
        )
        Grant.update(access_request=asked).where(Grant.id == one.id).execute()
        w.colleague.active = False
        w.colleague.save()
    remind(one.expires_at - DAY)
    assert those_told(one, "access_ending") == {w.partner_manager, w.manager, w.second_manager}


def test_where_nobody_asked_and_nobody_manages_everybody_whom_the_grant_covers_is_told(calm):
    w = calm
    contact(w.lattice, "newcomer", added_by=w.brightwater)
    contact(w.lattice, "former", active=False)
    one = grant(w.kitahama, w.lattice, Level.LOOK)
    remind(one.expires_at - DAY)
    remind(one.expires_at)
    told = {w.wide, w.narrowed, w.manager, w.second_manager}
    assert those_told(one, "access_ending") == those_told(one, "access_ended") == told


def test_who_has_left_the_partner_hears_no_more_of_its_grants(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    w.update.organization = w.lattice
    w.update.save()
    remind(one.expires_at - DAY)
    remind(one.expires_at)
    assert those_told(one, "access_ending") == those_told(one, "access_ended") == {w.manager, w.second_manager}


def test_after_a_month_of_silence_only_the_nearest_mark_is_told(calm):
    one = grant(calm.kitahama, calm.update, Level.UPDATE)
    remind(one.expires_at - 6 * DAY)
    remind(one.expires_at - 5 * DAY)
    assert {what for _, what, _ in told(one)} == {7}
    remind(one.expires_at + 40 * DAY)
    assert {what for _, what, _ in told(one)} == {7, "expired"}


@pytest.mark.parametrize(
    ("days", "marks"),
    [(400, [30, 7, 1]), (31, [30, 7, 1]), (30, [7, 1]), (8, [7, 1]), (7, [1]), (2, [1]), (1, []), (0.5, [])],
)
def test_a_mark_counts_only_where_the_grant_was_given_for_longer(calm, days, marks):
    one = grant(calm.kitahama, calm.update, Level.UPDATE, starts=0, expires=days)
    at = one.starts_at
    while at < one.expires_at:
        remind(at)
        at += timedelta(hours=6)
    assert [what for _, what, person in told(one) if person == calm.update] == marks


def test_what_was_ended_or_replaced_is_not_told_of_again(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    other = grant(w.kitahama, w.create, Level.CREATE)
    end(one, w.manager, clock.now())
    give(w.kitahama, w.brightwater, w.create, Level.LOOK, clock.now(), clock.now() + 300 * DAY, w.manager)
    unexplained = grant(w.kitahama, w.look, Level.LOOK, ended=-1)
    before = told()
    for left in (30, 7, 1, 0, -1):
        assert remind(other.expires_at - left * DAY) == 0
    assert told() == before
    assert not told(unexplained)


@pytest.mark.parametrize(
    ("starts", "level", "reminded"),
    [
        (90, Level.UPDATE, False),
        (50, Level.FULL_ADMIN, False),
        (91, Level.UPDATE, True),
        (90, Level.LOOK, True),
    ],
)
def test_access_that_goes_on_in_another_grant_is_not_said_to_end(calm, starts, level, reminded):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    following = grant(w.kitahama, w.update, level, starts=starts, expires=300)
    Grant.update(starts_at=one.expires_at + (starts - 90) * DAY).where(Grant.id == following.id).execute()
    assert remind(one.expires_at - DAY) == reminded
    remind(one.expires_at)
    assert (w.update in those_told(one, "access_ended")) == reminded
    assert those_told(one, "access_ended") >= {w.manager, w.second_manager}


def test_another_persons_or_another_customers_grant_is_no_continuation(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    grant(w.nordlys, w.update, Level.FULL_ADMIN, expires=300)
    grant(w.kitahama, w.create, Level.FULL_ADMIN, expires=300)
    grant(w.kitahama, w.brightwater, Level.FULL_ADMIN, expires=300)
    ended = grant(w.kitahama, w.update, Level.UPDATE, expires=300, ended=-1)
    assert remind(one.expires_at - DAY) == 1
    assert not told(ended)


def test_the_end_is_in_the_history_and_the_managers_get_the_sum_of_what_was_done(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    done = [("read", w.request), ("read", w.request), ("read", w.old), ("wrote", w.request), ("wrote", w.request)]
    for kind, request in [*done, ("downloaded", w.old), ("changed", w.old)]:
        about = {"partner": w.brightwater, "grant": one, "service_request": request}
        history.record(w.kitahama, kind, clock.now(), actor=w.update, **about)
    other = grant(w.kitahama, w.create, Level.CREATE, expires=300)
    history.record(w.kitahama, "created", clock.now(), actor=w.create, grant=other, service_request=w.request)
    for _ in range(2):
        remind(one.expires_at)
    events = list(HistoryEvent.select().where(HistoryEvent.kind == "expired"))
    assert [(event.grant, event.contact, event.partner) for event in events] == [(one, w.update, w.brightwater)]
    facts = Notification.get(Notification.contact == w.manager, Notification.kind == "access_ended").facts
    assert facts == {
        "cause": "expired", "read": 2, "downloaded": 1, "wrote": 2, "created": 0, "changed": 1,
    }  # fmt: skip


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def dying(db, monkeypatch):
    """Let the process die after any statement of a `remind`, once in eight."""
    chance, execute = random.Random(20261122), db.obj.execute_sql
    armed = []

    def execute_sql(sql, *values, **options):
        cursor = execute(sql, *values, **options)
        if armed and chance.random() < 1 / 8:
            raise Killed
        return cursor

    monkeypatch.setattr(db.obj, "execute_sql", execute_sql)
    return armed


def remind_in_spite_of_all(at, dying):
    """Start the process again and again until it has done its work."""
    deaths = 0
    while True:
        dying.append(True)
        try:
            remind(at)
            return deaths
        except Killed:
            deaths += 1
        finally:
            dying.clear()


def test_over_a_year_in_which_the_process_dies_at_random_each_reminder_is_written_once(calm, dying):
    w, began = calm, clock.now()
    managers = {w.manager, w.second_manager}
    lengths = {w.cc: 3, w.look: 20, w.update: 45, w.create: 100, w.service_admin: 364, w.full_admin: 200, w.wide: 31.5}
    given = {grant(w.kitahama, who, Level.LOOK, starts=0, expires=days): who for who, days in lengths.items()}
    deaths = sum(remind_in_spite_of_all(began + timedelta(hours=8 * step), dying) for step in range(366 * 3))
    assert deaths > 50
    expected = Counter()
    for one, who in given.items():
        length = one.expires_at - one.starts_at
        for person in {who} | managers:
            expected.update(("access_ending", days, one, person) for days in MARKS if length > days * DAY)
            expected[("access_ended", "expired", one, person)] += 1
    written = Counter(
        (note.kind, note.facts.get("days") or note.facts.get("cause"), note.grant, note.contact)
        for note in Notification.select()
    )
    assert written == expected
    ends = Counter(event.grant for event in HistoryEvent.select().where(HistoryEvent.kind == "expired"))
    assert ends == Counter(list(given))


def test_two_processes_that_remind_at_once_write_each_reminder_once(calm):
    w = calm
    given = [grant(w.kitahama, who, Level.LOOK) for who in (w.cc, w.look, w.update, w.create)]
    at, ready = given[0].expires_at - DAY + timedelta(seconds=5), threading.Barrier(3)

    def run():
        with database.opened():
            ready.wait()
            remind(at)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told()) == len(given) * 3
    assert len(set(told())) == 2 * 1 + len(given)


def test_the_database_itself_refuses_a_reminder_that_was_given_already(calm):
    one = grant(calm.kitahama, calm.update, Level.UPDATE)
    remind(one.expires_at - DAY)
    Grant.update(reminded_days=None).where(Grant.id == one.id).execute()
    remind(one.expires_at - DAY)
    assert len(told(one)) == 3


def test_a_tick_with_nothing_due_asks_two_questions_however_many_grants_there_are(calm):
    w = calm
    for who in (w.cc, w.look, w.update, w.create):
        grant(w.kitahama, who, Level.LOOK, starts=-400, expires=-200)
        grant(w.kitahama, who, Level.LOOK, expires=300)
    remind(clock.now())
    with statements() as asked:
        assert remind(clock.now()) == 0
    assert len(asked) == 2


def plan(select):
    query, values = select.sql()
    if database.is_sqlite():
        return " ".join(row[3] for row in database.handle.execute_sql(f"EXPLAIN QUERY PLAN {query}", values))
    with database.transaction():
        database.handle.execute_sql("SET LOCAL enable_seqscan = off")  # a small table needs no index
        return " ".join(row[0] for row in database.handle.execute_sql(f"EXPLAIN {query}", values))


@pytest.fixture
def told_of_long_ago(calm):
    """A thousand grants that are over, beside two that are due; counted, so that nothing of other tests plans for these."""
    w, now = calm, clock.now()
    about = {"customer": w.kitahama, "partner": w.brightwater, "contact": w.look, "level": int(Level.LOOK)}
    lasted = {"starts_at": now - 500 * DAY, "created_at": now - 500 * DAY, "end_cause": "expired"}
    rows = [about | lasted | {"expires_at": now - number * DAY / 4} for number in range(1, 1001)]
    with database.transaction():
        add_all(Grant, rows)
    grant(w.kitahama, w.update, Level.UPDATE, expires=5)
    grant(w.kitahama, w.create, Level.UPDATE, expires=-5)
    database.handle.execute_sql("ANALYZE access_grant")


@pytest.mark.parametrize("due", [reminders.ending, reminders.over])
def test_what_is_due_is_found_by_an_index(told_of_long_ago, due):
    assert due(clock.now()).count() == 1
    first = plan(due(clock.now()))
    assert "end_cause_expires_at" in first, first
    assert re.search(r"\(end_cause=\?|Index Cond: \(+end_cause\)", first), first  # not the whole index
    assert "SCAN" not in first.replace("SEARCH", ""), first


def test_the_nearest_mark_of_an_end():
    end_at = clock.now()
    marks = [nearest_mark(end_at, end_at - days * DAY) for days in (31, 30, 8, 7, 2, 1, 0.1)]
    assert marks == [None, 30, 30, 7, 7, 1, 1]


def test_a_reminder_whose_mail_was_held_up_is_not_sent_once_the_grant_is_replaced(calm):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE, expires=5)
    remind(clock.now())
    reminder = Notification.get(Notification.kind == "access_ending", Notification.contact == w.update)
    assert telling.may_be_mailed(reminder, clock.now())
    give(w.kitahama, w.brightwater, w.update, Level.UPDATE, clock.now(), clock.now() + 90 * DAY, w.manager)
    again = Notification.get_by_id(reminder.id)
    assert not telling.may_be_mailed(again, clock.now())
    assert Grant.get_by_id(one.id).end_cause == "superseded"


def test_the_mails_say_what_ends_and_what_was_done(calm, app):
    w = calm
    one = grant(w.kitahama, w.update, Level.UPDATE)
    about = {"partner": w.brightwater, "grant": one, "service_request": w.request}
    for kind in ("read", "wrote", "wrote", "wrote"):
        history.record(w.kitahama, kind, clock.now(), actor=w.update, **about)
    texts = {}
    for kind, at in (("access_ending", one.expires_at - 7 * DAY), ("access_ended", one.expires_at)):
        remind(at)
        with app.app_context():
            for note in Notification.select().where(Notification.kind == kind):
                texts[kind, note.contact] = mail.build(note, at)
    assert "ends in 7 days" in texts["access_ending", w.update]["Subject"]
    ended = texts["access_ended", w.update].get_body(("plain",)).get_content()
    assert "Messages written" not in ended
    assert "Messages written: 3" in texts["access_ended", w.manager].get_body(("plain",)).get_content()
