"""The page of a service request: who reads it and why, its thread, replies, status, severity, the confidential mark."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from portal import clock, permissions
from portal.database import transaction
from portal.models import (
    Attachment,
    HistoryEvent,
    Message,
    Notification,
    ReadMark,
    ServiceRequest,
    ServiceRequestChange,
    reading,
    request_changes,
)
from portal.models.reading import note_reading
from portal.permissions import Level
from tests.counting import statements
from tests.people import plain
from tests.world import contact, grant, service_request

PEOPLE = "cc look update create service_admin full_admin wide narrowed expired ended support manager own stranger desk"


def path(request, action=""):
    return f"/requests/{request.reference}{action}"


def fresh(request):
    return ServiceRequest.get_by_id(request.id)


def statuses(browse, world, do):
    """Return {who: the status of what `do(browser)` is answered}."""
    return {who: do(browse(getattr(world, who))).status_code for who in PEOPLE.split()}


def allowed(browse, world, do, status=303):
    return {who for who, answered in statuses(browse, world, do).items() if answered == status}


def reply(browser, request, body="An answer.", **fields):
    return browser.post(path(request, "/messages"), {"body": body, **fields})


def told_of(request, kind):
    rows = Notification.select().where(Notification.service_request == request, Notification.kind == kind)
    return {row.contact_id for row in rows}


# --- Reading -----------------------------------------------------------------------------------------------------


def test_who_reads_a_request(browse, world):
    readers = {"look", "update", "create", "service_admin", "full_admin", "wide", "narrowed"}
    inside = {"support", "manager", "own", "desk"}
    assert allowed(browse, world, lambda one: one.get(path(world.request)), 200) == readers | inside
    assert allowed(browse, world, lambda one: one.get(path(world.naming_cc)), 200) == readers | inside | {"cc"}
    assert allowed(browse, world, lambda one: one.get(path(world.confidential)), 200) == inside
    assert browse().get(path(world.request)).status_code == 303


def test_a_hidden_request_is_answered_like_one_that_never_was(browse, world):
    hidden = browse(world.stranger).get(path(world.request))
    unknown = browse(world.stranger).get("/requests/990101-000001")
    assert hidden.status_code == unknown.status_code == 404
    assert plain(hidden.text).partition("Reference")[0] == plain(unknown.text).partition("Reference")[0]


def test_the_page_says_why_one_sees_it(browse, world):
    mine = browse(world.look).sees(path(world.request))
    assert "Manager of Kitahama Foods gave you Look for Kitahama Foods" in mine
    assert "Kitahama Foods sees that you read this" in mine
    narrowed = browse(world.narrowed).sees(path(world.request))
    assert "It replaces Full Admin, which everybody at Lattice Integrators has" in narrowed
    assert "gave everybody at Lattice Integrators Full Admin" in browse(world.wide).sees(path(world.request))
    assert "a request of your own organization, Kitahama Foods" in browse(world.own).sees(path(world.request))
    assert "You are on the desk" in browse(world.desk).sees(path(world.request))


def test_the_page_says_where_only_the_naming_opens_it(browse, world):
    cc = browse(world.cc).sees(path(world.naming_cc))
    assert "You see this because it names you." in cc
    assert "Your level opens only the requests that name you." in cc
    hidden = service_request(world.kitahama, world.support, "Hidden", naming=[world.update], confidential=True)
    assert "partners read it only where it names them" in browse(world.update).sees(path(hidden))
    grant(world.nordlys, world.update, Level.UPDATE, covers_from=clock.now().date())
    older = service_request(world.nordlys, world.nordlys_support, "Older", naming=[world.update], days_ago=9)
    assert "The request is older than your access" in browse(world.update).sees(path(older))


def test_the_desk_sees_by_which_right_site_administration_is_asked_for(browse, world):
    form = {"organization": "kitahama", "category": "site_deletion", "severity": "3", "subject": "Delete it"}
    form |= {"description": "All of it.", "i_am_the_contact": "on", "site": world.site.public_id}
    address = browse(world.service_admin).post("/ask", form).location
    told = "By right of Service Admin given by Manager of Kitahama Foods"
    assert told in browse(world.desk).sees(address)
    assert "By right of" not in browse(world.support).sees(address)
    own = browse(world.support).post("/ask", form).location
    assert "By right of the organization’s own support contact, or the desk" in browse(world.desk).sees(own)


def test_each_author_stands_under_their_own_name_and_organization(browse, world):
    reply(browse(world.update), world.request, "From the partner")
    reply(browse(world.desk), world.request, "From the desk")
    page = browse(world.support).sees(path(world.request))
    assert "Support of Kitahama Foods (you) Kitahama Foods" in page
    assert "Update of Brightwater Consulting Brightwater Consulting, partner" in page
    assert "Desk of Halyard Support Halyard Support, desk" in page


def test_the_organization_of_an_author_is_the_one_of_then(browse, world):
    reply(browse(world.update), world.request, "Before moving")
    world.update.organization = world.lattice
    world.update.save()
    assert "Brightwater Consulting, partner" in browse(world.support).sees(path(world.request))


def test_a_stand_ins_message_says_for_whom_it_stood(browse, world):
    dummy = contact(world.kitahama, "dummy", stands_in_for=world.look)
    old = service_request(world.kitahama, dummy, "By a stand-in")
    for person in (world.support, world.look):
        page = browse(person).sees(path(old))
        assert "Dummy of Kitahama Foods" in page
        assert "Stood in for Look of Brightwater Consulting, Brightwater Consulting." in page


def test_markdown_is_rendered_and_nothing_in_it_runs(browse, world):
    body = (
        "**bold** <script>alert(1)</script> [x](javascript:alert(1)) ![pixel](https://evil.example/p.png)\n\n"
        "# not a heading\n\n- one\n- two\n\nhttps://docs.example/a?b=1&c=2. <img src=x onerror=alert(1)>"
    )
    reply(browse(world.update), world.request, body)
    page = browse(world.support).get(path(world.request)).text
    assert "<strong>bold</strong>" in page and "<li>one</li>" in page
    assert '<a href="https://docs.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow ugc">' in page
    for bad in ("<script>alert", "<img", 'href="javascript:', "<h1># not", "<h1>not"):
        assert bad not in page


def test_a_line_of_a_log_that_looks_like_the_target_of_a_link_is_shown(browse, world):
    reply(browse(world.update), world.request, "The log:\n\n[ERROR]: NullPointerException\n\n[1]: https://x.example")
    page = browse(world.support).sees(path(world.request))
    assert "[ERROR]: NullPointerException" in page and "[1]: https://x.example" in page


def test_a_line_that_is_pasted_right_behind_a_fence_is_shown(browse, world):
    reply(
        browse(world.update),
        world.request,
        "```Traceback (most recent call last):\n  File x\n```\n\n```python\nx = 1\n```",
    )
    page = browse(world.support).get(path(world.request)).text
    assert "<pre><code>Traceback (most recent call last):\n  File x\n</code></pre>" in page
    assert "<pre><code>x = 1\n</code></pre>" in page


def test_messages_and_changes_stand_in_the_order_of_time(browse, world):
    reply(browse(world.update), world.request, "First words", status="waiting")
    browse(world.update).post(path(world.request, "/severity"), {"severity": "1"})
    reply(browse(world.desk), world.request, "Second words", status="solved")
    page = browse(world.support).sees(path(world.request))
    places = [
        page.index(words)
        for words in (
            "It does not work.",
            "First words",
            "Update of Brightwater Consulting set the status to “Waiting”.",
            "Update of Brightwater Consulting raised the severity from 3 to 1.",
            "Second words",
            "Desk of Halyard Support marked the request as solved.",
        )
    ]
    assert places == sorted(places)


# --- Reading leaves a mark ---------------------------------------------------------------------------------------


def reads(request):
    events = HistoryEvent.select().where(HistoryEvent.service_request == request, HistoryEvent.kind == "read")
    return [(event.actor_id, event.grant_id) for event in events]


def test_reading_by_a_partner_is_recorded_once_a_day_and_nobody_elses_is(browse, world):
    for person in (world.look, world.look, world.own, world.support, world.manager, world.desk, world.stranger):
        browse(person).get(path(world.request))
    browse(world.update).client.head(path(world.request))
    assert reads(world.request) == [(world.look.id, world.grants["look"].id)]
    browse(world.update).get(path(world.request))
    assert len(reads(world.request)) == 2


def test_the_day_of_reading_is_the_customers(world):
    def read_at(hours):
        at = clock.start_of_day(clock.now().date(), "Asia/Tokyo") + timedelta(hours=hours)
        note_reading(world.request, world.look, at, until=at, grant=world.grants["look"])

    for hours in (0, 1, 23.9):
        read_at(hours)
    assert len(reads(world.request)) == 1
    read_at(24)
    assert len(reads(world.request)) == 2


def test_a_second_reading_writes_nothing_and_waits_for_no_writer(browse, world, monkeypatch):
    browser = browse(world.look)
    browser.get(path(world.request))
    monkeypatch.setattr(reading, "transaction", None)
    with statements() as sent:
        assert browser.get(path(world.request)).status_code == 200
    assert [one for one in sent if not one.startswith("SELECT")] == []


def test_six_tabs_opened_at_once_are_one_reading(browse, world):
    browsers = [browse(world.look) for _ in range(6)]
    start = Barrier(6)

    def open_tab(browser):
        start.wait()
        return browser.get(path(world.request)).status_code

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_tab, browsers)) == [200] * 6
    assert len(reads(world.request)) == 1
    assert ReadMark.select().where(ReadMark.contact == world.look).count() == 1


def test_what_others_wrote_since_the_last_look_is_marked_as_new(browse, world):
    reader = browse(world.own)
    assert 'class="tag tag-new"' not in reader.get(path(world.request)).text
    reply(browse(world.support), world.request, "Something new")
    reply(browse(world.desk), world.request, "A secret", internal="on")
    assert reader.get(path(world.request)).text.count('class="tag tag-new"') == 1
    assert 'class="tag tag-new"' not in reader.get(path(world.request)).text
    desk = browse(world.desk)
    desk.get(path(world.request))
    assert ReadMark.last_read(world.request, world.desk) >= fresh(world.request).updated_at
    assert 'class="tag tag-new"' not in desk.get(path(world.request)).text


# --- Replying ----------------------------------------------------------------------------------------------------


def test_update_and_more_reply(browse, world):
    assert statuses(browse, world, lambda one: reply(one, world.request)) == {
        "cc": 404, "look": 403, "update": 303, "create": 303, "service_admin": 303, "full_admin": 303, "wide": 303,
        "narrowed": 403, "expired": 404, "ended": 404, "support": 303, "manager": 403, "own": 403, "stranger": 404,
        "desk": 303,
    }  # fmt: skip
    assert Message.select().where(Message.body == "An answer.").count() == 7


def test_a_refused_reply_names_the_level_and_gives_the_text_back(browse, world):
    answer = reply(browse(world.look), world.request, "Ten careful lines")
    assert answer.status_code == 403
    assert "This needs the level Update for Kitahama Foods" in plain(answer.text)
    assert "Ten careful lines" in answer.text
    assert 'href="/partner/my_customers/request?customer=kitahama"' in answer.text, "one may ask for what is missing"
    swapped = browse(world.look).post(path(world.request, "/messages"), {"body": "x"}, swap=True)
    assert (swapped.status_code, swapped.headers["HX-Retarget"]) == (403, "#notices")
    assert 'name="body"' not in browse(world.look).get(path(world.request)).text


@pytest.mark.parametrize(("address", "typed"), [("messages", {"body": "x"}), ("ask", {})])
def test_a_right_that_ends_during_a_long_upload_is_gone_at_its_end(browse, world, monkeypatch, address, typed):
    browser, begun = browse(world.create), clock.now()
    grant_of = world.grants["create"]
    grant_of.expires_at = begun + timedelta(minutes=15)
    grant_of.save()
    calls = iter(range(1, 1000))
    monkeypatch.setattr(clock, "now", lambda: begun + timedelta(minutes=10 * next(calls)))  # the page, then the view
    question = {"organization": "kitahama", "category": "technical", "severity": "3", "subject": "Late"}
    question |= {"description": "Late.", "i_am_the_contact": "on"}
    place = path(world.request, "/messages") if address == "messages" else "/ask"
    assert browser.post(place, typed or question).status_code == 404
    assert not Message.select().where(Message.author == world.create).exists()


def test_a_cc_who_is_named_reads_and_cannot_reply(browse, world):
    assert reply(browse(world.cc), world.naming_cc).status_code == 403


def test_who_asked_about_their_account_may_answer_but_not_change_the_status(browse, world):
    mine = service_request(world.kitahama, world.own, "My account", category="account")
    browser = browse(world.own)
    page = browser.get(path(mine)).text
    assert 'name="body"' in page and 'name="status"' not in page
    assert reply(browser, mine).status_code == 303
    assert reply(browser, mine, status="open").status_code == 303
    assert reply(browser, mine, "Solve it", status="solved").status_code == 403
    assert fresh(mine).status == "open"
    assert not Message.select().where(Message.body == "Solve it").exists()
    theirs = service_request(world.kitahama, world.manager, "Her account", category="account")
    assert reply(browser, theirs).status_code == 403


def test_a_reply_leads_back_to_its_own_place(browse, world):
    answer = reply(browse(world.update), world.request, "Here")
    message = Message.get(Message.body == "Here")
    assert answer.location == f"/requests/{world.request.reference}#message-{message.public_id}"
    assert f'id="message-{message.public_id}"' in browse(world.update).get(answer.location).text
    assert message.author_organization_id == world.brightwater.id


def test_with_htmx_a_reply_is_answered_with_thread_form_and_state(browse, world):
    typed = {"body": "By a swap", "status": "solved"}
    answer = browse(world.update).post(path(world.request, "/messages"), typed, swap=True)
    assert answer.status_code == 200
    text = answer.text
    assert text.lstrip().startswith('<div id="conversation"') and "<html" not in text
    assert "By a swap" in text and 'name="body"' in text
    assert 'id="request-state" data-hx-swap-oob="true"' in text and "status-solved" in text
    assert "autofocus" in text.split("By a swap")[0]


def test_the_status_changes_with_or_without_a_text(browse, world):
    browser = browse(world.support)
    assert reply(browser, world.request, "", status="solved").status_code == 303
    solved = fresh(world.request)
    assert (solved.status, solved.solved_at is not None) == ("solved", True)
    assert Message.select().where(Message.service_request == world.request).count() == 1
    reply(browser, world.request, "It is back", status="open")
    assert (fresh(world.request).status, fresh(world.request).solved_at) == ("open", None)
    assert "reopened the request: it is now “Open”" in browser.sees(path(world.request))
    reply(browser, world.request, "No change of status")
    assert fresh(world.request).status == "open"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"body": ""}, "Write a message, attach a file or choose another status."),
        ({"body": " \n\0 ", "status": "open"}, "Write a message, attach a file or choose another status."),
        ({"body": "Keep me", "status": "nonsense"}, "Choose one of the statuses."),
        ({"body": "x" * 100_001}, "100,001 characters long"),
    ],
)
def test_a_bad_reply_comes_back_as_it_was(browse, world, typed, sentence):
    for swap in (False, True):
        answer = browse(world.update).post(path(world.request, "/messages"), typed, swap=swap)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert typed["body"].strip("\0 \n") in answer.text
        assert ("<html" in answer.text) is not swap
    assert Message.select().where(Message.service_request == world.request).count() == 1
    assert not ServiceRequestChange.select().exists()


def test_the_same_reply_twice_is_one_message(browse, world):
    browser = browse(world.update)
    answers = [reply(browser, world.request, "Once", status="waiting", submission="m" * 22) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert Message.select().where(Message.body == "Once").count() == 1
    assert ServiceRequestChange.select().count() == 1
    reply(browse(world.support), world.request, "Once", submission="m" * 22)
    assert Message.select().where(Message.body == "Once").count() == 2


def test_who_answers_an_older_state_is_shown_what_came_in_between(browse, world):
    writer = browse(world.update)
    writer.get(path(world.request))
    reply(browse(world.support), world.request, "In between")
    answer = writer.post(path(world.request, "/messages"), {"body": "Mine"}, swap=True)
    assert "While you wrote, one message came in" in answer.text or "While you wrote, 1 message came in" in answer.text
    assert answer.text.count('class="tag tag-new"') == 1
    reply(browse(world.desk), world.request, "Again in between")
    moved = reply(writer, world.request, "Mine again")
    assert "While you wrote, 1 message came in" in plain(writer.get(moved.location).text)


def news(browser, request, after=None):
    when = after or fresh(request).updated_at
    return browser.get(path(request, "/news"), query_string={"after": when.isoformat()})


def test_an_open_page_is_told_of_news_and_of_nothing_else(browse, world):
    reader = browse(world.look)
    reader.get(path(world.request))
    seen = fresh(world.request).updated_at
    assert news(reader, world.request).status_code == 204
    reply(browse(world.desk), world.request, "A secret", internal="on")
    assert news(reader, world.request, seen).status_code == 204
    assert "A secret" in news(browse(contact(world.halyard, "second_desk", desk=True)), world.request, seen).text
    reply(browse(world.support), world.request, "Some news", status="solved")
    answer = news(reader, world.request, seen)
    assert "Some news" in answer.text and "A secret" not in answer.text
    assert 'class="tag tag-new"' in answer.text and "1 new message" in plain(answer.text)
    assert 'id="request-state" data-hx-swap-oob="true"' in answer.text and "status-solved" in answer.text
    assert 'name="body"' not in answer.text


def test_asking_for_news_costs_nothing_beside_the_right(browse, world):
    reader = browse(world.support)
    reader.get(path(world.request))
    with statements() as sent:
        assert news(reader, world.request, clock.now()).status_code == 204
    assert len(sent) <= 4 and not [one for one in sent if not one.startswith("SELECT")]


def test_a_page_that_asks_for_news_without_a_right_is_left_alone(browse, world):
    for person, status in ((None, 401), (world.stranger, 404), (world.ended, 404)):
        answer = news(browse(person), world.request)
        assert (answer.status_code, answer.text, answer.headers["HX-Reswap"]) == (status, "", "none")
    for typed in ("", "nonsense", "2026-01-01T00:00:00+00:00", "9" * 5000):
        answer = browse(world.look).get(path(world.request, "/news"), query_string={"after": typed})
        assert answer.status_code == 200


# --- Internal messages (rule 8) ----------------------------------------------------------------------------------


def test_an_internal_message_reaches_the_desk_alone(browse, world):
    colleague = contact(world.halyard, "second_desk", desk=True)
    before = fresh(world.request).updated_at
    reply(browse(world.desk), world.request, "Between ourselves", internal="on")
    assert "Between ourselves" in browse(colleague).get(path(world.request)).text
    for who in ("support", "manager", "own", "full_admin", "wide"):
        page = browse(getattr(world, who)).sees(path(world.request))
        assert "Between ourselves" not in page
        assert "1 message " in page
    assert fresh(world.request).updated_at == before
    assert fresh(world.request).first_answer_at is None
    assert told_of(world.request, "request_message") == {colleague.id}


def test_what_others_mark_internal_is_an_ordinary_message(browse, world):
    reply(browse(world.full_admin), world.request, "Hello all", internal="on")
    assert not Message.get(Message.body == "Hello all").internal
    assert "Hello all" in browse(world.own).get(path(world.request)).text
    assert 'name="internal"' not in browse(world.full_admin).get(path(world.request)).text


# --- Severity and the confidential mark ---------------------------------------------------------------------------


def test_update_and_more_change_the_severity(browse, world):
    changed = allowed(browse, world, lambda one: one.post(path(world.request, "/severity"), {"severity": "2"}))
    assert changed == {"update", "create", "service_admin", "full_admin", "wide", "support", "desk"}
    assert fresh(world.request).severity == 2
    assert ServiceRequestChange.select().count() == 1
    for bad in ("", "0", "5", "x", "1" * 400):
        assert browse(world.update).post(path(world.request, "/severity"), {"severity": bad}).status_code == 422
    swapped = browse(world.update).post(path(world.request, "/severity"), {"severity": "4"}, swap=True)
    assert (
        'id="about"' in swapped.text and 'id="thread" aria-labelledby="messages-head" data-hx-swap-oob' in swapped.text
    )


def test_the_customers_own_and_the_desk_set_the_confidential_mark(browse, world):
    marked = {"confidential": "on"}
    told = statuses(browse, world, lambda one: one.post(path(world.request, "/confidential"), marked))
    assert {who for who, status in told.items() if status == 303} == {"support", "manager", "desk"}
    assert (told["own"], told["stranger"]) == (403, 404)
    assert fresh(world.request).confidential
    assert browse(world.full_admin).get(path(world.request)).status_code == 404
    assert browse(world.manager).post(path(world.request, "/confidential"), {}).status_code == 303
    assert browse(world.full_admin).get(path(world.request)).status_code == 200
    kinds = [event.kind for event in HistoryEvent.select().order_by(HistoryEvent.id) if event.kind != "read"]
    assert kinds == ["confidential", "not_confidential"]


def test_a_partner_is_refused_the_confidential_mark_with_a_sentence(browse, world):
    answer = browse(world.full_admin).post(path(world.request, "/confidential"), {"confidential": "on"})
    assert answer.status_code == 403
    assert "Only the customer’s support contacts, its contact managers and the desk can do this" in answer.text


# --- Who is told, and what the history keeps ----------------------------------------------------------------------


def test_a_message_tells_whom_the_request_names_and_the_desk(browse, world):
    case = service_request(
        world.kitahama, world.support, "Told", primary=world.update, naming=[world.cc, world.expired, world.own]
    )
    reply(browse(world.update), case, "News")
    assert told_of(case, "request_message") == {world.support.id, world.cc.id, world.own.id, world.desk.id}


def test_the_assignee_is_told_for_the_desk_while_they_are_on_it(browse, world):
    second = contact(world.halyard, "second_desk", desk=True)
    request_changes.assign(world.request, second, world.desk, clock.now())
    reply(browse(world.support), world.request, "To the assignee")
    assert told_of(world.request, "request_message") == {second.id}
    second.active = False
    second.save()
    reply(browse(world.support), world.request, "To the desk")
    assert world.desk.id in told_of(world.request, "request_message")


def test_a_stand_ins_news_goes_to_the_person_behind_it_while_they_may_read(browse, world):
    dummy = contact(world.kitahama, "dummy", stands_in_for=world.cc)
    case = service_request(world.kitahama, world.support, "Stood in", naming=[dummy])
    reply(browse(world.support), case, "News")
    assert told_of(case, "request_message") == {world.cc.id, world.desk.id}
    gone = contact(world.kitahama, "dummy2", stands_in_for=world.expired)
    case = service_request(world.kitahama, world.support, "Stood in for nobody", naming=[gone])
    reply(browse(world.support), case, "News")
    assert told_of(case, "request_message") == {world.desk.id}


def test_history_keeps_what_a_partner_wrote_and_changed_and_under_which_grant(browse, world):
    browser = browse(world.update)
    reply(browser, world.request, "Written", status="waiting")
    browser.post(path(world.request, "/severity"), {"severity": "1"})
    reply(browse(world.support), world.request, "Own people’s work", status="solved")
    events = [
        (event.kind, event.actor_id, event.partner_id, event.grant_id)
        for event in HistoryEvent.select().order_by(HistoryEvent.id)
    ]
    under = (world.update.id, world.brightwater.id, world.grants["update"].id)
    assert events == [("wrote", *under), ("changed", *under), ("changed", *under)]


# --- Cost --------------------------------------------------------------------------------------------------------


def test_a_long_thread_costs_as_many_statements_as_a_short_one(browse, world):
    people = [world.support, world.desk, world.update]

    def write(number):
        with transaction():
            for count in range(number):
                author = people[count % 3]
                at = clock.now()
                message = request_changes.reply(
                    fresh(world.request), author, f"Words {count}", at, readers=permissions.readers,
                    status=("open", "waiting")[count % 2],
                )  # fmt: skip
                Attachment.create(
                    message=message, service_request=world.request, name=f"{count}.txt", size=1, sha256="0" * 64
                )

    def cost(browser):
        browser.get(path(world.request))
        with statements() as sent:
            assert browser.get(path(world.request)).status_code == 200
        return len(sent)

    readers = [browse(world.support), browse(world.update), browse(world.look)]
    write(3)
    few = [cost(browser) for browser in readers]
    write(60)
    assert [cost(browser) for browser in readers] == few
