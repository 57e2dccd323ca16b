"""Worlds of any size, written straight into a migrated database. The same seed makes the same world."""

import random
import sys
from datetime import timedelta

from portal import clock, database
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    Attachment,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    Subscription,
    search_index,
)
from portal.models.base import opaque_id
from portal.models.service_requests import AdditionalContact
from portal.permissions import Level
from tests.benchmarks import bulk
from tests.benchmarks.texts import RARE, WORDS_EN, WORDS_JA

ORGANIZATIONS, PARTNERS, CONTACTS, CUSTOMERS = 400, 40, 2000, 300
PEOPLE = CONTACTS // ORGANIZATIONS
MESSAGES = 3
RARELY = 20  # messages hold the rare word, in a world of any size: what is found is the same
BATCH = 20_000
DAYS = 3650
BIG, BIG_REQUESTS, BIG_DAYS = 41, 20_000, 360  # the customer with 20,000 requests, all of the last year
PENDING, PENDING_CUSTOMER = 50, 50


def fill(requests, seed=7, progress=sys.stderr):
    """Fill the bound, migrated, empty database with `requests` service requests and what belongs to them."""
    dice, now = random.Random(seed), clock.now()
    with database.opened(), database.transaction():
        world = World(dice, now, requests)
        world.people()
        world.grants()
        world.pending()
    for first in range(0, requests, BATCH):
        with database.opened(), database.transaction():
            world.requests(first, min(BATCH, requests - first))
        if progress:
            print(f"\r{min(first + BATCH, requests):>9,} of {requests:,} requests", end="", file=progress, flush=True)
    if progress:
        print(file=progress)
    with database.opened() as handle:
        while search_index.join_pieces():  # as the deliverer does, once a second
            pass
        handle.execute_sql("ANALYZE")


def consultant():
    """Return the consultant with 300 customers."""
    return Contact.get(Contact.email == "c0@firm000.example")


def slug(number):
    """Return the slug of one organization of the world."""
    return f"firm{number:03d}"


