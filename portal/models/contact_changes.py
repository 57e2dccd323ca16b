"""How an organization's people change: added, invited, edited, confirmed, kept, deactivated. Each is one transaction."""

from datetime import timedelta

from peewee import IntegrityError

from portal.database import handle, transaction
from portal.models import history
from portal.models.holding import hold_row, lock_row
from portal.models.notifications import notify
from portal.models.organizations import Contact, Organization, fold_email
from portal.models.sessions import INVITATION, VALID_FOR, Link, Session

MOST_INVITATIONS = 5
FLAGS = ("contact_manager", "support_contact", "desk")
A_PARTNERS = frozenset({"name", "timezone", "locale"})  # what a partner may set


class AddressTaken(Exception):
    """The e-mail address belongs to a contact already: addresses are unique over the whole portal."""


class RightsCannotBreed(Exception):
    """What is never a partner's, whatever its level (SPEC 3, rule 7). The pages refuse it before it comes to this."""


class LastManager(Exception):
    """Without this contact manager the organization would have none left."""


class FlagRefused(Exception):
    """A flag that this contact cannot carry: `flag`, and why: "unconfirmed", "not_kept" or "stand_in"."""

    def __init__(self, flag, cause):
        super().__init__(flag, cause)
        self.flag = flag
        self.cause = cause


class ChangedMeanwhile(Exception):
    """The record is not as it was when the change was begun; `contact` is as it is now."""

    def __init__(self, contact):
        super().__init__(contact.public_id)
        self.contact = contact


def add_contact_record(organization, name, email, actor, at, secret_key, *, grant=None, **values):
    """Add a contact to `organization`, invite them by mail, and return them; raise AddressTaken.

    `grant` is the partner's right to do this, if it is one: the contact is then marked as added by that partner and
    the organization's contact managers are told at once (SPEC 3, rule 7). `values`: time zone, language, flags.
    """
    flags = {flag for flag in FLAGS if values.get(flag)}
    _refuse_breeding(organization, actor, grant, flags | (values.keys() - set(FLAGS)))
    with transaction():
        customer = lock_row(Organization, organization.id)
        values = {"timezone": customer.timezone, "locale": customer.locale, **values}
        contact = _create(
            email,
            name=name,
            organization=customer,
            added_by=grant.partner_id if grant else None,
            created_at=at,
            **values,
        )
        _record(contact, "contact_added", actor, at, grant=grant, name=name, email=contact.email, flags=sorted(flags))
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


def _create(email, **values):
    if Contact.by_email(email):
        raise AddressTaken
    try:
        with handle.atomic():
            return Contact.create(email=fold_email(email), **values)
    except IntegrityError as error:  # another organization was quicker by a moment
        raise AddressTaken from error


def invite(contact, actor, at, secret_key):
    """Mail the contact a link to choose a password with: it works once and for 72 hours, and replaces earlier ones."""
    link = Link.make(contact, INVITATION, at, VALID_FOR[INVITATION], secret_key)
    notify("invitation", [contact], at, actor=actor, link=link, organization=contact.organization_id)
    return link


def invite_again(contact, actor, at, secret_key, *, grant=None):
    """Mail another invitation to an active contact without a password; return whether that was done.

    At most MOST_INVITATIONS an hour. Whoever has a password asks for another one alone, at sign-in.
    """
    with transaction():
        now = _held(contact)
        _refuse_breeding(now.organization, actor, grant, (), now)
        if grant and now.added_by_id != grant.partner_id:
            raise RightsCannotBreed
        waits = now.active and now.password_hash is None and now.stands_in_for_id is None
        if not waits or Link.count_since(now, INVITATION, at - timedelta(hours=1)) >= MOST_INVITATIONS:
            return False
        invite(now, actor, at, secret_key)
    return True


def edit(contact, values, actor, at, secret_key, *, edition, grant=None, session_key=None):
    """Set `values` (of EDITABLE) and return what changed, {name: (before, after)}.

    `edition` is that of the record which the writer saw. Another e-mail address ends every session but `session_key`
    and every mailed link, and is told to both addresses. Raises AddressTaken, LastManager, FlagRefused, ChangedMeanwhile.
    """
    if "email" in values:
        values = {**values, "email": fold_email(values["email"])}
    with transaction():
        now = _held(contact)
        _refuse_breeding(now.organization, actor, grant, values, now)
        if now.edition != edition:
            raise ChangedMeanwhile(now)
        changed = {name: (getattr(now, name), value) for name, value in values.items() if getattr(now, name) != value}
        if not changed:
            return changed
        _check_flags(now, changed)
        _write(now, changed)
        _record(now, "contact_changed", actor, at, grant=grant, name=now.name, changes=changed)
        if "email" in changed:
            _move_address(now.again(), changed["email"][0], actor, at, secret_key, session_key)
    return changed


