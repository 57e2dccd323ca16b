"""Tables -> rows of cells, in an order that depends on nothing but what they say."""

from collections import defaultdict

from portal import clock, permissions
from portal.csv_answers import instant
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    AdditionalContact,
    Answer,
    AnswerTranslation,
    Attachment,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
    Subscription,
)
from portal.models.answers import PUBLIC
from portal.permissions import Level
from portal.transfer.cells import WHOLE_ORGANIZATION


class Names:
    """What rows are called in the files: {id: slug}, {id: e-mail address}, {id: name of a site}."""

    def __init__(self):
        self.slug = {None: "", **dict(Organization.select(Organization.id, Organization.slug).tuples())}
        self.email = {None: "", **dict(Contact.select(Contact.id, Contact.email).tuples())}
        self.site = {None: "", **dict(Site.select(Site.id, Site.name).tuples())}


def flag(value):
    """Return a yes or no as the files say it."""
    return "true" if value else "false"


def day(value):
    """Return a calendar day as the files say it; nothing for None."""
    return value.isoformat() if value else ""


def organizations(names):
    """Return the rows of organizations.csv, by slug."""
    return sorted((one.slug, one.name, one.timezone, one.locale) for one in Organization.select())


def sites(names):
    """Return the rows of sites.csv, by organization and name."""
    return sorted((names.slug[one.organization_id], one.name, one.url) for one in Site.select())


def contacts(names):
    """Return the rows of contacts.csv, by e-mail address.

    The file cannot say that a partner added somebody. Whom no manager has confirmed, or kept, is written as inactive:
    an import must not give what SPEC 3, rule 7 holds back.
    """
    at = clock.now()
    return sorted(
        (
            one.email,
            one.name,
            names.slug[one.organization_id],
            one.timezone,
            one.locale,
            *map(flag, (one.contact_manager, one.support_contact, one.desk, one.active and not held_back(one, at))),
            names.email[one.stands_in_for_id],
            one.password_hash or "",
        )
        for one in Contact.select()
    )


def held_back(contact, at):
    """Return whether a partner added this contact and no manager has agreed to them yet."""
    return not permissions.counts_for_grants(contact) or permissions.is_suspended(contact, at)


def grants(names):
    """Return the rows of grants.csv, by customer, partner, subject, and then by all that they say."""
    return sorted(
        (
            names.slug[one.customer_id],
            names.slug[one.partner_id],
            names.email[one.contact_id],
            Level(one.level).code,
            day(one.covers_from),
            instant(one.starts_at),
            instant(one.expires_at),
            instant(one.ended_at),
            names.email[one.approved_by_id],
        )
        for one in Grant.select()
    )


def access_requests(names):
    """Return the rows of access_requests.csv, by the instant they were asked, then by id."""
    lines = defaultdict(list)
    for line in AccessRequestLine.select().order_by(AccessRequestLine.id):
        subject = names.email[line.contact_id] or WHOLE_ORGANIZATION
        lines[line.access_request_id].append(f"{subject}={Level(line.level).code}")
    return [
        (
            one.public_id,
            names.email[one.requested_by_id],
            one.manager_email,
            one.days,
            one.reason,
            one.status,
            instant(one.created_at),
            instant(one.decided_at),
            names.email[one.decided_by_id],
            ";".join(lines[one.id]),
        )
        for one in sorted(AccessRequest.select(), key=lambda one: (one.created_at, one.public_id))
    ]


def subscriptions(names):
    """Return the rows of subscriptions.csv, by contact and organization."""
    return sorted((names.email[one.contact_id], names.slug[one.organization_id]) for one in Subscription.select())


def answers(names):
    """Return the rows of answers.csv, by id and locale.

    The file has no place for whom an answer is meant: what is not public stays out, lest an import publish it.
    """
    query = AnswerTranslation.select(AnswerTranslation, Answer).join(Answer).where(Answer.audience == PUBLIC)
    return sorted(
        (
            one.answer.public_id,
            one.locale,
            one.title,
            one.body,
            day(one.reviewed_on or one.answer.reviewed_on),
        )
        for one in query
    )


SMALL = {
    "organizations": organizations,
    "sites": sites,
    "contacts": contacts,
    "grants": grants,
    "access_requests": access_requests,
    "subscriptions": subscriptions,
    "answers": answers,
}


def request_ids():
    """Return the ids of all service requests, by reference."""
    found = sorted(ServiceRequest.select(ServiceRequest.reference, ServiceRequest.id).tuples())
    return [request_id for _reference, request_id in found]


class RequestRows:
    """The rows of some service requests, of their messages and of their attachments, by reference and place."""

    def __init__(self, ids, names):
        self.names = names
        self.found = sorted(ServiceRequest.select().where(ServiceRequest.id.in_(ids)), key=lambda one: one.reference)
        self.threads = self._by_request(Message, ids, Message.created_at, Message.id)
        self.files = self._by_request(Attachment, ids, Attachment.position, Attachment.id)
        self.additional = self._by_request(AdditionalContact, ids, AdditionalContact.id)

    @staticmethod
    def _by_request(model, ids, *order):
        found = defaultdict(list)
        for one in model.select().where(model.service_request.in_(ids)).order_by(*order):
            found[one.service_request_id].append(one)
        return found

    def requests(self):
        """Yield the rows of service_requests.csv."""
        names = self.names
        for one in self.found:
            yield (
                one.reference,
                names.slug[one.organization_id],
                names.site[one.site_id],
                one.category,
                one.severity,
                one.status,
                flag(one.confidential),
                one.subject,
                names.email[one.submitted_by_id],
                names.email[one.primary_contact_id],
                ";".join(names.email[additional.contact_id] for additional in self.additional[one.id]),
                one.timezone,
                instant(one.created_at),
                instant(one.updated_at),
            )

    def messages(self):
        """Yield the rows of messages.csv."""
        for one in self.found:
            for message in self.threads[one.id]:
                yield (
                    one.reference,
                    self.names.email[message.author_id],
                    instant(message.created_at),
                    flag(message.internal),
                    message.body,
                )

    def attachments(self):
        """Yield (attachment, its row in attachments.csv)."""
        for one in self.found:
            places = {message.id: place for place, message in enumerate(self.threads[one.id], start=1)}
            for attachment in sorted(self.files[one.id], key=lambda file: places[file.message_id]):
                attachment.service_request = one
                place = places[attachment.message_id]
                yield attachment, (one.reference, place, attachment.name, attachment.type, attachment.sha256)
