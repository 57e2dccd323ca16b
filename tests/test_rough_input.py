"""Whatever is posted to the forms about requests: an answer, never a failure."""

import random

from portal.models import Contact, Message, ServiceRequest

ROUGH = [
    "",
    "\0",
    "\0" * 50,
    "a" * 100_000,
    "９９９",
    "-1",
    "1e9",
    "9" * 400,
    "Robert'); DROP TABLE contact;--",
    "\ud7ff\ufeff\u202e",
    "%s%n{{7*7}}${x}",
    "../../etc/passwd",
    "UTC\0",
    "on",
    "new",
    "account",
    "kitahama",
    "open",
    "  \r\n\t ",
    "<script>alert(1)</script>",
    "😀" * 300,
]
ASK = [
    "organization",
    "site",
    "category",
    "severity",
    "subject",
    "description",
    "i_am_the_contact",
    "primary_contact",
    "additional_contacts",
    "timezone",
    "confidential",
    "submission",
    "change",
    "files",
]
REQUEST = {
    "messages": ["body", "status", "internal", "submission", "files"],
    "severity": ["severity"],
    "confidential": ["confidential"],
    "contacts": ["kind", "contact", "name", "email"],
    "contacts/nobody/remove": ["contact"],
    "primary_contact": ["contact"],
}
EXPECTED = {200, 303, 403, 404, 422}


def rough(chance, names, good):
    """Return a form of some of `names`, each rough or good."""
    return {name: chance.choice([*ROUGH, good.get(name, "")]) for name in names if chance.random() < 0.8}


def test_no_question_makes_the_page_fail(browse, world):
    chance = random.Random(7)
    good = {
        "organization": "kitahama", "category": "technical", "severity": "2", "subject": "S", "description": "D",
        "site": world.site.public_id, "primary_contact": world.support.public_id,
    }  # fmt: skip
    browsers = [browse(person) for person in (world.create, world.support, world.desk, world.own)]
    for number in range(60):
        form = {**good, **rough(chance, ASK, good)} if number % 2 else rough(chance, ASK, good)
        answer = chance.choice(browsers).post("/ask", form, swap=number % 3 == 0)
        assert answer.status_code in EXPECTED | {204}, form
        answer = browsers[0].get(
            "/ask", query_string={name: form.get(name, "") for name in ("organization", "category")}
        )
        assert answer.status_code == 200, form
    assert Contact.select().exists() and ServiceRequest.select().exists()


def test_no_reply_and_no_change_makes_the_page_fail(browse, world):
    chance = random.Random(8)
    good = {"body": "B", "status": "waiting", "severity": "1", "contact": world.own.public_id, "email": "a@b.example"}
    browsers = [browse(person) for person in (world.full_admin, world.support, world.desk, world.own)]
    for number in range(60):
        action = chance.choice(list(REQUEST))
        form = rough(chance, REQUEST[action], good)
        answer = chance.choice(browsers).post(
            f"/requests/{world.request.reference}/{action}", form, swap=number % 3 == 0
        )
        assert answer.status_code in EXPECTED, (action, form)
    for message in Message.select():
        assert "\0" not in message.body
    assert browsers[1].get(f"/requests/{world.request.reference}").status_code == 200


def test_no_reference_and_no_id_makes_a_page_fail(browse, world):
    for rough_id in ("%00", "a" * 5000, "..%2f..", "%F0%9F%98%80", "%ff", "1%20OR%201=1"):
        for address in (f"/requests/{rough_id}", f"/requests/{rough_id}/news", f"/attachments/{rough_id}"):
            assert browse(world.look).get(address).status_code == 404, address
        answer = browse(world.support).post(f"/requests/{world.request.reference}/contacts/{rough_id}/remove")
        assert answer.status_code == 404
