"""Everything that My Partners tells of one customer, loaded in a fixed number of queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from portal import clock, deciding
from portal.collation import in_order
from portal.forms.decisions import ApprovalForm
from portal.models import access_lists, impact
from portal.models.counting import anything_led_from_outside, led_from_outside
from portal.models.prepared import slot
from portal.models.small_questions import Questions
from portal.permissions import Capability, people_who_may
from portal.weighing import Scales

ROWS_SHOWN = 30
DECISIONS_SHOWN = 10


class Turn(NamedTuple):
    """Where a page of what waits stands: how many wait, how many stand before it, the last of it where more follow."""

    total: int
    begins: int
    last: str | None


class GrantRow(NamedTuple):
    """One grant that is not over, in plain values: who holds it, what follows when it ends. Levels are ranks."""

    id: str
    person: str | None  # the name; None for everybody
    person_id: str | None
    level: int
    covers_from: date | None
    starts_at: datetime
    expires_at: datetime
    given_by: str
    active: bool
    reached: int  # how many people it decides for
    leads: int  # open requests led by the person it names
    falls_back_to: int | None  # what decides for the person afterwards
    has_left: bool


@dataclass
class Lead:
    """A partner's person, and the open requests that they lead."""

    person: object
    requests: list = field(default_factory=list)


@dataclass
class Partner:
    """One partner's grants, everybody's first."""

    organization: object
    rows: list = field(default_factory=list)


