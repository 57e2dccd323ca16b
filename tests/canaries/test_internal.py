"""Canaries: what the desk writes internally changes nothing that anybody else can see (rule 8)."""

import io
import re

import pytest
import time_machine

from portal import clock
from portal.models import Notification, ServiceRequest
from tests.canaries.crawling import each
from tests.people import Browser, lasting

OTHERS = ("kita.manager", "kita.support", "bright.update", "lattice.wide")
FRESH = re.compile(r'(name="(?:submission|draft)" value=")[^"]+')


@pytest.fixture
def still(canaries):
    """The clock stands still: whatever differs, time has not done it."""
    with time_machine.travel(clock.now(), tick=False):
        yield


def everything_that_counts_or_sorts(world):
    kita = world.firms["kita"].slug
    return [
        "/",
        "/notifications",
        "/partner/my_partners",
        "/partner/my_customers",
        f"/dashboard/{kita}",
        f"/history/{kita}",
        f"/history/{kita}.csv",
        "/requests.csv",
        *(f"/requests?sort={sort}" for sort in ("updated", "created", "severity", "status")),
        "/requests?q=secretly",
        "/requests?q=from:desk",
        *each("/requests/{}", world.requests.values(), "reference"),
        *each("/requests/{}/news", list(world.requests.values())[:2], "reference"),
    ]


def answers_to(browser, world):
    found = {}
    for address in everything_that_counts_or_sorts(world):
        answer = browser.get(address)
        found[address] = (answer.status_code, answer.headers.get("ETag"), FRESH.sub(r"\1", lasting(answer.text)))
    for one in world.access_requests.values():
        answer = browser.post(f"/partner/access_requests/{one.public_id}/impact", {}, swap=True)
        found[one.public_id] = (answer.status_code, lasting(answer.text))
    return found


def write_internally(app, world):
    """The desk writes an internal message with a file in every request, and takes every second one on."""
    desk = Browser(app, world.people["desk.second"])
    for place, request in enumerate(world.requests.values()):
        files = (io.BytesIO(b"secretly"), "secretly.txt")
        form = {"body": f"secretly {place}", "internal": "on", "files": files}
        answer = desk.post(f"/requests/{request.reference}/messages", form, content_type="multipart/form-data")
        assert answer.status_code == 303
        if place % 2:
            assignee = world.people["desk.answers"].public_id
            desk.post(f"/desk/requests/{request.reference}/assignee", {"assignee": assignee})


def test_internal_messages_change_nothing_for_anybody_else(app, canaries, still):
    browsers = {name: Browser(app, canaries.people[name]) for name in OTHERS}
    for browser in browsers.values():
        for address in ["/notifications", *each("/requests/{}", canaries.requests.values(), "reference")]:
            browser.get(address)  # reading leaves marks and receipts: the second time it leaves none
    before = {name: answers_to(browser, canaries) for name, browser in browsers.items()}
    dates = list(
        ServiceRequest.select(ServiceRequest.id, ServiceRequest.updated_at).order_by(ServiceRequest.id).tuples()
    )
    write_internally(app, canaries)
    for name, browser in browsers.items():
        after = answers_to(browser, canaries)
        assert [one for one in after if after[one] != before[name][one]] == [], name
    kept = ServiceRequest.select(ServiceRequest.id, ServiceRequest.updated_at).order_by(ServiceRequest.id).tuples()
    assert list(kept) == dates


def test_internal_messages_are_told_to_the_desk_alone(app, canaries):
    write_internally(app, canaries)
    told = {one.contact for one in Notification.select()}
    assert told == {canaries.people["desk.answers"]}
    desk = Browser(app, canaries.people["desk.answers"])
    assert "secretly 3" in desk.get(f"/requests/{canaries.requests['kita.old'].reference}").text
