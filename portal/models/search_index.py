"""What search knows: the text of each request and message as it is compared, found by neighbouring characters.

`search_entry` holds the text; `search_index` its threes of letters, and its pairs of ideographs and kana, of which
there are so many that two say as much as three letters: FTS5 on SQLite, a tsvector on PostgreSQL. The index only tells
which texts may hold something; the text itself decides. So both engines find the same: a tsvector forgets where in a
long text a three stands.
"""

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

from peewee import SQL, BigIntegerField, BooleanField, TextField, fn

from portal import database
from portal.database import handle
from portal.folding import searchable
from portal.models.base import Table, add_all
from portal.models.prepared import Slot, slot

FIRST_IDEOGRAPH = "\u2e80"  # from here on Unicode has the scripts of thousands of characters, and kana among them
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxy"
_END = "z"  # after each character, so that one or two are a prefix of what they begin
_AFTER = "{"  # comes after all that tokens are made of
BATCH = 500
MOST_BYTES = 1_048_575  # of one text’s tokens: PostgreSQL takes no more
_NEVER_TOO_MANY = MOST_BYTES // 14  # no token is longer
_MADE = {
    True: "CREATE VIRTUAL TABLE search_index USING fts5(tokens, content='', detail=none, columnsize=0, tokenize=ascii)",
    False: "CREATE TABLE search_index (rowid bigint PRIMARY KEY REFERENCES search_entry ON DELETE CASCADE,"
    " tokens tsvector NOT NULL)",
}
FEW_PIECES = 4
PAGES_AT_ONCE = 100  # of 4 KB
# Walks from the first entry of a piece to that of the next: there is one entry for each page of the index.
_PIECES = """WITH RECURSIVE piece (id) AS (
    SELECT min(segid) FROM search_index_idx
    UNION ALL SELECT (SELECT min(segid) FROM search_index_idx WHERE segid > id) FROM piece WHERE id IS NOT NULL
) SELECT count(id) FROM piece"""


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
    _add_tokens([(one["id"], one["text"]) for one in entries])


def _add_tokens(texts):
    """Tell the index what is in the texts, which come as (id, text)."""
    place = "(?, ?)" if database.is_sqlite() else "(%s, array_to_tsvector(string_to_array(%s, ' ')))"
    values = [value for entry, text in texts for value in (entry, " ".join(tokens_of(text)))]
    places = ", ".join([place] * len(texts))
    handle.execute_sql(f"INSERT INTO search_index (rowid, tokens) VALUES {places}", values)  # noqa: S608


def make():
    """Forget what search knows, and make its tables anew; nobody writes to them meanwhile. Call it in a transaction."""
    handle.create_tables([SearchEntry])
    _make_index()
    SearchEntry.delete().execute()


def make_of_entries():
    """Make the index anew from the texts, as they are. Call it in a transaction."""
    _make_index()
    last, some = 0, SearchEntry.select(SearchEntry.id, SearchEntry.text).order_by(SearchEntry.id).limit(BATCH)
    while rows := list(some.where(SearchEntry.id > last).tuples()):
        _add_tokens(rows)
        last = rows[-1][0]
    settle()


def _make_index():
    if not database.is_sqlite():
        handle.execute_sql("LOCK TABLE search_entry IN EXCLUSIVE MODE")
    for table in ("search_vocabulary", "search_index"):
        handle.execute_sql(f"DROP TABLE IF EXISTS {table}")
    handle.execute_sql(_MADE[database.is_sqlite()])
    if database.is_sqlite():
        handle.execute_sql("CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab(search_index, instance)")
        handle.execute_sql("INSERT INTO search_index (search_index, rank) VALUES ('usermerge', 2)")  # see join_pieces
    else:
        handle.execute_sql("CREATE INDEX search_index_tokens ON search_index USING gin (tokens)")


def settle():
    """Put the index in one piece: of what came bit by bit SQLite keeps dozens, and looks a word up in each."""
    if database.is_sqlite():
        handle.execute_sql("INSERT INTO search_index (search_index) VALUES ('optimize')")


