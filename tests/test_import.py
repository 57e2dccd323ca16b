"""`flask import`: all the files, all their faults at once, all or nothing."""

import hashlib
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from peewee import IntegrityError

from portal import clock, passwords, permissions
from portal.csv_answers import led
from portal.folding import searchable
from portal.models import (
    ALL,
    AccessRequest,
    Answer,
    Attachment,
    AttachmentChunk,
    Contact,
    Grant,
    HistoryEvent,
    Message,
    Notification,
    Organization,
    ServiceRequest,
    Subscription,
    chain,
    search_index,
)
from portal.permissions import Level
from portal.transfer.cells import unled
from tests.csv_folder import sound, write
from tests.world import contact, grant, organization


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "csv"


@pytest.fixture
def load(app, db, folder):
    """Import {file: rows} and return click's result."""

    def run(files, **options):
        return app.test_cli_runner().invoke(args=["import", str(write(folder, files, **options))])

    return run


@pytest.fixture
def load_text(app, db, folder):
    """Import files given as text or bytes and return click's result."""

    def run(**files):
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return app.test_cli_runner().invoke(args=["import", str(folder)])

    return run


def counts():
    return {model.__name__: model.select().count() for model in ALL}


def faults(result):
    """Return the lines that name a place."""
    assert result.exit_code == 1, result.output
    return [line for line in result.stderr.splitlines() if ", line " in line]


def assert_fault(result, place, *words):
    found = [line for line in faults(result) if line.startswith(f"{place}: ")]
    assert found, result.stderr
    assert any(all(word in line for word in words) for line in found), found


# --- What it takes -----------------------------------------------------------------------------------------------


def test_every_file_is_taken(load):
    result = load(sound())
    assert result.exit_code == 0, result.output
    assert "messages.csv: 3" in result.stdout
    found = counts()
    assert (found["Organization"], found["Contact"], found["Grant"], found["ServiceRequest"]) == (3, 6, 2, 1)
    assert (found["Message"], found["Attachment"], found["Subscription"], found["AnswerTranslation"]) == (3, 1, 1, 2)


def test_search_knows_what_was_imported(load):
    assert load(sound()).exit_code == 0
    found = counts()
    assert found["SearchEntry"] == found["ServiceRequest"] + found["Message"]
    request = ServiceRequest.get()
    assert list(search_index.entries_holding(searchable(request.subject)))


def test_addresses_are_folded_and_what_is_empty_comes_from_the_organization(load):
    load(sound())
    ana = Contact.by_email("ANA@p.example")
    assert (ana.email, ana.timezone, ana.locale, ana.active) == ("ana@p.example", "Europe/Lisbon", "en", True)
    halyard = Organization.by_slug("halyard")
    assert (halyard.timezone, halyard.locale) == ("UTC", "en")
    assert Contact.by_email("dummy@k.example").stands_in_for == ana


def test_instants_become_utc_and_covers_from_the_customers_midnight(load):
    load(sound())
    wide = Grant.get(Grant.contact.is_null())
    own = Grant.get(Grant.contact.is_null(False))
    assert wide.starts_at == datetime(2025, 12, 31, 15)
    assert (own.covers_from, own.covers_from_at) == (date(2026, 2, 1), datetime(2026, 1, 31, 15))


def test_the_imported_people_have_the_rights_that_the_grants_say(load):
    load(sound())
    ana, kitahama = Contact.by_email("ana@p.example"), Organization.by_slug("kitahama")
    one = permissions.standing(ana, kitahama, clock.now())
    assert (one.level, one.overrules.level) == (Level.UPDATE, Level.FULL_ADMIN)
    assert one.grant.approved_by.email == "manager@k.example"


