"""One request that waits for a decision as My Partners tells it: plain values, which say all that is drawn of them."""

from datetime import datetime
from typing import NamedTuple

from portal.forms.decisions import choices_for, field_of
from portal.impact_told import Told
from portal.models.grant_changes import still_of


class Line(NamedTuple):
    """One line of a request on the page; levels are ranks."""

    person: str | None  # the name; None for everybody
    field_name: str
    today: int | None
    asked: int
    choices: tuple
    chosen: str
    has_left: bool


class Decision(NamedTuple):
    """What was asked, what the form gives, and what that would change."""

    id: str
    partner: str
    days: int
    reason: str
    asked_at: datetime
    lapses_at: datetime
    requester: str
    requester_has_left: bool
    addressed_to: str | None  # the contact manager whom the address reached, if still one
    addressed_to_reader: bool
    others_ask: bool  # other waiting requests of the partner that name one of the same subjects
    lines: tuple
    impact: Told
    expires_at: datetime | None
    days_typed: str
    covers_from_typed: str
    reason_typed: str
    changes: int  # in how many ways it differs from what was asked
    fits: bool  # whether it could be given as typed
    errors: tuple  # (id of the field, sentence)

    def id_of(self, name):
        """Return the id on the page of the field called `name`, as the form has it."""
        return f"{name}-{self.id}"


def told(form, weighed, today, *, reader, others_ask, errors=()):
    """Return the Decision about the form's request; `today` returns the grant that decides for a contact (id) or None."""
    asked = form.access_request
    manager = _manager_addressed(asked)
    return Decision(
        id=asked.public_id,
        partner=asked.partner.name,
        days=asked.days,
        reason=asked.reason,
        asked_at=asked.created_at,
        lapses_at=asked.lapses_at,
        requester=asked.requested_by.name,
        requester_has_left=not still_of(asked.partner_id, [asked.requested_by]),
        addressed_to=manager and manager.name,
        addressed_to_reader=manager is not None and manager.id == reader.id,
        others_ask=others_ask,
        lines=tuple(_line(line, form, today(line.contact_id)) for line in asked.all_lines()),
        impact=weighed.told,
        expires_at=weighed.expires_at,
        days_typed=form.days,
        covers_from_typed=form.covers_from,
        reason_typed=form.reason,
        changes=form.changes,
        fits=not form.errors,
        errors=tuple(dict(errors).items()),
    )


def _line(line, form, grant):
    name, choices = field_of(line), choices_for(line)
    return Line(
        person=line.contact.name if line.contact_id else None,
        field_name=name,
        today=grant and grant.level,
        asked=line.level,
        choices=choices,
        chosen=form.codes.get(name) or choices[0][0],
        has_left=line.has_left,
    )


def _manager_addressed(asked):
    found = asked.addressed_to
    there = found and found.contact_manager and found.stands_in_for_id is None
    return found if there and still_of(asked.customer_id, [found]) else None