class World:
    """What is being written: who there is, and where the numbering of the rows stands."""

    def __init__(self, dice, now, total):
        self.dice, self.now, self.total = dice, now, total
        self.step = timedelta(days=DAYS) / total
        self.next_request = self.next_message = 1

    def people(self):
        """Write 400 organizations with a site and five people each, and the desk."""
        firms = [{"slug": slug(n), "name": f"Firm {n:03d}"} for n in range(ORGANIZATIONS)]
        bulk.insert(Organization, [*firms, {"slug": "desk", "name": "The Desk"}])
        by_slug = dict(Organization.select(Organization.slug, Organization.id).tuples())
        self.firms = [by_slug[slug(n)] for n in range(ORGANIZATIONS)]
        rows = [self._person(k, n) for n in range(ORGANIZATIONS) for k in range(PEOPLE)]
        desk = {**rows[0], "email": "desk@desk.example", "name": "Desk", "organization": by_slug["desk"], "desk": True}
        bulk.insert(Contact, [*rows, {**desk, "public_id": opaque_id()}])
        ids = dict(Contact.select(Contact.email, Contact.id).tuples())
        self.staff = [[ids[f"c{k}@{slug(n)}.example"] for k in range(PEOPLE)] for n in range(ORGANIZATIONS)]
        self.desk = ids["desk@desk.example"]
        bulk.insert(Site, [{"public_id": opaque_id(), "organization": one, "name": "Main site"} for one in self.firms])
        sites = dict(Site.select(Site.organization, Site.id).tuples())
        self.sites = [sites[firm] for firm in self.firms]

    def _person(self, k, n):
        return {
            "public_id": opaque_id(),
            "email": f"c{k}@{slug(n)}.example",
            "name": f"Contact {k} of {n:03d}",
            "organization": self.firms[n],
            "contact_manager": k == 1,
            "support_contact": k < 3,
            "desk": False,
            "created_at": self.now - timedelta(days=DAYS),
        }

    def grants(self):
        """Write who trusts whom: 300 customers the consultant's firm, the very first, and each of them one more."""
        rows = []
        for customer in range(PARTNERS, PARTNERS + CUSTOMERS):
            level = Level.FULL_ADMIN if customer % 3 == 0 else Level.CREATE
            person = self.staff[0][0] if customer % 5 == 0 else None
            rows.append(self._grant(customer, 0, None, Level.LOOK if person else level))
            if person:
                rows.append(self._grant(customer, 0, person, level))
        for customer in range(PARTNERS, ORGANIZATIONS):
            rows.append(self._grant(customer, 1 + customer % (PARTNERS - 1), None, Level.UPDATE))
        bulk.insert(Grant, rows)
        wish = {"contact": self.staff[0][0], "created_at": self.now}
        bulk.insert(Subscription, [{**wish, "organization": self.firms[PARTNERS + n]} for n in range(20)])

    def _grant(self, customer, partner, person, level):
        return {
            "public_id": opaque_id(),
            "customer": self.firms[customer],
            "partner": self.firms[partner],
            "contact": person,
            "level": int(level),
            "starts_at": self.now - timedelta(days=30),
            "expires_at": self.now + timedelta(days=300),
            "created_at": self.now,
        }

    def pending(self):
        """Write 50 requests for access that wait for one customer."""
        partners = [n for n in range(PENDING + 1) if n != PENDING_CUSTOMER]
        ask_for_access(self.firms[PENDING_CUSTOMER], [(self.firms[n], self.staff[n][0]) for n in partners], self.now)

    def requests(self, first, count):
        """Write `count` service requests, numbered from `first`, with their messages and what search knows of them."""
        requests, messages, named, files = [], [], [], []
        for n in range(first, first + count):
            request = self._request(n)
            requests.append(request)
            thread = self._thread(request, n)
            messages += thread
            if n % 50 == 0:
                one = {"service_request": request["id"], "contact": self.staff[0][1]}
                named.append({**one, "created_at": request["created_at"]})
                files.append(self._file(thread[0]))
        bulk.insert(ServiceRequest, requests)
        bulk.insert(Message, messages)
        bulk.insert(AdditionalContact, named)
        bulk.insert(Attachment, files)
        bulk.index(requests, messages)

    def _request(self, n):
        dice, created = self.dice, self.now - timedelta(days=DAYS) + self.step * n
        firm = dice.randrange(ORGANIZATIONS)
        done = n < self.total * 0.97
        if dice.random() < min(0.2, BIG_REQUESTS / self.total):
            firm, created = BIG, self.now - timedelta(seconds=dice.randrange(1, BIG_DAYS * 86_400))
            done = dice.random() < 0.97
        status = "closed" if done else dice.choice(["open", "waiting", "solved", "closed"])
        submitter = dice.choice(self.staff[firm])
        answered = created + timedelta(minutes=dice.randrange(1, 600))
        solved = answered + timedelta(minutes=dice.randrange(1, 9000))
        self.next_request += 1
        return {
            "id": self.next_request - 1,
            "reference": f"{created:%y%m%d}-{n % 1_000_000:06d}",
            "organization": self.firms[firm],
            "site": self.sites[firm],
            "category": "technical",
            "severity": dice.choice([1, 2, 3, 3, 3, 4]),
            "status": status,
            "confidential": n % 100 == 0,
            "subject": " ".join(dice.choices(WORDS_JA if n % 4 == 0 else WORDS_EN, k=5)),
            "submitted_by": submitter,
            "primary_contact": submitter,
            "timezone": "UTC",
            "created_at": created,
            "updated_at": min(self.now, solved if done else answered),
            "first_answer_at": min(self.now, answered),
            "solved_at": min(self.now, solved) if status in {"solved", "closed"} else None,
        }

    def _thread(self, request, n):
        times = (request["created_at"], request["first_answer_at"], request["updated_at"])
        return [self._message(request, k, at, n) for k, at in enumerate(times)]

    def _message(self, request, k, at, n):
        words = self.dice.choices(WORDS_JA if n % 4 == 0 else WORDS_EN, k=12)
        if n % (self.total // RARELY) == 17 and k == 1:
            words.append(RARE)
        self.next_message += 1
        return {
            "id": self.next_message - 1,
            "public_id": f"m{self.next_message:x}",
            "service_request": request["id"],
            "author": self.desk if k == 1 else request["submitted_by"],
            "author_organization": request["organization"],
            "created_at": at,
            "internal": k == 1 and n % 10 == 3,
            "body": " ".join(words),
        }

    def _file(self, message):
        about = {"message": message["id"], "service_request": message["service_request"]}
        about["organization_id"] = message["author_organization"]
        return {"public_id": opaque_id(), **about, "name": "log.txt", "size": 10, "sha256": "0" * 64}


def ask_for_access(customer, requesters, now):
    """Write a pending request of each (partner, person) to the customer (all ids); return their public ids."""
    manager = Contact.get(Contact.organization == customer, Contact.contact_manager)
    about = {"manager_email": manager.email, "customer": customer, "addressed_to": manager.id, "days": 90}
    rows = [
        {**about, "public_id": opaque_id(), "requested_by": person, "partner": partner, "created_at": now}
        for partner, person in requesters
    ]
    bulk.insert(AccessRequest, rows)
    made = [row["public_id"] for row in rows]
    found = AccessRequest.select(AccessRequest.id, AccessRequest.requested_by)
    lines = found.where(AccessRequest.public_id.in_(made)).tuples()
    bulk.insert(AccessRequestLine, [{"access_request": one, "contact": person, "level": 3} for one, person in lines])
    return made
