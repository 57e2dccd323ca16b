"""A person at a browser, without the browser: the test client with a session and the form token."""

import re
import secrets

from itsdangerous import URLSafeTimedSerializer

from portal import clock, database
from portal.models import Session


class Browser:
    """Drives the app as one contact (or nobody). Posts carry the token, unless told otherwise."""

    def __init__(self, app, contact=None):
        self.app = app
        self.contact = contact
        self.client = app.test_client()
        self.nonce = secrets.token_hex(20)
        with database.opened():
            key = Session.open_for(contact, clock.now()) if contact else None
        with self.client.session_transaction() as kept:
            kept["csrf_token"] = self.nonce
            if key:
                kept["_user_id"] = key
                kept["_fresh"] = True

    def token(self):
        """Return the token that this browser's forms carry."""
        return URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(self.nonce)

    def get(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, data=None, *, swap=False, token=True, **options):
        """Post a form; `swap=True` as HTMX would."""
        form = dict(data or {})
        if token:
            form.setdefault("csrf_token", self.token())
        headers = {**options.pop("headers", {}), **({"HX-Request": "true"} if swap else {})}
        return self.client.post(path, data=form, headers=headers, **options)

    def sees(self, path):
        """Return the page's text without its markup."""
        return plain(self.get(path).text)


def lasting(html):
    """Return the page without what differs from one second to the next: form tokens and references of errors."""
    changing = r'(name="csrf_token" value="|<span class="ref">(?=\w{4}-\w{4}<)|;reference=(?=\w{4}-\w{4}"))[^"<]+'
    return re.sub(changing, r"\1", html)


def plain(html):
    """Return the words of a page, markup and surplus blanks taken out."""
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()
    return re.sub(r" (?=[.,;](?: |$))", "", words)  # a mark at the end of a sentence
