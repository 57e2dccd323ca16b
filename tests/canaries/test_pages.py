"""Canaries: each person finds on pages, in files and exports what is theirs to see, and no word of anything else."""

import pytest

from portal.permissions import visible_requests
from tests.canaries import script
from tests.canaries.crawling import PAGES, Crawl

NOBODY = "nobody"
CAST = [NOBODY, *(name for name in script.PEOPLE if name != "desk.second")]
FOUND_ELSEWHERE = {"draft"}  # shown only where one goes on writing


def leaks(world, person, found):
    """Return what this person was shown and is not entitled to: (text, where)."""
    return [
        (f"{text.kind} of {text.about}", found[text.word])
        for text in world.texts
        if text.word in found and not world.oracle.may(person, text)
    ]


def missing(world, person, found):
    """Return what this person is entitled to and was not shown."""
    return [
        f"{text.kind} of {text.about}"
        for text in world.texts
        if text.word not in found and text.kind not in FOUND_ELSEWHERE and world.oracle.must(person, text)
    ]


def test_no_page_is_left_out(app):
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods} - {"static"}
    assert pages == set(PAGES), "add the page to tests/canaries/crawling.py"


def test_the_rules_of_the_product_agree_with_the_oracle(canaries):
    keys = {request.id: key for key, request in canaries.requests.items()}
    for name, person in canaries.people.items():
        seen = {keys[one.id] for one in visible_requests(person, canaries.now)}
        assert seen == canaries.oracle.readable(name), name


@pytest.mark.parametrize("share", range(3))
def test_nobody_is_shown_a_word_too_many_or_too_few(app, canaries, share):
    wrong = {}
    for person in CAST[share::3]:
        found = Crawl(app, canaries, person).everything().words()
        lacking = [] if person in script.READING_ALIKE else missing(canaries, person, found)
        wrong |= {person: (leaks(canaries, person, found), lacking)}
    assert {person: both for person, both in wrong.items() if any(both)} == {}