def join_pieces():
    """Bring the index nearer to one piece, and return whether that went any further.

    Each text that is written is at first a piece of its own, and a word is looked up in every piece. PostgreSQL puts
    them where they belong; SQLite joins some, so that other writers wait some hundredths of a second, down to FEW_PIECES.
    """
    if not database.is_sqlite():
        return handle.execute_sql("SELECT gin_clean_pending_list('search_index_tokens')").fetchone()[0] > 0
    if handle.execute_sql(_PIECES).fetchone()[0] <= FEW_PIECES:
        return False
    with database.transaction():
        before = handle.connection().total_changes
        handle.execute_sql("INSERT INTO search_index (search_index, rank) VALUES ('merge', ?)", [PAGES_AT_ONCE])
        return handle.connection().total_changes - before > 1  # the order itself counts for one


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
        return dict(coming) | {f"{name} tokens": _expression(phrase) for name, phrase in coming}


def count_up_to(phrase, most):
    """Return how many entries may hold `phrase`, counted to one more than `most`, as SQL: a number to be selected."""
    exact, beginning = _sought(phrase)
    if exact or not database.is_sqlite():
        found, values = f"search_index WHERE {_matches()}", [_expression(phrase)]
    else:  # FTS5 reads all that begins so before it tells of the first; its vocabulary tells of one after the other
        found, values = "search_vocabulary WHERE term >= ? AND term < ?", [beginning, beginning + _AFTER]
    return SQL(f"(SELECT count(*) FROM (SELECT 1 FROM {found} LIMIT {most + 1}) AS found)", values)  # noqa: S608


def _candidates(phrase):
    """Return the ids of the entries that have what `phrase` is sought by, as SQL."""
    expression = Slot(f"{phrase.name} tokens") if isinstance(phrase, Coming) else _expression(phrase)
    return SQL(f"(SELECT rowid FROM search_index WHERE {_matches()})", [expression])  # noqa: S608


def _matches():
    # As a query of its own PostgreSQL plans it once for all words: seeing the word it plans for each how often it comes.
    return "search_index MATCH ?" if database.is_sqlite() else "tokens @@ (SELECT %s::tsquery)"


def _expression(phrase):
    """Return what the index is asked for: that it has all that `phrase` is sought by."""
    quoted, joint, prefix = ('"{}"', " AND ", "*") if database.is_sqlite() else ("'{}'", " & ", ":*")
    exact, beginning = _sought(phrase)
    return joint.join(map(quoted.format, exact)) or quoted.format(beginning) + prefix


# --- Tokens ------------------------------------------------------------------------------------------------------


def tokens_of(text):
    """Return the tokens of what `searchable` returned: what begins at each character of each word."""
    tokens = sorted(map(_spelled, {one for word in set(text.split()) for one in _beginnings(word)}))
    if len(tokens) <= _NEVER_TOO_MANY:
        return tokens
    return tokens[: bisect_right(list(accumulate(map(len, tokens))), MOST_BYTES)]


def _sought(phrase):
    """Return (the tokens that a text holding `phrase` has, sorted; the beginning of one, for when there are none)."""
    words = phrase.split()
    exact = {_spelled(one) for word in words for one in _beginnings(word) if len(one) == _reach(one)}
    return sorted(exact), _spelled(max(words, key=len, default=""))


def _beginnings(word):
    """Return what is kept of each character with those after it; at the end of a word that is less."""
    return [word[place : place + _reach(word[place])] for place in range(len(word))]


def _reach(characters):
    return 2 if characters[0] >= FIRST_IDEOGRAPH else 3


@lru_cache(32768)
def _spelled(characters):
    return "".join(map(_digits, characters))


@lru_cache(8192)
def _digits(character):
    """Return `character` in letters and digits alone, which no tokenizer takes apart."""
    number, digits = ord(character), ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits + _END
