"""Who is still told: asked of the rights at the moment of showing, counting and sending (SPEC 5)."""

from portal import permissions
from portal.models import Notification, NotificationPreference
from portal.models.mailing import follows, is_subscribed
from portal.models.notification_lists import first_unread
from portal.models.notifications import MAIL_ONLY, PASSWORD_KINDS, REQUEST_KINDS, TOPIC_OF
from portal.permissions import Capability


def shown(contact, at, sight=None):
    """Return a select of what the contact's list shows at `at`: what they may still see and have not switched off."""
    visible = permissions.visible_notifications(contact, at, sight)
    return visible.where(Notification.kind.not_in(MAIL_ONLY), ~NotificationPreference.keeps_from_list(contact))


def load(contact, public_id, at):
    """Return the row of the contact's list that pages call `public_id`; raise Hidden where there is none."""
    found = shown(contact, at).where(Notification.public_id == public_id.replace("\0", "")).first()
    if found is None:
        raise permissions.Hidden
    return found


def unread(contact, at, sight=None):
    """Return a select of the unread rows of the contact's list, a hundred of them at most."""
    return first_unread(shown(contact, at, sight))


def may_be_mailed(notification, at):
    """Return whether the mail may go out at `at`: its reader may see what it tells of, and still wishes to hear it."""
    contact = notification.contact
    if contact is None or not permissions.may_sign_in(contact, at):
        return False
    if notification.kind in PASSWORD_KINDS:
        return notification.link is not None and notification.link.used_at is None
    off = NotificationPreference.all_switched_off(contact)
    if TOPIC_OF.get(notification.kind) in off.mailed:
        return False
    if notification.kind in REQUEST_KINDS and notification.organization_id in off.customers_mailed:
        return False
    seen = permissions.visible_notifications(contact, at).where(Notification.id == notification.id)
    return seen.exists() and _STILL_CONCERNS.get(notification.kind, _always)(notification, contact, at)


def _always(_notification, _contact, _at):
    return True


def _hears_of_new_request(notification, contact, at):
    """The desk and those whom the request names hear of it; others as long as they subscribe and may."""
    request = notification.service_request
    if contact.desk or permissions.is_named(contact, request):
        return True
    standing = permissions.standing(contact, request.organization, at)
    return standing.allows(Capability.SUBSCRIBE) and is_subscribed(contact, request.organization_id)


def _hears_of_site(notification, contact, at):
    return permissions.is_told_of_site_notices(contact, notification.site_notice.site.organization, at)


_STILL_CONCERNS = {
    "access_ending": lambda one, contact, at: one.grant.is_active(at),
    "request_new": _hears_of_new_request,
    "request_assigned": lambda one, contact, at: one.service_request.assignee_id == contact.id,
    "site_notice": _hears_of_site,
    "answer_changed": lambda one, contact, at: follows(contact, one.answer_id),
}
