"""Attachments: kept in chunks, given back to whom they are due, never trusted."""

import hashlib
import io
import random
from datetime import timedelta

import pytest
from werkzeug.datastructures import FileStorage

from portal import clock, files
from portal.database import transaction
from portal.file_names import clean_name
from portal.models import Attachment, AttachmentChunk, HistoryEvent, Message, ServiceRequest
from portal.routes.attachments import disposition
from tests.people import plain
from tests.world import grant, service_request

BOUNDARY = "a-boundary"
BYTES = random.Random(1).randbytes(2 * files.CHUNK + 12_345)


def send(browser, path, fields, uploads, **options):
    """Post a multipart form; `uploads` are (name, type, bytes)."""
    parts = [("csrf_token", browser.token()), *fields.items()]
    body = b"".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts
    )
    for name, kind, content in uploads:
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: {kind}'
        body += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    body += f"--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return browser.client.post(path, data=body, content_type=kind, **options)


def reply_with(browser, request, uploads, body="See the file.", **fields):
    return send(browser, f"/requests/{request.reference}/messages", {"body": body, **fields}, uploads)


def attach(message, name="notes.txt", content=b"some notes", kind="text/plain"):
    """Keep one file with a message that is there already; return the attachment."""
    with transaction():
        files.keep(message, [FileStorage(io.BytesIO(content), filename=name, content_type=kind)])
    return Attachment.select().order_by(Attachment.id.desc()).first()


def first_message(request):
    return Message.get(Message.service_request == request)


@pytest.fixture
def notes(world):
    return attach(first_message(world.request))


def path_of(attachment):
    return f"/attachments/{attachment.public_id}"


# --- Whose it is -------------------------------------------------------------------------------------------------


def statuses(browse, world, attachment, people):
    return {who: browse(getattr(world, who)).get(path_of(attachment)).status_code for who in people.split()}


def test_a_file_is_as_visible_as_its_request(browse, world, notes):
    everybody = (
        "cc look update create service_admin full_admin wide narrowed expired ended support manager own stranger desk"
    )
    assert statuses(browse, world, notes, everybody) == {
        "cc": 404, "look": 200, "update": 200, "create": 200, "service_admin": 200, "full_admin": 200, "wide": 200,
        "narrowed": 200, "expired": 404, "ended": 404, "support": 200, "manager": 200, "own": 200, "stranger": 404,
        "desk": 200,
    }  # fmt: skip
    assert browse().get(path_of(notes)).status_code == 303


def test_a_cc_downloads_what_names_them(browse, world):
    assert browse(world.cc).get(path_of(attach(first_message(world.naming_cc)))).status_code == 200


def test_a_confidential_or_older_file_is_hidden_from_a_partner(browse, world):
    hidden = attach(first_message(world.confidential))
    assert statuses(browse, world, hidden, "full_admin wide own desk") == {
        "full_admin": 404, "wide": 404, "own": 200, "desk": 200,
    }  # fmt: skip
    grant(world.nordlys, world.look, 2, covers_from=clock.now().date() - timedelta(days=1))
    old = attach(first_message(world.nordlys_request))
    new = attach(first_message(service_request(world.nordlys, world.nordlys_support, "New", days_ago=0)))
    assert browse(world.look).get(path_of(old)).status_code == 404
    assert browse(world.look).get(path_of(new)).status_code == 200


def test_a_file_of_an_internal_message_is_the_desks_alone(browse, world):
    message = first_message(world.request)
    Message.update(internal=True).where(Message.id == message.id).execute()
    secret = attach(message, "secret-plan.txt")
    assert statuses(browse, world, secret, "full_admin support manager desk") == {
        "full_admin": 404, "support": 404, "manager": 404, "desk": 200,
    }  # fmt: skip
    assert "secret-plan" not in browse(world.support).get(f"/requests/{world.request.reference}").text


def test_an_unknown_file_is_answered_like_a_hidden_one(browse, world, notes):
    hidden, unknown = browse(world.stranger).get(path_of(notes)), browse(world.stranger).get("/attachments/nothing")
    assert hidden.status_code == unknown.status_code == 404
    assert plain(hidden.text).partition("Reference")[0] == plain(unknown.text).partition("Reference")[0]


def test_the_right_is_asked_at_each_download(browse, world, notes):
    browser = browse(world.look)
    assert browser.get(path_of(notes)).status_code == 200
    world.grants["look"].ended_at = clock.now()
    world.grants["look"].save()
    assert browser.get(path_of(notes)).status_code == 404


def test_each_download_of_a_partner_is_in_the_customers_history(browse, world, notes):
    browse(world.look).get(path_of(notes))
    browse(world.look).get(path_of(notes))
    for person in (world.own, world.support, world.desk, world.cc, world.stranger):
        browse(person).get(path_of(notes))
    browse(world.look).client.head(path_of(notes))
    events = list(HistoryEvent.select().where(HistoryEvent.kind == "downloaded"))
    assert [(event.actor_id, event.grant_id) for event in events] == [(world.look.id, world.grants["look"].id)] * 2
    assert '"name": "notes.txt"' in events[0].details


# --- The bytes ---------------------------------------------------------------------------------------------------


def test_a_file_of_many_chunks_comes_back_as_it_was(browse, world):
    answer = reply_with(browse(world.support), world.request, [("big.bin", "application/octet-stream", BYTES)])
    assert answer.status_code == 303
    kept = Attachment.get(Attachment.name == "big.bin")
    assert (kept.size, kept.sha256) == (len(BYTES), hashlib.sha256(BYTES).hexdigest())
    assert AttachmentChunk.select().where(AttachmentChunk.attachment == kept).count() == 3
    given = browse(world.look).get(path_of(kept))
    assert given.data == BYTES
    assert given.content_length == len(BYTES)