class Partnerships:
    """One customer's partners at `at`, for `reader`, one of its contact managers."""

    def __init__(self, reader, at):
        self.reader, self.customer, self.at = reader, reader.organization, at
        self.pending, self.answered = access_lists.of_customer(self.customer, at)
        self.grants, self.over = access_lists.grants_of_customer(self.customer, at)
        self._subjects = {one.id: {line.contact_id for line in one.all_lines()} for one in self.pending}
        self.day_begun = clock.start_of_day(clock.day_in(at, self.customer.timezone), self.customer.timezone)
        self._asking = Counter((one.partner_id, subject) for one in self.pending for subject in self._subjects[one.id])
        self._shown = self.pending
        self._anybody_leads = True

    def turn_to(self, last=None, around=""):
        """Show a page of what waits, a partner's together: after the request called `last`, or with `around` (public ids).

        Returns a Turn: what follows and what went before.
        """
        by_partner = {}
        for one in self.pending:
            by_partner.setdefault(one.partner_id, []).append(one)
        ordered = [one for together in by_partner.values() for one in together]
        places = {one.public_id: place for place, one in enumerate(ordered)}
        begins = places[last] + 1 if last in places else 0
        if around in places:
            begins = places[around] // DECISIONS_SHOWN * DECISIONS_SHOWN
        self._shown = ordered[begins : begins + DECISIONS_SHOWN]
        more = begins + DECISIONS_SHOWN < len(ordered)
        return Turn(len(ordered), begins, self._shown[-1].public_id if more else None)

    @cached_property
    def scales(self):
        """The people and grants of those partners that are shown, by which a decision is weighed."""
        partners = {one.partner_id for one in (*self._shown, *self.grants)}
        return Scales(self.customer, partners, self.at, [one for one in self.grants if one.is_active(self.at)])

    def form_for(self, access_request, posted=None):
        """Return the approval as posted; without that as asked, from the day that is covered today, if one is."""
        if posted is None:
            covers_from = self._covered_from_today(access_request)
            posted = MultiDict({"covers_from": covers_from.isoformat() if covers_from else ""})
        return ApprovalForm.read(posted, access_request, latest_day(self.customer, self.at))

    def _covered_from_today(self, access_request):
        subjects = self._subjects[access_request.id]
        held = [self.scales.deciding_today(access_request.partner_id, one) for one in subjects]
        return max((grant.covers_from for grant in held if grant and grant.covers_from), default=None)

    def decisions(self, forms=None, ask=Questions.answers):
        """Return lists of Decisions on the page, one list a partner, oldest first.

        `forms` are those typed already, by public id; `ask` returns the answers to small Questions.
        """
        forms = forms or {}
        filled = {one: forms.get(one.public_id) or self.form_for(one) for one in self._shown}
        sinces = list(dict.fromkeys(self.scales.instant_of(form.covers_from_day) for form in filled.values()))
        led = Questions(("led",), ("led",), lambda: {"led": anything_led_from_outside(slot("customer"))}, {})
        answers = ask(impact.questions(self.customer, sinces).beside(led))
        self.scales.extents |= impact.answered(answers, sinces)
        self._anybody_leads = bool(answers["led"])
        by_partner = {}
        for one, form in filled.items():
            errors = form.errors if one.public_id in forms else ()
            by_partner.setdefault(one.partner_id, []).append(self.decision(form, errors))
        return list(by_partner.values())

    def decision(self, form, errors=()):
        """Return the Decision about one request as its form stands; `errors` are shown beside what was typed."""
        asked, partner = form.access_request, form.access_request.partner_id
        expires_at = form.days_given and clock.end_after_days(self.at, form.days_given, self.customer.timezone)
        given = {line.contact_id: level for line in asked.all_lines() if (level := form.level_of(line))}
        return deciding.told(
            form,
            self.scales.weigh(partner, given, form.covers_from_day, expires_at or None),
            lambda contact: self.scales.deciding_today(partner, contact),
            reader=self.reader,
            others_ask=any(self._asking[partner, one] > 1 for one in self._subjects.get(asked.id, ())),
            errors=errors,
        )

    def partners(self):
        """Return a Partner for each organization with grants that are not over, by name."""
        leads, found = Counter(person_behind(one).id for one in self._led), {}
        for grant in self.grants:
            partner = found.setdefault(grant.partner_id, Partner(grant.partner))
            partner.rows.append(self._grant_row(grant, leads))
        return in_order(found.values(), lambda partner: partner.organization.name)

    def _grant_row(self, grant, leads):
        person = grant.contact
        wide = self.scales.deciding_today(grant.partner_id, None) if person else None
        return GrantRow(
            id=grant.public_id,
            person=person and person.name,
            person_id=person and person.public_id,
            level=grant.level,
            covers_from=grant.covers_from,
            starts_at=grant.starts_at,
            expires_at=grant.expires_at,
            given_by=grant.approved_by.name if grant.approved_by else self.customer.name,
            active=grant.is_active(self.at),
            reached=self.scales.reached_by(grant),
            leads=leads[grant.contact_id],
            falls_back_to=wide and wide.level,
            has_left=person is not None and not self.scales.knows(grant.partner_id, person.id),
        )

    @property
    def people_count(self):
        """Return how many people of all partners have access now."""
        return sum(self.scales.reached_by(grant) for grant in self.grants if grant.is_active(self.at))

    @cached_property
    def _led(self):
        return led_from_outside(self.customer) if self._anybody_leads else []

    @cached_property
    def successors(self):
        """Return {public id: contact} of those who may lead requests: the customer's own people first."""
        found = people_who_may(Capability.BE_PRIMARY_CONTACT, self.customer, self.at)
        return {person.public_id: person for person, _standing in found}

    def leads(self, *, departed):
        """Return a Lead for each partner's person who leads open requests: those who may no more, or those who may."""
        found = {}
        for one in self._led:
            person = person_behind(one)
            if (person.public_id not in self.successors) == departed:
                found.setdefault(person.id, Lead(person)).requests.append(one)
        return sorted(found.values(), key=lambda lead: (lead.person.name, lead.person.id))

    def still_led_from_outside(self, service_requests):
        """Return those of the requests that are open and led by a partner's person."""
        led = {one.id for one in self._led}
        return [one for one in service_requests if one.id in led]

    @cached_property
    def successor_choices(self):
        """Return those who may lead requests as choices of a drop-down, by organization."""
        groups = {}
        for public_id, person in self.successors.items():
            group = groups.setdefault(person.organization_id, {"label": person.organization.name, "options": []})
            group["options"].append((public_id, person.name))
        return [("", gettext("Choose somebody")), *groups.values()]


def latest_day(customer, at):
    """Return the latest day from which requests can be covered."""
    return clock.day_in(at, customer.timezone) + timedelta(days=3650)


def person_behind(service_request):
    """Return who leads a request in truth: its primary contact, or the person behind a stand-in."""
    primary = service_request.primary_contact
    return primary.stands_in_for or primary
