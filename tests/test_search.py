"""Search: what is understood, what is found, by whom, and that the index keeps up."""

import re
from datetime import date, datetime, timedelta
from importlib import import_module
from random import Random
from string import ascii_letters, digits

import pytest
from hypothesis import example, given, strategies

from portal import clock, database, delivery, hits, permissions, search_words
from portal.folding import searchable
from portal.forms.ask import LONGEST_TEXT
from portal.models import Message, SearchEntry, ServiceRequest, request_changes, search, search_index, submitting
from tests.counting import statements
from tests.searches import QUERIES, TEXTS
from tests.world import contact, service_request


@pytest.fixture
def texts(world):
    """The requests of TEXTS, {reference: key}; those of the cast are out of the way."""
    Message.update(body="-").execute()
    return {
        service_request(world.kitahama, world.support, subject, body=body).reference: key
        for key, (subject, body) in TEXTS.items()
    }


def found(who, text, zone="UTC"):
    """Return the references that `who` finds with `text`, as a set."""
    asked = search_words.read(text)
    seen = permissions.Sight(who, clock.now())
    looked_up, walked = (
        search.narrow(
            seen.requests,
            asked,
            organization_ids=asked.organization_ids(seen.places),
            since=asked.since(zone),
            until=asked.until(zone),
            internal_too=who.desk,
            common=common,
        )
        for common in ((), asked.words)
    )
    references = {one.reference for one in looked_up}
    assert {one.reference for one in walked} == references
    return references


def test_the_table_of_queries_finds_what_it_says_on_both_engines(world, texts):
    assert len(QUERIES) >= 60
    wrong = {}
    for text, expected in QUERIES:
        keys = {texts[reference] for reference in found(world.look, text) if reference in texts}
        if keys != set(expected.split()):
            wrong[text] = keys
    assert not wrong


def test_whether_a_word_is_common_is_counted_once_in_ten_minutes(world, monkeypatch):
    monkeypatch.setattr(search, "MANY", 2)
    for _ in range(3):
        service_request(world.kitahama, world.support, "gasket", body="-")
    service_request(world.kitahama, world.support, "washer", body="-")
    at = clock.now()
    with statements() as sent:
        assert search.common_among(["gasket", "washer"], at) == ["gasket"]
        assert search.common_among(["washer", "gasket"], at + search.KNOWN_FOR) == ["gasket"]
    assert len(sent) == 1
    for _ in range(3):
        service_request(world.kitahama, world.support, "washer", body="-")
    later = at + search.KNOWN_FOR + timedelta(seconds=1)
    assert search.common_among(["washer", "gasket"], later) == ["washer", "gasket"]
    assert search.common_among([], later) == []


def test_a_word_is_common_from_one_text_more_than_many_on(world, monkeypatch):
    monkeypatch.setattr(search, "MANY", 2)
    at = clock.now()
    for _ in range(2):
        service_request(world.kitahama, world.support, "gasket", body="-")
    assert search.common_among(["gasket"], at) == []
    service_request(world.kitahama, world.support, "gasket", body="-")
    assert search.common_among(["gasket"], at) == []
    assert search.common_among(["gasket"], at - search.KNOWN_FOR - timedelta(seconds=1)) == ["gasket"]


def test_no_more_words_are_known_than_fit(world, monkeypatch):
    monkeypatch.setattr(search, "MOST_KNOWN", 3)
    search.common_among([f"word{number}" for number in range(5)], clock.now())
    assert len(search._known) == 3


@given(strategies.text(strategies.characters(max_codepoint=127)))
@example("Ab\x1c\t C\x00 ")
def test_plain_text_is_folded_like_any_other(text):
    assert f"{searchable(text)} ア".strip() == searchable(f"{text} ア")


def test_threes_that_stand_apart_are_no_hit(world):
    apart = service_request(world.kitahama, world.support, "abcx bcdx", body="a" * 2_000 + "b" + "ab" * 9_000)
    assert apart.reference not in found(world.look, "abcd")
    assert found(world.look, "bababa") == {apart.reference}
    assert found(world.look, "a" * 190) == {apart.reference}


# --- The language of the box ------------------------------------------------------------------------------------