def _write(now, changed):
    """Write the changes, unless the person themself has meanwhile changed one of the same."""
    unchanged = [getattr(Contact, name) == before for name, (before, _) in changed.items()]
    if "email" in changed and Contact.by_email(changed["email"][1]):
        raise AddressTaken
    try:
        with handle.atomic():
            update = Contact.update({name: after for name, (_, after) in changed.items()})
            if not update.where(Contact.id == now.id, *unchanged).execute():
                raise ChangedMeanwhile(now.again())
    except IntegrityError as error:
        raise AddressTaken from error


def _move_address(contact, old_address, actor, at, secret_key, session_key):
    Session.end_all(contact, but=session_key)
    Link.use_up_all(contact, at)
    told_by = (
        None if actor is None or actor.id == contact.id else actor
    )  # one is told of one's own doing here: it is a key
    notify("email_changed", [contact], at, actor=told_by, organization=contact.organization_id)
    left = {"mail_to": old_address}
    notify("email_left", [contact], at, actor=told_by, organization=contact.organization_id, details=left)
    if contact.password_hash is None and contact.active and contact.stands_in_for_id is None:
        invite(contact, actor, at, secret_key)


def _check_flags(now, changed):
    for flag in FLAGS:
        _, given = changed.get(flag, (None, False))
        if given:
            _check_flag_given(now, flag)
    if "contact_manager" in changed and now.contact_manager:
        refuse_losing_last_manager(now)


def _check_flag_given(now, flag):
    if now.added_by_id and now.confirmed_at is None:
        raise FlagRefused(flag, "unconfirmed")
    if now.stands_in_for_id and flag != "support_contact":
        raise FlagRefused(flag, "stand_in")
    # A manager who is suspended one day, with their partner's access, could leave nobody to keep anybody.
    if now.added_by_id and now.kept_at is None and flag != "support_contact":
        raise FlagRefused(flag, "not_kept")


def refuse_losing_last_manager(contact):
    """Raise LastManager where no other contact manager of the organization could act; call it holding its row."""
    if not (contact.contact_manager and contact.active and contact.stands_in_for_id is None):
        return
    others = contact.organization.people().where(
        Contact.contact_manager, Contact.id != contact.id, Contact.added_by.is_null() | Contact.kept_at.is_null(False)
    )
    if not others.exists():
        raise LastManager


def deactivate(contact, actor, at, *, grant=None):
    """End the contact's sessions and links and let them in no more; return whether this call did it. Raises LastManager."""
    with transaction():
        now = _held(contact)
        _refuse_breeding(now.organization, actor, grant, (), now)
        refuse_losing_last_manager(now)
        changed = Contact.update(active=False).where(Contact.id == now.id, Contact.active).execute()
        if changed:
            Session.end_all(now)
            Link.use_up_all(now, at)
            _record(now, "contact_deactivated", actor, at, grant=grant, name=now.name)
    return bool(changed)


def reactivate(contact, actor, at):
    """Let an inactive contact in again, with the flags they had; return whether this call did it."""
    with transaction():
        now = _held(contact)
        _refuse_breeding(now.organization, actor, None, (), now)
        changed = Contact.update(active=True).where(Contact.id == now.id, ~Contact.active).execute()
        if changed:
            _record(now, "contact_reactivated", actor, at, name=now.name)
    return bool(changed)


def confirm(contact, actor, at):
    """Count a partner's addition among the organization's own, for its grants too; return whether this call did it."""
    return _agree(contact, Contact.confirmed_at, "contact_confirmed", actor, at)


def keep(contact, actor, at):
    """Keep a partner's addition whatever becomes of that partner's access; return whether this call did it."""
    return _agree(contact, Contact.kept_at, "contact_kept", actor, at)


def _agree(contact, column, kind, actor, at):
    with transaction():
        now, by = _held(contact), actor.again()
        if by.organization_id != now.organization_id or not by.contact_manager or by.id == now.id:
            raise RightsCannotBreed
        changed = (
            Contact.update({column: at})
            .where(Contact.id == now.id, Contact.active, Contact.added_by.is_null(False), column.is_null())
            .execute()
        )
        if changed:
            _record(now, kind, actor, at, partner=now.added_by_id, name=now.name)
    return bool(changed)


def _held(contact):
    """Return the contact as it is now, its organization's row held until the transaction ends."""
    hold_row(Organization, contact.organization_id)
    return contact.again()


def _refuse_breeding(organization, actor, grant, values, contact=None):
    """Rule 7 on the rows themselves: a partner sets no flag, no address, and touches no manager, desk or stand-in."""
    if grant is None:
        if actor is not None and not actor.desk and actor.organization_id != organization.id:
            raise RightsCannotBreed
        return
    guarded = contact is not None and (contact.contact_manager or contact.desk or contact.stands_in_for_id)
    foreign = (grant.customer_id, grant.partner_id) != (organization.id, actor.organization_id)
    if guarded or foreign or set(values) - A_PARTNERS:
        raise RightsCannotBreed


def _record(contact, kind, actor, at, *, grant=None, partner=None, **details):
    history.record(
        contact.organization,
        kind,
        at,
        actor=actor,
        partner=grant.partner_id if grant else partner,
        contact=contact,
        grant=grant,
        **details,
    )
