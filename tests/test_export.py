"""`flask export`: what it writes, `import` takes, and what comes out of that is the same to the byte."""

import csv
import hashlib
import stat
import threading
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest

from portal import clock, create_app, database, passwords
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    Answer,
    AnswerTranslation,
    Attachment,
    AttachmentChunk,
    Contact,
    Grant,
    Message,
    Organization,
    Subscription,
)
from portal.permissions import Level
from portal.transfer import rows
from portal.transfer.cells import unled
from portal.transfer.columns import FILES
from tests.csv_folder import sound, write
from tests.world import contact, grant, organization, service_request

AWKWARD = [
    "plain",
    "'",
    "''",
    "'=x",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tindented",
    "\rreturn first",
    "'quoted'",
    'with "quotes", commas; and\nnew\r\nlines\rof all kinds',
    "  spaces around  ",
    "日本語の本文　全角",
    "é́ combining, 😀, \u202e bidi",
    "",
]


@pytest.fixture
def run(app):
    return app.test_cli_runner().invoke


@pytest.fixture
def everything(world):
    """The cast, and of each file something awkward."""
    for place, body in enumerate(AWKWARD):
        Message.create(
            service_request=world.request,
            author=world.desk if place % 2 else world.support,
            author_organization=world.halyard if place % 2 else world.kitahama,
            created_at=clock.now() + timedelta(microseconds=place // 3),
            internal=place == 4,
            body=body,
        )
    for place, (name, content) in enumerate((("=log.txt", b"bytes" * 600_000), ("空.bin", b""), ("again", b""))):
        attach(world.request, 2 + place % 2, place, name, content)
    Contact.update(stands_in_for=world.cc).where(Contact.id == world.own.id).execute()
    Contact.update(active=False, password_hash=passwords.hash_password("correct horse battery")).where(
        Contact.id == world.look.id
    ).execute()
    Organization.update(name="=HYPERLINK(1)").where(Organization.id == world.cielo.id).execute()
    grant(world.nordlys, world.brightwater, Level.LOOK, covers_from=date(2026, 3, 1), by=world.nordlys_manager)
    Subscription.create(contact=world.look, organization=world.kitahama, created_at=clock.now())
    answer = Answer.create(public_id="partner-access", reviewed_on=date(2026, 10, 1))
    for locale, title in (("en", "Access"), ("ja", "アクセス")):
        AnswerTranslation.create(answer=answer, locale=locale, title=title, body="- list\n", updated_at=clock.now())
    ask(world, "pending", manager_email="Manager@Kitahama.EXAMPLE")
    ask(world, "approved", decided_at=clock.now(), decided_by=world.manager)
    return world


def ask(world, status, **values):
    asked = AccessRequest.create(
        **{
            "requested_by": world.cc,
            "partner": world.brightwater,
            "manager_email": "manager@kitahama.example",
            "customer": world.kitahama,
            "days": 90,
            "reason": "-because",
            "status": status,
            "created_at": clock.now() - timedelta(days=1),
            **values,
        }
    )
    for person, level in ((world.colleague, Level.CC), (None, Level.LOOK)):
        AccessRequestLine.create(access_request=asked, contact=person, level=int(level))
    return asked


def attach(request, place, position, name, content):
    message = list(request.messages.order_by(Message.created_at, Message.id))[place]
    made = Attachment.create(
        message=message,
        service_request=request,
        position=position,
        name=name,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    for number, start in enumerate(range(0, len(content), 2**20)):
        AttachmentChunk.create(attachment=made, position=number, content=content[start : start + 2**20])


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def read(folder, name):
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def another_portal(engine, environment):
    """An empty portal on the same engine, bound for the length of the block; yields its way to run commands."""

    @contextmanager
    def bound():
        here = database.handle.obj
        try:
            yield create_app({**environment, "DATABASE_URL": engine.fresh()}).test_cli_runner().invoke
        finally:
            there = database.handle.obj
            there.close_all() if hasattr(there, "close_all") else there.close()
            database.handle.initialize(here)

    return bound


def test_export_import_export_gives_the_same_bytes(everything, run, another_portal, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(args=["export", str(first)]).exit_code == 0
    with another_portal() as run_there:
        with database.opened():
            assert not Contact.select().exists()
        imported = run_there(args=["import", str(first)])
        assert imported.exit_code == 0, imported.output
        assert run_there(args=["export", str(second)]).exit_code == 0
        with database.opened():
            assert {message.body for message in Message.select()} >= set(AWKWARD)
            reached = AccessRequest.select().where(AccessRequest.manager_email == "Manager@Kitahama.EXAMPLE").get()
            assert reached.customer.slug == "kitahama" and reached.addressed_to.email == "manager@kitahama.example"
    assert files_in(second) == files_in(first)


def test_every_file_of_the_specification_is_there_with_its_columns(everything, run, tmp_path):
    result = run(args=["export", str(tmp_path / "out")])
    assert "service_requests.csv: 5" in result.stdout
    for file in FILES:
        found = read(tmp_path / "out", file.name)
        assert found and list(found[0]) == file.header


def test_what_a_spreadsheet_would_run_is_led_by_a_quote(everything, run, tmp_path):
    run(args=["export", str(tmp_path / "out")])
    out = tmp_path / "out"
    assert {row["name"] for row in read(out, "organizations") if row["slug"] == "cielo"} == {"'=HYPERLINK(1)"}
    assert {row["reason"] for row in read(out, "access_requests")} == {"'-because"}
    bodies = [row["body"] for row in read(out, "messages")]
    assert not [body for body in bodies if body.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert "''" in bodies and "'''=x" not in bodies and "''=x" in bodies
    assert set(map(unled, bodies)) >= set(AWKWARD)


def test_rows_say_what_the_tables_hold(everything, run, tmp_path):
    run(args=["export", str(tmp_path / "out")])
    out = tmp_path / "out"
    look = next(row for row in read(out, "contacts") if row["email"] == "look@brightwater.example")
    assert (look["active"], look["desk"], look["stands_in_for"]) == ("false", "false", "")
    assert passwords.verify(look["password"], "correct horse battery")
    stand_in = next(row for row in read(out, "contacts") if row["email"] == "own@kitahama.example")
    assert stand_in["stands_in_for"] == "cc@brightwater.example"
    assert {row["lines"] for row in read(out, "access_requests")} == {
        "colleague@brightwater.example=cc;organization=look"
    }
    covered = next(row for row in read(out, "grants") if row["customer"] == "nordlys")
    assert (covered["contact"], covered["level"], covered["covers_from"]) == ("", "look", "2026-03-01")
    assert datetime.fromisoformat(covered["starts_at"]).utcoffset() == timedelta(0)
    assert {row["reviewed_on"] for row in read(out, "answers")} == {"2026-10-01"}
    assert {row["message"] for row in read(out, "attachments")} == {"3", "4"}


def test_an_answer_that_is_not_for_everybody_stays_out_lest_an_import_publish_it(everything, run, tmp_path):
    Answer.update(audience="desk").execute()
    run(args=["export", str(tmp_path / "out")])
    assert read(tmp_path / "out", "answers") == []


def test_whom_a_partner_added_and_no_manager_agreed_to_is_exported_as_inactive(world, run, tmp_path):
    agreed = {"confirmed_at": clock.now(), "kept_at": clock.now()}
    for name, values in (("agreed", agreed), ("unconfirmed", {}), ("suspended", {**agreed, "kept_at": None})):
        adder = world.brightwater if name != "suspended" else world.cielo  # whose access is over
        contact(world.kitahama, name, added_by=adder, **values)
    run(args=["export", str(tmp_path / "out")])
    active = {row["email"].partition("@")[0]: row["active"] for row in read(tmp_path / "out", "contacts")}
    assert (active["agreed"], active["unconfirmed"], active["suspended"]) == ("true", "false", "false")


def test_a_sound_folder_comes_out_as_it_went_in(run, db, tmp_path):
    write(tmp_path / "in", sound())
    assert run(args=["import", str(tmp_path / "in")]).exit_code == 0
    run(args=["export", str(tmp_path / "out")])
    for name in ("sites", "attachments", "subscriptions", "answers"):
        assert read(tmp_path / "out", name) == sorted(read(tmp_path / "in", name), key=lambda row: list(row.values()))
    assert [row["body"] for row in read(tmp_path / "out", "messages")] == [row["body"] for row in sound()["messages"]]


def test_only_its_owner_can_read_what_is_exported(everything, run, tmp_path):
    run(args=["export", str(tmp_path / "out")])
    for path in (tmp_path / "out").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_a_folder_that_holds_something_is_refused(world, run, tmp_path):
    (tmp_path / "note").write_text("mine")
    result = run(args=["export", str(tmp_path)])
    assert (result.exit_code, "is not empty" in result.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".csv"] == []


def test_a_folder_that_cannot_be_made_is_a_sentence(world, run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run(args=["export", str(tmp_path / "file" / "out")])
    assert (result.exit_code, "cannot be written" in result.stderr) == (1, True)


def test_damaged_bytes_stop_the_export(everything, run, tmp_path):
    AttachmentChunk.update(content=b"other").where(AttachmentChunk.position == 0).execute()
    result = run(args=["export", str(tmp_path / "out")])
    assert (result.exit_code, "another SHA-256" in result.stderr) == (1, True)


def test_what_is_written_meanwhile_is_not_torn(world, run, tmp_path, monkeypatch):
    """Somebody submits a request between two tables: the export knows neither it nor its people."""

    def write_elsewhere():
        with database.opened(), database.transaction():
            firm = organization("meanwhile")
            service_request(firm, contact(firm, "late"), "Too late")

    def answers_after_a_change(names, answers=rows.answers):
        writer = threading.Thread(target=write_elsewhere)
        writer.start()
        writer.join()
        return answers(names)

    monkeypatch.setitem(rows.SMALL, "answers", answers_after_a_change)
    assert run(args=["export", str(tmp_path / "out")]).exit_code == 0
    assert Organization.by_slug("meanwhile")
    assert "meanwhile" not in {row["organization"] for row in read(tmp_path / "out", "service_requests")}


def test_the_order_depends_on_nothing_but_the_rows(run, db, tmp_path):
    for slug in ("b", "a-c", "a", "ab"):
        firm = organization(slug)
        grant(Organization.by_slug("b"), contact(firm, "x"), Level.LOOK)
    run(args=["export", str(tmp_path / "out")])
    assert [row["slug"] for row in read(tmp_path / "out", "organizations")] == ["a", "a-c", "ab", "b"]
    assert [row["contact"] for row in read(tmp_path / "out", "grants")] == [
        "x@a.example",
        "x@a-c.example",
        "x@ab.example",
        "x@b.example",
    ]
    assert Grant.select().count() == 4
