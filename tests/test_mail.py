"""Mail: every kind, in three languages, to one reader who may still see what it tells."""

import email
import re
from datetime import timedelta
from email.policy import SMTP

import pytest
from markupsafe import escape

from portal import clock, letters, mail
from portal.headlines import KINDS
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    AdditionalContact,
    AnswerSubscription,
    AnswerTranslation,
    Contact,
    Grant,
    Link,
    Message,
    Notification,
    NotificationPreference,
    Organization,
    ServiceRequest,
    Site,
    SiteNotice,
    Subscription,
)
from portal.models.notifications import TOPICS
from portal.permissions import Level
from tests import tellings
from tests.world import grant

PLACEHOLDER = re.compile(r"%\(\w+\)|%%|\{\{|\}\}|None\b")
NEVER_OFF = {"password_reset", "invitation", "email_changed", "email_left", "second_factor_changed"}
SWITCHED = [(topic, kind) for topic, kinds in TOPICS.items() for kind in kinds]


@pytest.fixture
def write(app, world):
    """Return the mail for a notification as it would arrive: built, sent as bytes, read again."""

    def build(notification):
        with app.app_context():
            made = mail.build(Notification.get_by_id(notification.id), clock.now())
        return made and email.message_from_bytes(made.as_bytes(), policy=SMTP)

    return build


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html_of(message):
    return message.get_body(("html",)).get_content().replace("\r\n", "\n")


def speak(contact, locale):
    Contact.update(locale=locale).where(Contact.id == contact.id).execute()


def test_every_kind_has_a_sentence_a_letter_and_a_maker():
    assert set(KINDS) == set(letters.KINDS) == set(tellings.MAKERS)
    assert {kind for kinds in TOPICS.values() for kind in kinds} == set(KINDS) - {
        *NEVER_OFF,
        "site_notice",  # left by customer, on My Customers
    }


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_each_kind_is_complete_in_three_languages(world, write, kind):
    told = tellings.make(world, kind)
    seen = {}
    for locale in ("en", "ja", "es"):
        speak(told.contact, locale)
        message = write(told)
        text, html = text_of(message), html_of(message)
        assert f'<html lang="{locale}">' in html
        assert message["Content-Language"] == locale
        assert not PLACEHOLDER.search(text + html + message["Subject"])
        assert not re.search(r"<(td|th|p|h1|a|blockquote)\b[^>]*>\s*</\1>", html)
        seen[locale] = re.sub(r"<[^>]+>|\d", "", html)
    assert len(set(seen.values())) == 3


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_the_text_part_says_all_that_the_html_part_says(world, write, kind):
    message = write(tellings.make(world, kind))
    text = " ".join(text_of(message).replace("> ", "").split())
    body = html_of(message).partition("<body>")[2]
    for said in re.findall(r"<(?:h1|p[^>]*|th[^>]*|td[^>]*|blockquote)>(.*?)</(?:h1|p|th|td|blockquote)>", body, re.S):
        for sentence in re.split(r"<a [^>]*>|</a>|<br>", said):
            words = " ".join(re.sub(r"<[^>]+>", "", sentence).split())
            assert words in escape(text).replace("&#39;", "'"), words
    for address in re.findall(r'href="([^"]+)"', body):
        assert address in text


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_each_mail_has_one_button_and_says_why_one_gets_it(world, write, kind):
    told = tellings.make(world, kind)
    html = html_of(write(told))
    assert html.count('class="go"') == 1
    assert "Answers are written in the portal: a reply to this mail reaches nobody." in html
    assert "You get this mail because" in html
    assert ("http://localhost/preferences" in html) == (kind not in NEVER_OFF)


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_the_headers_are_those_of_an_automatic_mail_to_one_reader(world, write, kind):
    told = tellings.make(world, kind)
    message = write(told)
    assert [one.addr_spec for one in message["To"].addresses] == [told.facts.get("mail_to", told.contact.email)]
    assert message["Cc"] is None
    assert message["Bcc"] is None
    assert message["From"] == "portal@localhost"
    assert message["Message-ID"] == f"<{told.public_id}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.replace(tzinfo=None) == told.created_at.replace(microsecond=0)


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_no_reader_sees_anothers_address(world, write, kind):
    told = tellings.make(world, kind)
    message = write(told)
    told_of = {"access_lapsed": {world.manager.email}, "contact_added": {world.own.email}}  # typed by their own side
    told_of["email_left"] = {told.facts.get("mail_to")}  # the one that they had
    everything = " ".join([*map(str, message.values()), text_of(message), html_of(message)])
    seen = set(re.findall(r"[\w.]+@\w+\.example", everything))
    assert seen <= {told.contact.email} | told_of.get(kind, set())