def test_a_plain_password_is_hashed_and_a_hash_is_taken_as_it_is(load):
    files, kept = sound(), passwords.hash_password("another password")
    files["contacts"][1]["password"] = kept
    files["contacts"][3]["password"] = "a plain password"
    load(files)
    ana = Contact.by_email("ana@p.example")
    assert ana.password_hash.startswith("$argon2id$")
    assert passwords.verify(ana.password_hash, "a plain password")
    assert Contact.by_email("ben@p.example").password_hash == ana.password_hash
    assert Contact.by_email("support@k.example").password_hash == kept
    assert Contact.by_email("manager@k.example").password_hash is None


def test_an_access_request_reaches_its_manager_as_if_asked_in_the_portal(load):
    load(sound())
    asked = AccessRequest.by_public_id("ask-1")
    assert (asked.customer.slug, asked.addressed_to.email) == ("kitahama", "manager@k.example")
    assert asked.reason == "=work"
    assert [(line.contact and line.contact.email, line.level) for line in asked.all_lines()] == [
        (None, Level.LOOK),
        ("ana@p.example", Level.CREATE),
    ]


@pytest.mark.parametrize("address", ["support@k.example", "nobody@k.example"])
def test_an_access_request_to_somebody_else_reaches_nobody(load, address):
    files = sound()
    files["access_requests"][0]["manager_email"] = address
    assert load(files).exit_code == 0
    asked = AccessRequest.by_public_id("ask-1")
    assert (asked.customer, asked.addressed_to) == (None, None)


def test_a_request_takes_its_dates_from_its_thread(load):
    load(sound())
    request = ServiceRequest.by_reference("261101-000001")
    assert request.created_at == datetime(2026, 11, 1)
    assert request.updated_at == request.solved_at == request.first_answer_at == datetime(2026, 11, 1, 2)
    assert sorted(one.contact.email for one in request.additional_contacts) == ["ana@p.example", "ben@p.example"]


def test_messages_keep_their_text_and_stand_by_time_then_by_line(load):
    files = sound()
    files["messages"].append({**files["messages"][2], "body": "Same instant, next line"})
    files["messages"].insert(0, {**files["messages"][1], "created_at": "2026-11-01T09:30:00+09:00", "body": "Earlier"})
    load(files)
    thread = Message.select().order_by(Message.created_at, Message.id)
    assert [one.body for one in thread] == [
        "Line one\nline two, “quoted”",
        "Earlier",
        "Among us",
        "Restart it.",
        "Same instant, next line",
    ]
    assert [one.author_organization.slug for one in thread][:2] == ["kitahama", "halyard"]


def test_an_attachment_lies_at_its_place_with_its_bytes(load):
    large = bytes(range(256)) * 5000
    files = sound()
    files["attachments"].append(
        {**files["attachments"][0], "name": "large", "sha256": hashlib.sha256(large).hexdigest()}
    )
    assert load(files, blobs=(b"some bytes", large)).exit_code == 0
    first, second = Attachment.select().order_by(Attachment.position)
    assert (first.message.body, first.name, first.type, first.size) == ("Restart it.", "log.txt", "text/plain", 10)
    assert (second.message_id, second.type, second.size) == (first.message_id, "text/plain", len(large))
    chunks = AttachmentChunk.select().where(AttachmentChunk.attachment == second).order_by(AttachmentChunk.position)
    assert b"".join(bytes(one.content) for one in chunks) == large


def test_rows_may_refer_to_what_is_there_already(load, world):
    files = {
        "contacts": [{"email": "new@k.example", "name": "New", "organization": "kitahama"}],
        "messages": [
            {
                "reference": world.request.reference,
                "author": "new@k.example",
                "created_at": (clock.now() + timedelta(hours=1)).isoformat() + "+00:00",
                "body": "Me too",
            }
        ],
        "attachments": [
            {
                "reference": world.request.reference,
                "message": "2",
                "name": "a",
                "sha256": hashlib.sha256(b"some bytes").hexdigest(),
            }
        ],
    }
    result = load(files)
    assert result.exit_code == 0, result.output
    added = Message.get(Message.body == "Me too")
    assert Attachment.get().message == added
    assert ServiceRequest.get_by_id(world.request.id).updated_at == added.created_at


