"""A conversation over real SMTP: asked, approved, answered, reminded, ended; in English, Japanese and Spanish."""

import email
import re
from datetime import timedelta
from email.policy import default
from html import unescape
from types import SimpleNamespace

import pytest
import time_machine
from aiosmtpd.controller import Controller

from portal import clock, dates, delivery, languages
from portal.models import AccessRequest, Contact, Grant, ServiceRequest
from tests.people import Browser
from tests.test_delivery import Server, unused_port  # noqa: F401

REASON = "We look after the warehouse <until> May & beyond."
LINK = re.compile(r"https://\S+")
SUBJECT = "Etiquetas en blanco: 在庫ラベル"
QUESTION = "Desde el lunes.\nLa impresora no imprime 在庫番号."
REPLY = "Please send us the driver’s version."
ANSWERED_IN_PORTAL = {
    "en": "Answers are written in the portal",
    "ja": "返信はポータルで",
    "es": "Las respuestas se escriben en el portal",
}


@pytest.fixture
def environment(environment, unused_port):  # noqa: F811
    return {**environment, "PUBLIC_URL": "https://support.example", "MAIL_URL": f"smtp://127.0.0.1:{unused_port}"}


@pytest.fixture
def post_office(app, unused_port):  # noqa: F811
    """A mail server on loopback; `collect()` lets the portal deliver and returns what arrived since."""
    server = Server()
    controller = Controller(server, hostname="127.0.0.1", port=unused_port)
    controller.start()

    def collect():
        server.envelopes.clear()
        outcome = delivery.deliver_once(app)
        assert outcome["failed"] == outcome["refused"] == 0
        return [Mail(envelope, app) for envelope in server.envelopes]

    yield collect
    controller.stop()


class Mail:
    """One mail as the server took it."""

    def __init__(self, envelope, app):
        self.app = app
        self.recipients = envelope.rcpt_tos
        self.message = email.message_from_bytes(envelope.content, policy=default)
        self.text = self.message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.html = self.message.get_body(("html",)).get_content().replace("\r\n", "\n")

    @property
    def contact(self):
        return Contact.by_email(self.recipients[0])

    @property
    def role(self):
        return self.recipients[0].split("@")[0]

    def in_their_words(self, instant):
        """Return the instant in the language and the time zone of the reader."""
        with self.app.app_context(), languages.speaking_to(self.contact):
            return dates.day_and_time(instant)


def to(role, mails):
    """Return the one mail to this person."""
    (mail,) = [one for one in mails if one.role == role]
    return mail


def in_one_line(words):
    return re.sub(r"\s+", " ", words).strip()


def solid(words):
    return "".join(words.split())


def words_of(html):
    shown = re.sub(r"(?s)<(style|title)\b.*?</\1>|\{#.*?#\}", " ", html)
    return in_one_line(unescape(re.sub(r"<[^>]+>", " ", shown)))


# --- What holds for every mail -----------------------------------------------------------------------------------


def check(mail):
    """Assert what SPEC 5 says of each mail, whatever it tells."""
    _check_headers(mail)
    _check_parts_agree(mail)
    assert mail.message["Content-Language"] == mail.contact.locale
    for locale, sentence in ANSWERED_IN_PORTAL.items():
        for part in (mail.text, words_of(mail.html)):
            assert (sentence in part) == (locale == mail.contact.locale), (locale, part)
    _check_addresses(mail)


def _check_headers(mail):
    message = mail.message
    assert [one.addr_spec for one in message["To"].addresses] == mail.recipients
    assert len(mail.recipients) == 1
    assert not {"Cc", "Bcc", "Reply-To"} & set(message.keys())
    assert re.fullmatch(r"<[\w-]+@support\.example>", message["Message-ID"])
    assert re.fullmatch(r"<https://support\.example/unsubscribe/[\w.-]+>", message["List-Unsubscribe"])
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"


def _check_parts_agree(mail):
    """Each line of the text stands in the HTML part too; its links lead to the same places."""
    html = solid(words_of(mail.html))
    links = {unescape(one) for one in re.findall(r'href="([^"]+)"', mail.html)}
    assert set(LINK.findall(mail.text)) == links
    for line in mail.text.splitlines():
        words = LINK.sub("", line).strip("=-> ").rstrip(":： ")
        for part in re.split(r"[:：] ?", words, maxsplit=1):
            assert solid(part) in html, (part, html)


def _check_addresses(mail):
    everything = "\n".join([*(f"{name}: {value}" for name, value in mail.message.items()), mail.text, mail.html])
    own = {mail.recipients[0], mail.message["From"].addresses[0].addr_spec}
    found = set(re.findall(r"[\w.+-]+@[\w.-]+\w", everything))
    assert {one for one in found if not one.endswith("@support.example")} <= own


# --- The conversation --------------------------------------------------------------------------------------------


