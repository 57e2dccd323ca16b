"""Files of a form that comes back: kept for their sender alone, shown by name and size, sent without choosing again."""

import hashlib
import re
from datetime import timedelta

import pytest

from portal import clock
from portal.files import CHUNK
from portal.models import Attachment, AttachmentChunk, Draft, Grant, KeptFile, KeptFileChunk, Message, kept_files
from portal.models.drafts import ASK
from tests.people import plain
from tests.test_ask import question, requests_made
from tests.test_attachments import BYTES, send

LOG = ("log.txt", "text/plain", b"twelve bytes")
PLAN = ("plan.pdf", "application/pdf", b"%PDF-1.7")
BIG = ("big.bin", "application/octet-stream", BYTES)


def typed(**changes):
    return question(**{"draft": "first_form", "submission": "sending_first_form", **changes})


def offered(html):
    """Return [(id, name with size)] of the files that a form shows as kept, all of them ticked."""
    boxes = re.findall(
        r'name="kept_files" value="([^"]+)" checked>\s*<span>.*?</span>(.*?)</span></label>', html, flags=re.DOTALL
    )
    return [(public_id, plain(words)) for public_id, words in boxes]


def kept_by(browser, *uploads, **changes):
    """Send a question that is refused, with these files; return the ids that the form then shows."""
    answer = send(browser, "/ask", typed(**{"subject": "", **changes}), uploads)
    assert answer.status_code == 422
    return [public_id for public_id, _words in offered(answer.text)]


def reply(browser, request, fields, uploads=(), **options):
    fields = {"draft": "first_form", "submission": "sending_first_form", "status": request.status, **fields}
    return send(browser, f"/requests/{request.reference}/messages", fields, list(uploads), **options)


def attached():
    return [(one.name, one.position, one.sha256) for one in Attachment.select().order_by(Attachment.position)]


def digest(content):
    return hashlib.sha256(content).hexdigest()


def age(**ago):
    KeptFile.update(kept_at=clock.now() - timedelta(**ago)).execute()


# --- A question --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_refused_question_keeps_its_files_and_sends_them_without_choosing_again(browse, world, headers):
    browser = browse(world.create)
    answer = send(browser, "/ask", typed(subject=""), [LOG, BIG], headers=headers)
    assert answer.status_code == 422 and "Choose your files again" not in plain(answer.text)
    assert [words for _id, words in offered(answer.text)] == ["log.txt 12 bytes", "big.bin 2.1 MB"]
    assert "hx-preserve" not in answer.text, "what is kept must not be sent once more"
    ids = [public_id for public_id, _words in offered(answer.text)]
    assert browser.post("/ask", typed(kept_files=ids)).status_code == 303
    assert attached() == [("log.txt", 0, digest(LOG[2])), ("big.bin", 1, digest(BYTES))]
    big = Attachment.get(Attachment.name == "big.bin")
    assert browser.get(f"/attachments/{big.public_id}").data == BYTES
    assert AttachmentChunk.select().where(AttachmentChunk.attachment == big).count() == len(BYTES) // CHUNK + 1
    assert (KeptFile.select().count(), KeptFileChunk.select().count()) == (0, 0)


def test_new_files_go_along_behind_the_kept_ones(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG)
    answer = send(browser, "/ask", typed(kept_files=ids[0]), [PLAN])
    assert answer.status_code == 303
    assert [(name, position) for name, position, _sha in attached()] == [("log.txt", 0), ("plan.pdf", 1)]


def test_what_is_unticked_stays_behind_and_is_let_go(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG, PLAN)
    answer = browser.post("/ask", typed(subject="", kept_files=ids[1]))
    assert [words for _id, words in offered(answer.text)] == ["plan.pdf 8 bytes"]
    assert KeptFile.select().count() == 1
    assert browser.post("/ask", typed()).status_code == 303
    assert not attached() and not KeptFile.select().exists()


@pytest.mark.parametrize("change", ["organization", "timezone", "draft"])
def test_every_button_that_brings_the_form_back_keeps_its_files(browse, world, change):
    answer = send(browse(world.create), "/ask", typed(change=change), [LOG])
    assert answer.status_code == 200
    assert [words for _id, words in offered(answer.text)] == ["log.txt 12 bytes"]
    assert not requests_made()


def test_what_went_along_is_kept_no_longer_whatever_its_form_is_called_now(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG)
    assert browser.post("/ask", typed(kept_files=ids, draft="other_form")).status_code == 303
    assert len(attached()) == 1 and not KeptFile.select().exists()


