"""Argon2id passwords, a bounded number of them at a time."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_LENGTH = 15  # without a second factor: NIST SP 800-63B-4
LEAST_WITH_FACTOR = 8  # with one
MOST_LENGTH = 1000

_hasher = PasswordHasher()
_at_once = BoundedSemaphore(2)  # each takes 64 MiB


def hash_password(password):
    """Return the Argon2id hash of `password`."""
    with _at_once:
        return _hasher.hash(password)


@cache
def _hash_of_nobody():
    return hash_password("the password of nobody")


def verify(password_hash, password):
    """Return whether `password` fits; without a hash it costs as much and never fits."""
    nobodys = _hash_of_nobody()
    try:
        with _at_once:
            fits = _hasher.verify(password_hash or nobodys, password[: MOST_LENGTH + 1])
    except (Argon2Error, InvalidHashError):
        return False
    return fits and bool(password_hash)


def needs_rehash(password_hash):
    """Return whether the hash was made with older parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def is_hash(text):
    """Return whether `text` is an Argon2id hash that this house can verify."""
    try:
        _hasher.check_needs_rehash(text)
    except InvalidHashError:
        return False
    return text.startswith("$argon2id$")
