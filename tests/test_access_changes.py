"""How access changes: one final state whoever comes together, told once to whom it concerns, kept in the history."""

import json
import threading
from datetime import timedelta

import pytest

from portal import clock, database
from portal.models import AccessRequest, Grant, HistoryEvent, Notification
from portal.models import access_changes as changes
from portal.models.grant_changes import AlreadyOver, edit, give_directly
from portal.permissions import Level, standing
from tests.world import contact, grant


def ask(world, lines=None, email=None, ago=timedelta(0), days=90):
    lines = lines or [(None, Level.LOOK), (world.colleague, Level.CREATE)]
    return changes.ask(world.update, email or world.manager.email, days, lines, "Because.", clock.now() - ago)


def as_asked(access_request):
    return {line.id: Level(line.level) for line in access_request.all_lines()}


def approve(world, access_request, by=None, at=None, levels=None, days=90):
    at, levels = at or clock.now(), as_asked(access_request) if levels is None else levels
    return changes.approve(access_request, by or world.manager, at, levels, days)


def told(kind):
    return {row.contact for row in Notification.select().where(Notification.kind == kind)}


def events(customer):
    query = HistoryEvent.select().where(HistoryEvent.customer == customer).order_by(HistoryEvent.sequence)
    return [(one.kind, one.actor, json.loads(one.details)) for one in query]


def active_pairs():
    """Return pairs of grants of one subject that are active at one and the same instant: there must be none."""
    grants = list(Grant.select())
    return [
        (one.id, other.id)
        for one in grants
        for other in grants
        if one.id < other.id
        and (one.customer_id, one.partner_id, one.contact_id) == (other.customer_id, other.partner_id, other.contact_id)
        and max(one.starts_at, other.starts_at) < min(one.over_at, other.over_at)
    ]


# --- Together -----------------------------------------------------------------------------------------------------


def together(count, work):
    """Call `work(number)` in `count` threads at once, each with a connection of its own; return what each returned."""
    gate, results = threading.Barrier(count), [None] * count

    def run(number):
        gate.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twelve_approvals_at_once_leave_one(world, browse):
    access_request = ask(world)
    browsers = [browse(manager) for manager in (world.manager, world.second_manager) * 6]
    path = f"/partner/access_requests/{access_request.public_id}/approve"
    statuses = together(12, lambda number: browsers[number].post(path).status_code)
    assert sorted(statuses) == [303] + [409] * 11
    grants = list(Grant.select().where(Grant.access_request == access_request))
    assert sorted(one.contact_id or 0 for one in grants) == [0, world.colleague.id]
    rows = [row.contact_id for row in Notification.select().where(Notification.kind == "access_approved")]
    assert sorted(rows) == sorted([world.update.id, world.colleague.id, world.partner_manager.id])
    assert [kind for kind, _, _ in events(world.kitahama)] == ["approved", "granted", "granted"]
    assert active_pairs() == []


def test_twelve_endings_at_once_leave_one(world, browse):
    one = world.grants["update"]
    people = (world.manager, world.second_manager, world.update) * 4
    browsers = [browse(person) for person in people]
    statuses = together(12, lambda number: browsers[number].post(f"/partner/grants/{one.public_id}/end").status_code)
    assert sorted(statuses) == [303] + [409] * 11
    kinds = [kind for kind, _, _ in events(world.kitahama)]
    assert len(kinds) == 1 and kinds[0] == one.as_it_is().end_cause
    assert Notification.select().where(Notification.kind == "access_ended").count() == len(told("access_ended"))


def test_twelve_direct_gifts_at_once_leave_one_active(world, browse):
    browsers = [browse(manager) for manager in (world.manager, world.second_manager) * 6]
    form = {"person_email": world.colleague.email, "person_level": "look", "days": "9"}
    statuses = together(12, lambda number: browsers[number].post("/partner/my_partners/give", form).status_code)
    assert set(statuses) == {303}
    now = clock.now()
    assert Grant.select().where(Grant.contact == world.colleague, Grant.active_at(now)).count() == 1
    assert active_pairs() == []


