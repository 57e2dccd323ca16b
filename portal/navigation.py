"""The rail beside each page: where one can go, and what waits there."""

from functools import cached_property

from flask import g, request
from flask_babel import gettext as _

from portal import page_help, permissions, telling
from portal.models import AccessRequest, Organization
from portal.models.small_questions import answers_to, known_answers_to, number_of
from portal.permissions import Capability
from portal.seeing import sight


def init_app(app):
    """Hand each template the signed-in contact and their navigation."""
    app.context_processor(_offer)


def _offer():
    contact = g.get("contact")
    return {"contact": contact, "navigation": Rail(contact) if contact else []}


def ask(**questions):
    """Return {name: value} of a page's own small questions, asked together with those of the rail beside it."""
    g.rail_answers = answers_to({**_common(g.contact), **_managers(g.contact), **questions})
    return g.rail_answers


def _asked(contact):
    if contact.contact_manager:  # whose questions ask for the instant
        return answers_to({**_common(contact), **_managers(contact)})
    key = ("rail", contact.id, request.endpoint, sight().key)
    return known_answers_to(("rail_desk", "rail_unread", "rail_help"), key, lambda: _common(contact))


def _common(contact):
    return {
        "rail_desk": Organization.name_of_the_desk(),
        "rail_unread": number_of(telling.unread(contact, g.at, sight())),
        "rail_help": page_help.question(contact),
    }


def _managers(contact):
    if not contact.contact_manager:
        return {}
    return {
        "rail_pending": number_of(AccessRequest.pending(contact.organization_id, g.at)),
        "rail_contacts": number_of(permissions.contacts_waiting(contact.organization, g.at)),
    }


class Rail:
    """The rail of one page, for one contact: asked when it is drawn, as an answer to a swap has none."""

    def __init__(self, contact):
        self.contact = contact

    @cached_property
    def _answers(self):
        return g.pop("rail_answers", None) or _asked(self.contact)

    @property
    def desk_name(self):
        """The name of the desk's organization, or None."""
        return self._answers["rail_desk"]

    @property
    def help_answer(self):
        """The id of the answer that explains the page, or None."""
        return self._answers["rail_help"]

    def __iter__(self):
        """Yield groups: (heading or None, entries)."""
        return iter(_groups(self.contact, self._answers))


def _groups(contact, waiting):
    work = [
        ("/", _("Start"), "house", 0),
        ("/requests", _("My Requests"), "inbox", 0),
        ("/ask", _("Ask a Question"), "question", 0),
    ]
    if contact.desk:
        work.append(("/desk", _("Desk"), "mail", 0))
    access = [("/partner/my_customers", _("My Customers"), "key", 0)]
    standing = permissions.standing(contact, contact.organization, g.at)
    if standing.allows(Capability.DECIDE_PARTNERS):
        access.append(("/partner/my_partners", _("My Partners"), "handshake", waiting["rail_pending"]))
    if standing.allows(Capability.MANAGE_CONTACTS):
        address = f"/contacts/{contact.organization.slug}"
        access.append((address, _("Contacts"), "users", waiting.get("rail_contacts", 0)))
    if standing.allows(Capability.DECIDE_PARTNERS):
        access.append((f"/history/{contact.organization.slug}", _("History"), "history", 0))
    more = [
        (f"/dashboard/{contact.organization.slug}", _("Dashboard"), "dashboard", 0),
        ("/answers", _("Answers"), "book", 0),
        ("/notifications", _("Notifications"), "bell", waiting["rail_unread"]),
    ]
    return [
        (None, [_entry(*one) for one in work]),
        (_("Access"), [_entry(*one) for one in access]),
        (_("More"), [_entry(*one) for one in more]),
    ]


def _entry(address, label, icon, count):
    current = request.path == address or (address != "/" and request.path.startswith(f"{address}/"))
    return (address, label, icon, count, current)
