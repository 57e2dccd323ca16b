"""One cell of a CSV file: what its text means, or a sentence about why it means nothing."""

import re
from datetime import UTC, date, datetime

from flask_babel import gettext as _

from portal import passwords
from portal.csv_answers import FORMULA
from portal.languages import LOCALES, is_zone
from portal.models.organizations import fold_email
from portal.models.service_requests import SEVERITIES
from portal.permissions import Level

WHOLE_ORGANIZATION = "organization"  # the subject of a line that means everybody of the partner
EARLIEST, LATEST = 1900, 9998  # a year on either side stays free for every time zone
_YES = {"true", "yes", "y", "1", "on"}
_NO = {"false", "no", "n", "0", "off"}


class Unfit(ValueError):
    """A cell that means nothing here; its text is a sentence."""


def unled(cell):
    """Return the cell without the `'` that led it past a spreadsheet: exactly what `led` was given."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def text(most):
    """Return the reader of a text of at most `most` characters, kept to the letter."""

    def read(cell):
        if len(cell) > most:
            raise Unfit(_("This is longer than %(most)s characters.", most=most))
        return cell

    return read


def any_text(cell):
    """Return the cell as it stands, however long."""
    return cell


def slug(cell):
    """Return the slug, which stands in addresses."""
    found = cell.strip()
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?", found):
        raise Unfit(_("A slug has small letters, digits and hyphens, 64 characters at most: “%(slug)s”.", slug=found))
    return found


def email(cell):
    """Return the address as it is stored: trimmed, lower case."""
    found = fold_email(cell)
    if len(found) > 254 or not re.fullmatch(r"[^@\s;<>\"\x00-\x1f\x7f]+@[^@\s;<>\"\x00-\x1f\x7f]+", found):
        raise Unfit(_("“%(value)s” is no e-mail address.", value=cell.strip()))
    return found


def email_as_typed(cell):
    """Return the address as somebody typed it, in whatever case; trimmed."""
    email(cell)
    return cell.strip()


def emails(cell):
    """Return the addresses of `a@x;b@y`, in their order."""
    found = tuple(email(one) for one in cell.split(";") if one.strip())
    for one in found:
        if found.count(one) > 1:
            raise Unfit(_("“%(value)s” stands here twice.", value=one))
    return found


def flag(cell):
    """Return whether the cell says yes."""
    found = cell.strip().lower()
    if found not in _YES | _NO:
        raise Unfit(_("Write true or false, not “%(cell)s”.", cell=cell))
    return found in _YES


def level(cell):
    """Return the Level with this code."""
    try:
        return Level.from_code(cell.strip())
    except KeyError:
        codes = ", ".join(one.code for one in Level)
        raise Unfit(_("“%(cell)s” is no level: write one of %(codes)s.", cell=cell.strip(), codes=codes)) from None


def one_of(*codes):
    """Return the reader of one of `codes`."""

    def read(cell):
        found = cell.strip()
        if found not in codes:
            raise Unfit(_("“%(cell)s” is none of %(codes)s.", cell=found, codes=", ".join(codes)))
        return found

    return read


locale = one_of(*LOCALES)


def zone(cell):
    """Return the IANA name of a time zone."""
    found = cell.strip()
    if len(found) > 64 or not is_zone(found):
        raise Unfit(_("“%(zone)s” is no time zone: write a name such as Asia/Tokyo.", zone=found))
    return found


def whole(cell):
    """Return the whole number."""
    found = cell.strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", found):
        raise Unfit(_("“%(cell)s” is no whole number.", cell=found))
    return int(found)


def severity(cell):
    """Return the severity, 1 to 4."""
    return int(one_of(*map(str, SEVERITIES))(cell))


def place(cell):
    """Return a place in a thread, counted from 1."""
    found = whole(cell)
    if found < 1:
        raise Unfit(_("Places in the thread are counted from 1."))
    return found


def instant(cell):
    """Return the instant as naive UTC; an ISO 8601 instant without its offset is not one."""
    found = cell.strip()
    try:
        parsed = datetime.fromisoformat(found) if re.search(r"\d[Tt ]\d", found) else None
        at = parsed.astimezone(UTC).replace(tzinfo=None) if parsed and parsed.tzinfo else None
    except (ValueError, OverflowError):
        at = None
    if at is None or not EARLIEST <= at.year <= LATEST:
        raise Unfit(_("Write the instant with its offset, such as 2026-11-22T09:00:00+09:00."))
    return at


def day(cell):
    """Return the calendar day."""
    found = cell.strip()
    try:
        parsed = date.fromisoformat(found) if re.fullmatch(r"\d{4}-\d\d-\d\d", found) else None
    except ValueError:
        parsed = None
    if parsed is None or not EARLIEST <= parsed.year <= LATEST:
        raise Unfit(_("Write the day as 2026-11-22."))
    return parsed


def public_id(cell):
    """Return an id that can stand in a path."""
    found = cell.strip()
    if not re.fullmatch(r"(?=.*[A-Za-z0-9])[A-Za-z0-9._~-]{1,64}", found):
        raise Unfit(_("An id has 1 to 64 of the signs A to Z, a to z, 0 to 9, dot, underscore, hyphen and tilde."))
    return found


def reference(cell):
    """Return the reference of a service request."""
    found = cell.strip()
    if not re.fullmatch(r"[0-9]{6}-[0-9]{6}", found):
        raise Unfit(_("A reference looks like 261122-004711, not like “%(cell)s”.", cell=found))
    return found


def sha256(cell):
    """Return the digest in small letters."""
    found = cell.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise Unfit(_("A SHA-256 has 64 hexadecimal digits."))
    return found


def web_address(cell):
    """Return an address that a page may link to."""
    found = cell.strip()
    if len(found) > 2000 or not re.fullmatch(r"https?://[^\s\x00-\x1f\x7f]+", found, re.IGNORECASE):
        raise Unfit(_("An address begins with http:// or https:// and has no spaces."))
    return found


def lines(cell):
    """Return the lines of `organization=look;ana@p.example=update` as ((e-mail address or None, Level), …)."""
    found = []
    for piece in filter(str.strip, cell.split(";")):
        subject, sign, code = piece.rpartition("=")
        if not sign:
            raise Unfit(_("Write the lines as organization=look;ana@p.example=update."))
        subject = subject.strip()
        found.append((None if subject == WHOLE_ORGANIZATION else email(subject), level(code)))
    subjects = [subject for subject, _level in found]
    for subject in subjects:
        if subjects.count(subject) > 1:
            raise Unfit(_("“%(value)s” stands here twice.", value=subject or WHOLE_ORGANIZATION))
    return tuple(found)


def password(cell):
    """Return the plain password or the Argon2 hash, as it stands."""
    if cell.startswith("$argon2"):
        if not passwords.is_hash(cell):
            raise Unfit(_("This is not an Argon2id hash that can be verified."))
    elif len(cell) > passwords.MOST_LENGTH:
        raise Unfit(_("This is longer than %(most)s characters.", most=passwords.MOST_LENGTH))
    return cell