def test_grants_of_people_who_left_are_kept_as_history_and_give_nothing(load):
    files = sound()
    for email in ("ben@p.example", "desk@h.example"):  # inactive, and of another organization
        files["grants"].append({**files["grants"][1], "contact": email})
    assert load(files).exit_code == 0
    kitahama = Organization.by_slug("kitahama")
    assert permissions.standing(Contact.by_email("ben@p.example"), kitahama, clock.now()).code == "none"
    assert permissions.standing(Contact.by_email("desk@h.example"), kitahama, clock.now()).code == "desk"


def test_a_grant_may_follow_another_at_its_end(load):
    files = sound()
    ended = {**files["grants"][0], "ended_at": "2026-03-01T00:00:00Z"}
    files["grants"][:1] = [
        ended,
        {**ended, "starts_at": "2026-03-01T00:00:00Z", "ended_at": ""},
        {**ended, "starts_at": "2027-01-01T00:00:00Z", "ended_at": "2026-03-01T00:00:00Z"},  # ended before it began
    ]
    assert load(files).exit_code == 0


def test_nobody_is_told_and_the_customers_history_says_where_the_grants_came_from(load):
    load(sound())
    assert not Notification.select().exists()
    event = HistoryEvent.get()
    assert (event.customer.slug, event.kind, event.details) == ("kitahama", "imported", '{"grants": 2}')
    assert [verdict.broken for verdict in chain.audit()] == [None]


def test_of_an_end_in_the_past_nobody_is_told_later(load):
    files = sound()
    files["grants"] = [{**files["grants"][0], "expires_at": "2026-02-01T00:00:00Z"}]
    load(files)
    assert Grant.get().end_cause == "expired"


def test_after_an_import_the_portal_goes_on_adding(load):
    load(sound())
    firm = organization("later")
    person = contact(firm, "someone")
    made = grant(Organization.by_slug("kitahama"), person, Level.LOOK)
    assert len({one.id for one in Grant.select()}) == 3 and made.id


def test_a_mark_of_byte_order_and_other_line_ends_are_no_matter(load_text):
    result = load_text(organizations="\ufeffname,slug\r\nOne,one\r\n\r\nTwo,two".encode())
    assert result.exit_code == 0, result.output
    assert {one.slug for one in Organization.select()} == {"one", "two"}


def test_one_leading_quote_is_taken_off_before_what_a_spreadsheet_would_run(load_text):
    names = {"a": "'=1+1", "b": "'+1", "c": "'-1", "d": "'@x", "e": "''quoted", "f": "'plain", "g": "=bare"}
    text = "slug,name\n" + "".join(f"{slug},{name}\n" for slug, name in names.items())
    assert load_text(organizations=text).exit_code == 0
    assert dict(Organization.select(Organization.slug, Organization.name).tuples()) == {
        "a": "=1+1",
        "b": "+1",
        "c": "-1",
        "d": "@x",
        "e": "'quoted",
        "f": "'plain",
        "g": "=bare",
    }


@settings(deadline=None)
@given(st.text())
def test_what_leads_a_cell_out_is_taken_off_exactly(text):
    assert unled(led(text)) == text


def test_a_request_may_come_without_its_thread(load):
    files = sound()
    del files["messages"], files["attachments"]
    assert load(files).exit_code == 0
    request = ServiceRequest.by_reference("261101-000001")
    assert request.updated_at == request.created_at


def test_a_file_of_another_name_is_pointed_out(load_text):
    result = load_text(organizations="slug,name\na,A\n", organisations="slug,name\nb,B\n")
    assert result.exit_code == 0
    assert "organisations.csv" in result.stderr


def test_a_folder_without_any_file_is_refused(load_text):
    result = load_text()
    assert (result.exit_code, "no file to import" in result.stderr) == (1, True)


