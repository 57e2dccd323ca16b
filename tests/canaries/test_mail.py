"""Canaries: of everything that waits in the outbox, each person is mailed what is theirs to read when it is sent."""

from datetime import timedelta

import pytest
import time_machine

from portal import clock
from portal.models import Contact, Grant
from tests.canaries import script
from tests.canaries.crawling import WORD, Crawl
from tests.canaries.oracle import firm_of
from tests.canaries.telling import deliver, tell_of_everything
from tests.canaries.test_pages import leaks

TOLD = [name for name in script.PEOPLE if name not in script.READING_ALIKE]


def test_nobody_is_mailed_a_word_too_many_or_too_few(app, canaries):
    tell_of_everything(canaries, *TOLD)
    postman = deliver(app)
    wrong = {}
    for name in TOLD:
        found = postman.words(canaries.people[name])
        named = [text for text in written(canaries) if canaries.oracle.named(name, text.about)]
        missing = [text for text in named if canaries.oracle.must(name, text) and text.word not in found]
        wrong[name] = (leaks(canaries, name, found), missing)
    assert {name: both for name, both in wrong.items() if any(both)} == {}
    internal = {text.word for text in canaries.texts if text.kind == "internal"}
    assert internal & set(postman.words(canaries.people["desk.answers"]))


def written(world):
    """Return the subjects and descriptions of the requests: the first two texts of each."""
    found = {}
    for text in world.texts:
        if text.kind == "request":
            found.setdefault(text.about, []).append(text)
    return [text for texts in found.values() for text in texts[:2]]


# --- Access ends -------------------------------------------------------------------------------------------------


def end_now(world, name):
    Grant.update(ended_at=clock.now()).where(Grant.contact == world.people[name]).execute()
    for grant in world.oracle.grants:
        if grant["subject"] == name and grant["ended"] is None:
            grant["ended"] = 0


def lower_to_cc(world, name):
    Grant.update(level=1).where(Grant.contact == world.people[name]).execute()
    for grant in world.oracle.grants:
        if grant["subject"] == name:
            grant["level"] = "cc"


def deactivate(world, name):
    Contact.update(active=False).where(Contact.id == world.people[name].id).execute()
    world.oracle.people[name]["active"] = False


CHANGES = [("bright.update", end_now), ("bright.full_admin", lower_to_cc), ("bright.look", deactivate)]


def expected_to_vanish(world, name):
    """Return the words of requests, files, notices and sites that the person is entitled to now."""
    kinds = {"request", "file", "notice", "site"}
    return {text.word for text in world.texts if text.kind in kinds and world.oracle.must(name, text)}


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[change.__name__ for _, change in CHANGES])
def test_once_it_is_over_an_open_session_and_queued_mail_show_nothing_more(app, canaries, name, change):
    tell_of_everything(canaries, name)
    crawl = Crawl(app, canaries, name)
    theirs = expected_to_vanish(canaries, name)
    assert crawl.get("/requests").count("xq") > 4  # the session is open and shows something
    change(canaries, name)
    canaries.oracle.at = clock.now()
    found = crawl.anew().everything().words()
    assert leaks(canaries, name, found) == []
    mailed = deliver(app).words(canaries.people[name])
    assert leaks(canaries, name, mailed) == []
    lost = theirs - expected_to_vanish(canaries, name)
    assert len(lost) > 10
    assert not lost & (set(found) | set(mailed))


@pytest.mark.parametrize("name", ["lattice.wide", "bright.behind"])
def test_at_the_second_of_its_end_a_grant_shows_nothing_more(app, canaries, name):
    tell_of_everything(canaries, name)
    theirs = expected_to_vanish(canaries, name)
    end = canaries.oracle.day(90)
    with time_machine.travel(end - timedelta(seconds=1), tick=False):
        assert set(WORD.findall(Crawl(app, canaries, name).get("/requests"))) & theirs
    with time_machine.travel(end, tick=False):
        canaries.oracle.at = clock.now()
        found = Crawl(app, canaries, name).everything().words()
        mailed = deliver(app).words(canaries.people[name])
    assert leaks(canaries, name, found) == leaks(canaries, name, mailed) == []
    customers = {one["customer"] for one in script.GRANTS if one["subject"] in {name, firm_of(name)}}
    gone = {text.word for text in canaries.texts if text.kind == "request" and firm_of(text.about) in customers}
    assert not gone & (set(found) | set(mailed))
