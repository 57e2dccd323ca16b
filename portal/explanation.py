"""Why somebody's level is what it is, in one sentence: the command line's answer to "how can this be?"."""

from flask_babel import gettext as _

from portal import dates, permissions
from portal.permissions import Level
from portal.words import level_word


def explain(contact, organization, at):
    """Return {"level", "capabilities", "because"} of the contact for the organization at `at` (SPEC 6)."""
    one = permissions.standing(contact, organization, at)
    return {
        "level": one.code,
        "capabilities": sorted(capability.value for capability in one.capabilities),
        "because": _BECAUSE[one.kind](one),
    }


def _by_grant(one):
    grant, zone = one.grant, one.organization.timezone
    facts = {
        "level": level_word(Level(grant.level)),
        "customer": one.organization.name,
        "partner": one.contact.organization.name,
        "name": one.contact.name,
        "approver": _approver(grant),
        "start": dates.iso(grant.starts_at, zone),
        "end": dates.iso(grant.over_at, zone),
        "covers_from": grant.covers_from,
        "overruled": level_word(Level(one.overrules.level)) if one.overrules else "",
    }
    if grant.contact_id is None:
        return _organization_wide(facts)
    return _narrowed(facts) if one.overrules else _individual(facts)


def _approver(grant):
    if grant.approved_by is None:
        return _("somebody not on record")
    return f"{grant.approved_by.name} <{grant.approved_by.email}>"


def _organization_wide(facts):
    if facts["covers_from"]:
        return _(
            "The organization-wide grant of %(level)s for %(customer)s to %(partner)s decides: approved by %(approver)s,"
            " from %(start)s until %(end)s, covering requests from %(covers_from)s on.",
            **facts,
        )
    return _(
        "The organization-wide grant of %(level)s for %(customer)s to %(partner)s decides: approved by %(approver)s,"
        " from %(start)s until %(end)s.",
        **facts,
    )


def _individual(facts):
    if facts["covers_from"]:
        return _(
            "The individual grant of %(level)s for %(customer)s to %(name)s decides: approved by %(approver)s,"
            " from %(start)s until %(end)s, covering requests from %(covers_from)s on.",
            **facts,
        )
    return _(
        "The individual grant of %(level)s for %(customer)s to %(name)s decides: approved by %(approver)s,"
        " from %(start)s until %(end)s.",
        **facts,
    )


def _narrowed(facts):
    if facts["covers_from"]:
        return _(
            "The individual grant of %(level)s for %(customer)s to %(name)s decides: approved by %(approver)s,"
            " from %(start)s until %(end)s, covering requests from %(covers_from)s on;"
            " it overrules the organization-wide grant of %(overruled)s to %(partner)s.",
            **facts,
        )
    return _(
        "The individual grant of %(level)s for %(customer)s to %(name)s decides: approved by %(approver)s,"
        " from %(start)s until %(end)s; it overrules the organization-wide grant of %(overruled)s to %(partner)s.",
        **facts,
    )


def _by_belonging(one):
    contact = one.contact
    facts = {"name": contact.name, "organization": one.organization.name}
    if contact.desk:
        return _("%(name)s belongs to %(organization)s, and is one of the desk.", **facts)
    if contact.support_contact and contact.contact_manager:
        return _("%(name)s belongs to %(organization)s, as a support contact and a contact manager.", **facts)
    if contact.support_contact:
        return _("%(name)s belongs to %(organization)s, as a support contact.", **facts)
    if contact.contact_manager:
        return _("%(name)s belongs to %(organization)s, as a contact manager.", **facts)
    return _("%(name)s belongs to %(organization)s, where every contact reads the requests.", **facts)


def _by_desk(one):
    return _("%(name)s is one of the desk, which answers the requests of every customer.", name=one.contact.name)


def _by_nothing(one):
    contact, facts = one.contact, {"name": one.contact.name, "customer": one.organization.name}
    if not contact.active:
        return _("%(name)s is inactive, and may do nothing here.", **facts)
    if contact.stands_in_for_id is not None:
        return _(
            "%(name)s is a stand-in: the person behind it is %(person)s.", person=contact.stands_in_for.email, **facts
        )
    if permissions.is_suspended(contact, one.at):
        return _("%(name)s was added by a partner whose access is over, and no contact manager has kept them.", **facts)
    if not permissions.counts_for_grants(contact):
        return _("%(name)s was added by a partner, and no contact manager has confirmed them yet.", **facts)
    return _(
        "No active grant of %(customer)s reaches %(name)s of %(partner)s.",
        partner=contact.organization.name,
        **facts,
    )


_BECAUSE = {"grant": _by_grant, "own": _by_belonging, "desk": _by_desk, "none": _by_nothing}
