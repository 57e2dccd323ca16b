"""Requests for access and grants that are over, as lists tell them: plain values, which say all that is drawn of them."""

from datetime import date, datetime
from typing import NamedTuple

from portal.models.access import GIVEN_UP

LINES = 6


class Line(NamedTuple):
    """One subject of a request, and the ranks of the levels asked and given."""

    person: str | None  # the name; None for everybody
    is_reader: bool
    level: int
    given: int | None


class Terms(NamedTuple):
    """What was asked, and what an approval gave."""

    lines: tuple  # the first of them
    more: int
    days: int
    days_given: int | None
    covers_from: date | None


class Waiting(NamedTuple):
    """A request that waits for an answer, as its partner sees it."""

    id: str
    address: str
    requester: str | None  # None where the reader asked
    asked_at: datetime
    lapses_at: datetime
    terms: Terms
    may_withdraw: bool


class Answered(NamedTuple):
    """A request that nobody can decide any more."""

    status: str
    answered_at: datetime
    address: str
    partner: str
    requester: str
    reader_asked: bool
    decided_by: str | None
    customer: str | None
    reason: str
    terms: Terms


class Over(NamedTuple):
    """A grant that is over, and why."""

    person: str | None  # the name; None for everybody
    partner: str
    level: int
    starts_at: datetime
    over_at: datetime
    ended_by: str | None
    given_up: bool
    ended_early: bool


def waiting(access_request, reader, may_withdraw):
    """Return the Waiting of a request for its reader."""
    by_reader = access_request.requested_by_id == reader.id
    return Waiting(
        id=access_request.public_id,
        address=access_request.manager_email,
        requester=None if by_reader else access_request.requested_by.name,
        asked_at=access_request.created_at,
        lapses_at=access_request.lapses_at,
        terms=_terms(access_request, reader),
        may_withdraw=may_withdraw,
    )


def answered(access_request, reader, at):
    """Return the Answered of a request for its reader at `at`."""
    decided_by, customer = access_request.decided_by, access_request.customer
    return Answered(
        status=access_request.status_at(at),
        answered_at=access_request.answered_at,
        address=access_request.manager_email,
        partner=access_request.partner.name,
        requester=access_request.requested_by.name,
        reader_asked=access_request.requested_by_id == reader.id,
        decided_by=decided_by and decided_by.name,
        customer=customer and customer.name,
        reason=access_request.decision_reason,
        terms=_terms(access_request, reader),
    )


def over(grant):
    """Return the Over of a grant."""
    return Over(
        person=grant.contact.name if grant.contact_id else None,
        partner=grant.partner.name,
        level=grant.level,
        starts_at=grant.starts_at,
        over_at=grant.over_at,
        ended_by=grant.ended_by and grant.ended_by.name,
        given_up=grant.end_cause == GIVEN_UP,
        ended_early=grant.over_at < grant.expires_at,
    )


def _terms(access_request, reader):
    lines = access_request.all_lines()
    return Terms(
        lines=tuple(_line(one, reader) for one in lines[:LINES]),
        more=max(0, len(lines) - LINES),
        days=access_request.days,
        days_given=access_request.days_given,
        covers_from=access_request.covers_from,
    )


def _line(line, reader):
    person = line.contact.name if line.contact_id else None
    return Line(person, line.contact_id == reader.id, line.level, line.level_given)
