"""A form that is sent twice does one thing: one row, one telling, the same answer."""

import re
import threading
from datetime import timedelta

import pytest

from portal import clock
from portal.forms.submission import once_id
from portal.models import AccessRequest, Answer, Contact, Grant, HistoryEvent, Notification, Organization, SiteNotice
from tests.people import plain

KEY = "a_key_of_this_form"


def at_local(**ahead):
    return (clock.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


def access(w):
    return {"manager_email": w.manager.email, "days": "90", "organization_level": "look", "reason": "Winter stock."}


def notice(w):
    form = {"site": w.site.public_id, "kind": "maintenance", "title": "New printers"}
    return {**form, "starts": at_local(days=1), "ends": at_local(days=2)}


def answer(_w):
    return {"language": "en", "title": "Labels", "body": "Switch it off.", "audience": "public", "reviewed": ""}


def given(w):
    return {"partner": "lattice", "days": "30", "organization_level": "look", "firm": "lattice"}


MAKING = {
    "access": ("colleague", "/partner/my_customers/request", access, AccessRequest),
    "notice": ("desk", "/desk/notices/new", notice, SiteNotice),
    "answer": ("desk", "/desk/answers/new", answer, Answer),
    "given": ("manager", "/partner/my_partners/give", given, Grant),
}


@pytest.fixture(params=MAKING)
def making(request, world, browse):
    """Return (browser, path, form, table) of a form that makes something."""
    who, path, form, table = MAKING[request.param]
    browser = browse(getattr(world, who))
    return browser, path, {**form(world), "submission": KEY}, table


def counts(table):
    return table.select().count(), Notification.select().count(), HistoryEvent.select().count()


def test_a_form_sent_twice_makes_one_and_tells_once(making):
    browser, path, form, table = making
    before = table.select().count()
    first = browser.post(path, form)
    assert first.status_code == 303, first.text
    once = counts(table)
    assert once[0] == before + 1
    second = browser.post(path, form)
    assert (second.status_code, second.location) == (303, first.location)
    assert counts(table) == once


UNDOING = {
    "access": lambda browser, made: browser.post(f"/partner/access_requests/{made.public_id}/withdraw"),
    "notice": lambda browser, made: browser.post(f"/desk/notices/{made.public_id}/resolve", {"body": "It is over."}),
    "given": lambda browser, made: browser.post(f"/partner/grants/{made.public_id}/end"),
}


@pytest.mark.parametrize("making", UNDOING, indirect=True)
def test_sent_again_when_what_it_made_is_over_it_says_so_and_the_form_can_be_sent_anew(making, request):
    """From the browser's history, after a withdrawal: nothing is made, and nobody is told that it was."""
    browser, path, form, table = making
    browser.post(path, form)
    made = table.select().order_by(table.id.desc()).get()
    assert UNDOING[request.node.callspec.params["making"]](browser, made).status_code == 303
    browser.get("/")  # where what was said so far is shown
    before = counts(table)
    again = browser.post(path, form)
    assert (again.status_code, counts(table)) == (409, before)
    assert " already" in plain(again.text) and "send it once more" in plain(again.text)
    key = re.search(r'name="submission" value="([^"]+)"', again.text)[1]
    assert key != KEY
    assert browser.post(path, {**form, "submission": key}).status_code == 303
    assert table.select().count() == before[0] + 1


@pytest.mark.parametrize(
    ("status", "word"),
    [("approved", "approved"), ("declined", "declined"), ("withdrawn", "withdrawn"), ("lapsed", "lapsed")],
)
def test_what_became_of_an_access_request_is_told_to_who_sends_its_form_again(world, browse, status, word):
    browser, form = browse(world.colleague), {**access(world), "submission": KEY}
    browser.post("/partner/my_customers/request", form)
    AccessRequest.update(status=status, decided_at=clock.now()).execute()
    browser.get("/")
    said = plain(browser.post("/partner/my_customers/request", form).text)
    assert f"You sent this form already, and it {'was ' * (status != 'lapsed')}{word} on" in said


def test_a_form_that_was_changed_meanwhile_is_another_one(making):
    browser, path, form, table = making
    browser.post(path, form)
    before = table.select().count()
    field = next(name for name in ("reason", "title", "days") if name in form)
    changed = {**form, field: "45" if field == "days" else f"{form[field]} And more."}
    assert browser.post(path, changed).status_code == 303
    assert table.select().count() == before + 1


def test_two_that_come_side_by_side_make_one(browse, making):
    browser, path, form, table = making
    before, answers = table.select().count(), []
    tabs, start = [browse(browser.contact) for _ in range(2)], threading.Barrier(2)

    def send(tab):
        start.wait()
        answers.append(tab.post(path, form).status_code)

    senders = [threading.Thread(target=send, args=(tab,)) for tab in tabs]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert answers == [303, 303]
    assert table.select().count() == before + 1


def test_the_page_brings_a_new_key_and_a_form_that_comes_back_keeps_its_own(making):
    browser, path, form, _table = making
    keys = [re.findall(r'name="submission" value="([^"]+)"', browser.get(path).text) for _ in range(2)]
    assert len(keys[0]) == len(keys[1]) == 1 and keys[0] != keys[1]
    wrong = dict.fromkeys(form, "") | {"submission": KEY}
    back = browser.post(path, wrong)
    assert back.status_code == 422 and f'name="submission" value="{KEY}"' in back.text


def test_two_people_with_one_key_make_two(app, world, browse):
    form = {**access(world), "submission": KEY}
    for person in (world.colleague, world.wide):
        assert browse(person).post("/partner/my_customers/request", form).status_code == 303
    assert AccessRequest.select().count() == 2


def test_without_a_key_each_is_its_own(world, browse):
    for _ in range(2):
        browse(world.colleague).post("/partner/my_customers/request", access(world))
    assert AccessRequest.select().count() == 2


def test_an_id_made_of_a_key_looks_like_any_other(app, world):
    from werkzeug.datastructures import MultiDict

    made = once_id(world.desk, MultiDict({"submission": KEY, "title": "x"}))
    assert re.fullmatch(r"[2-9a-hjkmnp-z]{14}", made)
    assert made == once_id(world.desk, MultiDict({"title": "x", "submission": KEY, "csrf_token": "any"}))
    assert once_id(world.desk, MultiDict({"title": "x"})) is None


def test_contacts_and_organizations_sent_twice_are_one(world, browse):
    person = {"name": "Rin Abe", "email": "rin@kitahama.example", "timezone": "Asia/Tokyo", "locale": "ja"}
    firm = {"slug": "newfirm", "name": "New Firm", "timezone": "UTC", "locale": "en"}
    for browser, path, form in (
        (browse(world.manager), "/contacts/kitahama/add", person),
        (browse(world.desk), "/desk/organizations/new", firm),
    ):
        answers = [browser.post(path, form).status_code for _ in range(2)]
        assert answers == [303, 422], "the second is told that the address or the name is taken"
    assert Contact.select().where(Contact.email == "rin@kitahama.example").count() == 1
    assert Organization.select().where(Organization.slug == "newfirm").count() == 1
    assert Notification.select().where(Notification.kind == "invitation").count() == 1