def test_filters_narrow_what_words_find(world):
    at = datetime(2026, 3, 10, 15, 30)  # the 11th in Tokyo
    one = service_request(world.kitahama, world.support, "Umbrella", status="waiting", created_at=at)
    other = service_request(world.nordlys, world.nordlys_support, "Umbrella", created_at=at + timedelta(days=3))
    both, none = {one.reference, other.reference}, set()
    for text, expected in {
        "umbrella": both,
        "umbrella status:waiting": {one.reference},
        "umbrella status:waiting STATUS:open": both,
        "umbrella organization:nordlys": {other.reference},
        'umbrella organization:"KITAHAMA foods"': {one.reference},
        "umbrella organization:nowhere": none,
        "umbrella from:support": both,
        "umbrella from:support@nordlys.example": {other.reference},
        "umbrella from:@nordlys.example": none,
        'umbrella from:"Support of Kita"': {one.reference},
        "umbrella before:2026-03-11": {one.reference},
        "umbrella before:2026-03-10": none,
        "umbrella after:2026-03-10": {other.reference},
        "umbrella after:2026-03-09 before:2026-03-12": {one.reference},
        "umbrella status：waiting": {one.reference},
    }.items():
        assert found(world.desk, text) == expected, text
    assert found(world.desk, "umbrella before:2026-03-11", "Asia/Tokyo") == none
    assert found(world.desk, "umbrella after:2026-03-10", "Asia/Tokyo") == both


def test_an_author_is_found_whatever_the_accents_of_the_name(world):
    author = contact(world.kitahama, "jose", support_contact=True)
    type(author).update(name="José Ñúñez").where(type(author).id == author.id).execute()
    asked = service_request(world.kitahama, author, "Umbrella")
    for text in ("from:jose", "from:JOSÉ", "from:nunez", 'from:"josé ñu"'):
        assert found(world.look, text) == {asked.reference}, text


@pytest.mark.parametrize(
    ("text", "words", "without"),
    [
        ("status:asleep", ("status:asleep",), ()),
        ("status:", ("status:",), ()),
        ("before:2026-13-01", ("before:2026-13-01",), ()),
        ("before:0001-01-01", ("before:0001-01-01",), ()),
        ("after:9999-12-31", ("after:9999-12-31",), ()),
        ("before:20260101", ("before:20260101",), ()),
        ("-status:open", (), ("status:open",)),
        ("http://x", ("http://x",), ()),
        ("-", ("-",), ()),
        ("--", (), ("-",)),
        ('"', ('"',), ()),
        ('""', ('""',), ()),
        ('"open end', ('"open', "end"), ()),
        ('-"two words" x', ("x",), ("two words",)),
        ("“two words”", ("two words",), ()),
        ("a AND b OR (c*", ("a", "and", "b", "or", "(c*"), ()),
        ("", (), ()),
    ],
)
def test_what_is_no_filter_is_text(text, words, without):
    asked = search_words.read(text)
    assert (asked.words, asked.without, asked.statuses) == (words, without, ())
    assert asked.before is asked.after is None


def test_days_are_read_as_days():
    asked = search_words.read("before:2026-05-01 before:2026-04-01 after:2026-01-01 after:2026-02-01")
    assert (asked.before, asked.after) == (date(2026, 4, 1), date(2026, 2, 1))


@pytest.mark.parametrize(
    "typed", ["'", "\\", "''", "&|!", ":*", "<->", "NEAR(", "\0", "\U0001f600", "\u0301", "x" * 900]
)
def test_nothing_that_can_be_typed_is_an_error(world, browse, typed):
    for text in (typed, f'"{typed}', f"-{typed}", f"from:{typed}", f"organization:{typed}", f"status:{typed}"):
        assert browse(world.look).get("/requests", query_string={"q": text}).status_code == 200, text


# --- Who finds what ---------------------------------------------------------------------------------------------


def say(request, author, body, internal=False):
    return request_changes.reply(request, author, body, clock.now(), readers=permissions.readers, internal=internal)


