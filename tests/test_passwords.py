"""What a password costs whoever guesses: elsewhere tests hash cheaply, here as the portal does."""

import re

import pytest

from portal import passwords

PASSWORD = "a lamp beside the window"


@pytest.fixture(autouse=True)
def cheap_passwords():
    """Not here."""
    passwords._hash_of_nobody.cache_clear()
    yield
    passwords._hash_of_nobody.cache_clear()


def cost(password_hash):
    """Return (KiB of memory, rounds) of an Argon2id hash."""
    return tuple(map(int, re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", password_hash).groups()))


def test_a_hash_costs_the_64_mib_and_three_rounds_of_rfc_9106():
    made = passwords.hash_password(PASSWORD)
    assert all(spent >= least for spent, least in zip(cost(made), (64 * 1024, 3), strict=True))
    assert passwords.verify(made, PASSWORD)
    assert not passwords.verify(made, PASSWORD + "s")
    assert not passwords.needs_rehash(made)


def test_whom_nobody_knows_costs_as_much():
    assert cost(passwords._hash_of_nobody()) == cost(passwords.hash_password(PASSWORD))
    assert not passwords.verify(None, "the password of nobody")


def test_a_hash_from_cheaper_days_is_made_anew():
    assert passwords.needs_rehash("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43)