def test_no_more_than_one_chunk_is_ever_asked_for(world):
    class Watched(io.BytesIO):
        largest = 0

        def read(self, size=-1):
            assert size == files.CHUNK
            return super().read(size)

    with transaction():
        files.keep(first_message(world.request), [FileStorage(Watched(BYTES), filename="big.bin")])
    kept = Attachment.get(Attachment.name == "big.bin")
    assert [len(content) for content in files.contents(kept)] == [files.CHUNK, files.CHUNK, 12_345]


def test_an_empty_file_is_a_file_too(browse, world):
    reply_with(browse(world.support), world.request, [("empty.log", "text/plain", b"")])
    kept = Attachment.get(Attachment.name == "empty.log")
    assert (kept.size, kept.sha256) == (0, hashlib.sha256(b"").hexdigest())
    assert browse(world.support).get(path_of(kept)).data == b""


def test_files_keep_their_order_and_their_message(browse, world):
    uploads = [(f"{letter}.txt", "text/plain", letter.encode()) for letter in "cab"]
    reply_with(browse(world.support), world.request, uploads, body="")
    kept = list(Attachment.select().order_by(Attachment.position))
    assert [one.name for one in kept] == ["c.txt", "a.txt", "b.txt"]
    assert {one.message.body for one in kept} == {""}
    assert {one.service_request_id for one in kept} == {world.request.id}


def test_a_question_takes_its_files_with_it(browse, world):
    fields = {"organization": "kitahama", "category": "technical", "severity": "3", "i_am_the_contact": "on"}
    fields |= {"subject": "With a file", "description": "Look."}
    assert send(browse(world.create), "/ask", fields, [("log.txt", "text/plain", b"12")]).status_code == 303
    kept = Attachment.get()
    assert kept.service_request.subject == "With a file"
    assert kept.message.body == "Look."


def test_what_breaks_in_the_middle_of_a_file_leaves_nothing(browse, world, monkeypatch):
    written = AttachmentChunk.insert

    def breaks(**values):
        if values["position"] == 1:
            raise OSError("the disk is gone")
        return written(**values)

    monkeypatch.setattr(AttachmentChunk, "insert", breaks)
    before = Message.select().count()
    answer = reply_with(browse(world.support), world.request, [("big.bin", "text/plain", BYTES)], status="solved")
    assert answer.status_code == 500
    assert (Message.select().count(), Attachment.select().count(), AttachmentChunk.select().count()) == (before, 0, 0)
    assert ServiceRequest.get_by_id(world.request.id).status == "open"


# --- Limits ------------------------------------------------------------------------------------------------------


def test_more_than_ten_files_at_once_are_413_and_change_nothing(browse, world):
    uploads = [(f"{number}.txt", "text/plain", b"x") for number in range(11)]
    before = Message.select().count()
    answer = reply_with(browse(world.support), world.request, uploads, body="Eleven files")
    assert answer.status_code == 413
    assert "Send up to 10 files at once, together no more than 128 MB." in plain(answer.text)
    assert "Eleven files" in answer.text
    assert Message.select().count() == before
    assert reply_with(browse(world.support), world.request, uploads[:10]).status_code == 303


@pytest.fixture
def small_limits(environment):
    environment.update(MAX_BODY="64 KB", MAX_FILES="2")


@pytest.mark.usefixtures("small_limits")
def test_the_limits_are_settings_and_a_body_over_them_is_413(app, browse, db):
    from tests.world import build_world

    world = build_world()
    page = plain(browse(world.support).get("/ask").text)
    assert "Up to 2 files, together up to 62 KB." in page
    answer = reply_with(browse(world.support), world.request, [("big.bin", "text/plain", BYTES)])
    assert answer.status_code == 413
    assert "Send up to 2 files at once" in plain(answer.text)
    assert Attachment.select().count() == 0


# --- What is never trusted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\plan.docx", "plan.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("pass\u200bword\u2060.txt\ufeff", "password.txt"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ("\u3164\u2800\u115f", "file"),
        ("...", "file"),
        ("", "file"),
        (" .hidden ", "hidden"),
        ('<img src=x onerror="y">.png', "_img src=x onerror=_y__.png"),
        ("ｶﾞ報告 書.xlsx", "ｶﾞ報告 書.xlsx"),
        ("e\u0301tude.txt", "étude.txt"),
        ("\ud800\udfff.txt", "txt"),
        ("x" * 300 + ".tar", "x" * 251 + ".tar"),
        ("x" * 300, "x" * 255),
    ],
)
def test_names_are_cleaned(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
        ("a b;c.txt", "attachment; filename=\"a b;c.txt\"; filename*=UTF-8''a%20b%3Bc.txt"),
        ("報告.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A.pdf"),
        ("añil.txt", "attachment; filename=\"anil.txt\"; filename*=UTF-8''a%C3%B1il.txt"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("報告", "attachment; filename=\"file\"; filename*=UTF-8''%E5%A0%B1%E5%91%8A"),
    ],
)
def test_the_name_is_given_back_in_both_spellings(name, header):
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("kind", "served"),
    [
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("image/png", "image/png"),
        ("TEXT/PLAIN; charset=evil", "text/plain"),
    ],
)
def test_a_file_is_always_a_download_that_can_run_nothing(browse, world, kind, served):
    reply_with(browse(world.support), world.request, [("page.html", kind, b"<script>alert(1)</script>")])
    answer = browse(world.own).get(path_of(Attachment.get()))
    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_name_with_markup_is_shown_as_text(browse, world):
    attach(first_message(world.request), "<b>bold</b>.txt")
    page = browse(world.own).get(f"/requests/{world.request.reference}").text
    assert "<b>bold</b>" not in page
    assert "b_.txt" in page
