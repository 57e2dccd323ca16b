"""Answers as rows of lists. The select of what one may read is handed in; nothing here widens it."""

import re
from datetime import date
from itertools import groupby
from typing import NamedTuple

from peewee import fn

from portal.folding import folded
from portal.models.answers import Answer, AnswerTranslation, in_language, outdated
from portal.models.matching import holds

PAGE = 30
SUGGESTED = 5
SHORTEST_TERM = 4  # letters; shorter words stand in every title
MOST_TERMS = 60
_KATAKANA_OR_KANJI = re.compile(r"[\u30a0-\u30ff]+|[\u3400-\u9fff]+")  # hiragana is grammar, mostly
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")


class Entry(NamedTuple):
    """One answer of a list, by the translation that suits its reader."""

    public_id: str
    audience: str
    title: str
    locale: str
    reviewed_on: date | None
    locales: list
    outdated: set


class Page(NamedTuple):
    """Entries of one page, and the place after which the next one begins (None at the end)."""

    rows: list
    next_place: list | None


def page(select, locale, words=(), place=None, size=PAGE):
    """Return the Page of the answers of `select` that hold every one of `words` (folded), the newest first."""
    for word in words:
        select = select.where(_speaks_of(word))
    if place is not None:
        shown = Answer.alias()
        select = select.where(Answer.id < shown.select(shown.id).where(shown.public_id == place[0]))
    found = list(select.order_by(Answer.id.desc()).limit(size + 1))
    rows = found[:size]
    translations = _translations_of(rows)
    entries = [_entry(one, translations[one.id], locale) for one in rows if one.id in translations]
    return Page(entries, [rows[-1].public_id] if len(found) > size else None)


def _speaks_of(word):
    said = AnswerTranslation.select(AnswerTranslation.id).where(
        AnswerTranslation.answer == Answer.id,
        holds(AnswerTranslation.title, word) | holds(AnswerTranslation.body, word),
    )
    return fn.EXISTS(said)


def _translations_of(answers):
    """Return {answer id: its translations without their bodies, the source first}."""
    table = AnswerTranslation
    query = table.select(table.id, table.answer, table.locale, table.title, table.reviewed_on, table.updated_at)
    query = query.where(table.answer.in_([one.id for one in answers])).order_by(table.answer, table.id)
    return {answer_id: list(rows) for answer_id, rows in groupby(query, key=lambda one: one.answer_id)}


def _entry(answer, translations, locale):
    shown = in_language(translations, locale)
    return Entry(
        answer.public_id,
        answer.audience,
        shown.title,
        shown.locale,
        shown.reviewed_on or answer.reviewed_on,
        [one.locale for one in translations],
        outdated(translations),
    )


# --- Suggestions -------------------------------------------------------------------------------------------------


def suggestions(select, text, locale):
    """Return the Entries of `select` whose titles hold most of the words of `text`, no more than SUGGESTED.

    A title in any language counts; at least a third of the words must be in it.
    """
    sought = terms(text)
    if not sought:
        return []
    scores = {}
    for answer_id, title in _titles(select):
        within = folded(title)
        score = sum(term in within for term in sought)
        scores[answer_id] = max(scores.get(answer_id, 0), score)
    good = sorted((one for one in scores if 3 * scores[one] >= len(sought)), key=lambda one: (-scores[one], -one))
    best = good[:SUGGESTED]
    entries = {one.id: one for one in Answer.select().where(Answer.id.in_(best))}
    translations = _translations_of(entries.values())
    return [_entry(entries[one], translations[one], locale) for one in best]


def terms(text):
    """Return the parts of `text` worth comparing: longer words, and of Japanese, which has no blanks, pairs of signs."""
    found = set()
    for word in re.findall(r"\w+", folded(text)):
        for run in _KATAKANA_OR_KANJI.findall(word):
            found.update(run[start : start + 2] for start in range(len(run) - 1))
        found.update(part for part in _JAPANESE.split(word) if len(part) >= SHORTEST_TERM)
    return sorted(found)[:MOST_TERMS]


def _titles(select):
    query = AnswerTranslation.select(AnswerTranslation.answer, AnswerTranslation.title)
    return query.where(AnswerTranslation.answer.in_(select.select(Answer.id))).tuples()