def test_internal_text_is_found_by_the_desk_alone_and_excluded_by_nobody_else(world):
    say(world.request, world.desk, "Xylophone: they owe us money.", internal=True)
    assert found(world.desk, "xylophone") == {world.request.reference}
    for who in (world.support, world.manager, world.full_admin, world.look):
        assert found(who, "xylophone") == set()
        assert found(who, "from:desk") == set()
        assert world.request.reference in found(who, "order -xylophone")
    assert found(world.desk, "order -xylophone") == set()


def test_an_internal_message_is_never_shown_as_the_place_of_a_hit(world, browse):
    say(world.request, world.desk, "Order: secret plans.", internal=True)
    say(world.request, world.support, "The plans are on the wall.")
    page = browse(world.look).get("/requests?q=plans").text
    assert "The <mark>plans</mark> are on the wall." in page
    assert "secret" not in page


def test_search_finds_nothing_in_what_one_may_not_see(world):
    say(world.confidential, world.support, "Rosebud")
    assert found(world.look, "rosebud") == found(world.look, "leaked") == set()
    assert found(world.support, "rosebud") == {world.confidential.reference}
    assert found(world.expired, "order") == set()


# --- What is shown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Order <b>export</b>", ["export"], "Order &lt;b&gt;<mark>export</mark>&lt;/b&gt;"),
        ("<script>", ["script"], "&lt;<mark>script</mark>&gt;"),
        ("a & b", ["amp"], "a &amp; b"),
        ("La Sesión", ["sesion"], "La <mark>Sesión</mark>"),
        ("La Sesio\u0301n", ["sesion"], "La <mark>Sesio\u0301n</mark>"),
        ("ﾌﾞﾗｳｻﾞで", ["ブラウザ"], "<mark>ﾌﾞﾗｳｻﾞ</mark>で"),
        ("Straße 5", ["strasse"], "<mark>Straße</mark> 5"),
        ("half  a\nfile", ["half a file"], "<mark>half  a\nfile</mark>"),
        ("banana", ["ana", "nan"], "b<mark>anana</mark>"),
        ("nothing", [], "nothing"),
    ],
)
def test_hits_are_marked_in_escaped_text(text, words, expected):
    assert str(hits.marked(text, words)) == expected


def test_an_excerpt_is_cut_around_the_first_hit(world):
    cut = str(hits.excerpt("x " * 3_000 + "<i>needle</i> " + "y " * 3_000, ["needle"]))
    assert "&lt;i&gt;<mark>needle</mark>&lt;/i&gt;" in cut
    assert (cut[0], cut[-1]) == ("…", "…")
    assert len(cut) < 300
    assert str(hits.excerpt("nothing here", ["needle"])) == ""


def test_the_list_shows_where_a_message_holds_what_the_subject_does_not(world, browse):
    say(world.request, world.support, "Then the <b>Osaka</b> till stood still.")
    page = browse(world.look).get("/requests?q=osaka+order").text
    assert "&lt;b&gt;<mark>Osaka</mark>&lt;/b&gt; till" in page
    assert "<mark>Order</mark> export" in page
    say(world.naming_cc, world.support, "Like that order.")
    assert browse(world.look).get("/requests?q=order").text.count('class="excerpt') == 1


# --- The index --------------------------------------------------------------------------------------------------


def lacking():
    """Return how many texts the index lacks."""
    return ServiceRequest.select().count() + Message.select().count() - SearchEntry.select().count()


def indexed(phrase):
    """Return how many texts the index itself offers for `phrase`."""
    query = search_index._candidates(phrase)
    return len(database.handle.execute_sql(query.sql[1:-1], query.params).fetchall())


MIXED = strategies.text("abcé9-申請請アが\U0001f600 ", min_size=1)


@given(MIXED, strategies.integers(0), strategies.integers(1, 9))
@example("abc", 0, 2)
@example("申請", 0, 1)
@example("x\U0001f600\U0001f601", 0, 3)
def test_each_part_of_a_text_is_sought_by_what_is_kept_of_the_text(text, start, length):
    text = searchable(text)
    part = text[start % len(text) :][:length].strip() if text else ""
    kept, (exact, beginning) = search_index.tokens_of(text), search_index._sought(part)
    assert set(exact) <= set(kept)
    assert not part or any(one.startswith(beginning) for one in kept) or exact
    assert exact or len(part.split() and max(part.split(), key=len)) < 3


