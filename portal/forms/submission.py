"""The hidden key of a form: what is sent twice with one key is done once."""

import re
import secrets

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
