"""The tables in these pages that the code knows better: `python -m docs.generate` writes them anew.

Each stands between `<!-- generated: name -->` and `<!-- end -->`; tests/test_docs.py fails when one is out of date.
"""

import re
from pathlib import Path

from docs import partitions
from portal import permissions
from portal.models import ALL
from portal.models.service_requests import CATEGORIES
from portal.permissions import Capability, Level, Standing

FOLDER = Path(__file__).parent
PLACES = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

CAPABILITIES = {
    Capability.READ_NAMED: "read requests that name me (or my stand-in)",
    Capability.BE_ADDITIONAL_CONTACT: "be added as additional contact",
    Capability.READ_ALL: "read all the customer’s requests, with attachments",
    Capability.SITE_NOTICES: "receive the customer’s site notices",
    Capability.SUBSCRIBE: "subscribe to the customer’s new requests",
    Capability.DASHBOARD: "see the Support Experience Dashboard",
    Capability.UPDATE: "update requests: reply, attach, status, severity, contacts",
    Capability.BE_PRIMARY_CONTACT: "be primary contact",
    Capability.CREATE: "create requests",
    Capability.SITE_ADMINISTRATION: "site administration requests",
    Capability.MANAGE_CONTACTS: "manage the contacts",
    Capability.UPGRADE: "upgrade management requests",
    Capability.DECIDE_PARTNERS: "decide who the partners are",
}
LEVELS = {level: level.name.replace("_", " ").title().replace("Cc", "CC") for level in Level}
STANDINGS = {
    **{LEVELS[level]: ("grant", permissions.ALLOWED[level]) for level in Level},
    "contact": ("own", permissions.OWN_CONTACT),
    "support contact": ("own", permissions.OWN_CONTACT | permissions.OWN_SUPPORT_CONTACT),
    "contact manager": ("own", permissions.OWN_CONTACT | permissions.OWN_CONTACT_MANAGER),
    "desk": ("desk", permissions.DESK),
}
CATEGORY_WORDS = {
    "technical": "technical question",
    "account": "question about my account or this portal",
    "hidden_configuration": "hidden configuration change",
    "site_deletion": "site deletion",
    "site_access": "access to a site",
    "upgrade": "upgrade management",
}


def capabilities():
    """Return the table of SPEC 3: who may what, by level of a grant and by standing in one's own organization."""
    rows = [("", *STANDINGS)]
    for capability in Capability:
        allowed = ["yes" if capability in those else "" for _, those in STANDINGS.values()]
        rows.append((CAPABILITIES[capability], *allowed))
    return _markdown(rows)


def categories():
    """Return the table of who may submit what kind of request."""
    open_to = {
        name: permissions.categories_allowed(Standing(None, None, None, kind, those))
        for name, (kind, those) in STANDINGS.items()
    }
    rows = [("", *STANDINGS)]
    for category in CATEGORIES:
        rows.append((CATEGORY_WORDS[category], *("yes" if category in some else "" for some in open_to.values())))
    return _markdown(rows)


# --- How the tables split ----------------------------------------------------------------------------------------

COPIED = {"organization", "contact", "access_grant", "access_request", "access_request_line"}
KINDS = {
    "ready": "carries the key",
    "backfill": "belongs to a row that carries it",
    "person": "belongs to a person",
    "copied": "read by both firms, small: whole on every server",
    "common": "of the portal as a whole",
}


def kind_of(table):
    """Return which of KINDS a table is, from its columns alone but for those in COPIED."""
    if _name(table) in COPIED:
        return "copied"
    fields = table._meta.sorted_fields
    needed = [field for field in fields if not field.null]
    is_of_a_request = any(field.column_name == "service_request_id" for field in needed)
    if any(_names_the_customer(field) for field in (fields if is_of_a_request else needed)):
        return "ready"
    parents = {kind_of(parent) for field in needed if (parent := _parent(field)) and parent is not table}
    if parents & {"ready", "backfill"} or is_of_a_request:
        return "backfill"
    is_somebodys = any(field.name == "contact" for field in fields)
    return "person" if is_somebodys or "person" in parents else "common"


def _parent(field):
    return getattr(field, "rel_model", None)


def _names_the_customer(field):
    return field.column_name in {"customer_id", "organization_id"}


def _name(table):
    return table._meta.table_name


def tables():
    """Return the table of all tables by how they split among servers."""
    rows = [("", "tables")]
    for kind, words in KINDS.items():
        names = sorted(_name(table) for table in ALL if kind_of(table) == kind)
        rows.append((words, ", ".join(f"`{name}`" for name in names)))
    return _markdown(rows)


# --- Into the pages ----------------------------------------------------------------------------------------------


def _markdown(rows):
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n".replace("|  |", "| |").replace("|  |", "| |") for line in lines)


MADE = {
    "capabilities": capabilities,
    "categories": categories,
    "tables": tables,
    "hashed": lambda: _markdown(partitions.hash_table()),
    "isolated": lambda: _markdown(partitions.isolation_table()),
    "servers": lambda: _markdown(partitions.server_table()),
}


def renewed(text):
    """Return the page `text` with each of its generated tables made anew; raise KeyError for one that nothing makes."""
    return PLACES.sub(lambda found: f"{found[1]}{MADE[found[2]]()}{found[3]}", text)


def main():
    """Write each page anew that has such tables, and say which changed."""
    for page in sorted(FOLDER.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        made = renewed(text)
        if made != text:
            page.write_text(made, encoding="utf-8")
            print(f"{page.name} is written anew")


if __name__ == "__main__":
    main()
