"""Worlds of any size, written straight into a migrated database."""

import random
import sys
from datetime import timedelta

from portal import clock, database
from portal.models import (
    AdditionalContact,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    Subscription,
    search,
)
from portal.models.base import opaque_id
from portal.permissions import Level

ORGANIZATIONS, PARTNERS, CONTACTS, CUSTOMERS = 400, 40, 2000, 300
MESSAGES = 3
BATCH = 20_000
YEARS = 10

WORDS_EN = [
    "export",
    "invoice",
    "printer",
    "label",
    "warehouse",
    "order",
    "payment",
    "login",
    "report",
    "mailbox",
    "calendar",
    "scanner",
    "backup",
    "update",
    "license",
    "certificate",
    "proxy",
    "queue",
    "widget",
    "address",
    "customer",
    "timeout",
    "password",
    "sync",
    "import",
    "archive",
    "search",
    "filter",
    "language",
]
WORDS_JA = [
    "申請",
    "請求書",
    "印刷",
    "倉庫",
    "注文",
    "支払い",
    "ログイン",
    "報告",
    "予定表",
    "更新",
    "証明書",
    "住所",
    "同期",
    "取込",
    "検索",
    "絞り込み",
    "言語",
    "アクセス",
    "権限",
    "障害",
]
RARE = "xylograph"


def fill(requests, seed=7, progress=sys.stderr):
    """Fill the bound, migrated, empty database with `requests` service requests and what belongs to them."""
    dice, now = random.Random(seed), clock.now()
    with database.opened(), database.transaction():
        firms, people = _people(now)
        _grants(firms, people, now)
    for first in range(0, requests, BATCH):
        with database.opened(), database.transaction():
            _requests(dice, firms, people, now, first, min(BATCH, requests - first), requests)
        if progress:
            print(f"\r{min(first + BATCH, requests):>9,} of {requests:,} requests", end="", file=progress, flush=True)
    if progress:
        print(file=progress)
    with database.opened() as handle:
        handle.execute_sql("ANALYZE")


def consultant():
    """Return the consultant with 300 customers."""
    return Contact.get(Contact.email == "c0@firm000.example")


