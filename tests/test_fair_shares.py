"""Who takes the next connection, by a clock that the test moves."""

import pytest

from portal.fair_shares import LEAVES_SECONDS, LOOKS_AGAIN, TRUSTS_AGAIN, FairShares


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def shares(now):
    """Return a function: the shares of workers that have so many connections each."""

    def having(*connections):
        made = FairShares(len(connections)).each
        for share, number in zip(made, connections, strict=True):
            share._clock = lambda: now[0]
            share.has(number)
        return made

    return having


def leaves_until_it_gives_up(share, now):
    """Move the clock while somebody waits; return how many seconds the share left them to the others."""
    began = now[0]
    while share.leaves() and now[0] < began + 60:
        now[0] += LOOKS_AGAIN
    return now[0] - began


def test_whoever_has_more_than_another_leaves_the_next_one(shares):
    few, many, most = shares(3, 4, 5)
    assert [one.leaves() for one in (few, many, most)] == [False, True, True]


def test_equals_and_one_alone_take(shares):
    assert not any(one.leaves() for one in shares(4, 4))
    assert not shares(9)[0].leaves()


def test_nobody_is_left_to_a_worker_that_begins_or_has_ended(shares):
    first, second = shares(0, 7)
    first.end()
    assert not second.leaves()
    assert not FairShares(2).each[0].leaves()


def test_who_ends_looks_at_once_and_takes_whoever_waits(shares):
    _few, many = shares(0, 7)
    assert many.leaves() and many.looks_away()
    many.end()
    assert not many.looks_away() and not many.leaves()


def test_it_looks_again_soon(shares, now):
    _few, many = shares(0, 7)
    assert not many.looks_away()
    assert many.leaves() and many.looks_away()
    now[0] += LOOKS_AGAIN
    assert not many.looks_away()


def test_when_the_others_do_not_come_it_takes_one_and_then_the_next_ones_at_once(shares, now):
    _hangs, many = shares(0, 7)
    assert leaves_until_it_gives_up(many, now) == pytest.approx(LEAVES_SECONDS, abs=2 * LOOKS_AGAIN)
    for _person in range(5):
        now[0] += TRUSTS_AGAIN
        assert not many.leaves()


def test_each_one_that_another_takes_gives_it_the_time_for_one_more(shares, now):
    few, many = shares(0, 70)
    for _person in range(50):
        assert many.leaves()
        now[0] += LEAVES_SECONDS / 2
        few.took()


def test_who_was_not_trusted_is_left_the_next_one_once_heard_of(shares, now):
    few, many = shares(0, 7)
    leaves_until_it_gives_up(many, now)
    few.took()
    assert many.leaves()


def test_after_a_while_in_which_nobody_waited_the_others_are_trusted_again(shares, now):
    _few, many = shares(0, 7)
    leaves_until_it_gives_up(many, now)
    now[0] += TRUSTS_AGAIN + 0.1
    assert many.leaves()


def test_a_worker_counts_beyond_all_numbers(shares):
    few, many = shares(0, 7)
    few._taken[few._place] = 2**32 - 1
    assert many.leaves()
    few.took()
    assert few._taken[few._place] == 0
