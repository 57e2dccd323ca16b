"""What a notification says in one sentence: the line of the list and the heading of the mail."""

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.languages import current_locale
from portal.models.access import EXPIRED, GIVEN_UP
from portal.words import in_sentence, level_word, status_word


def headline(notification):
    """Return the sentence for the notification's reader, in the language spoken just now."""
    return _SENTENCES[notification.kind](notification)


def changes_in(access_request):
    """Return how many lines, days and dates the approval changed."""
    lines = sum(line.level_given != line.level for line in access_request.all_lines())
    days = access_request.days_given not in (None, access_request.days)
    return lines + days + (access_request.covers_from is not None)


def name_of(contact):
    """Return the person's name as a sentence says it; somebody, where nobody is known."""
    return in_sentence(contact.name) if contact else _("Somebody")


def _access_asked(told):
    request = told.access_request
    return _(
        "%(name)s of %(partner)s asks for access", name=name_of(request.requested_by), partner=request.partner.name
    )


def _access_approved(told):
    request = told.access_request
    values = {"customer": request.customer.name, "name": name_of(request.requested_by)}
    changes = changes_in(request)
    if request.requested_by_id == told.contact_id:
        if not changes:
            return _("%(customer)s approved your request for access", **values)
        return ngettext(
            "%(customer)s approved your request for access, with one change",
            "%(customer)s approved your request for access, with %(num)s changes",
            changes,
            **values,
        )
    if not changes:
        return _("%(customer)s approved the request of %(name)s for access", **values)
    return ngettext(
        "%(customer)s approved the request of %(name)s for access, with one change",
        "%(customer)s approved the request of %(name)s for access, with %(num)s changes",
        changes,
        **values,
    )


def _access_declined(told):
    request = told.access_request
    if request.requested_by_id == told.contact_id:
        return _("%(customer)s declined your request for access", customer=request.customer.name)
    return _(
        "%(customer)s declined the request of %(name)s for access",
        customer=request.customer.name,
        name=name_of(request.requested_by),
    )


def _access_withdrawn(told):
    request = told.access_request
    if told.contact.organization_id == request.customer_id:
        return _("%(partner)s withdrew its request for access", partner=request.partner.name)
    # The customer is not named: whether the address reached anybody is never told (SPEC 4).
    return _(
        "%(name)s withdrew the request for access sent to %(email)s",
        name=name_of(told.actor),
        email=request.manager_email,
    )


def _access_lapsed(told):
    request = told.access_request
    if told.contact.organization_id == request.customer_id:
        return _("The request of %(partner)s for access has lapsed", partner=request.partner.name)
    return _("The request for access sent to %(email)s has lapsed", email=request.manager_email)


def _access_given(told):
    grant = told.grant
    values = _of_grant(grant)
    if grant.contact_id == told.contact_id:
        return _("%(customer)s gave you the level %(level)s", **values)
    if grant.contact_id:
        return _("%(customer)s gave %(name)s the level %(level)s", **values)
    return _("%(customer)s gave everybody at %(partner)s the level %(level)s", **values)


def _access_changed(told):
    grant = told.grant
    values = _of_grant(grant)
    if grant.contact_id == told.contact_id:
        return _("%(customer)s changed your access to %(level)s", **values)
    if grant.contact_id:
        return _("%(customer)s changed the access of %(name)s to %(level)s", **values)
    return _("%(customer)s changed the access of everybody at %(partner)s to %(level)s", **values)


def _access_ended(told):
    grant = told.grant
    values = _of_grant(grant) | {"actor": name_of(told.actor)}
    if told.actor is None or EXPIRED in (grant.end_cause, told.facts.get("cause")):
        return _run_out(told, values)
    if grant.end_cause == GIVEN_UP:
        return _given_up(told, values)
    if grant.contact_id == told.contact_id:
        return _("%(customer)s ended your access", **values)
    if grant.contact_id:
        return _("%(customer)s ended the access of %(name)s", **values)
    return _("%(customer)s ended the access of everybody at %(partner)s", **values)


def _run_out(told, values):
    if told.grant.contact_id == told.contact_id:
        return _("Your access to %(customer)s has ended", **values)
    if told.grant.contact_id:
        return _("The access of %(name)s to %(customer)s has ended", **values)
    return _("The access of everybody at %(partner)s to %(customer)s has ended", **values)


def _given_up(told, values):
    if told.grant.contact_id:
        return _("%(actor)s gave up the access to %(customer)s", **values)
    return _("%(actor)s gave up the access of everybody at %(partner)s to %(customer)s", **values)