# --- What it refuses ---------------------------------------------------------------------------------------------


def test_every_fault_of_every_file_is_named_at_once_and_nothing_is_written(load):
    files = sound()
    files["organizations"][0]["timezone"] = "Asia/Osaka"
    files["contacts"][1]["organization"] = "nowhere"
    files["contacts"][2]["locale"] = "klingon"
    files["grants"][1]["level"] = "owner"
    files["messages"][2]["author"] = "ghost@k.example"
    result = load(files)
    assert [line.split(": ")[0] for line in faults(result)] == [
        "organizations.csv, line 2, column timezone",
        "contacts.csv, line 3, column organization",
        "contacts.csv, line 4, column locale",
        "grants.csv, line 3, column level",
        "messages.csv, line 5, column author",  # the message before it has a line break in its body
    ]
    assert "5 errors" in result.stderr
    assert not any(counts().values())


@pytest.mark.parametrize(
    ("file", "row", "changes", "place"),
    [
        ("organizations", 0, {"slug": "Kita Hama"}, "organizations.csv, line 2, column slug"),
        ("organizations", 0, {"name": ""}, "organizations.csv, line 2, column name"),
        ("organizations", 0, {"name": "x" * 256}, "organizations.csv, line 2, column name"),
        ("organizations", 0, {"locale": "xx"}, "organizations.csv, line 2, column locale"),
        ("organizations", 1, {"slug": "kitahama"}, "organizations.csv, line 3, column slug"),
        ("sites", 0, {"organization": "nowhere"}, "sites.csv, line 2, column organization"),
        ("sites", 0, {"url": "javascript:alert(1)"}, "sites.csv, line 2, column url"),
        ("contacts", 0, {"email": "manager"}, "contacts.csv, line 2, column email"),
        ("contacts", 0, {"email": "a b@k.example"}, "contacts.csv, line 2, column email"),
        ("contacts", 3, {"email": "ANA@p.example"}, "contacts.csv, line 5, column email"),
        ("contacts", 0, {"desk": "perhaps"}, "contacts.csv, line 2, column desk"),
        ("contacts", 0, {"password": "$argon2id$broken"}, "contacts.csv, line 2, column password"),
        ("contacts", 5, {"stands_in_for": "ghost@p.example"}, "contacts.csv, line 7, column stands_in_for"),
        ("contacts", 5, {"stands_in_for": "manager@k.example"}, "contacts.csv, line 7, column stands_in_for"),
        ("contacts", 5, {"stands_in_for": "dummy@k.example"}, "contacts.csv, line 7, column stands_in_for"),
        ("contacts", 4, {"stands_in_for": "dummy@k.example"}, "contacts.csv, line 6, column stands_in_for"),
        ("grants", 0, {"customer": "nowhere"}, "grants.csv, line 2, column customer"),
        ("grants", 0, {"partner": "kitahama"}, "grants.csv, line 2, column partner"),
        ("grants", 1, {"contact": "ghost@p.example"}, "grants.csv, line 3, column contact"),
        ("grants", 0, {"level": "none"}, "grants.csv, line 2, column level"),
        ("grants", 0, {"covers_from": "2026-02-30"}, "grants.csv, line 2, column covers_from"),
        ("grants", 0, {"starts_at": "2026-01-01T00:00:00"}, "grants.csv, line 2, column starts_at"),
        ("grants", 0, {"starts_at": "2026-01-01"}, "grants.csv, line 2, column starts_at"),
        ("grants", 0, {"starts_at": ""}, "grants.csv, line 2, column starts_at"),
        ("grants", 0, {"expires_at": "2025-12-31T15:00:00Z"}, "grants.csv, line 2, column expires_at"),
        ("grants", 0, {"expires_at": "9999-12-31T23:59:59-12:00"}, "grants.csv, line 2, column expires_at"),
        ("grants", 0, {"approved_by": "ghost@k.example"}, "grants.csv, line 2, column approved_by"),
        ("grants", 1, {"contact": ""}, "grants.csv, line 3, column starts_at"),
        ("access_requests", 0, {"id": "a/b"}, "access_requests.csv, line 2, column id"),
        ("access_requests", 0, {"id": ".."}, "access_requests.csv, line 2, column id"),
        ("access_requests", 0, {"requested_by": "ghost@p.example"}, "access_requests.csv, line 2, column requested_by"),
        ("access_requests", 0, {"days": "731"}, "access_requests.csv, line 2, column days"),
        ("access_requests", 0, {"days": "0"}, "access_requests.csv, line 2, column days"),
        ("access_requests", 0, {"days": "many"}, "access_requests.csv, line 2, column days"),
        ("access_requests", 0, {"status": "perhaps"}, "access_requests.csv, line 2, column status"),
        ("access_requests", 0, {"status": "approved"}, "access_requests.csv, line 2, column decided_at"),
        ("access_requests", 0, {"decided_by": "manager@k.example"}, "access_requests.csv, line 2, column decided_by"),
        (
            "access_requests",
            0,
            {"status": "declined", "decided_at": "2026-11-20T09:00:00Z"},
            "access_requests.csv, line 2, column decided_at",
        ),
        ("access_requests", 0, {"lines": ""}, "access_requests.csv, line 2, column lines"),
        ("access_requests", 0, {"lines": "look"}, "access_requests.csv, line 2, column lines"),
        ("access_requests", 0, {"lines": "organization=all"}, "access_requests.csv, line 2, column lines"),
        ("access_requests", 0, {"lines": "ghost@p.example=look"}, "access_requests.csv, line 2, column lines"),
        (
            "access_requests",
            0,
            {"lines": "organization=look;organization=cc"},
            "access_requests.csv, line 2, column lines",
        ),
        ("service_requests", 0, {"reference": "R-1"}, "service_requests.csv, line 2, column reference"),
        ("service_requests", 0, {"site": "Tokyo"}, "service_requests.csv, line 2, column site"),
        ("service_requests", 0, {"organization": "halyard"}, "service_requests.csv, line 2, column site"),
        ("service_requests", 0, {"category": "wish"}, "service_requests.csv, line 2, column category"),
        ("service_requests", 0, {"severity": "5"}, "service_requests.csv, line 2, column severity"),
        ("service_requests", 0, {"status": "done"}, "service_requests.csv, line 2, column status"),
        ("service_requests", 0, {"subject": "x" * 301}, "service_requests.csv, line 2, column subject"),
        (
            "service_requests",
            0,
            {"primary_contact": "ghost@k.example"},
            "service_requests.csv, line 2, column primary_contact",
        ),
        (
            "service_requests",
            0,
            {"additional_contacts": "ana@p.example;ghost@k.example"},
            "service_requests.csv, line 2, column additional_contacts",
        ),
        (
            "service_requests",
            0,
            {"additional_contacts": "ana@p.example;ANA@p.example"},
            "service_requests.csv, line 2, column additional_contacts",
        ),
        (
            "service_requests",
            0,
            {"updated_at": "2026-10-01T00:00:00Z"},
            "service_requests.csv, line 2, column updated_at",
        ),
        ("messages", 0, {"reference": "261101-000009"}, "messages.csv, line 2, column reference"),
        ("messages", 0, {"internal": "true"}, "messages.csv, line 2, column internal"),
        ("attachments", 0, {"message": "4"}, "attachments.csv, line 2, column message"),
        ("attachments", 0, {"message": "0"}, "attachments.csv, line 2, column message"),
        ("attachments", 0, {"sha256": "0" * 64}, "attachments.csv, line 2, column sha256"),
        ("attachments", 0, {"sha256": "../../etc/passwd"}, "attachments.csv, line 2, column sha256"),
        ("subscriptions", 0, {"contact": "ghost@p.example"}, "subscriptions.csv, line 2, column contact"),
        ("answers", 1, {"locale": "en"}, "answers.csv, line 3, column locale"),
        ("answers", 0, {"reviewed_on": "yesterday"}, "answers.csv, line 2, column reviewed_on"),
    ],
)
def test_a_bad_cell_is_named_with_its_file_line_and_column(request, load, file, row, changes, place):
    files = sound()
    files[file][row].update(changes)
    assert_fault(load(files), place)
    assert not any(counts().values())


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("organizations", "slug"),
        ("sites", "name"),
        ("contacts", "email"),
        ("access_requests", "id"),
        ("service_requests", "reference"),
        ("subscriptions", "organization"),
        ("answers", "locale"),
    ],
)
def test_a_key_that_is_there_already_or_stands_twice_is_refused(load, file, key):
    files = sound()
    files[file].append(dict(files[file][0]))
    line = len(files[file]) + 1
    assert_fault(load(files), f"{file}.csv, line {line}, column {key}", "stands in line 2")
    assert load(sound()).exit_code == 0
    before = counts()
    assert_fault(load({file: sound()[file]}), f"{file}.csv, line 2, column {key}", "already in the portal")
    assert counts() == before