def test_the_address_that_was_is_not_told_the_one_that_is(world, write):
    message = write(tellings.make(world, "email_left"))
    assert world.own.email not in " ".join([*map(str, message.values()), text_of(message), html_of(message)])


def test_the_same_notification_gives_the_same_message_id_again(world, write):
    told = tellings.make(world, "request_message")
    assert write(told)["Message-ID"] == write(told)["Message-ID"]


def test_the_mails_of_one_request_form_a_thread(world, write):
    threads = {write(tellings.make(world, kind))["References"] for kind in ("request_new", "request_message")}
    assert threads == {f"<request-{world.request.reference}@localhost>"}


def test_everything_is_seven_bit(app, world):
    told = tellings.make(world, "request_message")
    Message.update(body="通知が届きません。" * 400).execute()
    with app.app_context():
        raw = mail.build(told, clock.now()).as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


# --- What they carry -----------------------------------------------------------------------------------------------


def test_a_mail_about_a_message_carries_reference_subject_text_and_files(world, write):
    told = tellings.make(world, "request_message")
    Message.update(body="First line.\n\nThird <b>line</b>.").where(Message.id == told.message_id).execute()
    tellings.attach(told.message, "log.txt", "screen.png")
    message = write(told)
    assert message["Subject"] == f"[{world.request.reference}] Order export stops"
    assert "> First line.\n>\n> Third <b>line</b>." in re.sub(" +\n", "\n", text_of(message))
    assert "Third &lt;b&gt;line&lt;/b&gt;." in html_of(message)
    assert "With 2 files: log.txt, screen.png" in text_of(message)
    assert f"http://localhost/requests/{world.request.reference}" in text_of(message)


def test_a_mail_about_an_access_request_carries_the_reason_and_the_lines(world, write):
    text = text_of(write(tellings.make(world, "access_asked")))
    assert f"> {tellings.REASON}" in text
    assert "Everybody at Brightwater Consulting: Look (level 2 of 6): reads all requests" in text
    assert "Create (level 4 of 6): submits new requests" in text
    assert "180 days" in text
    public_id = AccessRequest.get().public_id
    assert f"/partner/my_partners?request={public_id}#access-request-{public_id}" in text


def test_an_approval_says_what_was_changed_and_until_when(world, write):
    text = text_of(write(tellings.make(world, "access_approved")))
    assert "Kitahama Foods approved your request for access, with 2 changes" in text
    assert "Look (level 2 of 6): reads all requests. The request asked for Create." in text
    assert "90 days; the request asked for 180 days" in text
    assert re.search(r"Last day: \d+ \w+ \d{4} \(JST\), ends in (89|90) days", text)


def test_a_dropped_line_is_told_as_nothing(world, write):
    told = tellings.make(world, "access_approved")
    line = told.access_request.lines.where(AccessRequestLine.contact.is_null(False)).get()
    line.level_given = None
    line.save()
    assert "nothing; the request asked for Create" in text_of(write(told))


def test_the_reader_is_told_in_their_own_zone_with_its_name(world, write):
    told = tellings.make(world, "password_reset")
    Contact.update(timezone="Asia/Kolkata").where(Contact.id == told.contact_id).execute()
    there = (told.link.expires_at + timedelta(hours=5, minutes=30)).strftime("%H:%M")
    assert f"{there} (IST)" in text_of(write(told))


def test_links_are_built_from_the_public_url(environment, request):
    environment["PUBLIC_URL"] = "https://portal.example"
    world, write = request.getfixturevalue("world"), request.getfixturevalue("write")
    told = tellings.make(world, "password_reset")
    message = write(told)
    token = told.link.token("a secret for the tests alone")
    assert f"https://portal.example/login/reset/{token}" in text_of(message)
    assert message["Message-ID"] == f"<{told.public_id}@portal.example>"


def test_a_partner_is_never_told_whether_the_address_reached_anybody(world, write):
    world.kitahama.name = "Kitahama Foods"
    bodies = []
    for customer in (world.kitahama, None):
        request = tellings.access_request(world, "lapsed", customer=customer, addressed_to=None)
        told = tellings.tell("access_lapsed", world.partner_manager, access_request=request, organization=customer)
        bodies.append(text_of(write(told)).replace(request.public_id, ""))
    assert bodies[0] == bodies[1]
    assert "Kitahama" not in bodies[0]


def test_the_customers_manager_gets_the_sum_of_what_was_done_when_a_grant_ends(world, write):
    given = grant(world.kitahama, world.lattice, Level.LOOK, starts=-90, expires=-1, by=world.manager)
    details = {"cause": "expired", "read": 12, "created": 0, "changed": 1, "wrote": 1204, "downloaded": 3}
    about = {"grant": given, "organization": world.kitahama, "details": details}
    told = text_of(write(tellings.tell("access_ended", world.manager, **about)))
    assert "The access of everybody at Lattice Integrators to Kitahama Foods has ended" in told
    assert "Messages written: 1,204" in told
    assert "Messages written" not in text_of(write(tellings.tell("access_ended", world.wide, **about)))


