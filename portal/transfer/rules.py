"""What the rows of each file must not say."""

from datetime import datetime

from flask_babel import gettext as _

from portal.models.access import APPROVED, DECLINED, PENDING, WITHDRAWN
from portal.transfer.known import stored_grants

_FOREVER = datetime.max


def _stand_in(values, world):
    behind = world.people.get(values["stands_in_for"])
    if behind is None:
        return
    if values["stands_in_for"] == values["email"]:
        yield "stands_in_for", _("Nobody stands in for themselves.")
    elif behind.organization == values["organization"]:
        yield "stands_in_for", _("A stand-in and the person behind it belong to different organizations.")
    elif behind.stands_in_for:
        yield "stands_in_for", _("“%(email)s” is a stand-in itself.", email=values["stands_in_for"])


def _own_partner(values, world):
    if values["customer"] == values["partner"]:
        yield "partner", _("An organization is not its own partner.")


def _no_time(values, world):
    if values["starts_at"] >= values["expires_at"]:
        yield "expires_at", _("The grant ends before it starts.")


def _too_many_days(values, world):
    if not 1 <= values["days"] <= world.max_days:
        sentence = _("Write a whole number from %(least)s to %(most)s.", least=1, most=world.max_days)
        yield "days", sentence


def _decision(values, world):
    status, decided_at = values["status"], values["decided_at"]
    if status == PENDING:
        for column in ("decided_at", "decided_by"):
            if values.get(column) is not None:
                yield column, _("A pending request is not decided yet: leave this empty.")
    elif status in {APPROVED, DECLINED, WITHDRAWN} and decided_at is None:
        yield "decided_at", _("A request that is %(status)s was so from some instant on: write it.", status=status)
    if decided_at is not None and decided_at < values["created_at"]:
        yield "decided_at", _("The decision lies before the request.")


def _subjects(values, world):
    for subject, _level in values["lines"]:
        if subject is not None and subject not in world.people:
            yield "lines", _("There is no contact “%(value)s”.", value=subject)


def _foreign_site(values, world):
    if values["site"] is not None and (values["organization"], values["site"]) not in world.sites:
        yield "site", _("“%(organization)s” has no site of this name.", organization=values["organization"])


def _additional_contacts(values, world):
    for email in values["additional_contacts"]:
        if email not in world.people:
            yield "additional_contacts", _("There is no contact “%(value)s”.", value=email)


def _updated_before(values, world):
    if values["updated_at"] is not None and values["updated_at"] < values["created_at"]:
        yield "updated_at", _("The last change lies before the request.")


# Each rule is asked of the rows in which the columns that it needs mean something.
RULES = {
    "contacts": (({"email", "organization", "stands_in_for"}, _stand_in),),
    "grants": (({"customer", "partner"}, _own_partner), ({"starts_at", "expires_at"}, _no_time)),
    "access_requests": (
        ({"days"}, _too_many_days),
        ({"status", "created_at", "decided_at"}, _decision),
        ({"lines"}, _subjects),
    ),
    "service_requests": (
        ({"organization", "site"}, _foreign_site),
        ({"additional_contacts"}, _additional_contacts),
        ({"created_at", "updated_at"}, _updated_before),
    ),
}


def overlaps(table):
    """Note each grant that is active at an instant at which another of its subject is (SPEC 3, rule 4)."""
    needed = {"customer", "partner", "contact", "starts_at", "expires_at", "ended_at"}
    rows = [row for row in table.rows if row.values.keys() >= needed]
    terms = {}
    for row in rows:
        values = row.values
        subject = (values["customer"], values["partner"], values["contact"])
        terms.setdefault(subject, []).append(_term(values["starts_at"], values["expires_at"], values["ended_at"], row))
    for customer, partner, contact, *instants in stored_grants({subject[0] for subject in terms}):
        if (customer, partner, contact) in terms:
            terms[customer, partner, contact].append(_term(*instants, None))
    for of_subject in terms.values():
        _note_overlaps(table, of_subject)


def _term(starts_at, expires_at, ended_at, row):
    return starts_at, min(expires_at, ended_at or _FOREVER), row


def _note_overlaps(table, terms):
    # A grant that was superseded before it began was never active, and overlaps nothing.
    lasting = sorted((term for term in terms if term[0] < term[1]), key=lambda term: (term[0], _line(term)))
    reaching = None
    for term in lasting:
        if reaching is not None and term[0] < reaching[1] and (reaching[2] or term[2]):
            other, named = sorted((reaching, term), key=_line)
            table.fault(_line(named), "starts_at", _overlap(other))
        if reaching is None or term[1] > reaching[1]:
            reaching = term


def _line(term):
    return term[2].line if term[2] else 0


def _overlap(other):
    if other[2] is None:
        return _("A grant of the same subject that is in the portal already is active then.")
    return _("The grant of the same subject in line %(line)s is active then.", line=other[2].line)
