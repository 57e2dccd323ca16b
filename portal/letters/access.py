"""The mails about asking for access and what became of it."""

from flask_babel import gettext as _
from flask_babel import ngettext

from portal import clock
from portal.dates import day
from portal.headlines import headline, name_of
from portal.landing import path
from portal.letters.parts import Facts, Letter, Quote, Text, last_day, level_in_words, rich, when
from portal.models.access import PENDING
from portal.words import level_word


def asked(told, at):
    """Return the letter to the contact manager whose address was given."""
    request = told.access_request
    name = name_of(request.requested_by)
    rows = [
        *_lines_asked(request),
        (_("Time asked for"), _days(request.days)),
        (_("Lapses unless answered"), day(request.lapses_at)),
    ]
    return _letter(
        told,
        [Text(_what_to_do(request, at)), Facts(rows), *_reason_given(request.reason, name)],
        button=_("Look at it and decide"),
        reason=_("You get this mail because %(name)s wrote your address into the request.", name=name),
    )


def _what_to_do(request, at):
    if request.status_at(at) != PENDING:
        return _("Meanwhile it needs no decision any more: My Partners says what became of it.")
    return _("Nobody of %(partner)s sees anything before you approve it.", partner=request.partner.name)


def _reason_given(reason, name):
    if not reason:
        return [Text(_("No reason was given."))]
    return [Text(_("%(name)s gives this reason:", name=name)), Quote(reason)]


def _reason_asked(told):
    """Return why the access was asked for: each mail about a request for access carries it (SPEC 5)."""
    request = told.access_request
    if not request.reason:
        return []
    if request.requested_by_id == told.contact.id:
        return [Text(_("You gave this reason:")), Quote(request.reason)]
    return _reason_given(request.reason, name_of(request.requested_by))


def approved(told, at):
    """Return the letter about an approval: what was given, what was changed, until when."""
    request = told.access_request
    customer = request.customer
    rows = [*_lines_given(request), *_terms(request, at)]
    seen = _(
        "%(customer)s can see what you read and write there, and can end this access at any time.",
        customer=customer.name,
    )
    return _letter(
        told,
        [Text(_decided(request)), Facts(rows), *_reason_asked(told)],
        button=_("See My Customers"),
        reason=_why_partner(told),
        notes=[seen],
    )


def _lines_given(request):
    """Yield a row for each line; where the days given are not known, it was decided before this portal and as asked."""
    for line in request.all_lines():
        given = line.level if request.days_given is None and line.level_given is None else line.level_given
        if given is None:
            value = _("nothing; the request asked for %(level)s", level=level_word(line.level))
        elif given == line.level:
            value = level_in_words(given)
        else:
            value = rich(
                _("%(given)s. The request asked for %(asked)s."),
                given=level_in_words(given),
                asked=level_word(line.level),
            )
        yield _subject_of(line, request.partner), value


def _terms(request, at):
    if request.days_given is not None:
        timezone = request.customer.timezone
        expires_at = clock.end_after_days(request.decided_at, request.days_given, timezone)
        yield _("Last day"), last_day(expires_at, timezone, at)
        if request.days_given != request.days:
            yield (
                _("Days"),
                _(
                    "%(given)s; the request asked for %(asked)s",
                    given=_days(request.days_given),
                    asked=_days(request.days),
                ),
            )
    if request.covers_from:
        yield _("Covers"), _("requests from %(day)s on; older ones stay hidden", day=day(request.covers_from))


def declined(told, _at):
    """Return the letter about a refusal, with its reason."""
    request = told.access_request
    return _letter(
        told,
        [
            Text(_decided(request)),
            *_reason_given(request.decision_reason, name_of(request.decided_by)),
            Text(_("This was asked:")),
            Facts([*_lines_asked(request), (_("Time asked for"), _days(request.days))]),
            *_reason_asked(told),
        ],
        button=_("See My Customers"),
        reason=_why_partner(told),
    )


def withdrawn(told, _at):
    """Return the letter about a request that was taken back."""
    request = told.access_request
    customer_side = _is_customer(told)
    first = _("Nothing waits for you any more.") if customer_side else _("Nobody can approve it any more.")
    rows = [
        *_lines_asked(request),
        (_("Asked by"), request.requested_by.name),
        (_("Withdrawn"), when(request.decided_at)),
    ]
    if told.actor:
        rows.append((_("Withdrawn by"), told.actor.name))
    return _letter(
        told,
        [Text(first), Facts(rows), *_reason_asked(told)],
        button=_("See My Partners") if customer_side else _("See My Customers"),
        reason=_why_manager(told) if customer_side else _why_partner(told),
    )


def lapsed(told, _at):
    """Return the letter about a request that nobody answered."""
    request = told.access_request
    customer_side = _is_customer(told)
    if customer_side:
        first = _(
            "Nobody answered it in 30 days. If %(partner)s still needs access, they ask again.",
            partner=request.partner.name,
        )
    else:
        first = _("Nobody answered it in 30 days. Ask again, and tell the contact manager beforehand.")
    rows = [*_lines_asked(request), (_("Asked by"), request.requested_by.name), (_("Asked"), when(request.created_at))]
    return _letter(
        told,
        [Text(first), Facts(rows), *_reason_asked(told)],
        button=_("See My Partners") if customer_side else _("See My Customers"),
        reason=_why_manager(told) if customer_side else _why_partner(told),
    )


def _letter(told, blocks, **values):
    thread = f"access-request-{told.access_request.public_id}"
    return Letter(headline(told), blocks, path=path(told), thread=thread, **values)


def _lines_asked(request):
    return [(_subject_of(line, request.partner), level_in_words(line.level)) for line in request.all_lines()]


def _subject_of(line, partner):
    return line.contact.name if line.contact_id else _("Everybody at %(partner)s", partner=partner.name)


def _days(number):
    return ngettext("%(num)s day", "%(num)s days", number)


def _decided(request):
    decided = when(request.decided_at)
    if request.decided_by is None:
        return _("It was decided on %(when)s.", when=decided)
    return _("%(name)s decided it on %(when)s.", name=name_of(request.decided_by), when=decided)


def _is_customer(told):
    return told.contact.organization_id == told.access_request.customer_id


def _why_manager(told):
    return _(
        "You get this mail because you are a contact manager of %(organization)s.",
        organization=told.contact.organization.name,
    )


def _why_partner(told):
    request, reader = told.access_request, told.contact
    if request.requested_by_id == reader.id:
        return _("You get this mail because you asked for the access.")
    if any(line.contact_id == reader.id for line in request.all_lines()):
        return _("You get this mail because the request for access names you.")
    return _(
        "You get this mail because you are a contact manager of %(organization)s.",
        organization=reader.organization.name,
    )
