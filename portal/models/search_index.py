"""What search knows: the text of each request and message as it is compared, found by pairs of characters.

`search_entry` holds the text, `search_index` the pairs: FTS5 on SQLite, a tsvector on PostgreSQL. The index only tells
which texts may hold something; the text itself decides. So both engines find the same: a tsvector forgets where in a
long text a pair stands.
"""

from functools import lru_cache
from itertools import pairwise

from peewee import SQL, BigIntegerField, BooleanField, TextField, fn

from portal import database
from portal.database import handle
from portal.folding import searchable
from portal.models.base import Table, add_all
from portal.models.prepared import Slot, slot

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxy"
_END = "z"  # after each character, so that one alone is a prefix of its pairs
MOST_TOKENS = 80_000  # of one text: PostgreSQL takes a megabyte of them
_MADE = {
    True: "CREATE VIRTUAL TABLE search_index USING fts5(tokens, content='', detail=none, columnsize=0, tokenize=ascii)",
    False: "CREATE TABLE search_index (rowid bigint PRIMARY KEY REFERENCES search_entry ON DELETE CASCADE,"
    " tokens tsvector NOT NULL)",
}


class SearchEntry(Table):
    """The text of one request (its reference and subject) or of one message, as search compares it."""

    id: int = BigIntegerField(primary_key=True)
    service_request_id: int = BigIntegerField(index=True)
    message_id: int | None = BigIntegerField(null=True)
    internal: bool = BooleanField()
    text: str = TextField()


def entry_of_request(request_id, reference, subject):
    """Return the entry of a request, as a dict."""
    return _entry(2 * request_id, request_id, None, False, f"{reference} {subject}")


def entry_of_message(message_id, request_id, internal, body):
    """Return the entry of a message, as a dict."""
    return _entry(2 * message_id + 1, request_id, message_id, internal, body)


def _entry(entry_id, request_id, message_id, internal, text):
    return {
        "id": entry_id,
        "service_request_id": request_id,
        "message_id": message_id,
        "internal": internal,
        "text": searchable(text),
    }


def keep(entries):
    """Add `entries`, of which none is there yet. Call it in the transaction that writes what they are of."""
    add_all(SearchEntry, entries)
    sqlite = database.is_sqlite()
    place = "(?, ?)" if sqlite else "(%s, array_to_tsvector(string_to_array(%s, ' ')))"
    values = [value for one in entries for value in (one["id"], " ".join(tokens_of(one["text"])))]
    places = ", ".join([place] * len(entries))
    handle.execute_sql(f"INSERT INTO search_index (rowid, tokens) VALUES {places}", values)  # noqa: S608


def make():
    """Make the index anew, and empty; nobody writes to it meanwhile. Call it in a transaction."""
    handle.create_tables([SearchEntry])
    if not database.is_sqlite():
        handle.execute_sql("LOCK TABLE search_entry IN EXCLUSIVE MODE")
    handle.execute_sql("DROP TABLE IF EXISTS search_index")
    handle.execute_sql(_MADE[database.is_sqlite()])
    if not database.is_sqlite():
        handle.execute_sql("CREATE INDEX search_index_tokens ON search_index USING gin (tokens)")
    SearchEntry.delete().execute()


def settle():
    """Put the index in one piece: of what came bit by bit SQLite keeps dozens, and looks a word up in each."""
    if database.is_sqlite():
        handle.execute_sql("INSERT INTO search_index (search_index) VALUES ('optimize')")


def entries_holding(phrase):
    """Return the select of the entries whose text holds `phrase`, which is as `searchable` returns it."""
    return SearchEntry.select().where(SearchEntry.id.in_(_candidates(phrase)), holds_exactly(phrase))


def holds_exactly(phrase):
    """Return the condition that an entry's text holds `phrase`; for few entries, as it uses no index."""
    place = fn.INSTR if database.is_sqlite() else fn.STRPOS
    return place(SearchEntry.text, slot(phrase.name) if isinstance(phrase, Coming) else phrase) > 0


class Coming:
    """Stands for the phrase number `number` of a search in a select whose text is kept (see `prepared`)."""

    def __init__(self, number):
        self.name = f"phrase{number}"

    @staticmethod
    def values_of(phrases):
        """Return {slot: value} of the phrases that have come, in their order."""
        coming = [(Coming(number).name, phrase) for number, phrase in enumerate(phrases)]
        return dict(coming) | {f"{name} pairs": _sought_by(phrase) for name, phrase in coming}


def count_up_to(phrase, most):
    """Return how many entries may hold `phrase`, counted to one more than `most`, as SQL: a number to be selected."""
    condition, sought = _condition(phrase)
    counted = f"(SELECT count(*) FROM (SELECT rowid FROM search_index WHERE {condition} LIMIT {most + 1}) AS found)"  # noqa: S608
    return SQL(counted, [sought])


def _candidates(phrase):
    """Return the ids of the entries whose pairs are all that `phrase` has, as SQL."""
    condition, sought = _condition(phrase)
    return SQL(f"(SELECT rowid FROM search_index WHERE {condition})", [sought])  # noqa: S608


def _condition(phrase):
    """Return (the condition that an entry of the index has all pairs of `phrase`, its one parameter)."""
    condition = "search_index MATCH ?" if database.is_sqlite() else "tokens @@ %s::tsquery"
    return condition, Slot(f"{phrase.name} pairs") if isinstance(phrase, Coming) else _sought_by(phrase)


def _sought_by(phrase):
    """Return what the index is asked for: that it has all pairs of `phrase`."""
    quoted, joint, prefix = ('"{}"', " AND ", "*") if database.is_sqlite() else ("'{}'", " & ", ":*")
    return joint.join(quoted.format(token) + prefix * alone for token, alone in sorted(_sought(phrase)))


# --- Pairs of characters -----------------------------------------------------------------------------------------


def tokens_of(text):
    """Return the tokens of what `searchable` returned: each pair of neighbours, and the last character of each word."""
    words = text.split()
    pairs = {word[place : place + 2] for word in words for place in range(len(word) - 1)}
    found = {_spelled_pair(pair) for pair in pairs} | {_spelled(word[-1]) for word in words}
    return sorted(found)[:MOST_TOKENS]


def _sought(phrase):
    """Return {(token, whether it is the beginning of one)} that a text holding `phrase` has."""
    return {
        sought
        for word in phrase.split()
        for sought in ([(pair, False) for pair in _pairs(word)] or [(_spelled(word), True)])
    }


def _pairs(word):
    return [_spelled_pair(one + other) for one, other in pairwise(word)]


@lru_cache(32768)
def _spelled_pair(pair):
    return _spelled(pair[0]) + _spelled(pair[1])


@lru_cache(8192)
def _spelled(character):
    """Return `character` in letters and digits alone, which no tokenizer takes apart."""
    number, digits = ord(character), ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits + _END