def test_a_grant_that_overlaps_one_in_the_portal_is_refused(load):
    assert load(sound()).exit_code == 0
    again = {**sound()["grants"][0], "starts_at": "2030-01-01T00:00:00Z"}
    assert_fault(load({"grants": [again]}), "grants.csv, line 2, column starts_at", "in the portal")
    assert Grant.select().count() == 2


def test_an_overlap_is_found_behind_a_shorter_grant(load):
    files = sound()
    first = files["grants"][0]
    files["grants"] = [
        {**first, "starts_at": "2026-01-01T00:00:00Z", "expires_at": "2026-12-01T00:00:00Z"},
        {**first, "starts_at": "2026-02-01T00:00:00Z", "expires_at": "2026-03-01T00:00:00Z"},
        {**first, "starts_at": "2026-04-01T00:00:00Z", "expires_at": "2026-05-01T00:00:00Z"},
    ]
    places = [line.split(": ")[0] for line in faults(load(files))]
    assert places == ["grants.csv, line 3, column starts_at", "grants.csv, line 4, column starts_at"]


def test_bytes_that_are_not_theirs_are_refused(load, folder):
    files = sound()
    digest = files["attachments"][0]["sha256"]
    write(folder, files)
    (folder / "attachments" / digest).write_bytes(b"other bytes")
    assert_fault(load(files, blobs=()), "attachments.csv, line 2, column sha256", "another SHA-256")


