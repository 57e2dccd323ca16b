"""Folders of CSV files for the tests of import and export: a small sound one, and ways to change it."""

import csv
import hashlib

from portal.transfer.columns import BY_NAME

SOUND = {
    "organizations": [
        {"slug": "kitahama", "name": "北浜フーズ", "timezone": "Asia/Tokyo", "locale": "ja"},
        {"slug": "brightwater", "name": "Brightwater", "timezone": "Europe/Lisbon", "locale": "en"},
        {"slug": "halyard", "name": "Halyard Support", "timezone": "", "locale": ""},
    ],
    "sites": [{"organization": "kitahama", "name": "Osaka", "url": "https://osaka.kitahama.example"}],
    "contacts": [
        {"email": "manager@k.example", "name": "Mana", "organization": "kitahama", "contact_manager": "true"},
        {"email": "support@k.example", "name": "Suzu", "organization": "kitahama", "support_contact": "yes"},
        {"email": "Ana@P.example", "name": "Ana", "organization": "brightwater", "password": "a plain password"},
        {"email": "ben@p.example", "name": "Ben", "organization": "brightwater", "active": "false"},
        {"email": "desk@h.example", "name": "Dee", "organization": "halyard", "desk": "1"},
        {"email": "dummy@k.example", "name": "D", "organization": "kitahama", "stands_in_for": "ana@p.example"},
    ],
    "grants": [
        {
            "customer": "kitahama",
            "partner": "brightwater",
            "contact": "",
            "level": "full_admin",
            "starts_at": "2026-01-01T00:00:00+09:00",
            "expires_at": "2099-01-01T00:00:00+09:00",
            "approved_by": "manager@k.example",
        },
        {
            "customer": "kitahama",
            "partner": "brightwater",
            "contact": "ana@p.example",
            "level": "update",
            "covers_from": "2026-02-01",
            "starts_at": "2026-01-01T00:00:00Z",
            "expires_at": "2099-01-01T00:00:00+00:00",
            "approved_by": "manager@k.example",
        },
    ],
    "access_requests": [
        {
            "id": "ask-1",
            "requested_by": "ana@p.example",
            "manager_email": "manager@k.example",
            "days": "90",
            "reason": "=work",
            "status": "pending",
            "created_at": "2026-11-20T10:00:00+00:00",
            "lines": "organization=look;ana@p.example=create",
        }
    ],
    "service_requests": [
        {
            "reference": "261101-000001",
            "organization": "kitahama",
            "site": "Osaka",
            "category": "technical",
            "severity": "2",
            "status": "solved",
            "confidential": "false",
            "subject": "注文が止まる",
            "submitted_by": "support@k.example",
            "primary_contact": "support@k.example",
            "additional_contacts": "ana@p.example;ben@p.example",
            "timezone": "Asia/Tokyo",
            "created_at": "2026-11-01T09:00:00+09:00",
        }
    ],
    "messages": [
        {
            "reference": "261101-000001",
            "author": "support@k.example",
            "created_at": "2026-11-01T09:00:00+09:00",
            "body": "Line one\nline two, “quoted”",
        },
        {
            "reference": "261101-000001",
            "author": "desk@h.example",
            "created_at": "2026-11-01T10:00:00+09:00",
            "internal": "true",
            "body": "Among us",
        },
        {
            "reference": "261101-000001",
            "author": "desk@h.example",
            "created_at": "2026-11-01T11:00:00+09:00",
            "body": "Restart it.",
        },
    ],
    "attachments": [
        {
            "reference": "261101-000001",
            "message": "3",
            "name": "log.txt",
            "type": "text/plain",
            "sha256": hashlib.sha256(b"some bytes").hexdigest(),
        }
    ],
    "subscriptions": [{"contact": "ana@p.example", "organization": "kitahama"}],
    "answers": [
        {"id": "partner-access", "locale": "en", "title": "Access", "body": "# Ask", "reviewed_on": "2026-10-01"},
        {"id": "partner-access", "locale": "ja", "title": "アクセス", "body": "", "reviewed_on": ""},
    ],
}


def sound():
    """Return the sound files, free to be changed."""
    return {name: [dict(row) for row in rows] for name, rows in SOUND.items()}


def write(folder, files, blobs=(b"some bytes",)):
    """Write {file: rows} as CSV into `folder`, and the bytes of attachments; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, rows in files.items():
        with open(folder / f"{name}.csv", "w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, BY_NAME[name].header, restval="")
            writer.writeheader()
            writer.writerows(rows)
    for blob in blobs:
        (folder / "attachments").mkdir(exist_ok=True)
        (folder / "attachments" / hashlib.sha256(blob).hexdigest()).write_bytes(blob)
    return folder
