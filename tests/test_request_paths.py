"""Whichever way a list is found, it holds the same requests in the same order: those of the one rule."""

import itertools
import random
from datetime import timedelta

import pytest

from portal import clock, database
from portal.models import ServiceRequest, prepared, request_lists, request_paths
from portal.models.base import written
from portal.permissions import Level, Sight, names
from tests.counting import statements
from tests.world import contact, grant, organization, service_request

ORDERS = ("updated", "created", "severity", "status")


@pytest.fixture
def crowd(world):
    """A partner's person with 20 customers of every kind, whose requests change at instants that often coincide."""
    dice, now = random.Random(6), clock.now()
    with database.transaction():
        _fill(world, dice, now)
    return world.look


def _fill(world, dice, now):
    for number in range(20):
        customer = organization(f"crowd{number}")
        writer = contact(customer, f"writer{number}")
        level = dice.choice([Level.CC, Level.LOOK, Level.UPDATE])
        since = (now - timedelta(days=5)).date() if number % 4 == 0 else None
        grant(customer, world.look, level, covers_from=since)
        for _ in range(12):
            made = service_request(customer, dice.choice([writer, writer, world.look]), "Something")
            at = now - timedelta(days=dice.randrange(10))
            changed = {"created_at": at, "updated_at": at, "confidential": dice.random() < 0.3}
            changed |= {"severity": dice.choice([1, 2]), "status": dice.choice(["open", "closed"])}
            ServiceRequest.update(**changed).where(ServiceRequest.id == made.id).execute()


def walked(select, order, sight, within, gathered=None):
    """Return the ids of all pages, seven a page, in order."""
    found, place = [], None
    while True:
        page = request_lists.page(lambda: (select, gathered), sight.contact, order, place, 7, within)
        found += [row.id for row in page.rows]
        place = page.next_place
        if place is None:
            return found


@pytest.mark.parametrize("lately", [3, 20_000])
def test_every_way_shows_what_the_rule_opens_in_its_order(crowd, monkeypatch, lately):
    monkeypatch.setattr(request_paths, "LATELY", lately)
    for few, order in itertools.product([0, 16, 100], ORDERS):
        monkeypatch.setattr(request_paths, "FEW", few)
        every_way_shows_the_same(Sight(crowd, clock.now()), order)


def every_way_shows_the_same(sight, order):
    expected = [one.id for one in request_paths.ordered(sight.requests, request_lists.ORDERS[order])]
    assert len(expected) > 100
    assert walked(sight.requests, order, sight, sight.within) == expected
    assert walked(sight.requests, order, sight, None) == expected
    assert walked(None, order, sight, None, sight.requests) == expected
    assert walked(sight.requests, order, sight, sight.within, sight.requests) == expected


def test_the_further_pages_of_a_list_are_asked_for_in_the_same_words(crowd):
    sight, place = Sight(crowd, clock.now()), None
    ways = sight.requests, None
    before = set(prepared._texts)
    with statements() as sent:
        for _ in range(5):
            place = request_lists.page(lambda: ways, crowd, "updated", place, 7, sight.within, key="crowd").next_place
    assert place is not None
    assert (len(sent), len(set(sent)), len(set(prepared._texts) - before)) == (5, 2, 2)


def test_what_belongs_to_no_named_organization_is_not_shown(crowd):
    sight = Sight(crowd, clock.now())
    one = sight.places[1].id
    expected = [row.id for row in sight.requests if row.organization_id == one]
    assert sorted(walked(sight.requests, "updated", sight, [one])) == sorted(expected)


def test_naming_is_the_same_asked_of_rows_and_looked_up(crowd):
    sight = Sight(crowd, clock.now())
    looked_up = {one.id for one in ServiceRequest.select().where(names(crowd))}
    assert looked_up
    assert {one.id for one in ServiceRequest.select().where(sight.named)} == looked_up


def test_a_select_written_out_stands_on_its_own(crowd):
    newest = ServiceRequest.select(ServiceRequest.id).order_by(ServiceRequest.updated_at.desc()).limit(3)
    found = ServiceRequest.select().where(ServiceRequest.id.in_(written(newest)))
    assert {one.id for one in found} == {one.id for one in newest}
