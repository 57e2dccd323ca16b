"""Check, backup and restore: what is broken is found, and what was acknowledged comes back."""

import hashlib
import stat
import threading

import pytest

from portal import backup as backup_room
from portal import checking, clock, create_app, database
from portal.database import transaction
from portal.models import Attachment, AttachmentChunk, KeptFile, KeptFileChunk, Message, history
from portal.models.history import HistoryEvent
from tests.tampering import unguarded_history


@pytest.fixture
def run(app):
    """Run a command inside the app of the test."""
    return lambda *args: app.test_cli_runner().invoke(args=list(map(str, args)))


@pytest.fixture
def elsewhere(engine, tmp_path):
    """Run commands in a portal of the same engine whose database holds nothing yet."""
    here = database.handle.obj
    url = f"sqlite:///{tmp_path / 'new.db'}" if engine.name == "sqlite" else engine.empty_database()
    database.handle.initialize(here)
    made = None

    def run(*args):
        nonlocal made
        made = made or create_app({"DATABASE_URL": url, "SECRET_KEY": "a secret for the tests"})
        if database.handle.obj is here:
            here.close()
            database.use(url)
        return made.test_cli_runner().invoke(args=list(map(str, args)))

    yield run
    there = database.handle.obj
    if there is not here:
        there.close()
        if hasattr(there, "close_all"):
            there.close_all()
    database.handle.initialize(here)


