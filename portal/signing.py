"""Tokens that others carry for us: signed with HMAC-SHA-256, each kind worth nothing in the place of another."""

from functools import lru_cache
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

__all__ = ["BadData", "signer"]


@lru_cache(256)
def signer(secret_key, kind):
    """Return what writes (`dumps`) and reads (`loads`, or BadData) the tokens of this kind."""
    return URLSafeSerializer(secret_key, salt=kind, signer_kwargs={"digest_method": sha256})
