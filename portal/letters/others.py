"""The mails about accounts, sites and answers."""

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.headlines import headline, name_of
from portal.landing import path
from portal.letters.parts import Facts, Letter, Quote, Text, when


def contact_added(told, _at):
    """Return the letter to a contact manager about a contact whom a partner added (SPEC 3, rule 7)."""
    facts = told.facts
    rows = [(_("Name"), facts.get("name", "")), (_("E-mail address"), facts.get("email", ""))]
    if told.grant_id:
        rows.append(
            (_("Added by"), f"{told.actor.name}, {told.grant.partner.name}" if told.actor else told.grant.partner.name)
        )
    first = _(
        "The contact counts for no access that %(organization)s has been given until you confirm it.",
        organization=told.organization.name,
    )
    return Letter(
        headline(told),
        [Text(first), Facts(rows)],
        button=_("Confirm it, or not"),
        path=path(told),
        reason=_manager(told),
    )


def site_notice(told, _at):
    """Return the letter with what the desk announces about a site."""
    notice = told.site_notice
    rows = [(_("Site"), notice.site.name), (_("Organization"), told.organization.name)]
    if notice.starts_at:
        rows.append((_("Since") if notice.kind == "incident" else _("Begins"), when(notice.starts_at)))
    if notice.ends_at:
        rows.append((_("Ends"), when(notice.ends_at)))
    return Letter(
        headline(told),
        [Facts(rows), *([Quote(notice.body)] if notice.body.strip() else [])],
        button=_("Open the portal"),
        path=path(told),
        thread=f"site-{notice.site.public_id}",
        reason=_(
            "You get this mail because you receive the site notices of %(organization)s.",
            organization=told.organization.name,
        ),
    )


def answer_changed(told, _at):
    """Return the letter to who follows an answer."""
    return Letter(
        headline(told),
        [Text(_("Read what is new, or stop following it on its page."))],
        button=_("Read the answer"),
        path=path(told),
        thread=f"answer-{told.answer.public_id}",
        reason=_("You get this mail because you asked to hear when this answer changes."),
    )


def password_reset(told, _at):
    """Return the letter with the link by which one chooses another password."""
    return Letter(
        headline(told),
        [
            Text(_("Somebody asked for a link to choose another password for %(email)s.", email=told.contact.email)),
            Text(_("It works once, until %(when)s.", when=when(told.link.expires_at))),
        ],
        button=_("Choose another password"),
        path=_path_of_link(told),
        reason=_("You get this mail because your e-mail address was typed at sign-in."),
        notes=[_("If that was not you, do nothing: your password stays as it is.")],
        may_be_switched_off=False,
    )


def invitation(told, _at):
    """Return the letter with the link by which one chooses one's first password."""
    organization = told.contact.organization.name
    if told.actor:
        first = _(
            "%(name)s added you as a contact of %(organization)s.", name=name_of(told.actor), organization=organization
        )
    else:
        first = _("You are a contact of %(organization)s now.", organization=organization)
    return Letter(
        headline(told),
        [
            Text(first),
            Text(
                _(
                    "In the portal you read and write support requests under your own name, %(email)s.",
                    email=told.contact.email,
                )
            ),
            Text(_("The link works once, until %(when)s.", when=when(told.link.expires_at))),
        ],
        button=_("Choose your password"),
        path=_path_of_link(told),
        reason=_("You get this mail because this address was entered for you."),
        may_be_switched_off=False,
    )


def email_changed(told, _at):
    """Return the letter to the address with which one signs in from now on."""
    return _about_address(told, _("You get this mail because this is your e-mail address now."))


def email_left(told, _at):
    """Return the letter to the address that was, which names no other address."""
    return _about_address(told, _("You get this mail because this was your e-mail address."))


def _about_address(told, reason):
    """Return the letter about another address; `actor` is None where one changed it oneself."""
    organization = told.organization.name
    if told.actor:
        first = _(
            "%(name)s changed your e-mail address at %(organization)s.",
            name=name_of(told.actor),
            organization=organization,
        )
    else:
        first = _("You changed your e-mail address at %(organization)s.", organization=organization)
    return Letter(
        headline(told),
        [Text(first), Text(_("Every open session of yours has ended. Your password stays as it is."))],
        button=_("Open the portal"),
        path=path(told),
        reason=reason,
        notes=[_("If that surprises you, ask a contact manager of %(organization)s.", organization=organization)],
        may_be_switched_off=False,
    )


def second_factor_changed(told, _at):
    """Return the letter about the reader's own second factor; `actor` is the desk's person who took it away, if one did."""
    organization, what = told.organization.name, told.facts.get("what")
    first = {
        "set_up": _(
            "After your password, we ask for a code of your authenticator app. Your other sessions have ended."
        ),
        "replaced": _("The app that you used before is worth nothing any more. Your other sessions have ended."),
        "turned_off": _("Your password alone is enough to sign in. Your other sessions have ended."),
        "codes": _("The recovery codes that you had before are worth nothing any more."),
        "code_used": ngettext(
            "Each works once. %(num)s is left.", "Each works once. %(num)s are left.", told.facts.get("left", 0)
        ),
    }.get(what) or _reset(told)
    return Letter(
        headline(told),
        [Text(first)],
        button=_("Open the portal"),
        path="/",
        reason=_("You get this mail because it is about how you sign in."),
        notes=[
            _(
                "If that was not you, choose another password at once, and ask a contact manager of %(organization)s.",
                organization=organization,
            )
        ],
        may_be_switched_off=False,
    )


def _reset(told):
    if told.actor is None:
        return _(
            "The portal’s administrator took your second factor away, because it was lost. Every session of yours has ended."
        )
    return _(
        "%(name)s took your second factor away, because it was lost. Every session of yours has ended.",
        name=name_of(told.actor),
    )


def _path_of_link(told):
    return f"/login/reset/{told.link.token(current_app.config['PORTAL'].secret_key)}"


def _manager(told):
    organization = told.contact.organization.name
    return _("You get this mail because you are a contact manager of %(organization)s.", organization=organization)
