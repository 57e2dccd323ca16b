"""History: what happened to a customer's access and under it, the receipt to take along, and who could see what."""

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from portal import clock, csv_answers, cursors, hindsight, permissions
from portal.dates import local_day
from portal.forms.history import read_filters, read_question
from portal.history_words import done_by_partner, sentence
from portal.identity import signed_in
from portal.models import history_reading
from portal.models.access import partners_known_to
from portal.words import level_code

bp = Blueprint("history", __name__)

COLUMNS = (
    "sequence",
    "at",
    "event",
    "who",
    "email",
    "organization",
    "what",
    "partner",
    "reference",
    "subject",
    "level",
    "until",
    "hash",
)


@bp.get("/history/<slug>")
@signed_in
def index(slug):
    customer, _standing = permissions.load_history(g.contact, slug, g.at)
    filters = read_filters(request.args)
    partners, people = partners_known_to(customer), history_reading.people_in(customer)
    wanted = _wanted(filters, customer, partners, people)
    page = history_reading.page(customer, wanted, cursors.read(f"history:{customer.slug}", filters.cursor))
    period = bool(filters.since or filters.until) and filters.kinds is None
    return render_template(
        "pages/history.html",
        customer=customer,
        filters=filters,
        partners=partners,
        people=people,
        days=_by_day(page.rows, customer),
        summary=history_reading.summary(customer, wanted) if period else None,
        next_cursor=cursors.make(f"history:{customer.slug}", page.next_place) if page.next_place else None,
        at=g.at,
    )


@bp.get("/history/<slug>.csv")
@signed_in
def receipt(slug):
    customer, _standing = permissions.load_history(g.contact, slug, g.at)
    filters = read_filters(request.args)
    wanted = _wanted(filters, customer, partners_known_to(customer), history_reading.people_in(customer))
    rows = (_cells(row, customer) for row in history_reading.walk(customer, wanted))
    return csv_answers.answer(f"history-{customer.slug}-{clock.day_in(g.at, customer.timezone)}.csv", COLUMNS, rows)


@bp.get("/history/<slug>/who")
@signed_in
def who(slug):
    customer, _standing = permissions.load_history(g.contact, slug, g.at)
    question = read_question(request.args, local_day(g.at, customer.timezone))
    service_request = history_reading.request_of(customer, question.reference)
    errors = dict(question.errors)
    if question.reference and service_request is None:
        errors["reference"] = _("No request of %(organization)s has this reference.", organization=customer.name)
    answer = hindsight.who_could_see(service_request, question.day, g.at) if question.asked and not errors else None
    values = {"customer": customer, "question": question, "service_request": service_request, "errors": errors}
    return render_template("pages/history_who.html", answer=answer, at=g.at, **values), 422 if errors else 200


def _wanted(filters, customer, partners, people):
    chosen = history_reading.request_of(customer, filters.reference) if filters.reference else None
    return filters.wanted(
        customer.timezone,
        partner_id=next((one.id for one in partners if one.slug == filters.partner), None),
        person_id=next((one.id for one in people if one.public_id == filters.person), None),
        request_id=chosen.id if chosen else None,
    )


def _by_day(rows, customer):
    """Return [(day, [(event, who, sentence)])] by the customer's calendar, newest first."""
    days = {}
    for row in rows:
        told = sentence(row, customer.timezone, _request_link(row))
        days.setdefault(local_day(row.at, customer.timezone), []).append((row, _organization(row), told))
    return list(days.items())


def _request_link(row):
    if row.reference is None:
        return ""
    address = url_for("service_request.show", reference=row.reference)
    reference = Markup('<a class="ref" href="{}">{}</a>').format(address, row.reference)
    return Markup(_("%(reference)s “%(subject)s”")) % {"reference": reference, "subject": row.subject}  # noqa: S704


def _organization(row):
    return row.partner if done_by_partner(row) else row.actor_organization


def _cells(row, customer):
    request_words = _("%(reference)s “%(subject)s”", reference=row.reference, subject=row.subject)
    return (
        row.sequence,
        csv_answers.instant(row.at),
        row.kind,
        row.actor,
        row.actor_email,
        _organization(row),
        sentence(row, customer.timezone, request_words if row.reference else "").striptags(),
        row.partner,
        row.reference,
        row.subject,
        level_code(row.level) if row.level else "",
        csv_answers.instant(row.grant_expires_at),
        row.hash,
    )
