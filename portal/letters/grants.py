"""The mails about access that one has: given, changed, about to end, ended."""

from flask_babel import gettext as _

from portal.dates import day
from portal.dates import last_day as written_last_day
from portal.headlines import headline, name_of
from portal.landing import path
from portal.letters.parts import Facts, Letter, Text, last_day, level_in_words, when
from portal.models import mailing
from portal.models.access import EXPIRED
from portal.words import number


def given(told, at):
    """Return the letter about access that was given without having been asked for."""
    grant = told.grant
    first = _("%(name)s gave it on %(when)s.", name=name_of(grant.approved_by), when=when(grant.starts_at))
    return _letter(told, [Text(first), Facts(_what(grant, at))])


def changed(told, at):
    """Return the letter about access that was edited: as it is now, and as it was."""
    grant = told.grant
    before = mailing.replaced_by(grant)
    first = _("%(name)s changed it on %(when)s.", name=name_of(grant.approved_by), when=when(grant.starts_at))
    blocks = [Text(first), Facts(_what(grant, at))]
    if before:
        rows = [
            (_("Level"), level_in_words(before.level)),
            (_("Last day"), written_last_day(before.expires_at, grant.customer.timezone)),
        ]
        blocks += [Text(_("Before that it was:")), Facts(rows)]
    return _letter(told, blocks)


def ending(told, at):
    """Return the letter that reminds of the end."""
    customer_side = _is_customer(told)
    if customer_side:
        first = _("After that day they see nothing of yours any more, unless you extend it.")
    else:
        first = _("Ask to extend it in time: an extension that is approved before the end leaves no gap.")
    letter = _letter(told, [Text(first), Facts(_what(told.grant, at, counted=False))])
    letter.button = _("Extend it, or change it") if customer_side else _("Ask to extend it")
    return letter


def ended(told, at):
    """Return the letter about access that is over, to the customer's managers with what was done under it."""
    grant = told.grant
    rows = [*_what(grant, at, over=True), (_("Ended"), when(grant.over_at))]
    if grant.ended_by_id and grant.end_cause != EXPIRED:
        rows.append((_("Ended by"), grant.ended_by.name))
    blocks = [
        Text(_("Nothing of %(customer)s is open under this access any more.", customer=grant.customer.name)),
        Facts(rows),
    ]
    if _is_customer(told) and "read" in told.facts:
        blocks += [Text(_("While it lasted:")), Facts(_done(told.facts))]
    return _letter(told, blocks)


def _done(facts):
    counted = [
        (_("Requests read"), "read"),
        (_("Files downloaded"), "downloaded"),
        (_("Messages written"), "wrote"),
        (_("Requests created"), "created"),
        (_("Requests changed"), "changed"),
    ]
    return [(label, number(facts.get(kind, 0))) for label, kind in counted]


def _what(grant, at, over=False, counted=True):
    """Return the rows about a grant; `counted` says how many days are left, where the heading does not."""
    subject = grant.contact.name if grant.contact_id else _("Everybody at %(partner)s", partner=grant.partner.name)
    timezone = grant.customer.timezone
    rows = [(subject, level_in_words(grant.level)), (_("Customer"), grant.customer.name)]
    if grant.contact_id:
        rows.append((_("Partner"), grant.partner.name))
    if not over:
        rows.append((_("Last day"), last_day(grant.expires_at, timezone, at if counted else None)))
    if grant.covers_from:
        rows.append((_("Covers"), _("requests from %(day)s on; older ones stay hidden", day=day(grant.covers_from))))
    return rows


def _letter(told, blocks):
    grant, customer_side = told.grant, _is_customer(told)
    return Letter(
        headline(told),
        blocks,
        button=_("See My Partners") if customer_side else _("See My Customers"),
        path=path(told),
        thread=f"access-{grant.customer.slug}-{grant.partner.slug}-{grant.contact.public_id if grant.contact else 'all'}",
        reason=_why(told, customer_side),
    )


def _is_customer(told):
    return told.contact.organization_id == told.grant.customer_id


def _why(told, customer_side):
    grant, reader = told.grant, told.contact
    if not customer_side and grant.contact_id == reader.id:
        return _("You get this mail because the access is yours.")
    if not customer_side and grant.access_request_id and grant.access_request.requested_by_id == reader.id:
        return _("You get this mail because you asked for the access.")
    return _(
        "You get this mail because you are a contact manager of %(organization)s.",
        organization=reader.organization.name,
    )
