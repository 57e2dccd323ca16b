"""Passwords that others would try first: the common ones, and what is made of names that anybody knows."""

import re
import unicodedata
from functools import cache

PRODUCT = "partner portal"
LEAST_OWN = 6  # letters and digits that must be left when the known names are taken out
SHORT_UNIT = 4  # repeated, so few characters are no better than one


def is_common(password):
    """Return whether this is one of the passwords that most people choose, one over and over, decorated, or two joined."""
    whole = _folded(password)
    bare = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", whole)
    return any(one in _common() or _is_repetition(one) or _is_two(one) for one in (whole, bare) if one)


def is_made_of_names(password, names):
    """Return whether little is left of the password without `names` and the name of this product."""
    left = _folded(password)
    for word in sorted(_words([*names, PRODUCT]), key=len, reverse=True):
        left = left.replace(word, " ")
    return len(re.sub(r"[\W_]", "", left)) < LEAST_OWN


def _is_repetition(text):
    unit = text[: (text + text).find(text, 1)]
    return unit != text and (len(unit) <= SHORT_UNIT or unit in _common())


def _is_two(text):
    common = _common()
    return any(text[:cut] in common and text[cut:] in common for cut in range(1, len(text)))


def _words(names):
    """Yield each name whole and in parts: an address is its two sides, a name its words."""
    for name in filter(None, names):
        folded = _folded(name)
        yield from (word for word in (folded, *re.split(r"[\W_]+", folded)) if len(word) >= 3)  # noqa: PLR2004
        yield re.sub(r"[\W_]+", "", folded) or folded


def _folded(text):
    return unicodedata.normalize("NFKC", text).casefold()


@cache
def _common():
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # loaded when the first password is chosen

    return frozenset(FREQUENCY_LISTS["passwords"])