PAIRS = [
    (first, second)
    for place, first in enumerate(("approve", "decline", "withdraw", "lapse"))
    for second in ("approve", "decline", "withdraw", "lapse")[place:]
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_raced_in_every_pair_there_is_one_final_state_which_the_history_tells(world, first, second):
    access_request = ask(world)
    due = ask(world, ago=timedelta(days=30)) if "lapse" in (first, second) else None
    target = due or access_request
    before = target.lapses_at - timedelta(seconds=1)
    acts = {
        "approve": lambda: approve(world, AccessRequest.get_by_id(target.id), at=before),
        "decline": lambda: changes.decline(AccessRequest.get_by_id(target.id), world.second_manager, before, "No."),
        "withdraw": lambda: changes.withdraw(AccessRequest.get_by_id(target.id), world.update, before),
        "lapse": lambda: changes.lapse_unanswered(clock.now()),
    }

    def act(number):
        with database.opened():
            return acts[(first, second)[number % 2]]()

    outcomes = together(6, act)
    assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, changes.AlreadyDecided)]
    words = {"approve": "approved", "decline": "declined", "withdraw": "withdrawn", "lapse": "lapsed"}
    status = target.as_it_is().status
    assert status in {words[first], words[second]}
    kinds = [kind for kind, _, details in events(world.kitahama) if details.get("access_request") == target.public_id]
    assert kinds == [status]
    assert Grant.select().where(Grant.access_request == target).count() == (2 if status == "approved" else 0)


def test_approving_against_ending_and_editing_leaves_no_overlap(world):
    access_request = ask(world, [(world.update, Level.LOOK)])
    one, at = world.grants["update"], clock.now()
    acts = [
        lambda: approve(world, AccessRequest.get_by_id(access_request.id)),
        lambda: changes.end(Grant.get_by_id(one.id), world.second_manager, clock.now()),
        lambda: edit(Grant.get_by_id(one.id), world.manager, clock.now(), Level.CREATE, at + timedelta(days=9)),
    ]

    def act(number):
        with database.opened():
            return acts[number % 3]()

    outcomes = together(9, act)
    allowed = (changes.AlreadyDecided, AlreadyOver)
    assert not [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, allowed)]
    assert active_pairs() == []
    assert sum(outcome is True for outcome in outcomes) + sum(isinstance(o, Grant) for o in outcomes) <= 1
    assert access_request.as_it_is().status == "approved"


# --- Whose clock was ahead ----------------------------------------------------------------------------------------


def test_who_held_the_row_first_decides_whatever_the_other_clock_read(world):
    one, at = world.grants["update"], clock.now()
    assert changes.end(one, world.manager, at + timedelta(seconds=5))
    assert not changes.end(one, world.second_manager, at)
    with pytest.raises(AlreadyOver):
        edit(one, world.second_manager, at, Level.LOOK, at + timedelta(days=9))
    assert one.as_it_is().ended_by == world.manager


def test_a_grant_decided_by_a_slower_clock_begins_where_the_other_ended(world):
    at = clock.now()
    ahead = approve(world, ask(world, [(world.update, Level.CREATE)]), at=at + timedelta(seconds=5))[0]
    behind = approve(world, ask(world, [(world.update, Level.LOOK)]), at=at)[0]
    assert behind.starts_at >= ahead.as_it_is().ended_at
    assert active_pairs() == []


# --- What is kept and told ----------------------------------------------------------------------------------------


def test_an_approval_keeps_what_was_asked_and_what_was_given(world):
    access_request = ask(world, days=180)
    lines = access_request.all_lines()
    approve(world, access_request, levels={lines[1].id: Level.LOOK}, days=30)
    kind, actor, details = events(world.kitahama)[0]
    assert (kind, actor) == ("approved", world.manager)
    assert details["asked_because"] == "Because." and details["requested_by"] == world.update.name
    assert (details["days_asked"], details["days"]) == (180, 30)
    assert details["lines"] == [
        {"contact": "", "level_asked": 2, "level_given": 0},
        {"contact": world.colleague.name, "level_asked": 4, "level_given": 2},
    ]


def test_requester_those_named_and_the_partners_managers_are_told_of_a_decision(world):
    approve(world, ask(world))
    assert told("access_approved") == {world.update, world.colleague, world.partner_manager}
    changes.decline(ask(world), world.manager, clock.now(), "No.")
    assert told("access_declined") == {world.update, world.colleague, world.partner_manager}


def test_the_customers_managers_are_told_of_a_withdrawal(world):
    changes.withdraw(ask(world), world.partner_manager, clock.now())
    assert told("access_withdrawn") == {world.update, world.colleague, world.manager, world.second_manager}


