"""How an organization's people change: added, edited, confirmed, kept, deactivated, linked as stand-ins."""

from datetime import timedelta

from portal.database import lock_row, transaction
from portal.models import history
from portal.models.notifications import notify
from portal.models.organizations import Contact, Organization, fold_email
from portal.models.sessions import Link

INVITATION_VALID = timedelta(hours=72)


class AddressTaken(Exception):
    """The e-mail address belongs to a contact already: addresses are unique over the whole portal."""


def add_contact_record(organization, name, email, actor, at, secret_key, *, grant=None, **flags):
    """Add a contact to `organization`, invite them by mail, and return them; raise AddressTaken.

    `grant` is the partner's right to do this, if it is one: the contact is then marked as added by that partner and
    the organization's contact managers are told at once (SPEC 3, rule 7).
    """
    with transaction():
        customer = lock_row(Organization, organization.id)
        if Contact.by_email(email):
            raise AddressTaken
        contact = Contact.create(
            email=fold_email(email),
            name=name,
            organization=customer,
            timezone=customer.timezone,
            locale=customer.locale,
            added_by=grant.partner_id if grant else None,
            created_at=at,
            **flags,
        )
        history.record(
            customer,
            "contact_added",
            at,
            actor=actor,
            contact=contact,
            partner=grant.partner_id if grant else None,
            grant=grant,
            name=name,
            email=contact.email,
        )
        invite(contact, actor, at, secret_key)
        if grant:
            notify(
                "contact_added",
                customer.contact_managers(),
                at,
                actor=actor,
                organization=customer,
                grant=grant,
                details={"contact": contact.public_id, "name": name, "email": contact.email},
            )
    return contact


def invite(contact, actor, at, secret_key):
    """Mail the contact a link to choose a password with: it works once and for 72 hours, and replaces earlier ones."""
    link = Link.make(contact, "invitation", at, INVITATION_VALID, secret_key)
    notify("invitation", [contact], at, actor=actor, link=link, organization=contact.organization_id)
    return link