def test_unknown_double_and_missing_columns_are_named(load_text):
    result = load_text(contacts="email,nickname,email\na@k.example,A,b\n", grants="customer\nkitahama\n")
    assert_fault(result, "contacts.csv, line 1, column nickname", "No such column")
    assert_fault(result, "contacts.csv, line 1, column email", "twice")
    assert_fault(result, "contacts.csv, line 1, column organization", "missing")
    assert_fault(result, "grants.csv, line 1, column contact", "missing")
    assert_fault(result, "grants.csv, line 2, column customer", "kitahama")


def test_columns_that_can_be_guessed_may_be_left_out(load_text):
    result = load_text(organizations="slug,name\na,A\n", contacts="email,name,organization\nx@a.example,X,a\n")
    assert result.exit_code == 0, result.output
    assert Contact.get().active


def test_a_key_column_that_is_missing_is_said_once(load_text):
    result = load_text(organizations="name\nA\n", contacts="email,name,organization\nx@a.example,X,a\n")
    assert len(faults(result)) == 1


def test_ragged_rows_are_named_where_the_record_begins(load_text):
    result = load_text(organizations='slug,name,timezone\na,"A\nb\nc",UTC\nb\nc,C,UTC,en,more\n')
    assert_fault(result, "organizations.csv, line 5, column name", "ends before")
    assert_fault(result, "organizations.csv, line 5, column timezone", "ends before")
    assert_fault(result, "organizations.csv, line 6, column 4", "5 cells")


