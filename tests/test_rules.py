"""Rules of SPEC 3 that only whole pages can show: why (5), internal words (8), and the moment of use (9)."""

import csv
import io
import json
import re

import pytest

from portal import mail
from portal.clock import now
from portal.models import (
    Attachment,
    AttachmentChunk,
    Contact,
    Grant,
    Message,
    Notification,
    ServiceRequest,
    access_changes,
)
from tests.route_paths import PATHS
from tests.route_rows import COLUMNS
from tests.test_route_matrix import CASES

PEOPLE = [column for column in COLUMNS if column != "anonymous"]


def explain(app, person, firm):
    return json.loads(app.test_cli_runner().invoke(args=["explain", person.email, firm.slug]).output)


# --- Rule 5: why ---------------------------------------------------------------------------------------------------


def test_rule_5_every_right_can_say_who_gave_it_until_when_and_what_it_overrules(app, world, browse):
    page = browse(world.narrowed).sees(f"/requests/{world.request.reference}")
    because = explain(app, world.narrowed, world.kitahama)["because"]
    for told in (page, because):
        assert world.manager.name in told
        assert re.search(r"Full Admin|full_admin", told), told
    row = browse(world.narrowed).sees("/partner/my_customers")
    assert world.manager.name in row
    assert "Full Admin" in row


def test_rule_5_the_list_and_the_single_page_agree_for_everybody(world, browse):
    requests = [world.request, world.naming_cc, world.old, world.confidential, world.nordlys_request]
    for name in PEOPLE:
        browser = browse(getattr(world, name))
        listed = {row["reference"] for row in csv.DictReader(io.StringIO(browser.get("/requests.csv").text))}
        opened = {one.reference for one in requests if browser.get(f"/requests/{one.reference}").status_code == 200}
        assert listed == opened, name


# --- Rule 8: internal messages ----------------------------------------------------------------------------------


@pytest.fixture
def canary(world):
    """An internal message with a word and a file name of its own, in a request that partners read."""
    message = Message.create(
        service_request=world.request,
        author=world.desk,
        author_organization=world.halyard,
        created_at=now(),
        internal=True,
        body="The word is zanzibarcanary.",
    )
    file = Attachment.create(
        message=message, service_request=world.request, name="zanzibarcanary.txt", size=3, sha256="0" * 64
    )
    AttachmentChunk.create(attachment=file, position=0, content=b"zzz")
    return message


def test_rule_8_internal_words_reach_nobody_but_the_desk_by_any_page_or_file(app, world, browse, canary):
    pages = {endpoint for endpoint, method, _ in CASES if method == "GET"} & set(PATHS)
    assert len(pages) > 25
    for name in PEOPLE:
        browser = browse(getattr(world, name))
        seen = []
        for endpoint in sorted(pages):
            answer = browser.get(PATHS[endpoint](world)[0])
            seen.append((endpoint, "zanzibarcanary" in answer.text))
            answer.close()
        shown = {endpoint for endpoint, found in seen if found}
        assert shown == ({"service_request.show", "service_request.news"} if name == "desk" else set()), name


def test_rule_8_searching_for_an_internal_word_finds_nothing_for_others(world, browse, canary):
    for name in PEOPLE:
        for path in ("/requests.csv?q=zanzibarcanary", "/requests.csv?q=zanzibar"):
            rows = list(csv.DictReader(io.StringIO(browse(getattr(world, name)).get(path).text)))
            assert bool(rows) == (name == "desk"), (name, path)


def test_rule_8_an_internal_files_address_does_not_exist_for_others(world, browse, canary):
    file = Attachment.get(Attachment.message == canary)
    for name in PEOPLE:
        answer = browse(getattr(world, name)).get(f"/attachments/{file.public_id}")
        assert answer.status_code == (200 if name == "desk" else 404), name
        answer.close()


def test_rule_8_an_internal_message_moves_no_order_no_date_and_tells_nobody_but_the_desk(app, world, browse):
    before = {name: browse(getattr(world, name)).get("/requests.csv").text for name in PEOPLE}
    browse(world.desk).post(f"/requests/{world.old.reference}/messages", {"body": "zanzibarcanary", "internal": "on"})
    assert Message.select().where(Message.internal, Message.service_request == world.old).exists()
    assert {name: browse(getattr(world, name)).get("/requests.csv").text for name in PEOPLE} == before
    told = {row.contact_id for row in Notification.select().where(Notification.service_request == world.old)}
    assert told <= {person.id for person in Contact.of_the_desk()}


def test_rule_8_no_mail_carries_an_internal_message_to_others(app, world, canary):
    with app.app_context():
        for name in PEOPLE:
            person = getattr(world, name)
            row = Notification.create(
                contact=person, kind="request_message", created_at=now(), service_request=world.request, message=canary
            )
            built = mail.build(row, now())
            assert built is None or name == "desk", name


# --- Rule 9: the moment of use ------------------------------------------------------------------------------------


ENDINGS = {
    "ended by the customer": lambda w: access_changes.end(w.grants["update"], w.manager, now()),
    "lapsed": lambda w: Grant.update(expires_at=now()).where(Grant.id == w.grants["update"].id).execute(),
    "deactivated": lambda w: Contact.update(active=False).where(Contact.id == w.update.id).execute(),
    "moved to another firm": lambda w: (
        Contact.update(organization=w.nordlys).where(Contact.id == w.update.id).execute()
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_rule_9_with_the_access_goes_every_open_page_download_draft_and_mail(app, world, browse, ending):
    message = Message.get(Message.service_request == world.request)
    file = Attachment.create(message=message, service_request=world.request, name="a.txt", size=1, sha256="0" * 64)
    AttachmentChunk.create(attachment=file, position=0, content=b"a")
    browser = browse(world.update)
    page = f"/requests/{world.request.reference}"
    assert browser.get(page).status_code == 200
    queued = Notification.create(
        contact=world.update, kind="request_message", created_at=now(), service_request=world.request, message=message
    )
    ENDINGS[ending](world)
    gone = {303} if ending == "deactivated" else {404}
    written = browser.post(f"{page}/messages", {"body": "My half-written reply"})
    assert written.status_code in gone
    if ending != "deactivated":
        assert "My half-written reply" in written.text, "what was typed is handed back"
    assert browser.get(page).status_code in gone
    assert browser.get(f"/attachments/{file.public_id}").status_code in gone
    assert browser.post("/partner/my_customers/kitahama/subscription", {"subscribed": "on"}).status_code in gone
    assert world.request.reference not in browser.get("/requests.csv").text
    assert not Message.select().where(Message.body == "My half-written reply").exists()
    with app.app_context():
        assert mail.build(Notification.get_by_id(queued.id), now()) is None


def test_rule_9_a_lowered_level_refuses_the_next_reply_and_hands_the_text_back(world, browse):
    browser = browse(world.update)
    Grant.update(level=2).where(Grant.id == world.grants["update"].id).execute()
    answer = browser.post(f"/requests/{world.request.reference}/messages", {"body": "My half-written reply"})
    assert answer.status_code == 403
    assert "My half-written reply" in answer.text
    assert "Update" in answer.text
    assert not Message.select().where(Message.body == "My half-written reply").exists()
    assert ServiceRequest.get_by_id(world.request.id).updated_at == world.request.updated_at
