"""The link with which a mail is left: it names who, and what they hear no more of, and opens nothing else."""

from typing import NamedTuple

from flask import current_app

from portal import permissions
from portal.database import transaction
from portal.models import Answer, Contact, NotificationPreference, Organization, site_notices
from portal.models.mailing import is_subscribed, unfollow
from portal.models.notifications import REQUEST_KINDS, REQUESTS, TOPIC_OF, TOPICS
from portal.models.subscribing import subscribe
from portal.signing import BadData, signer

SUBSCRIPTION, SITE_NOTICES, ANSWER = "subscription", "site_notices", "answer"  # what is left beside whole topics


class Leaving(NamedTuple):
    """What a link stands for: a topic of a contact, or what they hear about one organization or one answer.

    A topic with an organization offers to leave all news of its requests instead.
    """

    contact: Contact
    topic: str
    organization: Organization | None = None
    answer: Answer | None = None


def address(notification, at):
    """Return the address of the page that leaves mail like this one, or None where it is not to be left (SPEC 4)."""
    leaving = _of(notification, at)
    if leaving is None:
        return None
    settings = current_app.config["PORTAL"]
    return f"{settings.public_url}/unsubscribe/{token(leaving, settings.secret_key)}"


def _of(notification, at):
    contact = notification.contact
    if notification.kind == "site_notice":
        organization = notification.site_notice.site.organization
        may_leave = permissions.may_leave_site_notices(permissions.standing(contact, organization, at))
        return Leaving(contact, SITE_NOTICES, organization) if may_leave else None
    if notification.kind == "answer_changed":
        return Leaving(contact, ANSWER, answer=notification.answer)
    if notification.kind == "request_new" and _is_told_as_subscriber(contact, notification.service_request):
        return Leaving(contact, SUBSCRIPTION, notification.service_request.organization)
    topic = TOPIC_OF.get(notification.kind)
    about = notification.organization if notification.kind in REQUEST_KINDS else None
    return Leaving(contact, topic, about) if topic else None


def _is_told_as_subscriber(contact, request):
    if contact.desk or permissions.is_named(contact, request):
        return False
    return is_subscribed(contact, request.organization_id)


def token(leaving, secret_key):
    """Return the signed token for a link that leaves this."""
    about = leaving.organization.slug if leaving.organization else leaving.answer.public_id if leaving.answer else ""
    return _signer(secret_key).dumps([leaving.contact.public_id, leaving.topic, about])


def read(signed):
    """Return the Leaving that a token of ours stands for, or None."""
    try:
        contact_id, topic, about = _signer(current_app.config["PORTAL"].secret_key).loads(signed)
    except (BadData, ValueError, TypeError):
        return None
    contact = Contact.by_public_id(contact_id)
    leaving = Leaving(
        contact,
        topic,
        Organization.by_slug(about) if about and topic != ANSWER else None,
        Answer.get_or_none(Answer.public_id == about) if topic == ANSWER else None,
    )
    known = topic in TOPICS or leaving.organization or leaving.answer
    return leaving if contact and known else None


def leave(leaving, at):
    """Stop that mail; raise Refused for site notices that the contact may not leave any more."""
    contact, organization = leaving.contact, leaving.organization
    if leaving.topic == SITE_NOTICES:
        standing = permissions.standing(contact, organization, at)
        # With no access left no notice comes, and the wish does no harm.
        if standing.allows(permissions.Capability.SITE_NOTICES) and not permissions.may_leave_site_notices(standing):
            raise permissions.Refused(standing, because="site_notices")
        site_notices.receive(contact, organization, False)
    elif leaving.topic == SUBSCRIPTION:
        subscribe(contact, organization, False, at)
    elif leaving.topic == ANSWER:
        unfollow(contact, leaving.answer)
    else:
        with transaction():
            NotificationPreference.stop_mail(contact, leaving.topic)


def leave_customer(leaving):
    """Stop all mail about the requests of the organization that the link names."""
    with transaction():
        NotificationPreference.stop_mail(leaving.contact, REQUESTS, leaving.organization)


def offers_customer(leaving):
    """Return whether the link may leave one organization's requests, instead of one topic everywhere."""
    return leaving.organization is not None and leaving.topic in TOPICS


def _signer(secret_key):
    return signer(secret_key, "unsubscribe")
