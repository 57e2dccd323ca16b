"""What a mail asks of the tables when it is written: files, what a grant replaced, who still wishes to hear."""

from portal.database import transaction
from portal.models.access import Grant
from portal.models.answers import AnswerSubscription
from portal.models.service_requests import Attachment, Message, Subscription


def body_of(message_id):
    """Return the text of the message, "" where there is none."""
    return Message.select(Message.body).where(Message.id == message_id).scalar() or ""


def file_names(message_id):
    """Return the names of the message's files, in their order."""
    query = Attachment.select(Attachment.name).where(Attachment.message == message_id)
    return [row[0] for row in query.order_by(Attachment.position, Attachment.id).tuples()]


def replaced_by(grant):
    """Return the grant that this one replaced last, or None."""
    return Grant.select().where(Grant.superseded_by == grant).order_by(Grant.id.desc()).first()


def is_subscribed(contact, organization_id):
    """Return whether the contact still wishes to hear of the organization's new requests."""
    return (
        Subscription.select()
        .where(Subscription.contact == contact, Subscription.organization == organization_id)
        .exists()
    )


def unfollow(contact, answer):
    """Note that the contact wishes to hear of changes of the answer no longer."""
    with transaction():
        mine = (AnswerSubscription.contact == contact) & (AnswerSubscription.answer == answer)
        AnswerSubscription.delete().where(mine).execute()


def follows(contact, answer_id):
    """Return whether the contact still wishes to hear of changes of the answer."""
    query = AnswerSubscription.select().where(AnswerSubscription.contact == contact)
    return query.where(AnswerSubscription.answer == answer_id).exists()
