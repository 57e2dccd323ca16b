"""The hidden key of a form: what is sent twice with one key is done once."""

import re
import secrets
from hashlib import sha256

from portal.models.base import ALPHABET

FIELD, DRAFT = "submission", "draft"
_KEY = re.compile(r"[A-Za-z0-9_-]{8,43}")


def new_key():
    """Return a key for a form that is shown anew."""
    return secrets.token_urlsafe(16)


def typed_key(posted, name=FIELD):
    """Return the key that the form was sent with, or an empty text where it has none. DRAFT names the form's draft."""
    key = posted.get(name, "")
    return key if _KEY.fullmatch(key) else ""


def kept_key(contact, key):
    """Return what is kept of the key (64 characters at most): nobody meets somebody else's. None for no key."""
    return f"{contact.id}:{key}" if key else None


def once_id(contact, posted):
    """Return the public id of what this form of the contact makes: the same however often it is sent. None for no key.

    What is typed counts in: a form that was changed and sent again, from a page that one went back to, is another one.
    """
    key = typed_key(posted)
    if not key:
        return None
    typed = sorted((name, value) for name, value in posted.items(multi=True) if name != "csrf_token")
    number = int.from_bytes(sha256(repr((contact.id, typed)).encode()).digest(), "big")
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(14))