def test_both_sides_are_told_of_a_lapse_and_of_an_unreached_one_only_the_partner(world):
    ask(world, ago=timedelta(days=30))
    assert changes.lapse_unanswered(clock.now()) == 1
    partner = {world.update, world.colleague, world.partner_manager}
    assert told("access_lapsed") == partner | {world.manager, world.second_manager}
    Notification.delete().execute()
    ask(world, email="nobody@nowhere.example", ago=timedelta(days=30))
    assert changes.lapse_unanswered(clock.now()) == 1
    assert changes.lapse_unanswered(clock.now()) == 0
    assert told("access_lapsed") == partner


def test_whoever_has_left_the_partner_is_told_no_more(world):
    first, second = ask(world), ask(world, [(world.colleague, Level.LOOK), (world.cc, Level.LOOK)])
    world.update.organization = world.cielo
    world.update.save()
    world.cc.active = False
    world.cc.save()
    approve(world, AccessRequest.get_by_id(first.id))
    approve(world, AccessRequest.get_by_id(second.id))
    assert told("access_approved") == {world.colleague, world.partner_manager}
    for one in Grant.select().where(Grant.access_request == second):
        assert one.contact == world.colleague
        changes.end(one, world.manager, clock.now())
    assert told("access_ended") == {world.colleague, world.partner_manager}


def test_nobody_is_told_of_their_own_doing(world):
    boss = contact(world.kitahama, "boss", contact_manager=True)
    approve(world, ask(world), by=boss)
    changes.end(world.grants["update"], boss, clock.now())
    assert boss not in told("access_approved") | told("access_ended")
    changes.withdraw(
        changes.ask(world.partner_manager, boss.email, 9, [(None, 2)], "", clock.now()),
        world.partner_manager,
        clock.now(),
    )
    assert world.partner_manager not in told("access_withdrawn")


def test_withdrawing_what_reached_nobody_is_written_as_much(world):
    ask(world, email="nobody@nowhere.example")
    changes.withdraw(AccessRequest.get(), world.partner_manager, clock.now())
    assert told("access_withdrawn") == {None, world.update, world.colleague}
    assert HistoryEvent.select().count() == 0


def test_an_approval_that_drops_everything_changes_nothing(world):
    access_request = ask(world)
    with pytest.raises(changes.NothingLeft):
        approve(world, access_request, levels={})
    assert access_request.as_it_is().status == "pending"
    assert HistoryEvent.select().count() == 0 and told("access_approved") == set()


def test_an_extension_leaves_no_gap(world):
    one, at = world.grants["update"], clock.now()
    made = approve(world, ask(world, [(world.update, Level.UPDATE)]), at=at)[0]
    assert one.as_it_is().ended_at == made.starts_at
    for instant in (at - timedelta(microseconds=1), at, at + timedelta(days=85)):
        assert standing(world.update, world.kitahama, instant).level == Level.UPDATE


def test_a_lapse_counts_to_the_second_before_anything_has_noted_it(world):
    access_request = ask(world)
    with pytest.raises(changes.AlreadyDecided):
        approve(world, access_request, at=access_request.lapses_at)
    assert AccessRequest.count_pending_for_customer(world.kitahama, access_request.lapses_at) == 0
    assert approve(world, access_request, at=access_request.lapses_at - timedelta(seconds=1))


def test_giving_directly_replaces_and_tells_the_person_and_their_managers(world):
    levels = [(None, Level.LOOK), (world.update, Level.CREATE)]
    made = give_directly(world.kitahama, world.brightwater, levels, clock.now(), 9, world.manager)
    assert [one.level for one in made] == [Level.LOOK, Level.CREATE]
    assert world.grants["update"].as_it_is().superseded_by == made[1]
    assert told("access_given") == {world.update, world.partner_manager}
    assert [details["how"] for _, _, details in events(world.kitahama)] == ["given", "given"]
    assert active_pairs() == []


def test_grants_to_come_end_with_a_new_decision_and_past_ones_stay(world):
    coming = grant(world.kitahama, world.colleague, Level.LOOK, starts=10, expires=20)
    past = grant(world.kitahama, world.colleague, Level.LOOK, starts=-20, expires=-10)
    approve(world, ask(world))
    assert coming.as_it_is().end_cause == "superseded"
    assert past.as_it_is().ended_at is None
