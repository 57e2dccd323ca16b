"""Building one mail: in its reader's language and zone, text and HTML, to one recipient, safe to send."""

import re
import unicodedata
from datetime import UTC
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import gettext as _
from markupsafe import Markup

from portal import languages, letters, unsubscribing
from portal.models import Organization
from portal.models.notification_lists import load_subjects
from portal.telling import may_be_mailed

LONGEST_SUBJECT = 150


class _Unbroken(UnstructuredHeader):
    """A header whose one long word is an address: folded or encoded, nobody could follow it."""

    max_count = 1

    def fold(self, *, policy):
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Unbroken)
POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)


class Unaddressable(Exception):
    """No mail server of today reads this address."""


def build(notification, at):
    """Return the EmailMessage for a notification, or None where its reader is not to be told any more at `at`.

    Raises Unaddressable for an address that cannot stand in a header.
    """
    load_subjects([notification])
    if not may_be_mailed(notification, at):
        return None
    with languages.speaking_to(notification.contact):
        letter = letters.compose(notification, at)
        letter.leave = unsubscribing.address(notification, at) if letter.may_be_switched_off else None
        text, html = _parts(letter)
        language = languages.current_locale()
    message = EmailMessage(policy=POLICY)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    _address(message, notification, letter, language)  # last: content takes headers that begin with Content- away
    return message


def _address(message, notification, letter, language):
    contact, host = notification.contact, _host()
    message["From"] = current_app.config["PORTAL"].mail_from
    message["To"] = Address(in_one_line(contact.name), addr_spec=_addressable(_recipient(notification)))
    message["Subject"] = _shortened(in_one_line(letter.subject or letter.heading))
    message["Date"] = format_datetime(notification.created_at.replace(tzinfo=UTC))
    message["Message-ID"] = f"<{notification.public_id}@{host}>"
    if letter.thread:
        message["In-Reply-To"] = message["References"] = f"<{letter.thread}@{host}>"
    if letter.leave:
        message["List-Unsubscribe"] = f"<{letter.leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = language


def _recipient(notification):
    """Return the reader's address, or the one that they have just left."""
    return notification.facts.get("mail_to") or notification.contact.email


def _addressable(email):
    """Return the address with its domain as name servers know it."""
    name, _at, domain = email.rpartition("@")
    try:
        addressable = f"{name}@{domain.encode('idna').decode()}"
        Address(addr_spec=addressable)
    except (ValueError, MessageError) as error:
        raise Unaddressable(str(error) or "not an address") from error
    if not name.isascii():
        raise Unaddressable("the part before @ has letters that not every mail server reads")
    return addressable


def in_one_line(typed):
    """Return typed text fit for a header: no control characters, nothing that a mail program would decode."""
    visible = "".join(" " if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else one for one in typed)
    return " ".join(visible.replace("=?", "= ?").split())


def _shortened(subject):
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1].rstrip()}…"


def _host():
    host = urlsplit(current_app.config["PORTAL"].public_url).hostname
    return f"[{host}]" if ":" in host else host


def _parts(letter):
    """Return (text, HTML) of the letter."""
    desk = Organization.of_the_desk()
    values = {
        "letter": letter,
        "sender": _("Partner Portal, %(desk)s", desk=desk.name) if desk else _("Partner Portal"),
        "address": current_app.config["PORTAL"].public_url,
        "language": languages.current_locale(),
        "plain": _plain,
    }
    # Rendered past the pages' context, which would ask who is signed in.
    text = _text_environment(current_app.jinja_env).get_template("mail/letter.txt").render(values)
    html = current_app.jinja_env.get_template("mail/letter.html").render(values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n", html.strip() + "\n"


@lru_cache(maxsize=1)
def _text_environment(environment):
    return environment.overlay(trim_blocks=True, lstrip_blocks=True)


def _plain(words):
    return words.striptags() if isinstance(words, Markup) else words