def test_the_swap_of_the_organization_touches_no_file(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG)
    browser.post("/ask", typed(change="organization"), swap=True)
    assert browser.post("/ask", typed(kept_files=ids)).status_code == 303
    assert len(attached()) == 1


def test_a_question_sent_twice_with_kept_files_is_one(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG)
    first, second = (browser.post("/ask", typed(kept_files=ids)) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(requests_made()) == len(attached()) == 1


def test_a_file_that_is_gone_is_said_and_nothing_is_sent_without_it(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG, PLAN)
    KeptFileChunk.delete().execute()
    KeptFile.delete().where(KeptFile.name == "log.txt").execute()
    answer = browser.post("/ask", typed(kept_files=ids))
    assert answer.status_code == 422 and "is not there any more" in plain(answer.text)
    assert [words for _id, words in offered(answer.text)] == ["plan.pdf 8 bytes"]
    assert not requests_made() and not Attachment.select().exists()


def test_what_breaks_while_a_file_is_kept_keeps_nothing(browse, world, monkeypatch):
    monkeypatch.setattr(KeptFileChunk, "insert", lambda **_values: 1 / 0)
    assert send(browse(world.create), "/ask", typed(subject=""), [LOG]).status_code == 500
    assert not KeptFile.select().exists()


def test_a_draft_brings_its_files_back_and_takes_them_along(browse, world):
    browser = browse(world.create)
    kept_by(browser, LOG)
    saved = browser.post("/drafts", typed(place=ASK), swap=True)
    assert "with 1 file." in plain(saved.text)
    page = browser.post("/ask", {"change": "continue"}).text
    assert [words for _id, words in offered(page)] == ["log.txt 12 bytes"]
    browser.post("/ask", {**typed(draft="other_form"), "change": "throw_away"})
    assert not KeptFile.select().exists() and not Draft.select().exists()


def test_an_emptied_form_keeps_its_files_while_one_looks_for_words(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG, description="")
    browser.post("/drafts", typed(place=ASK, subject="", description=""), swap=True)
    assert browser.post("/ask", typed(kept_files=ids)).status_code == 303
    assert len(attached()) == 1


# --- A reply -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_refused_reply_keeps_its_files(browse, world, headers):
    browser = browse(world.update)
    answer = reply(browser, world.request, {"body": "x" * 100_001}, [LOG], headers=headers)
    assert answer.status_code == 422
    assert [words for _id, words in offered(answer.text)] == ["log.txt 12 bytes"]
    ids = [public_id for public_id, _words in offered(answer.text)]
    sent = reply(browser, world.request, {"body": "", "kept_files": ids[0]}, headers=headers)
    assert sent.status_code == (200 if headers else 303)
    assert attached() == [("log.txt", 0, digest(LOG[2]))]
    assert Attachment.get().message.author == world.update
    again = reply(browser, world.request, {"body": "", "kept_files": ids[0]}, headers=headers)
    assert again.status_code == sent.status_code and len(attached()) == 1


def test_a_saved_reply_comes_back_with_its_files_until_it_is_thrown_away(browse, world):
    browser = browse(world.update)
    reply(browser, world.request, {"body": "Half", "change": "draft"}, [LOG])
    page = browser.get(f"/requests/{world.request.reference}").text
    assert [words for _id, words in offered(page)] == ["log.txt 12 bytes"]
    reply(browser, world.request, {"body": "Half", "change": "throw_away"})
    assert not KeptFile.select().exists()


def test_a_reply_thrown_away_before_it_was_ever_saved_lets_its_files_go(browse, world):
    browser = browse(world.update)
    assert reply(browser, world.request, {"body": "x" * 100_001}, [LOG]).status_code == 422
    assert KeptFile.select().exists() and not Draft.select().exists()
    reply(browser, world.request, {"body": "Half", "change": "throw_away"})
    assert not KeptFile.select().exists()


def test_with_the_access_goes_the_use_of_a_kept_file(browse, world):
    browser = browse(world.update)
    answer = reply(browser, world.request, {"body": "x" * 100_001}, [LOG])
    (public_id, _words), *_ = offered(answer.text)
    Grant.update(ended_at=clock.now()).where(Grant.id == world.grants["update"].id).execute()
    assert reply(browser, world.request, {"body": "", "kept_files": public_id}).status_code == 404
    assert not attached()


# --- Whose, how much, how long -----------------------------------------------------------------------------------


def test_somebody_elses_kept_file_does_nothing(browse, world):
    (theirs,) = kept_by(browse(world.create), LOG)
    other = browse(world.support)
    answer = other.post("/ask", typed(subject="", kept_files=theirs))
    assert answer.status_code == 422 and not offered(answer.text) and "log.txt" not in answer.text
    unknown = other.post("/ask", typed(subject="", kept_files="nothing"))
    assert plain(unknown.text) == plain(answer.text)
    assert other.post("/ask", typed(kept_files=theirs)).status_code == 422
    assert reply(other, world.request, {"body": "Mine now", "kept_files": theirs}).status_code == 422
    assert not attached() and not Message.select().where(Message.body == "Mine now").exists()
    assert KeptFile.get().contact == world.create


def test_a_file_kept_for_one_place_is_not_sent_at_another(browse, world):
    browser = browse(world.support)
    (mine,) = kept_by(browser, LOG)
    assert reply(browser, world.request, {"body": "See.", "kept_files": mine}).status_code == 422
    assert not attached() and KeptFile.select().count() == 1


def test_kept_and_new_files_together_are_held_to_the_number(browse, world):
    browser = browse(world.create)
    uploads = [(f"{number}.txt", "text/plain", b"x") for number in range(6)]
    fields = [("kept_files", one) for one in kept_by(browser, *uploads)]
    answer = _send_many(browser, typed(), fields, uploads[:5])
    assert answer.status_code == 413 and "Send up to 10 files at once" in plain(answer.text)
    assert KeptFile.select().count() == 6 and not requests_made()
    assert _send_many(browser, typed(), fields, uploads[:4]).status_code == 303
    assert len(attached()) == 10


def _send_many(browser, form, more, uploads):
    class Fields(dict):
        def items(self):
            return [*form.items(), *more]

    return send(browser, "/ask", Fields(), uploads)


def test_kept_and_new_files_together_are_held_to_the_size(app, browse, db, environment):
    from tests.world import build_world

    browser = browse(build_world().create)
    app.config["PORTAL"] = _smaller(app.config["PORTAL"])
    kilobytes = ("half.bin", "text/plain", b"x" * 40_000)
    (kept,) = kept_by(browser, kilobytes)
    answer = send(browser, "/ask", typed(kept_files=kept), [kilobytes])
    assert answer.status_code == 413 and not requests_made()
    assert send(browser, "/ask", typed(kept_files=kept), [LOG]).status_code == 303


def _smaller(settings):
    from dataclasses import replace

    return replace(settings, max_body=64 * 1024)


def test_kept_files_go_after_a_week(browse, world):
    browser = browse(world.create)
    ids = kept_by(browser, LOG)
    age(days=6, hours=23)
    kept_files.forget_old(clock.now())
    assert offered(browser.post("/ask", typed(subject="", kept_files=ids)).text), "and their week begins anew"
    age(days=7)
    assert browser.post("/ask", typed(kept_files=ids)).status_code == 422
    kept_files.forget_old(clock.now())
    assert (KeptFile.select().count(), KeptFileChunk.select().count()) == (0, 0)


def test_a_round_of_delivery_lets_old_files_go(app, browse, world):
    from portal.delivery import deliver_once

    kept_by(browse(world.create), LOG)
    age(days=8)
    deliver_once(app, open_transport=None)
    assert not KeptFile.select().exists()


def test_of_more_than_five_forms_the_oldest_lets_its_files_go(browse, world):
    browser = browse(world.create)
    kept_by(browse(world.support), LOG)
    for number in range(7):
        kept_by(browser, LOG, draft=f"form_number_{number}")
    kept = [one.draft for one in KeptFile.select().where(KeptFile.contact == world.create).order_by(KeptFile.id)]
    assert kept == [f"form_number_{number}" for number in range(2, 7)]
    assert KeptFile.select().where(KeptFile.contact == world.support).count() == 1


def test_the_forms_of_others_let_nobodys_files_go(browse, world):
    browser, other = browse(world.create), browse(world.support)
    kept_by(browser, LOG)
    for number in range(5):
        kept_by(other, LOG, draft=f"form_number_{number}")
    kept_by(browser, LOG, draft="second_form")
    kept = [one.draft for one in KeptFile.select().where(KeptFile.contact == world.create).order_by(KeptFile.id)]
    assert kept == ["first_form", "second_form"]


def test_the_names_of_kept_files_are_cleaned_and_shown_as_text(browse, world):
    browser = browse(world.create)
    answer = send(browser, "/ask", typed(subject=""), [("<b>../x</b>.txt", "nonsense", b"x")])
    assert "<b>" not in answer.text.partition("kept_files")[2].partition("</ul>")[0]
    assert KeptFile.get().type == "application/octet-stream"
