"""What the Contacts pages show of one organization: who waits, who is there, who stands in for whom (SPEC 4)."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from portal import permissions, resemblance
from portal.forms.people import option_groups
from portal.models import contact_lists
from portal.models.organizations import Contact
from portal.models.second_factors import SecondFactor
from portal.permissions import ContactAction, ContactStanding

MOST_SUGGESTED = 10
MOST_AT_A_GLANCE = 12


@dataclass(frozen=True)
class Waiting:
    """A contact whom a partner added: to be kept if that partner's access is over, else to be confirmed."""

    contact: Contact
    suspended: bool
    lent: list  # the grants that would count once confirmed
    may_agree: bool
    may_deactivate: bool


@dataclass(frozen=True)
class Row:
    """One contact of a list and what may be done with it."""

    contact: Contact
    may_edit: bool
    may_reactivate: bool
    suspended: bool
    names_adder: bool


class ContactBook:
    """Everything of one organization's Contacts page, for the holder of `standing`."""

    def __init__(self, organization, standing, words, place, inactive_place):
        self.organization = organization
        self.standing = standing
        self.at: datetime = standing.at
        select = permissions.contacts_waiting(organization, self.at)
        suspended = contact_lists.ids(select.where(permissions.suspended(self.at)))
        self.waiting = self._waiting(select, suspended)
        self.active = contact_lists.page(organization, True, words, place)
        self.inactive = contact_lists.page(organization, False, words, inactive_place)
        self.rows = [self._row(contact, suspended) for contact in self.active.contacts]
        self.inactive_rows = [self._row(contact, suspended) for contact in self.inactive.contacts]
        self.stand_ins = [
            one for one in contact_lists.stand_ins(organization) if self._knows_of(one.stands_in_for.organization)
        ]
        self.may_link = self._may(Contact(organization=organization), ContactAction.LINK)
        self.suggested = self._suggested() if self.may_link else []

    @property
    def decides(self):
        """Return whether the reader confirms and keeps: a contact manager of the organization."""
        return self.standing.kind == "own" and self.standing.contact.contact_manager

    @property
    def searchable(self):
        """Return whether there are so many that one looks for somebody by typing."""
        return self.active.total + self.inactive.total > MOST_AT_A_GLANCE

    @property
    def shows_sign_ins(self):
        """Return whether the reader is shown who signed in when: not a partner's affair."""
        return self.standing.grant is None

    @property
    def shows_dealings(self):
        """Return whether the reader is shown what others gave the organization: not a partner's affair either."""
        return self.standing.grant is None

    def _knows_of(self, partner):
        """Return whether the reader may know that this partner works here: a partner knows of itself alone."""
        return self.standing.grant is None or self.standing.grant.partner_id == partner.id

    def _waiting(self, select, suspended):
        contacts = [one for one in contact_lists.with_adders(select) if self._knows_of(one.added_by)]
        lent = permissions.lent_once_confirmed(contacts, self.at)
        return [
            Waiting(
                contact,
                contact.id in suspended,
                lent[contact.id],
                self._may(contact, ContactAction.AGREE),
                self._may(contact, ContactAction.DEACTIVATE),
            )
            for contact in contacts
        ]

    def _row(self, contact, suspended):
        return Row(
            contact,
            self._may(contact, ContactAction.EDIT),
            self._may(contact, ContactAction.REACTIVATE),
            contact.id in suspended,
            contact.added_by is not None and self._knows_of(contact.added_by),
        )

    def _suggested(self):
        contacts = contact_lists.who_could_stand_in(self.organization)
        people = [person for person, _one in permissions.partner_people(self.organization, self.at)]
        firms = {self.organization.name, *(person.organization.name for person in people)}
        return resemblance.likely_pairs(contacts, people, firms)[:MOST_SUGGESTED]

    def _may(self, contact, action):
        return ContactStanding(self.standing, contact).allows(action)


class ContactRecord:
    """One contact's own page, for the holder of `one` (a ContactStanding)."""

    def __init__(self, one):
        self.contact = contact_lists.with_last_seen(one.contact)
        self.organization = one.standing.organization
        self.is_self = one.is_self
        self.at = one.standing.at
        self._allows = one.allows
        actor = one.standing.contact
        self.led = contact_lists.led(permissions.visible_requests(actor, self.at), self.contact)
        self.suspended = permissions.is_suspended(self.contact, self.at)
        grant = one.standing.grant
        self.shows_sign_ins = grant is None
        self.names_adder = grant is None or grant.partner_id == self.contact.added_by_id
        self.has_second_factor = grant is None and SecondFactor.of(self.contact) is not None

    @property
    def may_invite(self):
        """Return whether another invitation can be mailed."""
        waits = self.contact.password_hash is None and permissions.may_sign_in(self.contact, self.at)
        return waits and self._allows(ContactAction.INVITE)

    @property
    def may_reset_second_factor(self):
        """Return whether the reader can take the contact's second factor away."""
        return self.has_second_factor and self._allows(ContactAction.RESET_SECOND_FACTOR)

    @property
    def may_confirm(self):
        """Return whether the reader can confirm the contact."""
        return self.contact.active and self.contact.confirmed_at is None and self._allows(ContactAction.AGREE)

    @property
    def may_keep(self):
        """Return whether the reader can keep the contact, ahead of the end of the partner's access too."""
        return self.contact.active and self.contact.kept_at is None and self._allows(ContactAction.AGREE)

    @property
    def may_deactivate(self):
        """Return whether the reader can deactivate the contact."""
        return self.contact.active and self._allows(ContactAction.DEACTIVATE)

    @property
    def may_reactivate(self):
        """Return whether the reader can let the contact in again."""
        return not self.contact.active and self._allows(ContactAction.REACTIVATE)

    @property
    def may_unlink(self):
        """Return whether the reader can give a stand-in back to itself."""
        return self.contact.stands_in_for_id is not None and self._allows(ContactAction.LINK)

    @property
    def may_link(self):
        """Return whether the reader can make a stand-in of the contact."""
        one = self.contact
        able = one.active and not (one.contact_manager or one.desk or one.stands_in_for_id or one.has_stand_ins())
        return able and self._allows(ContactAction.LINK)

    def people_options(self):
        """Return the options of whom the contact could stand in for: those who look like it first, then by partner."""
        people = permissions.partner_people(self.organization, self.at)
        ignored = resemblance.words_of({self.organization.name, *(person.organization.name for person, _one in people)})
        alike = [one for one in people if resemblance.resemblance(self.contact, one[0], ignored)]
        likely = [(person.public_id, f"{person.name}, {person.organization.name}") for person, _one in alike]
        first = [{"label": _("Looks alike"), "options": likely}] if likely else []
        rest = option_groups(people, without={person.id for person, _one in alike})
        return [("", _("Choose a person")), *first, *rest] if people else []
