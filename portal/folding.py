"""Text as it is compared: whatever its case and width."""

import unicodedata


def folded(text):
    """Return `text` in NFKC (so that ｱｸｾｽ is アクセス) and lower case; empty for None."""
    return unicodedata.normalize("NFKC", text).lower() if text else ""
