"""Text as it is compared: whatever its case and width, and for search whatever its accents."""

import re
import unicodedata

# The accents of Latin, Greek and Cyrillic; the voicing marks of kana are others, and か is not が.
ACCENTS = "[\u0300-\u036f]"
_ACCENTS = re.compile(ACCENTS)


def folded(text):
    """Return `text` in NFKC (so that ｱｸｾｽ is アクセス) and lower case; empty for None."""
    return unicodedata.normalize("NFKC", text).lower() if text else ""


def searchable(text):
    """Return `text` as search compares it: folded, without accents, each stretch of white space one space."""
    if not text:
        return ""
    if text.isascii():  # has neither accents nor widths, and most texts are
        return " ".join(text.lower().split())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return " ".join(unicodedata.normalize("NFKC", _ACCENTS.sub("", bare)).split())
