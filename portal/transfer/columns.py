"""The files of SPEC 6, each with its columns: the one table that import and export both read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.models.access import APPROVED, DECLINED, LAPSED, PENDING, WITHDRAWN
from portal.models.service_requests import CATEGORIES, STATUSES
from portal.transfer import cells

ORGANIZATIONS, CONTACTS, REQUESTS = "organizations", "contacts", "service_requests"
ATTACHED = "attachments"  # the folder with the bytes, beside the files


@dataclass(frozen=True)
class Column:
    """One column. `read` turns a cell that is not empty into its value; an empty one means `default`."""

    name: str
    read: Callable[[str], Any] = cells.any_text
    default: Any = None
    needed: bool = False  # the column must be there, and no cell of it empty
    present: bool = False  # the column must be there: leaving it out would say something grave
    refers: str = ""  # the file whose keys its values are


@dataclass(frozen=True)
class File:
    """One file: its columns in order, and those that together name a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    @property
    def file_name(self):
        """Return what the file is called on the disk."""
        return f"{self.name}.csv"

    @property
    def header(self):
        """Return the names of the columns."""
        return [column.name for column in self.columns]


def _needed(name, read=cells.any_text, refers=""):
    return Column(name, read, needed=True, refers=refers)


def _contact(name, **options):
    return Column(name, cells.email, refers=CONTACTS, **options)


def _organization(name):
    return _needed(name, cells.slug, ORGANIZATIONS)


FILES = (
    File(
        ORGANIZATIONS,
        (
            _needed("slug", cells.slug),
            _needed("name", cells.text(255)),
            Column("timezone", cells.zone, "UTC"),
            Column("locale", cells.locale, "en"),
        ),
        key=("slug",),
    ),
    File(
        "sites",
        (
            _organization("organization"),
            _needed("name", cells.text(255)),
            Column("url", cells.web_address, ""),
        ),
        key=("organization", "name"),
    ),
    File(
        CONTACTS,
        (
            _needed("email", cells.email),
            _needed("name", cells.text(255)),
            _organization("organization"),
            Column("timezone", cells.zone),
            Column("locale", cells.locale),
            Column("contact_manager", cells.flag, False),
            Column("support_contact", cells.flag, False),
            Column("desk", cells.flag, False),
            Column("active", cells.flag, True),
            _contact("stands_in_for"),
            Column("password", cells.password),
        ),
        key=("email",),
    ),
    File(
        "grants",
        (
            _organization("customer"),
            _organization("partner"),
            # Without this column every grant would silently be the whole firm's.
            _contact("contact", present=True),
            _needed("level", cells.level),
            Column("covers_from", cells.day),
            _needed("starts_at", cells.instant),
            _needed("expires_at", cells.instant),
            Column("ended_at", cells.instant),
            _contact("approved_by"),
        ),
    ),
    File(
        "access_requests",
        (
            _needed("id", cells.public_id),
            _contact("requested_by", needed=True),
            _needed("manager_email", cells.email_as_typed),
            _needed("days", cells.whole),
            Column("reason", default=""),
            _needed("status", cells.one_of(PENDING, APPROVED, DECLINED, WITHDRAWN, LAPSED)),
            _needed("created_at", cells.instant),
            Column("decided_at", cells.instant),
            _contact("decided_by"),
            _needed("lines", cells.lines),
        ),
        key=("id",),
    ),
    File(
        REQUESTS,
        (
            _needed("reference", cells.reference),
            _organization("organization"),
            Column("site", cells.text(255)),
            _needed("category", cells.one_of(*CATEGORIES)),
            _needed("severity", cells.severity),
            _needed("status", cells.one_of(*STATUSES)),
            Column("confidential", cells.flag, False),
            _needed("subject", cells.text(300)),
            _contact("submitted_by", needed=True),
            _contact("primary_contact"),
            Column("additional_contacts", cells.emails, ()),
            Column("timezone", cells.zone),
            _needed("created_at", cells.instant),
            Column("updated_at", cells.instant),
        ),
        key=("reference",),
    ),
    File(
        "messages",
        (
            _needed("reference", cells.reference, REQUESTS),
            _contact("author", needed=True),
            _needed("created_at", cells.instant),
            Column("internal", cells.flag, False),
            Column("body", default=""),
        ),
    ),
    File(
        ATTACHED,
        (
            _needed("reference", cells.reference, REQUESTS),
            _needed("message", cells.place),
            _needed("name", cells.text(255)),
            Column("type", cells.text(127), "application/octet-stream"),
            _needed("sha256", cells.sha256),
        ),
    ),
    File(
        "subscriptions",
        (_contact("contact", needed=True), _organization("organization")),
        key=("contact", "organization"),
    ),
    File(
        "answers",
        (
            _needed("id", cells.public_id),
            _needed("locale", cells.locale),
            _needed("title", cells.text(500)),
            Column("body", default=""),
            Column("reviewed_on", cells.day),
        ),
        key=("id", "locale"),
    ),
)
BY_NAME = {file.name: file for file in FILES}
