"""Drafts: what is typed is kept for its writer alone, offered again, and gone once sent or thrown away."""

import re
from datetime import timedelta

import pytest

from portal import clock
from portal.models import Contact, Draft, Grant, Message, ServiceRequest, drafts
from portal.models.drafts import ASK
from tests.people import plain
from tests.test_ask import question, requests_made

TEXT = "My half-written words"


def typed(key="first_form", **changes):
    return question(place=ASK, draft=key, submission=f"sending_{key}", description=TEXT, **changes)


def reply(world, key="first_form", **changes):
    return {"place": world.request.reference, "body": TEXT, "draft": key, "submission": f"sending_{key}", **changes}


def page_of(world):
    return f"/requests/{world.request.reference}"


def age(**ago):
    Draft.update(saved_at=clock.now() - timedelta(**ago)).execute()


def chosen(html, name):
    select = re.search(rf'<select id="{name}".*?</select>', html, flags=re.DOTALL).group()
    return re.findall(r'<option value="([^"]*)" selected', select)


def marked(html, name):
    return re.findall(rf'name="{name}"[^>]*value="([^"]*)"[^>]* checked', html)


def hidden(html, name):
    return re.search(rf'name="{name}" value="([^"]*)"', html).group(1)


# --- A question --------------------------------------------------------------------------------------------------


def test_a_question_is_kept_as_one_types_and_continued_with_all_that_was_chosen(browse, world):
    browser = browse(world.support)
    form = typed(
        site=world.site.public_id, severity="1", additional_contacts=world.manager.public_id, confidential="on"
    )
    answer = browser.post("/drafts", form, swap=True)
    assert answer.status_code == 200
    assert re.fullmatch(r"Draft saved at \d\d:\d\d, without files\.", answer.text.strip())
    assert "have not sent it: “The export stops”" in browser.sees("/ask")
    assert TEXT not in browser.get("/ask").text
    page = browser.post("/ask", {"change": "continue"}).text
    assert TEXT in page and 'value="The export stops"' in page
    assert (chosen(page, "organization"), chosen(page, "site")) == (["kitahama"], [world.site.public_id])
    assert (marked(page, "severity"), marked(page, "additional_contacts")) == (["1"], [world.manager.public_id])
    assert marked(page, "confidential") == ["on"]
    assert hidden(page, "draft") == "first_form"
    assert "have not sent it" not in page


