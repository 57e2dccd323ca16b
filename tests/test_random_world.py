"""A random world, carried in by `flask import` and asked only through the public interface (SPEC 6)."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.people import Browser

PASSWORD = "a long enough passphrase"
LEVELS = ["cc", "look", "update", "create", "service_admin", "full_admin"]
ZONES = ["UTC", "Asia/Tokyo", "Europe/Lisbon", "America/Argentina/Buenos_Aires"]


class RandomWorld:
    """Rows of the files of SPEC 6, and what SPEC 3 says of them."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.firms = [
            {"slug": f"firm{n}", "name": f"会社 {n}", "timezone": self.dice.choice(ZONES), "locale": "en"}
            for n in range(5)
        ]
        self.people = [self.person(n) for n in range(22)]
        self.grants = []
        for _ in range(30):
            self.add_grant()
        self.requests = [self.request(n) for n in range(40)]

    def person(self, n):
        rarely = lambda: self.dice.random() < 0.2  # noqa: E731
        return {
            "email": f"p{n}@firm.example",
            "name": f"Person {n}",
            "organization": f"firm{n % 5}",
            "timezone": self.dice.choice(ZONES),
            "locale": "en",
            "contact_manager": str(rarely()).lower(),
            "support_contact": str(rarely()).lower(),
            "desk": str(n == 21).lower(),
            "active": str(not (rarely() and n != 21)).lower(),
            "stands_in_for": "p0@firm.example" if n in (6, 12) else "",
            "password": PASSWORD,
        }

    def instant(self, low, high):
        return self.now + timedelta(days=self.dice.randint(low, high), hours=self.dice.randint(0, 23))

    def add_grant(self):
        customer, partner = self.dice.sample(self.firms, 2)
        person = self.dice.choice([None, *[one for one in self.people if one["organization"] == partner["slug"]]])
        starts = self.instant(-90, -1)
        row = {
            "customer": customer["slug"],
            "partner": partner["slug"],
            "contact": person["email"] if person else "",
            "level": self.dice.choice(LEVELS),
            "covers_from": str((self.now - timedelta(days=30)).date()) if self.dice.random() < 0.25 else "",
            "starts_at": starts,
            "expires_at": starts + timedelta(days=self.dice.randint(10, 200)),
            "ended_at": self.instant(-20, -1) if self.dice.random() < 0.1 else "",
            "approved_by": "",
        }
        subject = ("customer", "partner", "contact")
        if not any(all(one[key] == row[key] for key in subject) for one in self.grants):
            self.grants.append(row)

    def request(self, n):
        firm = self.dice.choice(self.firms)["slug"]
        named = [one["email"] for one in self.people]
        return {
            "reference": f"260101-{n:06d}",
            "organization": firm,
            "site": "",
            "category": self.dice.choice(["technical", "site_access"]),
            "severity": self.dice.randint(1, 4),
            "status": self.dice.choice(["open", "waiting", "solved", "closed"]),
            "confidential": str(self.dice.random() < 0.2).lower(),
            "subject": f"Frage {n} 申請",
            "submitted_by": self.dice.choice(named),
            "primary_contact": self.dice.choice(named),
            "additional_contacts": ";".join(self.dice.sample(named, self.dice.randint(0, 2))),
            "timezone": "UTC",
            "created_at": self.instant(-60, -1),
            "updated_at": "",
        }

    def write(self, folder):
        messages = [
            {
                "reference": one["reference"],
                "author": one["submitted_by"],
                "created_at": one["created_at"],
                "internal": "false",
                "body": "How?",
            }
            for one in self.requests
        ]
        for name, rows in {
            "organizations": self.firms,
            "contacts": self.people,
            "grants": self.grants,
            "service_requests": self.requests,
            "messages": messages,
        }.items():
            with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows({key: self.cell(value) for key, value in row.items()} for row in rows)

    @staticmethod
    def cell(value):
        return value.isoformat() if isinstance(value, datetime) else value

    # --- what SPEC 3 says ---

    def deciding(self, person, customer):
        if person["active"] != "true" or person["stands_in_for"]:
            return None
        fitting = [
            one
            for one in self.grants
            if one["customer"] == customer
            and one["partner"] == person["organization"]
            and one["starts_at"] <= self.now < one["expires_at"]
            and not one["ended_at"]
        ]
        own = [one for one in fitting if one["contact"] == person["email"]]
        return (own or [one for one in fitting if not one["contact"]] or [None])[0]

    def level(self, person, customer):
        if person["active"] != "true" or person["stands_in_for"]:
            return "none"
        if person["organization"] == customer:
            return "own"
        if person["desk"] == "true":
            return "desk"
        grant = self.deciding(person, customer)
        return grant["level"] if grant else "none"

    def reads(self, person, request):
        level = self.level(person, request["organization"])
        if level in {"none", "own", "desk"}:
            return level != "none"
        me = {person["email"]} | {one["email"] for one in self.people if one["stands_in_for"] == person["email"]}
        if me & {request["submitted_by"], request["primary_contact"], *request["additional_contacts"].split(";")}:
            return True
        if level == "cc" or request["confidential"] == "true":
            return False
        covers = self.deciding(person, request["organization"])["covers_from"]
        return not covers or request["created_at"] >= self.start_of(covers, request["organization"])

    def start_of(self, day, slug):
        from zoneinfo import ZoneInfo

        zone = next(one["timezone"] for one in self.firms if one["slug"] == slug)
        return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))


@pytest.fixture(params=[1, 2, 3], ids=lambda seed: f"seed {seed}")
def random_world(request, app, tmp_path):
    made = RandomWorld(request.param)
    made.write(tmp_path)
    outcome = app.test_cli_runner().invoke(args=["import", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    return made


def sign_in(app, email):
    browser = Browser(app)
    answer = browser.post("/login", {"email": email.upper(), "password": PASSWORD})
    return browser if answer.status_code == 303 else None


def test_every_person_of_a_random_world_sees_exactly_what_the_rules_say(app, random_world):
    references = [one["reference"] for one in random_world.requests]
    for person in random_world.people:
        browser = sign_in(app, person["email"])
        if person["active"] != "true" or person["stands_in_for"]:
            assert browser is None, person
            continue
        expected = {one["reference"] for one in random_world.requests if random_world.reads(person, one)}
        listed = {row["reference"] for row in csv.DictReader(io.StringIO(browser.get("/requests.csv").text))}
        assert listed == expected, person
        for reference in random_world.dice.sample(references, 6):
            status = browser.get(f"/requests/{reference}").status_code
            assert status == (200 if reference in expected else 404), (person, reference)


def test_explain_tells_the_level_of_everybody_for_everyone(app, random_world):
    for person in random_world.people:
        for firm in random_world.firms:
            outcome = app.test_cli_runner().invoke(args=["explain", person["email"], firm["slug"]])
            told = json.loads(outcome.output)
            assert told["level"] == random_world.level(person, firm["slug"]), (person, firm)
            assert bool(told["capabilities"]) == (told["level"] != "none")
            assert told["because"]
