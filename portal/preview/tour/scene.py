"""What the tour asks of the made-up world, and how it sets the stage where people have done other things since."""

from portal import permissions
from portal.models import AccessRequest, Contact, Grant, Message, Notification, Organization, ServiceRequest
from portal.models.access_changes import ask
from portal.models.grant_changes import end, give_directly
from portal.permissions import Level
from portal.preview import mailbox
from portal.preview.cast import PEOPLE

_EMAILS = {person.key: person.email for person in PEOPLE}


class Scene:
    """The world at `at`, and what happened in it `since` the story began (both naive UTC)."""

    def __init__(self, since, at):
        self.since = since
        self.at = at

    def person(self, key):
        """Return the contact whom stories call by this key."""
        return Contact.by_email(_EMAILS[key])

    def firm(self, slug):
        """Return the organization."""
        return Organization.by_slug(slug)

    def mail_to(self, contact, kind, **about):
        """Return the address of the newest mail of such a kind to this person, or of the whole mailbox."""
        told = Notification.select().where(Notification.contact == contact, Notification.kind == kind)
        told = told.where(*(getattr(Notification, name) == value for name, value in about.items()))
        newest = told.order_by(Notification.created_at.desc(), Notification.id.desc()).first()
        found = mailbox.current().telling(newest.public_id) if newest else None
        return f"/preview/mail/{found.number}" if found else "/preview/mail"

    # --- Access requests

    def asked(self, key, slug):
        """Return whether this person has asked this customer for access since."""
        made = AccessRequest.select().where(AccessRequest.requested_by == self.person(key))
        return made.where(AccessRequest.customer == self.firm(slug), AccessRequest.created_at >= self.since).exists()

    def last_decided(self, slug):
        """Return the request for access to this customer that was decided last, or None."""
        found = AccessRequest.select().where(AccessRequest.customer == self.firm(slug))
        found = found.where(AccessRequest.decided_by.is_null(False), AccessRequest.decided_at.is_null(False))
        return found.order_by(AccessRequest.decided_at.desc()).first()

    def decided(self, slug):
        """Return whether a request for access to this customer was decided since."""
        last = self.last_decided(slug)
        return last is not None and last.decided_at >= self.since

    def someone_asks(self, key, slug, manager, level, reason):
        """Let this person ask for access, unless somebody's request waits already."""
        if not AccessRequest.count_pending_for_customer(self.firm(slug), self.at):
            me = self.person(key)
            ask(me, _EMAILS[manager], 90, [(me, level)], reason, self.at)

    # --- Grants

    def standing(self, key, slug):
        """Return this person's Standing for the customer."""
        return permissions.standing(self.person(key), self.firm(slug), self.at)

    def named_grant(self, key, slug):
        """Return the active grant that names this person, or None."""
        named = Grant.select().where(Grant.contact == self.person(key), Grant.customer == self.firm(slug))
        return named.where(Grant.active_at(self.at)).first()

    def ended(self, key, slug):
        """Return whether a grant that named this person was ended since."""
        named = Grant.select().where(Grant.contact == self.person(key), Grant.customer == self.firm(slug))
        return named.where(Grant.ended_at >= self.since).exists()

    def holds(self, key, slug, level, days, by):
        """See that this person holds at least `level` by a grant of their own."""
        grant = self.named_grant(key, slug)
        if grant is None or grant.level < level:
            self._give(key, slug, self.person(key), level, days, by)

    def firm_holds(self, key, slug, level, days, by):
        """See that this person's firm holds at least `level`, and that nothing names them."""
        grant = self.named_grant(key, slug)
        if grant:
            end(grant, self.person(by), self.at)
        held = self.standing(key, slug).grant
        if held is None or held.level < level:
            self._give(key, slug, None, level, days, by)

    def _give(self, key, slug, contact, level, days, by):
        partner = self.person(key).organization
        give_directly(self.firm(slug), partner, [(contact, Level(level))], self.at, days, self.person(by))

    # --- Service requests

    def question(self, key, slug):
        """Return the newest request that this person submitted for this customer, or None."""
        mine = ServiceRequest.select().where(ServiceRequest.submitted_by == self.person(key))
        mine = mine.where(ServiceRequest.organization == self.firm(slug))
        return mine.order_by(ServiceRequest.created_at.desc(), ServiceRequest.id.desc()).first()

    def questioned(self, key, slug):
        """Return whether that request was submitted since."""
        newest = self.question(key, slug)
        return newest is not None and newest.created_at >= self.since

    def answered(self, key, slug):
        """Return whether somebody of the desk has written in that request since."""
        newest = self.question(key, slug)
        if newest is None:
            return False
        words = Message.select().join(Contact, on=Message.author).where(Message.service_request == newest)
        return words.where(Contact.desk, Message.created_at >= self.since).exists()