def test_the_longest_text_is_kept_whatever_its_letters(world):
    dice, long = Random(4), LONGEST_TEXT // 2 - 1
    pasted = "".join(dice.choices(ascii_letters + digits + "+/", k=2 * long))
    ideographs = "".join(chr(0x4E00 + dice.randrange(20_000)) for _ in range(2 * long))
    for text in (pasted, ideographs, " ".join(pasted[place : place + 9] for place in range(0, long, 9))):
        asked = service_request(world.kitahama, world.support, "Many letters", body=text)
        assert max(map(len, search_index.tokens_of(searchable(text)))) <= 9
        for part in (text[:6], text[long : long + 6], text[-6:]):
            assert asked.reference in found(world.look, part), part


def test_of_the_rarest_letters_no_more_is_kept_than_fits(world):
    text = " ".join(chr(0x2800 + one % 0x600) + chr(0x20000 + one) + chr(0x20001 + one) for one in range(38_000))
    tokens = search_index.tokens_of(text)
    assert max(map(len, tokens)) == 14
    assert search_index.MOST_BYTES - 14 < sum(map(len, tokens)) <= search_index.MOST_BYTES
    asked = service_request(world.kitahama, world.support, "Many letters", body=text)
    assert asked.reference in found(world.look, "letters")


def test_the_index_offers_no_text_for_pairs_of_letters_alone(world):
    service_request(world.kitahama, world.support, "Ordinal deer", body="-")
    assert (indexed("order"), indexed("ordinal"), indexed("deer")) == (1, 1, 1)
    service_request(world.kitahama, world.support, "申す請求", body="-")
    assert (indexed("申請"), indexed("請求")) == (0, 1)


@pytest.mark.engine("sqlite")
def test_whether_a_beginning_is_common_is_told_without_reading_all_that_begins_so(world, monkeypatch):
    monkeypatch.setattr(search, "MANY", 2)
    for subject in ("pc", "a pcb", "the xpc", "zq", "申"):
        service_request(world.kitahama, world.support, subject, body="-")
    with statements() as sent:
        assert search.common_among(["pc", "zq", "q", "申", "xpc"], clock.now()) == ["pc"]
    assert len(sent) == 1
    assert sent[0].count("FROM search_vocabulary WHERE term >= ?") == 4
    assert sent[0].count("MATCH") == 1
    plan = database.handle.execute_sql(
        "EXPLAIN QUERY PLAN SELECT 1 FROM search_vocabulary WHERE term >= ? AND term < ?", ("a", "b")
    )
    assert "INDEX 0:" not in plan.fetchone()[3]


def test_every_write_is_found_at_once_and_what_is_rolled_back_never(world):
    assert lacking() == 0
    made = submitting.submit(
        {
            "organization": world.kitahama,
            "category": "technical",
            "severity": 3,
            "subject": "Gondola",
            "submitted_by": world.support,
            "primary_contact": world.support,
            "timezone": "UTC",
        },
        "It sank.",
        [],
        clock.now(),
        readers=permissions.readers,
    )
    assert found(world.look, "gondola") == found(world.look, "sank") == {made.reference}
    say(made, world.support, "Raised again.")
    assert found(world.look, '"raised again"') == {made.reference}
    assert indexed("raised") == 1
    with pytest.raises(ZeroDivisionError), database.transaction():
        say(made, world.support, "Zeppelin")
        raise ZeroDivisionError
    assert found(world.look, "zeppelin") == set()
    assert lacking() == indexed("zeppelin") == 0