def _access_ending(told):
    grant = told.grant
    values, days = _of_grant(grant), int(told.facts.get("days", 0))
    if grant.contact_id == told.contact_id:
        return ngettext(
            "Your access to %(customer)s ends in %(num)s day",
            "Your access to %(customer)s ends in %(num)s days",
            days,
            **values,
        )
    if grant.contact_id:
        return ngettext(
            "The access of %(name)s to %(customer)s ends in %(num)s day",
            "The access of %(name)s to %(customer)s ends in %(num)s days",
            days,
            **values,
        )
    return ngettext(
        "The access of everybody at %(partner)s to %(customer)s ends in %(num)s day",
        "The access of everybody at %(partner)s to %(customer)s ends in %(num)s days",
        days,
        **values,
    )


def _of_grant(grant):
    return {
        "customer": grant.customer.name,
        "partner": grant.partner.name,
        "name": name_of(grant.contact),
        "level": level_word(grant.level),
    }


def _contact_added(told):
    return _(
        "%(name)s of %(partner)s added %(contact)s to your contacts",
        name=name_of(told.actor),
        partner=told.grant.partner.name if told.grant_id else told.actor.organization.name,
        contact=in_sentence(told.facts.get("name", "")),
    )


def _request_new(told):
    return _(
        "%(name)s submitted “%(subject)s” for %(organization)s",
        organization=told.organization.name,
        **_of_request(told),
    )


def _request_message(told):
    if told.message_id and told.message.internal:
        return _("%(name)s wrote internally in “%(subject)s”", **_of_request(told))
    status = told.facts.get("status")
    if status:
        return _(
            "%(name)s wrote in “%(subject)s” and set it to “%(status)s”",
            status=status_word(status),
            **_of_request(told),
        )
    return _("%(name)s wrote in “%(subject)s”", **_of_request(told))


def _request_changed(told):
    facts, values = told.facts, _of_request(told)
    if "status" in facts:
        return _("%(name)s set “%(subject)s” to “%(status)s”", status=status_word(facts["status"]), **values)
    if "severity" in facts:
        return _("%(name)s set the severity of “%(subject)s” to %(number)s", number=facts["severity"], **values)
    if "contact_added" in facts:
        return _("%(name)s added %(contact)s to “%(subject)s”", contact=in_sentence(facts["contact_added"]), **values)
    if "contact_removed" in facts:
        contact = in_sentence(facts["contact_removed"])
        return _("%(name)s took %(contact)s off “%(subject)s”", contact=contact, **values)
    if "primary_contact" in facts:
        contact = in_sentence(facts["primary_contact"])
        return _("%(name)s made %(contact)s the primary contact of “%(subject)s”", contact=contact, **values)
    return _("%(name)s changed “%(subject)s”", **values)


def _request_assigned(told):
    return _("%(name)s handed you “%(subject)s”", **_of_request(told))


def _of_request(told):
    return {"name": name_of(told.actor), "subject": told.service_request.subject}


def _site_notice(told):
    notice = told.site_notice
    values = {"site": notice.site.name, "title": notice.title}
    if notice.kind == "maintenance":
        return _("Maintenance of %(site)s: %(title)s", **values)
    if notice.kind == "resolved":
        return _("%(site)s works again: %(title)s", **values)
    return _("%(site)s is disturbed: %(title)s", **values)


def _answer_changed(told):
    return _("An answer that you follow has changed: %(title)s", title=title_of(told.answer))


def title_of(answer):
    """Return the answer's title in the reader's language, or in the one there is."""
    titles = answer.titles
    return titles.get(current_locale()) or titles.get("en") or next(iter(titles.values()), answer.public_id)


def _password_reset(_told):
    return _("Choose another password for the Partner Portal")


def _invitation(told):
    return _("%(organization)s invites you to the Partner Portal", organization=told.contact.organization.name)


def _email_changed(told):
    return _("You sign in with %(email)s from now on", email=told.contact.email)


def _email_left(_told):
    return _("You no longer sign in with this e-mail address")


def _second_factor_changed(told):
    return {
        "set_up": _("You sign in with a second factor from now on"),
        "replaced": _("Another app gives your codes from now on"),
        "turned_off": _("Your second factor is off"),
        "codes": _("You have new recovery codes"),
        "code_used": _("A recovery code of yours was used"),
    }.get(told.facts.get("what"), _("Your second factor was taken away"))


_SENTENCES = {
    "access_asked": _access_asked,
    "access_approved": _access_approved,
    "access_declined": _access_declined,
    "access_withdrawn": _access_withdrawn,
    "access_lapsed": _access_lapsed,
    "access_given": _access_given,
    "access_changed": _access_changed,
    "access_ended": _access_ended,
    "access_ending": _access_ending,
    "contact_added": _contact_added,
    "request_new": _request_new,
    "request_message": _request_message,
    "request_changed": _request_changed,
    "request_assigned": _request_assigned,
    "site_notice": _site_notice,
    "answer_changed": _answer_changed,
    "password_reset": _password_reset,
    "invitation": _invitation,
    "email_changed": _email_changed,
    "email_left": _email_left,
    "second_factor_changed": _second_factor_changed,
}
KINDS = tuple(_SENTENCES)