def _people(now):
    firms = [
        {"slug": f"firm{n:03d}", "name": f"Firm {n:03d}", "timezone": "UTC", "locale": "en"}
        for n in range(ORGANIZATIONS)
    ]
    firms.append({"slug": "desk", "name": "The Desk", "timezone": "UTC", "locale": "en"})
    Organization.insert_many(firms).execute()
    ids = [row[0] for row in Organization.select(Organization.id).order_by(Organization.slug.desc()).tuples()][::-1]
    by_slug = dict(Organization.select(Organization.slug, Organization.id).tuples())
    ids = [by_slug[f"firm{n:03d}"] for n in range(ORGANIZATIONS)]
    rows = [
        {
            "public_id": opaque_id(),
            "email": f"c{n // ORGANIZATIONS}@firm{n % ORGANIZATIONS:03d}.example",
            "name": f"Contact {n}",
            "organization": ids[n % ORGANIZATIONS],
            "contact_manager": n // ORGANIZATIONS == 1,
            "support_contact": n // ORGANIZATIONS < 3,
            "created_at": now - timedelta(days=3650),
        }
        for n in range(CONTACTS)
    ]
    rows.append(
        {
            **rows[0],
            "public_id": opaque_id(),
            "email": "desk@desk.example",
            "name": "Desk",
            "organization": by_slug["desk"],
        }
    )
    _insert(Contact, [{**row, "desk": row["email"].startswith("desk@")} for row in rows])
    by_email = dict(Contact.select(Contact.email, Contact.id).tuples())
    people = {
        n: [by_email[f"c{k}@firm{n:03d}.example"] for k in range(CONTACTS // ORGANIZATIONS)]
        for n in range(ORGANIZATIONS)
    }
    _insert(Site, [{"public_id": opaque_id(), "organization": one, "name": "Main site"} for one in ids])
    return ids, people


def _grants(firms, people, now):
    """Partners are the first 40 firms; the consultant's firm is the very first, and 300 customers trust it."""
    given = {"starts_at": now - timedelta(days=30), "expires_at": now + timedelta(days=300), "created_at": now}
    rows = []
    for n in range(CUSTOMERS):
        customer = PARTNERS + n % (ORGANIZATIONS - PARTNERS)
        level = Level.FULL_ADMIN if n % 3 == 0 else Level.CREATE
        person = people[0][0] if n % 5 == 0 else None
        rows.append(_grant(firms, customer, 0, None, Level.LOOK if person else level, given))
        if person:
            rows.append(_grant(firms, customer, 0, person, level, given))
    for customer in range(PARTNERS, ORGANIZATIONS):
        rows.append(_grant(firms, customer, 1 + customer % (PARTNERS - 1), None, Level.UPDATE, given))
    _insert(Grant, rows)
    subscribed = [{"contact": people[0][0], "organization": firms[PARTNERS + n], "created_at": now} for n in range(20)]
    _insert(Subscription, subscribed)


def _grant(firms, customer, partner, person, level, given):
    return {
        "public_id": opaque_id(),
        "customer": firms[customer],
        "partner": firms[partner],
        "contact": person,
        "level": int(level),
        "approved_by": None,
        **given,
    }


def _requests(dice, firms, people, now, first, count, total):
    step = timedelta(days=365 * YEARS) / total
    base = (ServiceRequest.select(ServiceRequest.id).order_by(ServiceRequest.id.desc()).limit(1).scalar() or 0) + 1
    next_message = (Message.select(Message.id).order_by(Message.id.desc()).limit(1).scalar() or 0) + 1
    requests, messages, named = [], [], []
    for n in range(first, first + count):
        created = now - timedelta(days=365 * YEARS) + step * n
        firm = dice.randrange(ORGANIZATIONS)
        submitter = dice.choice(people[firm])
        request_id = base + n - first
        status = "closed" if n < total * 0.97 else dice.choice(["open", "waiting", "solved", "closed"])
        requests.append(_request(dice, request_id, n, firms[firm], submitter, status, created, step))
        for k in range(MESSAGES):
            author = submitter if k != 1 else people[firm][0]
            messages.append(_message(dice, next_message, request_id, firms[firm], author, created + k * step / 4, n))
            next_message += 1
        if n % 50 == 0:
            named.append({"service_request": request_id, "contact": people[0][1], "created_at": created})
    _insert(ServiceRequest, requests)
    _insert(Message, messages)
    _insert(AdditionalContact, named)
    search.catch_up()


def _request(dice, request_id, n, firm, submitter, status, created, step):
    words = WORDS_JA if n % 4 == 0 else WORDS_EN
    return {
        "id": request_id,
        "reference": f"{created:%y%m%d}-{n % 1_000_000:06d}",
        "organization": firm,
        "category": "technical",
        "severity": dice.choice([1, 2, 3, 3, 3, 4]),
        "status": status,
        "confidential": n % 100 == 0,
        "subject": " ".join(dice.choices(words, k=5)),
        "submitted_by": submitter,
        "primary_contact": submitter,
        "timezone": "UTC",
        "created_at": created,
        "updated_at": created + (MESSAGES - 1) * step / 4,
    }


def _message(dice, message_id, request_id, firm, author, at, n):
    words = dice.choices(WORDS_JA if n % 4 == 0 else WORDS_EN, k=12)
    if n % 50_000 == 17:
        words.append(RARE)
    return {
        "id": message_id,
        "public_id": f"m{message_id:x}",
        "service_request": request_id,
        "author": author,
        "author_organization": firm,
        "created_at": at,
        "internal": message_id % 10 == 0 and message_id % 3 != 1,
        "body": " ".join(words),
    }


def _insert(model, rows):
    """Insert dicts as fast as the engine takes them; defaults are filled in, ids may be given."""
    if not rows:
        return
    fields = [field for field in model._meta.sorted_fields if field.name in rows[0] or field.default is not None]
    names = [field.column_name for field in fields]

    def values(row):
        return tuple(field.db_value(row[field.name] if field.name in row else _default(field)) for field in fields)

    quoted = ", ".join(f'"{name}"' for name in names)
    table = f'"{model._meta.table_name}"'
    if database.is_sqlite():
        statement = f"INSERT INTO {table} ({quoted}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        database.handle.cursor().executemany(statement, map(values, rows))
        return
    cursor = database.handle.cursor()
    with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(values(row))
    if "id" in names:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{model._meta.table_name}', 'id'), (SELECT max(id) FROM {table}))"
        )  # noqa: S608


def _default(field):
    return field.default() if callable(field.default) else field.default