def test_a_question_is_continued_in_place_by_htmx(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    answer = browser.post("/ask", {"change": "continue", "organization": "kitahama"}, swap=True)
    assert answer.text.lstrip().startswith('<form id="ask"') and TEXT in answer.text


def test_the_button_saves_without_javascript_and_leaves_the_form_as_typed(browse, world):
    browser = browse(world.create)
    answer = browser.post("/ask", typed(change="draft"))
    assert answer.status_code == 200 and TEXT in answer.text and "Draft saved at" in answer.text
    assert Draft.get().values["description"] == TEXT
    assert not requests_made()


def test_a_draft_goes_with_the_question_that_it_became(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    assert browser.post("/ask", typed()).status_code == 303
    assert not Draft.select().exists()
    assert "have not sent it" not in browser.sees("/ask")


def test_a_saving_that_comes_after_the_sending_leaves_no_draft(browse, world):
    browser = browse(world.create)
    browser.post("/ask", typed())
    assert browser.post("/drafts", typed(), swap=True).text.strip() == ""
    assert not Draft.select().exists()


def test_a_draft_that_was_saved_beside_the_sending_is_not_offered(browse, world):
    browser = browse(world.create)
    browser.post("/ask", typed())
    key = ServiceRequest.get(ServiceRequest.subject == "The export stops").submission_key
    Draft.create(
        contact=world.create, place=ASK, key="late_form", content="{}", saved_at=clock.now(), submission_key=key
    )
    assert "have not sent it" not in browser.sees("/ask")


def test_a_question_that_is_refused_keeps_its_draft(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    assert browser.post("/ask", typed(severity="9")).status_code == 422
    assert Draft.select().count() == 1


def test_a_new_question_does_not_overwrite_the_draft_that_waits(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    answer = browser.post("/drafts", typed("other_form", subject="Another"), swap=True)
    assert answer.status_code == 422 and "is still here" in answer.text
    assert Draft.get().values["subject"] == "The export stops"
    assert browser.post("/ask", typed("other_form")).status_code == 303
    assert Draft.get().key == "first_form", "what was sent was another form"


def test_thrown_away_is_gone_and_what_is_in_the_form_stays(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    page = browser.post("/ask", {**typed("other_form"), "description": "New words", "change": "throw_away"}).text
    assert "New words" in page and "The draft is thrown away." in page
    assert not Draft.select().exists()
    answer = browser.post("/ask", {"change": "continue", "organization": "kitahama"})
    assert "This draft is not there any more." in answer.text


def test_an_emptied_form_leaves_no_draft(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    assert browser.post("/drafts", {**typed(), "description": "", "subject": ""}, swap=True).text.strip() == ""
    assert not Draft.select().exists()


def test_a_draft_for_an_organization_that_is_closed_by_now_shows_the_text_and_chooses_nothing(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(site=world.site.public_id), swap=True)
    Grant.update(ended_at=clock.now()).where(Grant.id == world.grants["create"].id).execute()
    answer = browser.post("/ask", {"change": "continue"})
    assert answer.status_code == 200 and TEXT in answer.text
    assert chosen(answer.text, "organization") == [""]
    assert "You cannot submit for the organization of this draft any more." in answer.text
    assert "Submit for" not in plain(answer.text) and "kitahama" not in answer.text.lower()
    assert browser.post("/ask", {**typed(), "organization": ""}).status_code == 422


# --- A reply -----------------------------------------------------------------------------------------------------


def test_a_reply_is_put_back_with_a_line_that_says_so(browse, world):
    browser = browse(world.update)
    saved = browser.post("/drafts", reply(world, status="solved"), swap=True)
    assert "Draft saved at" in saved.text
    page = browser.get(page_of(world)).text
    assert TEXT in page and "Your draft of" in page and "Throw the draft away" in page
    assert chosen(page, "status") == ["solved"]
    assert hidden(page, "draft") == "first_form"
    assert hidden(page, "submission") != "sending_first_form", "what is sent from it is sent once more"


def test_a_status_chosen_before_the_request_moved_on_is_not_put_back(browse, world):
    browser = browse(world.update)
    browser.post("/drafts", reply(world, status="closed"), swap=True)
    ServiceRequest.update(updated_at=clock.now() + timedelta(seconds=1)).execute()
    assert chosen(browser.get(page_of(world)).text, "status") == [world.request.status]


def test_a_reply_that_is_sent_takes_its_draft_along(browse, world):
    browser = browse(world.update)
    browser.post("/drafts", reply(world), swap=True)
    answer = browser.post(f"{page_of(world)}/messages", reply(world), swap=True)
    assert answer.status_code == 200 and not Draft.select().exists()
    browser.post("/drafts", reply(world), swap=True)
    assert not Draft.select().exists(), "a saving that was under way comes too late"


def test_a_reply_that_fails_while_it_is_sent_keeps_its_draft(browse, world, monkeypatch):
    browser = browse(world.update)
    browser.post("/drafts", reply(world), swap=True)
    monkeypatch.setattr("portal.routes.service_request.drafts.forget", lambda *_about: 1 / 0)
    assert browser.post(f"{page_of(world)}/messages", reply(world)).status_code == 500
    assert Draft.select().count() == 1
    assert not Message.select().where(Message.body == TEXT).exists()


@pytest.mark.parametrize("swap", [True, False])
def test_a_draft_of_a_reply_is_thrown_away(browse, world, swap):
    browser = browse(world.update)
    browser.post("/drafts", reply(world), swap=True)
    answer = browser.post(f"{page_of(world)}/messages", reply(world, change="throw_away"), swap=swap)
    assert answer.status_code == (200 if swap else 303)
    assert not Draft.select().exists() and TEXT not in browser.get(page_of(world)).text
    assert not Message.select().where(Message.body == TEXT).exists()


def test_the_button_saves_a_reply_without_javascript(browse, world):
    browser = browse(world.update)
    answer = browser.post(f"{page_of(world)}/messages", reply(world, change="draft"))
    assert answer.status_code == 303
    page = browser.get(page_of(world)).text
    assert "Draft saved at" in page and TEXT in page
    refused = browser.post(f"{page_of(world)}/messages", reply(world, "other_form", body="Other words", change="draft"))
    assert refused.status_code == 422 and "Other words" in refused.text and "is still here" in refused.text
    assert not Message.select().where(Message.body == TEXT).exists()


def test_an_internal_draft_is_never_put_back_as_a_message_to_all(browse, world):
    browse(world.desk).post("/drafts", reply(world, internal="on"), swap=True)
    assert marked(browse(world.desk).get(page_of(world)).text, "internal") == ["on"]
    Contact.update(desk=False, organization=world.kitahama, support_contact=True).where(
        Contact.id == world.desk.id
    ).execute()
    answer = browse(world.desk).get(page_of(world))
    assert answer.status_code == 200 and 'id="reply-form"' in answer.text
    assert TEXT not in answer.text


# --- Whose, where, how long --------------------------------------------------------------------------------------


def test_nobody_else_sees_a_draft(browse, world):
    browse(world.update).post("/drafts", reply(world), swap=True)
    browse(world.create).post("/drafts", typed(), swap=True)
    for person in (world.support, world.manager, world.desk, world.full_admin):
        browser = browse(person)
        assert TEXT not in browser.get(page_of(world)).text
        assert "have not sent it" not in browser.sees("/ask")
        assert TEXT not in browser.post("/ask", {"change": "continue", "organization": "kitahama"}).text


def test_a_draft_of_one_request_does_not_show_on_another(browse, world):
    browser = browse(world.support)
    browser.post("/drafts", reply(world), swap=True)
    others = ServiceRequest.select().where(
        ServiceRequest.organization == world.kitahama, ServiceRequest.id != world.request.id
    )
    assert others.exists()
    for other in others:
        assert TEXT not in browser.get(f"/requests/{other.reference}").text


def test_with_the_access_goes_the_draft(browse, world):
    browser = browse(world.update)
    browser.post("/drafts", reply(world), swap=True)
    Grant.update(level=2).where(Grant.id == world.grants["update"].id).execute()
    lowered = browser.get(page_of(world))
    assert lowered.status_code == 200 and TEXT not in lowered.text
    assert browser.post("/drafts", reply(world), swap=True).status_code == 403
    Grant.update(ended_at=clock.now()).where(Grant.id == world.grants["update"].id).execute()
    assert browser.get(page_of(world)).status_code == 404
    refused = browser.post("/drafts", reply(world), swap=True)
    assert refused.status_code == 404 and refused.headers["HX-Retarget"] == "#notices"
    assert "ask for it again" in refused.text, "it is told as kindly as by a whole page"


def test_a_session_that_is_over_leads_nobody_away_from_what_they_type(browse, world):
    answer = browse().post("/drafts", typed(), swap=True)
    assert answer.status_code == 401 and "you are signed out" in answer.text
    assert "HX-Redirect" not in answer.headers


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in again", "signed out"])
def test_another_session_takes_neither_the_focus_nor_the_text_of_whoever_types(browse, world, signed_in):
    before, now = browse(world.update), browse(world.update if signed_in else None)
    kept = now.post("/drafts", reply(world) | {"csrf_token": before.token()}, swap=True)
    assert kept.status_code == (400 if signed_in else 401)
    assert "HX-Retarget" not in kept.headers and "autofocus" not in kept.text
    assert "Copy what you have written" in kept.text
    path = f"/requests/{world.request.reference}/messages"
    sent = now.post(path, reply(world) | {"csrf_token": before.token()}, swap=True)
    assert sent.status_code == 400 and "You signed in or out after you opened this page" in sent.text
    assert "Copy what you have written" in sent.text
    assert not Draft.select().exists() and not Message.select().where(Message.body == TEXT).exists()


def test_a_text_beyond_the_limit_is_not_kept(browse, world):
    browser = browse(world.create)
    assert browser.post("/drafts", typed() | {"description": "x" * 100_000}, swap=True).status_code == 200
    too_long = typed() | {"description": "y" * 100_001}
    assert browser.post("/drafts", too_long, swap=True).status_code == 422
    assert browser.post("/drafts", reply(world), swap=True).status_code == 200
    assert browser.post("/drafts", reply(world, body="y" * 100_001), swap=True).status_code == 422
    assert not Draft.select().where(Draft.content.contains("yyy")).exists()
    assert browser.post("/ask", {**too_long, "change": "draft"}).status_code == 422


def test_a_draft_is_forgotten_after_30_days(browse, world):
    browser = browse(world.create)
    browser.post("/drafts", typed(), swap=True)
    age(days=29)
    drafts.forget_old(clock.now())
    assert "have not sent it" in browser.sees("/ask")
    age(days=30, minutes=1)
    assert "have not sent it" not in browser.sees("/ask")
    assert browser.post("/drafts", typed("other_form"), swap=True).status_code == 200, "it stands in nobody's way"
    age(days=30, minutes=1)
    drafts.forget_old(clock.now())
    assert not Draft.select().exists()


def test_of_more_than_20_drafts_the_oldest_goes(world):
    began = clock.now()
    for number in range(22):
        drafts.save(world.create, f"place_{number}", "a_form_key", {"body": TEXT}, began + timedelta(seconds=number))
    drafts.save(world.update, "place_0", "a_form_key", {"body": TEXT}, began)
    kept = {one.place for one in Draft.select().where(Draft.contact == world.create)}
    assert kept == {f"place_{number}" for number in range(2, 22)}
    assert Draft.select().where(Draft.contact == world.update).count() == 1


@pytest.mark.parametrize("place", ["", "\0", "nowhere", "x" * 5000, "260101-000000"])
def test_a_place_that_is_none_is_not_found(browse, world, place):
    assert browse(world.create).post("/drafts", typed() | {"place": place}, swap=True).status_code == 404
    assert not Draft.select().exists()


def test_whatever_is_typed_is_kept_or_refused_and_never_fails(browse, world):
    browser = browse(world.support)
    rough = dict.fromkeys(("site", "category", "severity", "timezone", "primary_contact", "subject"), "\x00'%s😀<b>")
    form = typed() | rough | {"additional_contacts": "\0" * 500, "draft": "\0", "submission": "\0", "organization": "x"}
    assert browser.post("/drafts", form, swap=True).status_code == 200
    assert browser.post("/ask", {"change": "continue", "draft": "another_form"}).status_code == 200
