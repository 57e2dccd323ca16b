"""What reading leaves behind: the reader's own mark, and for a partner's people an event in the customer's history."""

from contextlib import suppress

from peewee import OperationalError

from portal import clock
from portal.database import transaction
from portal.models import history
from portal.models.history import HistoryEvent
from portal.models.holding import hold_row
from portal.models.organizations import Organization
from portal.models.prepared import prepared
from portal.models.service_requests import ReadMark


def note_reading(service_request, contact, at, *, until=None, before=None, grant=None, recorded=None):
    """Note that the contact has read the request: so far up to `before` (None: never), now up to `until` (None: all).

    With `grant`, a partner's right to read, the customer's history gets one event a person, request and day; `recorded`
    says whether it has today's already, where that is known. Writes only where there is something new.
    """
    until = until or service_request.updated_at
    unread = before is None or before < until
    if recorded is None:
        recorded = grant is None or _is_recorded(service_request, contact, at)
    unrecorded = grant is not None and not recorded
    if unrecorded:  # without its receipt nothing is read, whatever the disk says
        with transaction():
            _record_once(service_request, contact, at, grant)
    if unread:
        with suppress(OperationalError), transaction():  # a full disk must not keep anybody from reading
            ReadMark.move(service_request, contact, max(at, until))


def note_download(attachment, contact, at, grant):
    """Keep in the customer's history that a partner's person downloaded a file, under which grant."""
    request = attachment.service_request
    with transaction():
        _record(request, "downloaded", contact, at, grant, attachment=attachment.public_id, name=attachment.name)


def _is_recorded(service_request, contact, at):
    """Return whether the contact's reading is in the history already today, by the customer's calendar."""
    today = day_begun(service_request, at)
    return bool(_reading_since(service_request.organization_id, service_request.id, contact.id, today))


def day_begun(service_request, at):
    """Return when the customer's day of `at` began."""
    timezone = service_request.organization.timezone
    return clock.start_of_day(clock.day_in(at, timezone), timezone)


def events_of_reading(customer, service_request, contact, since):
    """Return the select of what the history holds of a contact's reading since an instant; all are ids."""
    return HistoryEvent.select(HistoryEvent.id).where(
        HistoryEvent.customer == customer,
        HistoryEvent.service_request == service_request,
        HistoryEvent.actor == contact,
        HistoryEvent.kind == "read",
        HistoryEvent.at >= since,
    )


_reading_since = prepared(events_of_reading)


def _record_once(service_request, contact, at, grant):
    hold_row(Organization, service_request.organization_id)
    if not _is_recorded(service_request, contact, at):  # two tabs opened at once ask at once
        _record(service_request, "read", contact, at, grant)


def _record(service_request, kind, contact, at, grant, **details):
    about = {"partner": grant.partner_id, "grant": grant, "service_request": service_request}
    history.record(service_request.organization, kind, at, actor=contact, **about, **details)
