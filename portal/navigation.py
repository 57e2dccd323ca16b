"""The rail beside each page: where one can go, and what waits there."""

from flask import g, request
from flask_babel import gettext as _

from portal import permissions, telling
from portal.models import AccessRequest, Organization


def init_app(app):
    """Hand each template the signed-in contact and their navigation."""
    app.context_processor(_offer)


def _offer():
    contact = g.get("contact")
    if contact is None:
        return {"contact": None, "navigation": [], "desk_name": None}
    return {"contact": contact, "navigation": _groups(contact), "desk_name": _desk_name()}


def _desk_name():
    organization = Organization.of_the_desk()
    return organization.name if organization else None


def _groups(contact):
    work = [
        ("/", _("Start"), "house", 0),
        ("/requests", _("My Requests"), "inbox", 0),
        ("/ask", _("Ask a Question"), "question", 0),
    ]
    if contact.desk:
        work.append(("/desk", _("Desk"), "mail", 0))
    access = [("/partner/my_customers", _("My Customers"), "key", 0)]
    standing = permissions.standing(contact, contact.organization, g.at)
    if standing.allows(permissions.Capability.DECIDE_PARTNERS):
        waiting = AccessRequest.count_pending_for_customer(contact.organization, g.at)
        access.append(("/partner/my_partners", _("My Partners"), "handshake", waiting))
    if standing.allows(permissions.Capability.MANAGE_CONTACTS):
        waiting = permissions.contacts_waiting(contact.organization, g.at).count() if contact.contact_manager else 0
        access.append((f"/contacts/{contact.organization.slug}", _("Contacts"), "users", waiting))
    if standing.allows(permissions.Capability.DECIDE_PARTNERS):
        access.append((f"/history/{contact.organization.slug}", _("History"), "history", 0))
    more = [
        (f"/dashboard/{contact.organization.slug}", _("Dashboard"), "dashboard", 0),
        ("/answers", _("Answers"), "book", 0),
        ("/notifications", _("Notifications"), "bell", telling.unread_count(contact, g.at)),
    ]
    return [
        (None, [_entry(*one) for one in work]),
        (_("Access"), [_entry(*one) for one in access]),
        (_("More"), [_entry(*one) for one in more]),
    ]


def _entry(address, label, icon, count):
    current = request.path == address or (address != "/" and request.path.startswith(f"{address}/"))
    return (address, label, icon, count, current)
