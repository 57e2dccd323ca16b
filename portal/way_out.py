"""The way out of an error page: a question to the desk that says already what went wrong, and under which reference.

The address carries a status and the reference alone (SPEC 6: no prose in an address); the words are put together here.
"""

from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from portal import logs, words
from portal.models.service_requests import ACCOUNT

STATUSES = frozenset([400, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507])


def address(status):
    """Return the address of the account question about this request, which was answered with `status`."""
    asked = {"category": ACCOUNT, "problem": status, "reference": logs.request_id()}
    return f"{request.script_root}/ask?{urlencode(asked)}"


def described(args):
    """Return (subject, description) for what `address` says; both empty where it says nothing of the kind."""
    status, reference = args.get("problem", ""), args.get("reference", "")
    if not (status.isascii() and status.isdecimal() and int(status[:9]) in STATUSES and logs.is_request_id(reference)):
        return "", ""
    title, _lead = words.error_words(int(status))
    subject = _("A page did not work: %(title)s (%(status)s)", title=title, status=status)
    return subject, _(
        "The portal answered “%(title)s”, reference for the desk: %(reference)s.\n\nWhat I wanted to do:\n",
        title=title,
        reference=reference,
    )
