"""What there is beside the text of a service request: asked together, so that its page asks further only for what is there."""

from datetime import datetime
from typing import NamedTuple

from peewee import fn

from portal.models import drafts, reading, site_notices
from portal.models.base import instant_of
from portal.models.prepared import slot
from portal.models.service_requests import Attachment, ReadMark, ServiceRequestChange
from portal.models.small_questions import Questions


class Beside(NamedTuple):
    """Up to when the reader has read the request, and whether there is more of it."""

    read_at: datetime | None
    recorded: bool  # that the reader has read it today
    files: bool
    changes: bool
    draft: bool  # of the reader's reply
    notices: bool  # about its site


def questions(service_request, reader, at):
    """Return the Questions whose answers `read` makes a Beside of."""
    values = {
        "request": service_request.id,
        "reference": service_request.reference,
        "customer": service_request.organization_id,
        "site": service_request.site_id,
        "reader": reader.id,
        "today": reading.day_begun(service_request, at),
        "at": at,
        "draft_since": at - drafts.KEPT_FOR,
        "notice_since": at - site_notices.RESOLVED_SHOWN,
    }
    return Questions(Beside._fields, ("beside",), _questions, values)


def read(answers):
    """Return the Beside that these answers tell of."""
    read_at, *others = (answers[name] for name in Beside._fields)
    return Beside(instant_of(read_at), *map(bool, others))


def _questions():
    request, reader = slot("request"), slot("reader")
    mine = (ReadMark.service_request == request) & (ReadMark.contact == reader)
    there = {
        "recorded": reading.events_of_reading(slot("customer"), request, reader, slot("today")),
        "files": Attachment.select(Attachment.id).where(Attachment.service_request == request),
        "changes": ServiceRequestChange.select(ServiceRequestChange.id).where(
            ServiceRequestChange.service_request == request
        ),
        "draft": drafts.kept_since(reader, slot("reference"), slot("draft_since")),
        "notices": site_notices.current_there(slot("site"), slot("at"), slot("notice_since")),
    }
    return {"read_at": ReadMark.select(ReadMark.read_at).where(mine)} | {
        name: fn.EXISTS(one) for name, one in there.items()
    }
