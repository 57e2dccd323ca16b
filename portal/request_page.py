"""What the page of one service request offers its reader: who is on it, whom one can add, what one may change."""

from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace

from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from portal import permissions
from portal.forms import people as people_options
from portal.languages import current_locale
from portal.models import Contact, site_notices, threads
from portal.models.beside import Beside
from portal.models.service_requests import CLOSED, OPEN, SITE_ADMINISTRATION, SOLVED, STATUSES, WAITING
from portal.permissions import Action, Capability, RequestStanding
from portal.words import in_sentence, severity_word, status_word

MOST_NAMES = 4


@dataclass
class Person:
    """One contact of a request, as the panel shows them."""

    contact: Contact
    side: str
    note: str
    level: int | None  # of the partner's people who have access today
    primary: bool
    mine: bool
    may_lead: bool


@dataclass
class RequestPage:
    """A request and its reader's standing. Each list is asked of the database once, when it is needed."""

    one: RequestStanding
    beside: Beside | None  # where all of the page is shown

    @property
    def request(self):
        return self.one.service_request

    @property
    def standing(self):
        return self.one.standing

    @property
    def reader(self):
        return self.one.standing.contact

    @cached_property
    def may(self):
        """Whether, by the name of the action."""
        return SimpleNamespace(**{action.value: self.one.allows(action) for action in Action})

    @property
    def may_add_new(self):
        return self.may.change_contacts and self.standing.allows(Capability.MANAGE_CONTACTS)

    @property
    def kind(self):
        """Why the reader sees it: "own", "desk", "grant", or "named" where only the request's naming them opens it."""
        return self.standing.kind if self.one.opened else "named"

    @property
    def hidden_because(self):
        """Why the level alone would not open it: "confidential", "older" or, below Look, "level"."""
        if not self.standing.allows(Capability.READ_ALL):
            return "level"
        return "confidential" if self.request.confidential else "older"

    @property
    def site_notices(self):
        """What is announced about the request's site now, for who receives such notices."""
        if not self.beside.notices or not permissions.organizations_noticed([self.standing]):
            return []
        return site_notices.current_for_site(self.request.site_id, self.standing.at)

    @property
    def asks_for_administration(self):
        """Whether the desk is to look at the right by which site administration is asked for."""
        return self.reader.desk and self.request.category in SITE_ADMINISTRATION

    @cached_property
    def right(self):
        """The grant under which a partner submitted it, or None: then one of its own support contacts or the desk did."""
        return threads.right_of_submitting(self.request)

    # --- People ---

    @cached_property
    def _everybody(self):
        """Who may do something for the customer; the partners' people alone where nobody can be added."""
        people = permissions.everybody if self.may.change_contacts else permissions.partner_people
        return people(self.request.organization, self.standing.at)

    @cached_property
    def people_to_name(self):
        return permissions.people_to_name(self.one, self._everybody) if self.may.change_contacts else []

    @cached_property
    def _partner_standings(self):
        return {person.id: one for person, one in self._everybody if one.grant}

    @cached_property
    def _named(self):
        return threads.people_of(self.request)

    @property
    def submitter(self):
        return self._named[0]

    @cached_property
    def contacts(self):
        """The people on the request: the primary contact, then the additional ones."""
        _submitter, primary, additional = self._named
        return [self._person(one) for one in (primary, *additional)]

    @cached_property
    def _leaders(self):
        return {person.id for person, one in self.people_to_name if one.allows(Capability.BE_PRIMARY_CONTACT)}

    def _person(self, contact):
        of_customer = contact.organization_id == self.request.organization_id
        one = None if of_customer or contact.desk else self._partner_standings.get(contact.id)
        return Person(
            contact,
            side="desk" if contact.desk else "customer" if of_customer else "partner",
            note=self._note(contact, of_customer or contact.desk or one is not None),
            level=one.level if one and contact.active and not contact.stands_in_for_id else None,
            primary=contact.id == self.request.primary_contact_id,
            mine=contact.id == self.reader.id,
            may_lead=contact.id in self._leaders,
        )

    def _note(self, contact, belongs):
        organization = contact.organization.name
        if contact.stands_in_for_id:
            behind = contact.stands_in_for
            return _(
                "%(organization)s, stands in for %(name)s of %(firm)s",
                organization=organization,
                name=behind.name,
                firm=behind.organization.name,
            )
        if not contact.active:
            return _("%(organization)s, not active any more", organization=organization)
        return organization if belongs else _("%(organization)s, no access today", organization=organization)

    @property
    def candidates(self):
        """The groups of the second drop-down: the customer's contacts, then the partners' people with any level."""
        present = {person.contact.id for person in self.contacts}
        return people_options.option_groups(self.people_to_name, without=present)

    @property
    def told(self):
        """Who hears of a reply: "Haruto Abe, Ben Okafor and the desk"."""
        named = {one.id: one for one in (self.submitter, *(person.contact for person in self.contacts))}
        names = [in_sentence(one.name) for one in named.values() if one.id != self.reader.id and not one.desk]
        if len(names) > MOST_NAMES:
            rest = len(names) - MOST_NAMES + 1
            names[MOST_NAMES - 1 :] = [ngettext("%(num)s other", "%(num)s others", rest)]
        locale = "en_GB" if current_locale() == "en" else current_locale()  # no comma before "and"
        return format_list([*names, _("the desk")], locale=locale)

    # --- Choices ---

    @property
    def status_options(self):
        """The statuses with what choosing each means, from the side of the reader."""
        asks = {
            OPEN: pgettext("status", "Open: the desk goes on"),
            WAITING: pgettext("status", "Waiting: we still have to answer"),
            SOLVED: status_word(SOLVED),
            CLOSED: status_word(CLOSED),
        }
        desk = {
            OPEN: pgettext("status", "Open: we go on"),
            WAITING: pgettext("status", "Waiting: for an answer of the customer"),
        }
        words = asks | desk if self.reader.desk else asks
        return [(status, words[status]) for status in STATUSES]

    @property
    def likely_status(self):
        """The status that a reply most likely leads to: an answer to a waiting desk makes it go on."""
        answers = self.request.status == WAITING and not self.reader.desk
        return OPEN if answers else self.request.status

    @property
    def status_word(self):
        """The status, from the side of the reader."""
        if self.request.status == WAITING and self.may.update and not self.reader.desk:
            return _("Waiting for you")
        return status_word(self.request.status)

    @property
    def severity_options(self):
        return [
            (number, _("%(number)s: %(word)s", number=number, word=severity_word(number))) for number in (1, 2, 3, 4)
        ]