DAMAGES = [
    "DROP TABLE search_index",
    "DROP TABLE search_entry CASCADE",
    "DELETE FROM search_entry",
    "UPDATE search_entry SET text = 'wrong'",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_missing_or_wrong_index_is_made_anew_by_the_command(app, world, damage):
    database.handle.execute_sql(damage.removesuffix(" CASCADE") if database.is_sqlite() else damage)
    result = app.test_cli_runner().invoke(args=["reindex"])
    assert result.exit_code == 0, result.output
    assert str(SearchEntry.select().count()) in result.output
    assert lacking() == 0
    assert found(world.look, "order") == {world.request.reference}
    assert say(world.request, world.support, "Kestrel")
    assert found(world.look, "kestrel") == {world.request.reference}


def test_the_migration_fills_the_index_with_what_is_there(world):
    step = import_module("portal.migrations.0004_search")
    step.down(None, database.handle)
    with database.transaction():
        step.up(None, database.handle)
    assert lacking() == 0
    assert found(world.look, "order") == {world.request.reference}


def test_an_index_of_before_is_made_anew_of_its_texts(world, monkeypatch):
    monkeypatch.setattr(search_index, "BATCH", 2)
    with monkeypatch.context() as before:
        before.setattr(search_index, "_reach", lambda characters: 2)
        search.rebuild()
        assert found(world.look, "order") == {world.request.reference}
    texts = sorted(SearchEntry.select(SearchEntry.id, SearchEntry.text).tuples())
    assert indexed("order") == 0
    step = import_module("portal.migrations.0012_search_by_threes")
    step.down(None, database.handle.obj)
    with database.transaction():
        step.up(None, database.handle.obj)
    assert found(world.look, "order") == {world.request.reference}
    assert sorted(SearchEntry.select(SearchEntry.id, SearchEntry.text).tuples()) == texts


def test_catching_up_adds_only_what_is_lacking(world):
    SearchEntry.delete().where(SearchEntry.id == 2 * world.request.id).execute()
    with database.transaction():
        assert search.catch_up() == 1
        assert search.catch_up() == 0
    assert found(world.look, "order") == {world.request.reference}


def pieces():
    return database.handle.execute_sql("SELECT count(DISTINCT segid) FROM search_index_idx").fetchone()[0]


@pytest.mark.engine("sqlite")
def test_an_index_made_anew_is_in_one_piece(world):
    for number in range(3):
        service_request(world.kitahama, world.support, f"Number {number}")
    assert pieces() > 1
    search.rebuild()
    assert pieces() == 1
    assert found(world.look, world.request.reference) == {world.request.reference}


@pytest.mark.engine("sqlite")
def test_the_deliverer_keeps_the_index_in_few_pieces(app, world):
    made = [service_request(world.kitahama, world.support, f"Gondola {number}") for number in range(12)]
    assert pieces() > search_index.FEW_PIECES
    before = pieces()
    delivery.deliver_once(app)
    assert pieces() < before
    while search_index.join_pieces():
        pass
    assert pieces() <= search_index.FEW_PIECES
    assert found(world.look, "gondola") == {one.reference for one in made}
    with statements() as sent:
        assert not search_index.join_pieces()
    assert len(sent) == 1


@pytest.mark.engine("postgresql")
def test_the_deliverer_puts_what_is_new_where_the_index_finds_it(app, world):
    service_request(world.kitahama, world.support, "Gondola")
    delivery.deliver_once(app)
    assert not search_index.join_pieces()
    service_request(world.kitahama, world.support, "Gondola")
    assert search_index.join_pieces()
    assert indexed("gondola") == 2


@pytest.mark.engine("sqlite")
def test_pieces_are_counted_without_a_look_at_each_page(world):
    plan = database.handle.execute_sql(f"EXPLAIN QUERY PLAN {search_index._PIECES}").fetchall()
    looked = [row[3] for row in plan if "search_index_idx" in row[3]]
    assert [one.split(" USING")[0] for one in looked] == ["SEARCH search_index_idx"] * 2, looked


def test_a_search_walks_the_index(world):
    statement, values = search_index.entries_holding(searchable("アクセス")).sql()
    if database.is_sqlite():
        plan = database.handle.execute_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        said = " / ".join(row[3] for row in plan)
        assert re.search(r"search_index VIRTUAL TABLE INDEX", said), said
        assert not re.search(r"SCAN (TABLE )?(\"?t1\"?|search_entry)", said), said
    else:
        with database.transaction():
            database.handle.execute_sql("SET LOCAL enable_seqscan = off")
            plan = database.handle.execute_sql(f"EXPLAIN {statement}", values).fetchall()
        said = " / ".join(row[0] for row in plan)
        assert "search_index_tokens" in said, said
        assert "search_entry_pkey" in said, said
