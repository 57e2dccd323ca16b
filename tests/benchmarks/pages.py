"""What is measured: each page with who asks for it, and what it is held against."""

import itertools
import secrets
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer

from portal import clock, database
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    Contact,
    Message,
    Organization,
    ServiceRequest,
    Session,
)
from tests.benchmarks import worlds
from tests.benchmarks.texts import RARE

SECRET = "a secret for the benchmark alone"
ASKED_OF = 60  # the customer whose manager approves
WRITTEN_TO = 42  # the customer for whom requests are submitted: no page of theirs is measured
APPROVALS = 4000  # prepared: one is used up by each answer


class Page:
    """One thing to ask for: a name, a path, the floor's path, and what is posted, if anything."""

    def __init__(self, name, path, floor, headers=None, form=None, shown_from=0):
        self.name, self.path, self.floor, self.form = name, path, floor, form
        self.shown_from = shown_from  # requests in a world: a smaller one does not hold what the page shows
        self.headers = headers or {}

    def next(self):
        """Return (path, body or None) of the next question: what is posted is new each time."""
        path = self.path() if callable(self.path) else self.path
        return path, urlencode(self.form(), doseq=True) if self.form else None

    @property
    def below(self):
        """Return the floor of this page, as a page."""
        return Page("floor", self.floor, None, form=(lambda: {"body": "How long?"}) if self.form else None)


def signed_in(app, contact):
    """Return (headers of a signed-in browser, its form token)."""
    nonce = secrets.token_hex(20)
    with database.opened(), database.transaction():
        key = Session.open_for(contact, clock.now())
    kept = {"csrf_token": nonce, "_user_id": key, "_fresh": True}
    cookie = app.session_interface.get_signing_serializer(app).dumps(kept)
    token = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(nonce)
    return {"Cookie": f"session={cookie}"}, token


def pages(app):
    """Return the pages to measure, each with a signed-in person; those that write come last."""
    with database.opened():
        consultant, desk = worlds.consultant(), Contact.get(Contact.desk)
        manager, decider = _manager_of(worlds.PENDING_CUSTOMER), _manager_of(ASKED_OF)
        customer = Organization.get(Organization.slug == worlds.slug(worlds.BIG))
        reference = _with_ten_messages(customer)
    partner, token = signed_in(app, consultant)
    approval, approving = signed_in(app, decider)
    waiting = _waiting(decider)
    question = {"csrf_token": token, **QUESTION, "organization": worlds.slug(WRITTEN_TO)}
    return [
        Page("My Requests, 300 customers", "/requests", "/list", partner),
        Page("My Requests, one organization", f"/requests?organization={customer.slug}", "/list", partner),
        Page("My Requests, desk", "/requests", "/list", signed_in(app, desk)[0]),
        Page("a request, 10 messages", f"/requests/{reference}", f"/request?q={reference}", partner),
        Page("search, common word", "/requests?q=printer", "/search?q=printer", partner),
        Page("search, rare word", f"/requests?q={RARE}", f"/search?q={RARE}", partner),
        Page(
            "dashboard, 20,000 requests", f"/dashboard/{customer.slug}?weeks=52", "/list", partner, shown_from=100_000
        ),
        Page("My Customers, 300", "/partner/my_customers", "/list", partner),
        Page("My Partners, 50 pending", "/partner/my_partners", "/list", signed_in(app, manager)[0]),
        Page("submit a request", "/ask", "/submit", partner, lambda: question),
        Page(
            "approve an access request",
            lambda: f"/partner/access_requests/{next(waiting)}/approve",
            "/submit",
            approval,
            lambda: {"csrf_token": approving},
        ),
    ]


QUESTION = {
    "category": "technical",
    "severity": "3",
    "subject": "A question of the benchmark",
    "description": "How long does this take?",
    "i_am_the_contact": "on",
}


def _manager_of(number):
    return Contact.get(Contact.email == f"c1@{worlds.slug(number)}.example")


def _waiting(manager):
    """Yield the public ids of requests for access that wait for this manager, each once; those of earlier runs are gone."""
    mine = {manager.organization_id, worlds.consultant().organization_id}  # whose list is measured
    with database.opened(), database.transaction():
        earlier = AccessRequest.select(AccessRequest.id).where(AccessRequest.customer == manager.organization)
        unanswered = earlier.where(AccessRequest.status == "pending")
        AccessRequestLine.delete().where(AccessRequestLine.access_request.in_(unanswered)).execute()
        AccessRequest.delete().where(AccessRequest.id.in_(unanswered)).execute()
        others = Contact.select(Contact.organization, Contact.id).where(
            Contact.organization.not_in(mine), ~Contact.desk
        )
        people = itertools.cycle(others.order_by(Contact.id).tuples())
        asking = list(itertools.islice(people, APPROVALS))
        made = worlds.ask_for_access(manager.organization_id, asking, clock.now())
    return itertools.chain(made)


def _with_ten_messages(customer):
    """Return the reference of a request of the customer, with ten messages."""
    mine = ServiceRequest.select().where(ServiceRequest.organization == customer, ~ServiceRequest.confidential)
    request = mine.order_by(ServiceRequest.id).get()
    have = Message.select().where(Message.service_request == request, ~Message.internal).count()
    with database.transaction():
        for number in range(10 - have):
            Message.create(
                service_request=request,
                author=request.submitted_by,
                author_organization=customer,
                created_at=request.updated_at,
                body=f"The answer numbered {number}, in **two** lines.\n\n- one\n- two",
            )
    return request.reference
