"""Canaries: exports, figures and searches count what is theirs to see, and tell by nothing that there is more."""

import csv
import io
import re

from tests.canaries import script
from tests.canaries.oracle import LOOK, firm_of
from tests.people import Browser, lasting

SEARCHERS = (
    "desk.answers",
    "kita.support",
    "nord.support",
    "bright.cc",
    "bright.look",
    "bright.since",
    "bright.ended",
    "lattice.wide",
    "lattice.cc",
)
OPENED = re.compile(r'scope="row">(?:(?!</tr>).)*?class="num"[^>]*>(\d+)<', re.DOTALL)


def listed(browser, world, address):
    """Return the keys of the requests that a CSV file holds."""
    keys = {request.reference: key for key, request in world.requests.items()}
    return [keys[row["reference"]] for row in csv.DictReader(io.StringIO(browser.get(address).text))]


def test_an_export_holds_what_one_may_read_and_nothing_else(app, canaries):
    for name, person in canaries.people.items():
        if not canaries.oracle.signs_in(name) or name in script.READING_ALIKE:
            continue
        browser = Browser(app, person)
        assert sorted(listed(browser, canaries, "/requests.csv")) == sorted(canaries.oracle.readable(name)), name
        for key, firm in canaries.firms.items():
            of_firm = sorted(one for one in canaries.oracle.readable(name) if firm_of(one) == key)
            assert sorted(listed(browser, canaries, f"/requests.csv?organization={firm.slug}")) == of_firm, (name, key)


def test_a_dashboard_counts_what_one_may_read_and_nothing_else(app, canaries):
    for name, person in canaries.people.items():
        browser = Browser(app, person)
        for key in ("kita", "nord", "cielo") if name not in script.READING_ALIKE else ():
            answer = browser.get(f"/dashboard/{canaries.firms[key].slug}")
            assert answer.status_code == dashboard_status(canaries.oracle, name, key), (name, key)
            if answer.status_code == 200:
                tables = re.findall(r'<table[^>]*class="stack times".*?</table>', answer.text, re.DOTALL)
                counted = {sum(int(number) for number in OPENED.findall(table)) for table in tables}
                read = sum(firm_of(one) == key for one in canaries.oracle.readable(name))
                assert (len(tables), counted) == (3, {read}), (name, key)


def dashboard_status(oracle, name, customer):
    if not oracle.signs_in(name):
        return 303
    if oracle.is_desk(name) or firm_of(name) == customer:
        return 200
    rank = oracle.rank(name, customer)
    return 200 if rank >= LOOK else 403 if rank else 404


def test_a_search_finds_what_one_may_read_and_is_silent_of_all_else(app, canaries):
    everything = [text for text in canaries.texts if text.kind in {"request", "internal"}]
    for place, name in enumerate(SEARCHERS):
        sought = everything[place % 3 :: 3]  # each is sought by three who differ
        browser = Browser(app, canaries.people[name])
        silence = lasting(browser.get("/requests?q=xb999w").text)
        for text in sought:
            page = lasting(browser.get(f"/requests?q={text.bait}").text)
            if canaries.oracle.must(name, text):
                assert canaries.requests[text.about].reference in page, (name, text)
                assert text.word in page, (name, text)
            else:
                assert page.replace(text.bait, "xb999w") == silence, (name, text)


def test_a_search_finds_subjects_and_messages_and_no_other_text(app, canaries):
    browser = Browser(app, canaries.people["desk.answers"])
    for text in canaries.texts:
        if text.kind not in {"request", "internal"}:
            assert listed(browser, canaries, f"/requests.csv?q={text.bait}") == [], text


def test_answers_are_found_by_those_who_may_read_them(app, canaries):
    sought = [text for text in canaries.texts if text.kind == "answer"]
    for name in ("nobody", "cielo.stranger", "bright.ended", "kita.plain", "desk.answers"):
        browser = Browser(app, canaries.people.get(name))
        for text in sought:
            entitled = canaries.oracle.must(name, text)
            address = f"/answers/{canaries.answers[text.about].public_id}"
            assert (address in browser.get(f"/answers?q={text.bait}").text) == entitled, (name, text)
            if name != "nobody" and text.number % 2 == sought[0].number % 2:
                suggested = browser.post("/answers/suggestions", {"subject": text.bait}, swap=True).text
                assert (address in suggested) == entitled, (name, text)


def test_colleagues_are_sought_among_ones_own_alone(app, canaries):
    browser = Browser(app, canaries.people["bright.manager"])
    names = [text for text in canaries.texts if text.kind == "name"]
    for text in names:
        form = {"colleague": text.bait}
        page = browser.post("/partner/my_customers/request/colleagues", form, swap=True).text
        if text.about != "bright.manager":  # whose own line always stands there
            active = script.PEOPLE[text.about].get("active", True)
            assert (text.word in page) == (active and firm_of(text.about) == "bright"), text
