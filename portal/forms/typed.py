"""What people type, taken as it comes: text without what no database stores, numbers, days, addresses, levels."""

import re
from datetime import date

from email_validator import EmailNotValidError, validate_email

from portal.permissions import Level

LONGEST_ADDRESS = 254


def text(typed, name, longest=None):
    """Return the text typed under `name`, trimmed, without NUL characters, cut at `longest`."""
    return typed.get(name, "").replace("\0", "").strip()[:longest]


def first(typed, name):
    """Return the first value under `name` that is not empty: several inputs may share one name."""
    return next((one for one in (value.replace("\0", "").strip() for value in typed.getlist(name)) if one), "")


def whole_number(typed):
    """Return the whole number that was typed, or None where it is none or absurdly long."""
    return int(typed) if typed.isdecimal() and len(typed) <= 9 else None


def day(typed):
    """Return the day that was typed as YYYY-MM-DD, or None."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed, re.ASCII):
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def level(typed):
    """Return the Level with this code, or None."""
    try:
        return Level.from_code(typed)
    except KeyError:
        return None


def is_address(typed):
    """Return whether `typed` has the form of an e-mail address. Nobody is asked whether it exists."""
    if len(typed) > LONGEST_ADDRESS or "." not in typed.rpartition("@")[2]:
        return False
    try:
        # Under a neutral domain, as reserved ones (.local, .test) are in use inside firms.
        validate_email(f"{typed}.example", check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
