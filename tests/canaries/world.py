"""The script as rows: every text of the canaries' world gets a word of its own."""

import json
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import count

from portal import clock, database
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    AdditionalContact,
    Answer,
    AnswerTranslation,
    Attachment,
    AttachmentChunk,
    Contact,
    Draft,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    SiteNotice,
    Subscription,
)
from tests.canaries import script
from tests.canaries.oracle import RANK, Oracle, firm_of


@dataclass(frozen=True)
class Text:
    """One text: `kind` and `about` say what the oracle has to judge. It is sought by `bait` and betrayed by `word`."""

    kind: str
    about: object
    number: int

    @property
    def bait(self):
        return f"xb{self.number:03d}w"

    @property
    def word(self):
        return f"xq{self.number:03d}w"

    def __str__(self):
        return f"{self.bait} {self.word}"


class Canaries:
    """The world: rows by their names in the script, texts by their words, and the oracle of how things stand."""

    def __init__(self):
        self.now = clock.now()
        self.oracle = Oracle(self.now)
        self.texts = []
        self._numbers = count(1)
        with database.transaction():
            self._build()

    def text(self, kind, about):
        made = Text(kind, about, next(self._numbers))
        self.texts.append(made)
        return made

    def write(self, kind, about):
        """Return a new text as it is written down."""
        return str(self.text(kind, about))

    def ago(self, days, minutes=0):
        return self.now - timedelta(days=days) + timedelta(minutes=minutes)

    def _build(self):
        self.firms = {key: self._firm(key, *values) for key, values in script.FIRMS.items()}
        self.people = {name: self._person(name, flags) for name, flags in script.PEOPLE.items()}
        for name, flags in script.PEOPLE.items():
            if "stands_in_for" in flags:
                self.people[name].stands_in_for = self.people[flags["stands_in_for"]]
                self.people[name].save()
        self.grants = [self._grant(one) for one in self.oracle.grants]
        self.sites = {customer: self._site(customer) for customer in script.SITES}
        self.notices = {(customer, kind): self._notice(customer, kind) for customer in script.SITES for kind in KINDS}
        self.messages, self.files = {}, []
        self.requests = {
            key: self._request(place, key, one) for place, (key, one) in enumerate(script.REQUESTS.items())
        }
        self.access_requests = {key: self._access_request(key, one) for key, one in script.ACCESS_REQUESTS.items()}
        self.answers = {audience: self._answer(audience) for audience in script.AUDIENCES}
        for about in script.DRAFTS:
            self._draft(*about)
        for person, customer in script.SUBSCRIBERS:
            about = {"contact": self.people[person], "organization": self.firms[customer]}
            Subscription.create(**about, created_at=self.ago(9))

    def _firm(self, key, timezone, locale):
        name = self.text("firm", key)
        return Organization.create(slug=name.word, name=str(name), timezone=timezone, locale=locale)

    def _person(self, name, flags):
        values = {**flags, "added_by": self.firms.get(flags.get("added_by")), "stands_in_for": None}
        firm = self.firms[firm_of(name)]
        return Contact.create(
            email=f"{self.text('email', name).word}@{firm_of(name)}.example",
            name=self.write("name", name),
            organization=firm,
            timezone=firm.timezone,
            locale=firm.locale,
            created_at=self.ago(400),
            **values,
        )

    def _grant(self, one):
        covers = one["covers"] and self.oracle.covers_from(one)
        zone = self.firms[one["customer"]].timezone
        return Grant.create(
            customer=self.firms[one["customer"]],
            partner=self.firms[firm_of(one["subject"])],
            contact=self.people.get(one["subject"]),
            level=RANK[one["level"]],
            covers_from=covers and clock.day_in(covers, zone),
            covers_from_at=covers,
            starts_at=self.ago(-one["starts"]),
            expires_at=self.ago(-one["expires"]),
            ended_at=None if one["ended"] is None else self.ago(-one["ended"]),
            approved_by=self.people.get(f"{one['customer']}.manager"),
            created_at=self.ago(60),
        )

    def _site(self, customer):
        name, url = self.text("site", customer), self.text("site_address", customer)
        return Site.create(organization=self.firms[customer], name=str(name), url=f"https://{url.word}.example")

    def _notice(self, customer, kind):
        return SiteNotice.create(
            site=self.sites[customer],
            kind=kind,
            title=self.write("notice", customer),
            body=self.write("notice", customer),
            author=self.people["desk.answers"],
            starts_at=self.ago(-1 if kind == "maintenance" else 1),
            ends_at=self.ago(-2) if kind == "maintenance" else None,
            created_at=self.ago(1),
        )

    def _request(self, place, key, one):
        by, age = self.people[one["by"]], one.get("age", 2)
        made = ServiceRequest.create(
            reference=f"{self.ago(age):%y%m%d}-{77000 + place:06d}",
            organization=self.firms[firm_of(key)],
            site=self.sites.get(firm_of(key)),
            category=one.get("category", "technical"),
            severity=one.get("severity", 3),
            confidential=one.get("confidential", False),
            subject=self.write("request", key),
            submitted_by=by,
            primary_contact=self.people[one.get("primary", one["by"])],
            timezone="UTC",
            created_at=self.ago(age),
            updated_at=self.ago(age, len(one.get("says", ()))),
        )
        for person in one.get("naming", ()):
            AdditionalContact.create(service_request=made, contact=self.people[person], created_at=self.ago(age))
        written = [(by, False), *((self.people[name], False) for name in one.get("says", ()))]
        for minutes, (author, internal) in enumerate([*written, (self.people["desk.second"], True)]):
            self._message(made, key, author, internal, self.ago(age, minutes), files=one.get("files"))
        return made

    def _message(self, request, key, author, internal, at, files):
        body = self.write("internal" if internal else "request", key)
        message = Message.create(
            service_request=request,
            author=author,
            author_organization=author.organization,
            created_at=at,
            internal=internal,
            body=body,
        )
        self.messages.setdefault(key, []).append(message)
        if files:
            self._attach(message, key, "internal_file" if internal else "file")

    def _attach(self, message, key, kind):
        content = self.write(kind, key).encode()
        made = Attachment.create(
            message=message,
            service_request=message.service_request,
            name=f"{self.text(kind, key).word}.txt",
            type="text/plain",
            size=len(content),
            sha256=sha256(content).hexdigest(),
        )
        AttachmentChunk.create(attachment=made, position=0, content=content)
        self.files.append(made)

    def _access_request(self, key, one):
        by, status = self.people[one["by"]], one.get("status", "pending")
        manager = self.people.get(f"{one['customer']}.manager")
        address = self.text("typed_address", key)
        made = AccessRequest.create(
            requested_by=by,
            partner=by.organization,
            manager_email=f"{address.word}@nowhere.example",
            customer=self.firms.get(one["customer"]),
            addressed_to=manager,
            days=180,
            reason=self.write("reason", key),
            status=status,
            created_at=self.ago(4),
            decided_at=None if status == "pending" else self.ago(3),
            decided_by={"pending": None, "withdrawn": by}.get(status, manager),
            decision_reason=self.write("decision", key) if status == "declined" else "",
        )
        for subject in one["lines"]:
            AccessRequestLine.create(access_request=made, contact=self.people.get(subject), level=RANK["look"])
        return made

    def _answer(self, audience):
        made = Answer.create(audience=audience)
        title, body = self.write("answer", audience), self.write("answer", audience)
        AnswerTranslation.create(answer=made, locale="en", title=title, body=body, updated_at=self.ago(5))
        return made

    def _draft(self, author, place):
        typed = self.write("draft", (author, place))
        reply = {"body": typed, "status": "", "internal": False}
        question = {"subject": typed, "description": typed, "organization": self.firms["kita"].slug}
        Draft.create(
            contact=self.people[author],
            place=place if place == "ask" else self.requests[place].reference,
            key="a" * 43,
            content=json.dumps(question if place == "ask" else reply),
            saved_at=self.ago(1),
        )


KINDS = ("incident", "maintenance", "resolved")