def attach(world, content=b"log" * 1000):
    message = Message.get(Message.service_request == world.request)
    made = Attachment.create(
        message=message,
        service_request=world.request,
        name="log.txt",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    for position in range(0, len(content), 1000):
        AttachmentChunk.create(attachment=made, position=position // 1000, content=content[position : position + 1000])
    return made


def keep_for_a_form(contact, content):
    """Keep a file for a question that the contact has not sent yet, in chunks of 1,000 bytes; return it."""
    about = {"contact": contact, "place": "ask", "draft": "a_form_key", "name": "log.txt", "type": "text/plain"}
    about |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "kept_at": clock.now()}
    kept = KeptFile.create(**about)
    for position in range(0, len(content), 1000):
        KeptFileChunk.create(kept_file=kept, position=position // 1000, content=content[position : position + 1000])
    return kept


# --- check -------------------------------------------------------------------------------------------------------


def test_a_sound_database_is_said_to_be_sound(run, world):
    attach(world)
    with transaction():
        history.record(world.kitahama, "declined", clock.now())
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    for sentence in ("Every page", "up to date", "Every reference", "1 event, unbroken", "1 file is as it was sent"):
        assert sentence in result.stdout
    assert "The database is sound." in result.stdout


def test_a_file_whose_bytes_were_changed_is_named(run, world):
    file = attach(world)
    AttachmentChunk.update(content=b"lag" * 333 + b"l").where(AttachmentChunk.position == 1).execute()
    result = run("check")
    assert (result.exit_code, f"! File {file.public_id} was changed" in result.stdout) == (1, True)


def test_a_file_that_lacks_bytes_is_named_with_its_size(run, world):
    file = attach(world)
    AttachmentChunk.delete().where(AttachmentChunk.position == 2).execute()
    result = run("check")
    assert (result.exit_code, f"! File {file.public_id} has 2000 bytes of 3000." in result.stdout) == (1, True)


def test_a_file_kept_for_a_form_is_looked_at_like_any_other(run, world):
    kept = keep_for_a_form(world.own, b"half a question")
    assert "1 file is as it was sent" in run("check").stdout
    KeptFileChunk.update(content=b"half a quest1on").execute()
    result = run("check")
    assert (result.exit_code, f"! File {kept.public_id} was changed" in result.stdout) == (1, True)


@pytest.mark.parametrize("counted_with", [None, "another"])
def test_a_file_that_is_counted_with_another_organization_is_named(run, world, counted_with):
    file = attach(world)
    number = counted_with and world.nordlys.id
    Attachment.update(organization_id=number).where(Attachment.id == file.id).execute()
    result = run("check")
    told = "! attachment.organization_id: 1 file is not counted with its request’s organization." in result.stdout
    assert (result.exit_code, told) == (1, True)


def test_a_history_that_was_changed_is_named(run, world):
    with transaction():
        history.record(world.kitahama, "declined", clock.now())
    with unguarded_history():
        HistoryEvent.update(kind="approved").execute()
    result = run("check")
    assert (result.exit_code, "! Kitahama" in result.stdout and "changed afterwards" in result.stdout) == (1, True)


@pytest.mark.engine("sqlite")
def test_a_reference_that_leads_nowhere_is_named(run, world):
    # PostgreSQL lets nobody switch the guard off.
    attach(world)
    database.handle.execute_sql("PRAGMA foreign_keys = OFF")
    Message.delete().execute()
    database.handle.execute_sql("PRAGMA foreign_keys = ON")
    result = run("check")
    assert (result.exit_code, "! attachment.message_id: 1 row leads nowhere." in result.stdout) == (1, True)


def test_tables_of_an_older_version_are_a_sentence(run, world, monkeypatch):
    monkeypatch.setattr(database, "pending_migrations", lambda: ["0009_later"])
    result = run("check")
    assert (result.exit_code, "! The database is not up to date" in result.stdout) == (1, True)
    assert "Traceback" not in result.output


@pytest.mark.engine("sqlite")
def test_a_damaged_file_is_a_sentence_and_no_trace(run, world, elsewhere, tmp_path):
    attach(world, b"log" * 100_000)
    run("backup", tmp_path / "new.db")
    with (tmp_path / "new.db").open("r+b") as file:
        file.seek((tmp_path / "new.db").stat().st_size // 4096 * 5 // 6 * 4096)  # among the bytes of the attachment
        file.write(b"\xff" * 40_960)
    result = elsewhere("check")
    assert (result.exit_code, "! The database" in result.stdout) == (1, True)
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_without_a_database_check_makes_none(engine, elsewhere, tmp_path):
    result = elsewhere("check")
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert not list(tmp_path.iterdir())


# --- restore -----------------------------------------------------------------------------------------------------


def test_a_backup_taken_during_writes_comes_back_whole(run, world, elsewhere, tmp_path):
    """Whatever was acknowledged before the backup began is in it, files and history too."""
    attach(world)
    copy, written, stop = tmp_path / "copy", [], threading.Event()
    ids = (world.request.id, world.support.id, world.kitahama.id)
    writer = threading.Thread(target=write_until, args=(stop, *ids, written))
    writer.start()
    try:
        while len(written) < 20:
            assert writer.is_alive()
        before = set(written)
        result = run("backup", copy)
    finally:
        stop.set()
        writer.join()
    assert result.exit_code == 0, result.output
    restored = elsewhere("restore", copy)
    assert restored.exit_code == 0, restored.output
    with database.opened():
        found = {body for (body,) in Message.select(Message.body).tuples()}
        assert before <= found
        assert Attachment.select().count() == 1
    checked = elsewhere("check")
    assert (checked.exit_code, "The database is sound." in checked.stdout) == (0, True)
    print(f"{len(before)} acknowledged before the backup, {len(before - found)} lost")


def write_until(stop, request_id, author_id, organization_id, written):
    with database.opened():
        while not stop.is_set():
            body = f"number {len(written)}"
            with transaction():
                Message.create(
                    service_request=request_id,
                    author=author_id,
                    author_organization=organization_id,
                    body=body,
                    created_at=clock.now(),
                )
            written.append(body)


def test_files_kept_for_a_form_come_back_with_a_backup(run, world, elsewhere, tmp_path):
    content = bytes(range(256)) * 10
    public_id = keep_for_a_form(world.own, content).public_id
    assert run("backup", tmp_path / "backup").exit_code == 0
    assert elsewhere("restore", tmp_path / "backup").exit_code == 0
    assert "1 file is as it was sent" in elsewhere("check").stdout
    with database.opened():
        kept = KeptFile.get(KeptFile.public_id == public_id)
        assert b"".join(KeptFileChunk.content_at(kept, position) for position in range(3)) == content


@pytest.mark.engine("sqlite")
def test_a_restored_database_is_its_owners_alone_and_leaves_nothing_beside_it(run, world, elsewhere, tmp_path):
    run("backup", tmp_path / "copy")
    assert elsewhere("restore", tmp_path / "copy").exit_code == 0
    database.handle.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "new.db"]
    assert stat.S_IMODE((tmp_path / "new.db").stat().st_mode) == 0o600


def test_nothing_is_restored_over_what_is_there(run, world, tmp_path):
    run("backup", tmp_path / "copy")
    count = Message.select().count()
    result = run("restore", tmp_path / "copy")
    assert (result.exit_code, "already: a backup is restored into an empty" in result.stderr) == (1, True)
    assert Message.select().count() == count


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_backup_is_a_sentence_and_leaves_nothing(elsewhere, tmp_path, content):
    (tmp_path / "copy").write_bytes(content)
    result = elsewhere("restore", tmp_path / "copy")
    assert (result.exit_code, result.stderr.startswith("Error: ")) == (1, True)
    assert "Traceback" not in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


@pytest.mark.engine("sqlite")
def test_a_backup_that_is_not_sound_is_not_put_in_place(run, world, elsewhere, tmp_path):
    attach(world)
    AttachmentChunk.update(content=b"x").where(AttachmentChunk.position == 1).execute()
    run("backup", tmp_path / "copy")
    result = elsewhere("restore", tmp_path / "copy")
    assert (result.exit_code, "nothing was restored" in result.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


@pytest.mark.engine("sqlite")
def test_whoever_made_a_database_meanwhile_keeps_it(run, world, elsewhere, tmp_path, monkeypatch):
    run("backup", tmp_path / "copy")
    sound = checking.check

    def quicker():
        (tmp_path / "new.db").write_bytes(b"somebody else's")
        return sound()

    monkeypatch.setattr(checking, "check", quicker)
    result = elsewhere("restore", tmp_path / "copy")
    assert (result.exit_code, "is there already" in result.stderr) == (1, True)
    assert (tmp_path / "new.db").read_bytes() == b"somebody else's"


def test_without_pg_restore_there_is_a_sentence(app, monkeypatch):
    monkeypatch.setattr(backup_room.shutil, "which", lambda _name: None)
    monkeypatch.setattr(backup_room.glob, "glob", lambda _pattern: [])
    with app.app_context(), pytest.raises(backup_room.BackupError, match="pg_restore is needed"):
        backup_room._program("pg_restore")