@pytest.fixture
def people(app, world):
    """A partner's manager who reads English, a colleague who reads Spanish; the customer reads Japanese."""
    for role, locale, zone in (
        ("partner_manager", "en", "Europe/Lisbon"),
        ("colleague", "es", "America/Argentina/Buenos_Aires"),
        ("manager", "ja", "Asia/Tokyo"),
        ("second_manager", "en", "Europe/Oslo"),
        ("support", "ja", "Asia/Tokyo"),
    ):
        person = getattr(world, role)
        person.settle_in(locale, zone)
    Grant.delete().where(Grant.contact.is_null(False)).execute()
    return SimpleNamespace(
        **{
            name: Browser(app, getattr(world, name))
            for name in ("partner_manager", "colleague", "manager", "desk", "support")
        }
    )


def posted(answer):
    assert answer.status_code == 303, answer.text
    return answer


def ask_for_access(world, people):
    form = {
        "manager_email": world.manager.email,
        "days": "30",
        f"level-{world.colleague.public_id}": "create",
        "reason": REASON,
    }
    posted(people.partner_manager.post("/partner/my_customers/request", form))
    return AccessRequest.select().order_by(AccessRequest.id.desc()).get()


def ask_a_question(world, people):
    form = {
        "organization": "kitahama",
        "category": "technical",
        "severity": "2",
        "subject": SUBJECT,
        "description": QUESTION,
        "i_am_the_contact": "on",
        "additional_contacts": world.support.public_id,
    }
    posted(people.colleague.post("/ask", form))
    return ServiceRequest.select().order_by(ServiceRequest.id.desc()).get()


def test_a_conversation_reaches_each_in_their_own_language(world, people, post_office):
    began = clock.now().replace(microsecond=0)
    with time_machine.travel(began, tick=True):
        access_request = ask_for_access(world, people)
        check_asking(post_office())
        posted(people.manager.post(f"/partner/access_requests/{access_request.public_id}/approve"))
        check_approval(post_office(), AccessRequest.get_by_id(access_request.id))
        request = ask_a_question(world, people)
        check_question(post_office(), request)
        posted(people.desk.post(f"/requests/{request.reference}/messages", {"body": REPLY, "status": "waiting"}))
        check_reply(post_office(), request)
    grant = Grant.get(Grant.contact == world.colleague)
    with time_machine.travel(grant.expires_at - timedelta(days=6, hours=20), tick=True):
        check_reminder(post_office())
        manager = Browser(people.manager.app, world.manager)
        posted(manager.post(f"/partner/grants/{grant.public_id}/end"))
        check_end(post_office(), Grant.get_by_id(grant.id))
        desk = Browser(people.desk.app, world.desk)
        posted(desk.post(f"/requests/{request.reference}/messages", {"body": "Is it solved?"}))
        assert [mail.role for mail in post_office()] == ["support"]


def check_asking(mails):
    assert [mail.role for mail in mails] == ["manager"]
    check(mails[0])
    assert REASON in mails[0].text
    assert REASON in words_of(mails[0].html)


def check_approval(mails, access_request):
    assert sorted(mail.role for mail in mails) == ["colleague", "partner_manager"]
    for mail in mails:
        check(mail)
        assert REASON in mail.text
        assert mail.in_their_words(access_request.decided_at) in mail.text
    spanish, english = to("colleague", mails), to("partner_manager", mails)
    assert spanish.message["Subject"] != english.message["Subject"]


def check_question(mails, request):
    assert sorted(mail.role for mail in mails) == ["desk", "support"]
    for mail in mails:
        check(mail)
        check_about(mail, request)
        for line in QUESTION.splitlines():
            assert f"> {line}\n" in mail.text
            assert line in mail.html
    assert {mail.message["In-Reply-To"] for mail in mails} == {f"<request-{request.reference}@support.example>"}


def check_about(mail, request):
    assert mail.message["Subject"] == f"[{request.reference}] {SUBJECT}"
    for part in (mail.text, words_of(mail.html)):
        assert request.reference in part
        assert SUBJECT in part


def check_reply(mails, request):
    assert sorted(mail.role for mail in mails) == ["colleague", "support"]
    for mail in mails:
        check(mail)
        check_about(mail, request)
        assert f"> {REPLY}\n" in mail.text
    assert len({mail.message["Message-ID"] for mail in mails}) == 2


def check_reminder(mails):
    assert {"colleague", "manager"} <= {mail.role for mail in mails}
    for mail in mails:
        check(mail)
    assert "あと7日" in to("manager", mails).text
    assert "7 días" in to("colleague", mails).text
    assert not any(re.search("termina en 6|あと6|ends in 6", mail.text) for mail in mails), "counted once, alike"


def check_end(mails, grant):
    assert "colleague" in {mail.role for mail in mails}
    for mail in mails:
        check(mail)
        assert mail.in_their_words(grant.ended_at) in mail.text
