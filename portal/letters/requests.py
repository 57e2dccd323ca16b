"""The mails about service requests: submitted, answered, changed, handed to somebody."""

from flask_babel import gettext as _
from flask_babel import ngettext

from portal import permissions
from portal.headlines import headline, name_of
from portal.landing import path
from portal.letters.parts import Facts, Letter, Quote, Text
from portal.models import mailing
from portal.words import category_word, severity_word, status_word


def new(told, _at):
    """Return the letter about a new request, with its description."""
    request = told.service_request
    rows = [
        *_rows(told),
        (_("Category"), category_word(request.category)),
        (_("Severity"), _severity(request.severity)),
        (_("Primary contact"), request.primary_contact.name),
    ]
    if request.site_id:
        rows.append((_("Site"), request.site.name))
    return _letter(told, [Facts(rows), *_written(told)])


def message(told, _at):
    """Return the letter about a message, with its text."""
    rows = _rows(told)
    if "status" in told.facts:
        rows.append((_("Status"), status_word(told.facts["status"])))
    notes = [_("Only the desk reads internal messages.")] if told.message.internal else []
    return _letter(told, [Facts(rows), *_written(told)], notes)


def changed(told, _at):
    """Return the letter about a change of status, severity or contacts."""
    request, facts = told.service_request, told.facts
    rows = _rows(told)
    labels = {
        "contact_added": _("Added"),
        "contact_removed": _("Removed"),
        "primary_contact": _("Primary contact"),
    }
    rows += [(label, facts[what]) for what, label in labels.items() if what in facts]
    rows.append((_("Status"), status_word(facts.get("status", request.status))))
    rows.append((_("Severity"), _severity(facts.get("severity", request.severity))))
    return _letter(told, [Facts(rows)])


def assigned(told, _at):
    """Return the letter to somebody of the desk who is to answer a request."""
    request = told.service_request
    rows = [*_rows(told), (_("Status"), status_word(request.status)), (_("Severity"), _severity(request.severity))]
    return _letter(told, [Facts(rows)])


def _letter(told, blocks, notes=()):
    request = told.service_request
    return Letter(
        headline(told),
        blocks,
        button=_("Open the request"),
        path=path(told),
        subject=f"[{request.reference}] {request.subject}",
        thread=f"request-{request.reference}",
        reason=_why(told),
        notes=list(notes),
    )


def _rows(told):
    request = told.service_request
    rows = [
        (_("Request"), request.reference),
        (_("Subject"), request.subject),
        (_("Organization"), request.organization.name),
    ]
    if told.actor:
        rows.append((_("From"), f"{told.actor.name}, {told.actor.organization.name}"))
    return rows


def _severity(number):
    return _("%(number)s: %(meaning)s", number=number, meaning=severity_word(number))


def _written(told):
    body, names = mailing.body_of(told.message_id), mailing.file_names(told.message_id)
    blocks = [Text(_("%(name)s writes:", name=name_of(told.actor))), Quote(body)] if body.strip() else []
    if names:
        files = ngettext(
            "With %(num)s file: %(names)s", "With %(num)s files: %(names)s", len(names), names=", ".join(names)
        )
        blocks.append(Text(files))
    return blocks


def _why(told):
    request, reader = told.service_request, told.contact
    if permissions.is_named(reader, request):
        return _("You get this mail because the request names you.")
    if reader.desk:
        return _("You get this mail because you work at the desk.")
    if told.kind == "request_new":
        customer = request.organization.name
        return _("You get this mail because you subscribed to the new requests of %(customer)s.", customer=customer)
    return _("You get this mail because the request concerns you.")
