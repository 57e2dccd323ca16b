"""A second factor for a contact, and the codes that their app would show."""

import re
from datetime import UTC, timedelta

import pyotp

from portal import clock, passwords, second_factor
from portal.models import Contact, RecoveryCode, SecondFactor

PASSWORD = "a lamp beside the window"
SHORT = "heron-27"
SECRET_KEY = "a secret for the tests alone"


def with_password(contact, password=PASSWORD):
    """Return the contact, with this password from now on."""
    contact.set_password_hash(passwords.hash_password(password))
    return Contact.get_by_id(contact.id)


def with_factor(contact, settings):
    """Give the contact a second factor, set up some time ago; return (secret, recovery codes)."""
    secret, _sealed = second_factor.offer(contact, settings.secret_key)
    earlier = clock.now() - timedelta(hours=1)
    codes = second_factor.set_up(contact, secret, code(secret, earlier), earlier, settings, None)
    return secret, codes


def code(secret, at=None, steps=0):
    """Return the code that the app shows at `at`, or so many steps of 30 seconds later."""
    return pyotp.TOTP(secret).at(int((at or clock.now()).replace(tzinfo=UTC).timestamp()) + 30 * steps)


def wrong(secret):
    """Return six digits that fit at no instant near now."""
    fitting = {code(secret, steps=steps) for steps in range(-3, 4)}
    return next(f"{number:06}" for number in range(10) if f"{number:06}" not in fitting)


def open_form(browser):
    """Let the browser have opened a page with a form: signing in and out forget the token of the form before."""
    with browser.client.session_transaction() as kept:
        kept["csrf_token"] = browser.nonce


def enter_password(browser, contact, password=PASSWORD, **more):
    """Post the first step of signing in."""
    open_form(browser)
    return browser.post("/login", {"email": contact.email, "password": password, **more})


def enter_code(browser, typed, **more):
    """Post the second step."""
    open_form(browser)
    return browser.post("/login/code", {"code": typed, **more})


def shown_secret(page):
    """Return the secret that the page of setting up shows to type."""
    return re.search(r'class="typed-code">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def hidden(page, name):
    """Return the value of the page's hidden field of this name."""
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def shown_codes(page):
    """Return the recovery codes that the page shows."""
    return re.findall(r"<li>((?:[2-9a-z]{4}-){5}[2-9a-z]{4})</li>", page)


def has_factor(contact):
    return SecondFactor.of(contact) is not None


def codes_left(contact):
    return RecoveryCode.left(contact)
