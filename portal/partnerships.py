"""Everything that My Partners tells of one customer, loaded in a fixed number of queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.collation import in_order
from portal.forms.decisions import ApprovalForm, choices_for, field_of
from portal.models import access_lists, impact
from portal.models.access import AccessRequest, Grant
from portal.models.counting import anything_led_from_outside, led_from_outside
from portal.models.grant_changes import still_of
from portal.models.prepared import slot
from portal.models.small_questions import Questions
from portal.permissions import Capability, Level, people_who_may
from portal.weighing import Scales, Weighed

ROWS_SHOWN = 30
DECISIONS_SHOWN = 10


class Turn(NamedTuple):
    """Where a page of what waits stands: how many wait, how many stand before it, the last of it where more follow."""

    total: int
    begins: int
    last: str | None


@dataclass(frozen=True)
class Decision:
    """One request that waits: what was asked, what the form gives, and what that would change."""

    access_request: AccessRequest
    form: ApprovalForm
    rows: list
    weighed: Weighed
    addressed_to: object  # the contact manager whom the address reached, if still one
    requester_has_left: bool
    others_ask: list  # other waiting requests of the partner that name one of the same subjects


@dataclass(frozen=True)
class DecisionRow:
    """One line of a request on the page."""

    line: object
    field_name: str
    today: Level | None
    choices: list
    chosen: str


@dataclass(frozen=True)
class GrantRow:
    """One grant that is not over: who holds it, what follows when it ends."""

    grant: Grant
    active: bool
    reached: int  # how many people it decides for
    leads: int  # open requests led by the person it names
    falls_back_to: Level | None  # what decides for the person afterwards
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
    """One customer's partners at `at`, for one of its contact managers."""

    def __init__(self, customer, at):
        self.customer = customer
        self.at = at
        self.pending, self.answered = access_lists.of_customer(customer, at)
        self.grants, self.over = access_lists.grants_of_customer(customer, at)
        self._subjects = {one.id: {line.contact_id for line in one.all_lines()} for one in self.pending}
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
        filled = {one: (forms or {}).get(one.public_id) or self.form_for(one) for one in self._shown}
        sinces = list(dict.fromkeys(self.scales.instant_of(form.covers_from_day) for form in filled.values()))
        led = Questions(("led",), ("led",), lambda: {"led": anything_led_from_outside(slot("customer"))}, {})
        answers = ask(impact.questions(self.customer, sinces).beside(led))
        self.scales.extents |= impact.answered(answers, sinces)
        self._anybody_leads = bool(answers["led"])
        by_partner = {}
        for one, form in filled.items():
            by_partner.setdefault(one.partner_id, []).append(self.decision(one, form))
        return list(by_partner.values())

    def decision(self, access_request, form):
        """Return the Decision about one request, as the form stands."""
        partner = access_request.partner_id
        expires_at = form.days_given and clock.end_after_days(self.at, form.days_given, self.customer.timezone)
        given = {line.contact_id: form.level_of(line) for line in access_request.all_lines() if form.level_of(line)}
        return Decision(
            access_request,
            form,
            rows=[self._decision_row(partner, line, form) for line in access_request.all_lines()],
            weighed=self.scales.weigh(partner, given, form.covers_from_day, expires_at),
            addressed_to=self._manager_addressed(access_request),
            requester_has_left=not still_of(partner, [access_request.requested_by]),
            others_ask=[one for one in self.pending if self._overlap(one, access_request)],
        )

    def _manager_addressed(self, access_request):
        found = access_request.addressed_to
        there = found and found.contact_manager and found.stands_in_for_id is None
        return found if there and still_of(self.customer.id, [found]) else None

    def _overlap(self, one, other):
        same = one.partner_id == other.partner_id and one.id != other.id
        return same and bool(self._subjects[one.id] & self._subjects.get(other.id, set()))

    def _decision_row(self, partner, line, form):
        grant = self.scales.deciding_today(partner, line.contact_id)
        choices = choices_for(line)
        chosen = form.codes.get(field_of(line)) or choices[0][0]
        return DecisionRow(line, field_of(line), Level(grant.level) if grant else None, choices, chosen)

    def partners(self):
        """Return a Partner for each organization with grants that are not over, by name."""
        leads, found = Counter(person_behind(one).id for one in self._led), {}
        for grant in self.grants:
            partner = found.setdefault(grant.partner_id, Partner(grant.partner))
            partner.rows.append(self._grant_row(grant, leads))
        return in_order(found.values(), lambda partner: partner.organization.name)

    def _grant_row(self, grant, leads):
        wide = self.scales.deciding_today(grant.partner_id, None) if grant.contact_id else None
        return GrantRow(
            grant,
            active=grant.is_active(self.at),
            reached=self.scales.reached_by(grant),
            leads=leads[grant.contact_id],
            falls_back_to=Level(wide.level) if wide else None,
            has_left=grant.contact_id is not None and not self.scales.knows(grant.partner_id, grant.contact_id),
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
