"""Everything of the canaries' world told to whoever is named: the worst that could wait in the outbox."""

from email import message_from_bytes
from email.policy import default
from html import unescape

from portal import delivery
from portal.models import Contact, Grant, Notification
from portal.models.notifications import MAIL_DUE
from tests.canaries import script
from tests.canaries.crawling import WORD


def tell_of_everything(world, *names):
    """Put a mail about each thing into the outbox for each of these people, whatever they may see.

    Of many people each is told every third thing, and all that names them.
    """
    rows = [
        {"contact": world.people[name], **about}
        for place, name in enumerate(names)
        for number, (key, about) in enumerate(_things(world))
        if len(names) == 1 or (place + number) % 3 == 0 or (key and world.oracle.named(name, key))
    ]
    common = {"created_at": world.now, "mail_due_at": world.now, "mail_state": MAIL_DUE}
    for start in range(0, len(rows), 100):
        batch = [{**_NOTHING, **common, **row} for row in rows[start : start + 100]]
        Notification.insert_many(batch).execute()


_NOTHING = dict.fromkeys(
    ("actor", "organization", "access_request", "grant", "service_request", "message", "site_notice", "answer")
)


def _things(world):
    for place, (key, messages) in enumerate(world.messages.items()):
        about = {"service_request": world.requests[key], "organization": world.requests[key].organization}
        kind = "request_new" if place % 2 else "request_message"
        for message in messages[:2]:  # the second is internal where nobody has answered
            yield key, {"kind": kind, "message": message, "actor": message.author, **about}
    for customer in script.SITES:
        notice = world.notices[customer, "incident"]
        yield None, {"kind": "site_notice", "site_notice": notice, "organization": notice.site.organization}
    for answer in world.answers.values():
        yield None, {"kind": "answer_changed", "answer": answer}
    for one in world.access_requests.values():
        if one.customer_id:
            kind = {"pending": "access_asked"}.get(one.status, f"access_{one.status}")
            yield None, {"kind": kind, "access_request": one, "actor": one.requested_by, "organization": one.customer}
    for grant in (world.grants[0], world.grants[14]):
        yield None, {"kind": "access_given", "grant": Grant.get_by_id(grant.id), "organization": grant.customer}


class Postman:
    """Takes the mails as a server would, and keeps what each address was sent."""

    def __init__(self):
        self.sent = {}

    def __call__(self):
        return self

    def send(self, message):
        read = message_from_bytes(message.as_bytes(), policy=default)
        parts = [part.get_content() for part in read.walk() if part.get_content_maintype() == "text"]
        headers = [f"{name}: {value}" for name, value in read.items() if name not in {"To", "List-Unsubscribe"}]
        (recipient,) = [one.addr_spec for one in read["To"].addresses]
        self.sent.setdefault(recipient, []).append(unescape("\n".join([*headers, *parts])))

    def close(self):
        """There is nothing to hang up."""

    def words(self, contact):
        """Return {word: the first line of the mail to this contact that held it}."""
        found = {}
        for text in self.sent.get(Contact.get_by_id(contact.id).email, ()):
            for word in WORD.findall(text.lower()):
                found.setdefault(word, text.split("\n", 1)[0])
        return found


def deliver(app):
    """Send all that is due and return the Postman."""
    postman = Postman()
    outcome = delivery.deliver_once(app, postman)
    assert outcome["failed"] == outcome["refused"] == 0
    return postman