# --- What people type ----------------------------------------------------------------------------------------------

INJECTIONS = [
    "Printer\r\nBcc: thief@evil.example",
    "Printer\nBcc: thief@evil.example\n\nbody",
    "=?utf-8?q?=0D=0ABcc:thief@evil.example?=",
    "=?utf-8?q?=?utf-8?q?=0D=0ABcc:thief@evil.example?=?=",
    "=?utf-8?b?DQpCY2M6dGhpZWZAZXZpbC5leGFtcGxl?=",
    "Printer\u2028Bcc: thief@evil.example",
    "Printer\x0bBcc: thief@evil.example\x00\x7f\x85",
    "=\u200b?utf-8?q?=0D=0ABcc:thief@evil.example?=",
    "x" * 5000,
    "プリンター" * 200 + "\r\nBcc: thief@evil.example",
]


@pytest.mark.parametrize("typed", INJECTIONS)
@pytest.mark.parametrize("field", ["subject", "name", "organization", "file"])
def test_nothing_typed_becomes_a_header(world, write, typed, field):
    told = tellings.make(world, "request_message")
    kept = typed.replace("\0", "")
    if field == "subject":
        ServiceRequest.update(subject=kept[:300]).execute()
    elif field == "name":
        Contact.update(name=kept[:255]).execute()
    elif field == "organization":
        Organization.update(name=kept[:255]).where(Organization.id == world.kitahama.id).execute()
    else:
        tellings.attach(told.message, kept[:255])
    message = write(told)
    allowed = {"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "auto-submitted"}
    allowed |= {"x-auto-response-suppress", "content-language", "mime-version", "content-type"}
    allowed |= {"list-unsubscribe", "list-unsubscribe-post"}
    assert {name.lower() for name in message.keys()} == allowed  # noqa: SIM118
    assert [one.addr_spec for one in message["To"].addresses] == [told.contact.email]
    assert all("\n" not in value and "\r" not in value for value in map(str, message.values()))


@pytest.mark.parametrize("kind", ["request_new", "access_asked", "access_given", "site_notice", "contact_added"])
def test_the_headers_of_every_kind_withstand_names_that_were_made_to_break_them(world, write, kind):
    told = tellings.make(world, kind)
    evil = "=?utf-8?q?=0D=0ABcc:thief@evil.example?=\r\nBcc: thief@evil.example"
    Contact.update(name=evil).execute()
    Organization.update(name=evil).execute()
    message = write(told)
    assert message["Bcc"] is None
    assert "=?utf-8?q?=0D" not in str(message["Subject"]) + str(message["To"])


@pytest.mark.parametrize("kind", tellings.MAKERS)
def test_html_escapes_whatever_was_typed(world, write, kind):
    told = tellings.make(world, kind)
    evil = "<img src=x onerror=alert(1)>&\"'"
    Contact.update(name=evil).execute()
    Organization.update(name=evil).execute()
    ServiceRequest.update(subject=evil).execute()
    Message.update(body=evil).execute()
    AccessRequest.update(reason=evil, decision_reason=evil, manager_email=evil).execute()
    SiteNotice.update(title=evil, body=evil).execute()
    AnswerTranslation.update(title=evil).execute()
    Site.update(name=evil).execute()
    html = html_of(write(told))
    assert "<img" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


# --- Asked again at the moment of sending --------------------------------------------------------------------------


def change(row, **values):
    type(row).update(**values).where(type(row).id == row.id).execute()


def test_nobody_who_is_inactive_gets_mail(world, write):
    for kind in tellings.MAKERS:
        told = tellings.make(world, kind)
        change(told.contact, active=False)
        assert write(told) is None, kind
        change(told.contact, active=True)
        assert write(told) is not None, kind


@pytest.mark.parametrize("kind", ["request_new", "request_message", "request_changed"])
def test_mail_about_a_request_is_dropped_once_the_access_is_over(world, write, kind):
    AdditionalContact.create(service_request=world.request, contact=world.cc, created_at=clock.now())
    message = Message.get(Message.service_request == world.request)
    told = tellings.tell(
        kind, world.cc, actor=world.support, service_request=world.request, message=message, organization=world.kitahama
    )
    assert write(told) is not None
    change(world.grants["cc"], ended_at=clock.now() - timedelta(seconds=1))
    assert write(told) is None


def test_mail_about_a_confidential_request_reaches_only_whom_it_names(world, write):
    message = Message.get(Message.service_request == world.confidential)
    about = {"service_request": world.confidential, "message": message, "organization": world.kitahama}
    told = tellings.tell("request_message", world.look, actor=world.support, **about)
    assert write(told) is None
    AdditionalContact.create(service_request=world.confidential, contact=world.look, created_at=clock.now())
    assert write(told) is not None


def test_internal_messages_are_mailed_to_the_desk_alone(world, write):
    message = Message.create(
        service_request=world.request,
        author=world.desk,
        author_organization=world.halyard,
        created_at=clock.now(),
        internal=True,
        body="Between us.",
    )
    about = {"service_request": world.request, "message": message, "organization": world.kitahama}
    assert write(tellings.tell("request_message", world.support, actor=world.desk, **about)) is None
    assert write(tellings.tell("request_message", world.full_admin, actor=world.desk, **about)) is None
    received = write(tellings.tell("request_message", world.desk, **about))
    assert "Between us." in text_of(received)
    assert "wrote internally in" in text_of(received)


def test_a_subscriber_hears_of_new_requests_as_long_as_they_subscribe_and_may(world, write):
    message = Message.get(Message.service_request == world.request)
    about = {"service_request": world.request, "message": message, "organization": world.kitahama}
    told = tellings.tell("request_new", world.look, actor=world.support, **about)
    assert write(told) is None
    wish = Subscription.create(contact=world.look, organization=world.kitahama, created_at=clock.now())
    assert "subscribed to the new requests of Kitahama Foods" in text_of(write(told))
    change(world.grants["look"], level=Level.CC)
    assert write(told) is None
    change(world.grants["look"], level=Level.LOOK)
    wish.delete_instance()
    assert write(told) is None


def test_an_assignment_is_told_to_the_assignee_of_the_moment(world, write):
    told = tellings.make(world, "request_assigned")
    assert write(told) is not None
    change(world.request, assignee=None)
    assert write(told) is None


@pytest.mark.parametrize(
    "kind", ["access_asked", "access_withdrawn", "access_approved", "access_declined", "access_lapsed"]
)
def test_mail_about_an_access_request_is_dropped_for_who_is_not_concerned_any_more(world, write, kind):
    told = tellings.make(world, kind)
    reader = Contact.get_by_id(told.contact_id)
    change(reader, contact_manager=False, organization=world.cielo)
    assert write(told) is None
    change(reader, contact_manager=reader.contact_manager, organization=reader.organization_id)
    assert write(told) is not None
    if reader.contact_manager:
        change(reader, contact_manager=False)
        assert write(told) is None


@pytest.mark.parametrize("kind", ["access_given", "access_changed", "access_ending", "access_ended"])
def test_mail_about_a_grant_is_dropped_for_who_has_moved_on(world, write, kind):
    told = tellings.make(world, kind)
    change(told.contact, organization=world.lattice)
    assert write(told) is None


def test_a_site_notice_is_dropped_for_who_has_left_them(world, write):
    told = tellings.make(world, "site_notice")
    about = {"site_notice": told.site_notice, "organization": world.kitahama, "actor": world.desk}
    reads, updates = (tellings.tell("site_notice", one, **about) for one in (world.look, world.update))
    for contact in (world.look, world.update):
        NotificationPreference.create(
            contact=contact, kind="site_notice", organization=world.kitahama, by_mail=False, in_list=False
        )
    assert write(reads) is None
    assert write(updates) is not None
    assert write(tellings.tell("site_notice", world.stranger, **about)) is None


def test_an_answer_is_told_to_who_still_follows_it(world, write):
    told = tellings.make(world, "answer_changed")
    AnswerSubscription.delete().execute()
    assert write(told) is None


@pytest.mark.parametrize(("topic", "kind"), SWITCHED)
def test_a_kind_that_is_switched_off_is_not_mailed(world, write, topic, kind):
    told = tellings.make(world, kind)
    NotificationPreference.switch_off(told.contact, {topic}, set())
    assert write(told) is None
    NotificationPreference.switch_off(told.contact, set(TOPICS) - {topic}, {topic})
    assert write(told) is not None


@pytest.mark.parametrize("kind", ["password_reset", "invitation"])
def test_password_links_are_mailed_whatever_is_switched_off_until_they_are_used(world, write, kind):
    told = tellings.make(world, kind)
    NotificationPreference.switch_off(told.contact, set(TOPICS), set(TOPICS))
    assert write(told) is not None
    Link.update(used_at=clock.now()).execute()
    assert write(told) is None


def test_a_suspended_contact_gets_no_mail(world, write):
    told = tellings.make(world, "answer_changed")
    change(told.contact, added_by=world.lattice, kept_at=None)
    assert write(told) is not None
    Grant.update(ended_at=clock.now() - timedelta(seconds=1)).where(Grant.partner == world.lattice).execute()
    assert write(told) is None
