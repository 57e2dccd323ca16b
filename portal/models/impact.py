"""How much of a customer's past a grant opens: counted, never listed."""

from dataclasses import dataclass

from peewee import SQL, fn

from portal.models.prepared import slot
from portal.models.service_requests import Attachment, Message, ServiceRequest
from portal.models.small_questions import Questions

_ALL = fn.COUNT(SQL("*"))  # SQLite counts the entries of an index without reading one


@dataclass(frozen=True)
class Extent:
    """What a grant from Look upwards opens of a customer's requests, and what it leaves closed."""

    requests: int
    attachments: int
    confidential: int
    older: int


def extents(customer, sinces):
    """Return {instant (naive UTC) or None: Extent} of the customer's requests from each on, None: all of them."""
    return answered(questions(customer, sinces).answers(), sinces) if sinces else {}


def questions(customer, sinces):
    """Return the Questions behind `extents`, to be asked together with others."""
    bounded = tuple(one is not None for one in sinces)
    asked = [slot(f"since_{place}") if one else None for place, one in enumerate(bounded)]
    names = [name for place, one in enumerate(bounded) for name in _names(place, one)]
    values = {f"since_{place}": one for place, one in enumerate(sinces) if one is not None}
    return Questions(
        ("confidential", "all", *names),
        ("extents", bounded),
        lambda: _questions(slot("customer"), asked),
        {"customer": customer.id, **values},
    )


def _names(place, bounded):
    return (f"requests_{place}", f"attachments_{place}") if bounded else (f"attachments_{place}",)


def answered(answers, sinces):
    """Return what `extents` does from the answers to its questions."""
    confidential, everything = answers["confidential"], answers["all"]
    found = {}
    for place, since in enumerate(sinces):
        requests = everything - confidential if since is None else answers[f"requests_{place}"]
        older = everything - confidential - requests
        found[since] = Extent(requests, answers[f"attachments_{place}"], confidential, older)
    return found


def _questions(customer, sinces):
    theirs = ServiceRequest.select(_ALL).where(ServiceRequest.organization == customer)
    asked = {"confidential": theirs.where(ServiceRequest.confidential), "all": theirs}
    for place, since in enumerate(sinces):
        if since is not None:  # without a first day these are all but the confidential ones
            covered = theirs.where(ServiceRequest.created_at >= since, ~ServiceRequest.confidential)
            asked[f"requests_{place}"] = covered
        asked[f"attachments_{place}"] = _attachments(customer, since)
    return asked


def _attachments(customer, since):
    """Count the files that partners could read: none of the desk's internal messages is among them (rule 8)."""
    query = (
        Attachment.select(_ALL)
        .join(ServiceRequest, on=Attachment.service_request)
        .join_from(Attachment, Message, on=Attachment.message)
        .where(Attachment.organization_id == customer, ~ServiceRequest.confidential, ~Message.internal)
    )
    return query if since is None else query.where(ServiceRequest.created_at >= since)
