"""Codes of authenticator apps (TOTP, RFC 6238): what is scanned or typed to set one up, and which code fits now."""

import hmac
import unicodedata
from datetime import UTC

import pyotp
import segno
from markupsafe import Markup

STEP = 30  # seconds
DIGITS = 6
TOLERANCE = 1  # steps before and after, for clocks that differ and hands that are slow


def new_secret():
    """Return a random secret of 160 bits, in the letters that apps take."""
    return pyotp.random_base32(32)


def in_groups(text):
    """Return the text in groups of four, as it is easier to type."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def bare(typed):
    """Return what was typed without the blanks and dashes that one types for clarity; wide digits become plain ones."""
    folded = unicodedata.normalize("NFKC", typed[:100])
    return "".join(one for one in folded if one.isalnum())


def is_code(code):
    """Return whether this has the form of an app's code."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def step_of(secret, code, at):
    """Return the time step whose code this is, among those that count at `at` (naive UTC), or None."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP)
    present = int(at.replace(tzinfo=UTC).timestamp()) // STEP
    steps = range(present - TOLERANCE, present + TOLERANCE + 1)
    fitting = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())]
    return fitting[-1] if fitting else None


def address(secret, email, issuer):
    """Return the otpauth address that apps read from the picture."""
    return pyotp.TOTP(secret, digits=DIGITS, interval=STEP).provisioning_uri(name=email, issuer_name=issuer)


def picture(secret, email, issuer):
    """Return the address as a QR code: inline SVG that holds neither style nor script."""
    made = segno.make(address(secret, email, issuer), error="m", micro=False)
    return Markup(made.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=4, dark="#000"))  # noqa: S704
