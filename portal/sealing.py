"""Secrets as the database keeps them: sealed with a key that is made from SECRET_KEY, and bound to whose they are."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
LONGEST = 1000


def seal(secret, owner, secret_key):
    """Return `secret` as it may be kept or handed out: to be opened with SECRET_KEY alone, and for this owner alone."""
    nonce = os.urandom(_NONCE)
    sealed = _box(secret_key).encrypt(nonce, secret.encode(), owner.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed, owner, secret_key):
    """Return the secret, or None where it was sealed for another owner, with another SECRET_KEY, or changed."""
    try:
        kept = base64.urlsafe_b64decode(sealed.encode("ascii")) if len(sealed) <= LONGEST else b""
    except (ValueError, binascii.Error):
        return None
    if len(kept) <= _NONCE:
        return None
    try:
        return _box(secret_key).decrypt(kept[:_NONCE], kept[_NONCE:], owner.encode()).decode()
    except InvalidTag:
        return None


def _box(secret_key):
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"partner portal: second factors")
    return AESGCM(derived.derive(secret_key.encode()))