def test_a_record_with_open_quotes_is_named_and_the_others_are_still_checked(load_text):
    result = load_text(organizations='slug,name\nA,x\n"b"c,y\nD,z\n"e,open\n')
    assert [line.split(": ")[0] for line in faults(result)] == [
        "organizations.csv, line 2, column slug",
        "organizations.csv, line 3",
        "organizations.csv, line 4, column slug",
        "organizations.csv, line 5",
    ]


def test_nul_and_what_is_not_utf_8_are_named(load_text):
    result = load_text(organizations=b"slug,name\na,A\0\nb,\xff\xfe\nc,\xed\xa0\x80\n")
    assert_fault(result, "organizations.csv, line 2, column name", "NUL")
    assert_fault(result, "organizations.csv, line 3, column name", "UTF-8")
    assert_fault(result, "organizations.csv, line 4, column name", "UTF-8")


def test_a_file_in_another_encoding_is_refused_without_a_trace(load_text):
    result = load_text(organizations="slug,name\na,A\n".encode("utf-16"))
    assert faults(result) and isinstance(result.exception, SystemExit)


def test_an_empty_file_is_refused_and_a_header_alone_is_not(load_text):
    assert_fault(load_text(sites=b""), "sites.csv, line 1")
    assert load_text(sites="organization,name,url\n").exit_code == 0


def test_a_stand_in_of_a_stand_in_in_the_portal_is_refused(load, world):
    Contact.update(stands_in_for=world.cc).where(Contact.id == world.own.id).execute()
    row = {"email": "x@n.example", "name": "X", "organization": "nordlys", "stands_in_for": world.own.email}
    assert_fault(load({"contacts": [row]}), "contacts.csv, line 2, column stands_in_for", "stand-in itself")


def test_a_failure_on_the_way_leaves_nothing_behind(load, monkeypatch):
    def fail(*_arguments, **_options):
        raise OSError("no space")

    monkeypatch.setattr("portal.transfer.attaching.AttachmentChunk.insert", fail)
    result = load(sound())
    assert (result.exit_code, "no space" in result.stderr) == (1, True)
    assert not any(counts().values())


def test_whoever_is_overtaken_is_told_so_and_nothing_is_written(load, monkeypatch):
    def overtaken(*_arguments):
        raise IntegrityError("UNIQUE constraint failed: answer.public_id")

    monkeypatch.setattr("portal.transfer.loading.Load._answers", overtaken)
    result = load(sound())
    assert (result.exit_code, "Somebody else added the same just now" in result.stderr) == (1, True)
    assert not any(counts().values())


def test_a_message_of_two_hundred_thousand_letters_is_taken(load):
    files = sound()
    files["messages"][0]["body"] = "文" * 200_000
    assert load(files).exit_code == 0
    assert len(Message.select().order_by(Message.id).first().body) == 200_000


def test_a_subscription_of_somebody_without_a_right_is_kept_and_opens_nothing(load):
    files = sound()
    files["subscriptions"].append({"contact": "desk@h.example", "organization": "kitahama"})
    assert load(files).exit_code == 0
    assert Subscription.select().count() == 2


def test_an_answer_is_reviewed_once_all_its_translations_are(load):
    files = sound()
    load(files)
    assert Answer.get().reviewed_on is None
    files["answers"] = [
        {**row, "id": "other", "reviewed_on": day}
        for row, day in zip(files["answers"], ("2026-01-01", "2026-02-01"), strict=True)
    ]
    load({"answers": files["answers"]})
    assert Answer.get(Answer.public_id == "other").reviewed_on == date(2026, 2, 1)
