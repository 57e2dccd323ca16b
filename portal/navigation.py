"""The rail beside each page: where one can go, and what waits there."""

from functools import cached_property, lru_cache
from typing import NamedTuple

from flask import g, request
from flask_babel import gettext as _

from portal import page_help, permissions, telling
from portal.languages import current_locale
from portal.models import AccessRequest, Organization
from portal.models.access import LAPSES_AFTER
from portal.models.notification_lists import MANY, customers_unread, number_unread
from portal.models.prepared import slot
from portal.models.small_questions import NOTHING, Questions, number_of
from portal.permissions import Capability
from portal.seeing import sight


def init_app(app):
    """Hand each template the signed-in contact and their navigation."""
    app.context_processor(_offer)


def _offer():
    contact = g.get("contact")
    return {"contact": contact, "navigation": Rail(contact) if contact else []}


def ask(own):
    """Return {name: value} of a page's own small Questions, asked together with those of the rail beside it."""
    g.rail_answers = _asked(g.contact, own)
    return g.rail_answers


def _asked(contact, own=NOTHING):
    if "sight" in g:
        return _common(contact).beside(_unread(contact, sight())).beside(own).answers()
    # Of whoever has read everything no right need be asked for; of others, those at the customers they read of.
    found = _common(contact).beside(_in_short(contact)).beside(own).answers()
    unread = 0
    if found["rail_any"]:
        held = found["rail_held"] if found["rail_any"] < MANY else None
        unread = _unread(contact, permissions.Sight(contact, g.at, held)).answers()["rail_unread"]
    return {**found, "rail_unread": unread}


def _common(contact):
    def build():
        return {"rail_desk": Organization.name_of_the_desk(), "rail_help": page_help.question(contact)}

    asked = Questions(("rail_desk", "rail_help"), ("rail", contact.desk, page_help.answer_for(contact)), build, {})
    if not contact.contact_manager:
        return asked
    values = {"rail_firm": contact.organization_id, "rail_at": g.at, "rail_asked_after": g.at - LAPSES_AFTER}
    return asked.beside(Questions(("rail_pending", "rail_contacts"), ("managers",), _managers, values))


def _unread(contact, seen):
    def build():
        return {"rail_unread": number_of(telling.unread(contact, g.at, seen))}

    return Questions(("rail_unread",), ("unread", contact.id, seen.key), build, {})


def _in_short(contact):
    values = {"rail_contact": contact.id, "rail_firm": contact.organization_id, "rail_at": g.at}
    return Questions(("rail_any", "rail_held"), ("rail in short",), _anything_unread, values)


def _anything_unread():
    who = slot("rail_contact")
    held = permissions.held_at(customers_unread(who), slot("rail_firm"), who, slot("rail_at"))
    return {"rail_any": number_unread(who), "rail_held": held}


def _managers():
    firm = slot("rail_firm")
    return {
        "rail_pending": number_of(AccessRequest.waiting_since(firm, slot("rail_asked_after"))),
        "rail_contacts": number_of(permissions.contacts_waiting(firm, slot("rail_at"))),
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

    @property
    def groups(self):
        """The groups of places: (heading or None, entries), tuples of tuples."""
        contact, waiting = self.contact, self._answers
        one = permissions.standing(contact, contact.organization, g.at)
        told = Told(
            contact.desk,
            one.allows(Capability.DECIDE_PARTNERS),
            one.allows(Capability.MANAGE_CONTACTS),
            contact.organization.slug,
            waiting.get("rail_pending", 0),
            waiting.get("rail_contacts", 0),
            waiting["rail_unread"],
        )
        return _groups(told, request.path, current_locale())


class Told(NamedTuple):
    """All that the rail depends on, beside the page and the reader's language."""

    desk: bool
    decides: bool
    manages: bool
    slug: str
    pending: int
    contacts: int
    unread: int


@lru_cache(1024)
def _groups(told, path, _locale):
    work = [
        ("/", _("Start"), "house", 0),
        ("/requests", _("My Requests"), "inbox", 0),
        ("/ask", _("Ask a Question"), "question", 0),
    ]
    if told.desk:
        work.append(("/desk", _("Desk"), "mail", 0))
    access = [("/partner/my_customers", _("My Customers"), "key", 0)]
    if told.decides:
        access.append(("/partner/my_partners", _("My Partners"), "handshake", told.pending))
    if told.manages:
        access.append((f"/contacts/{told.slug}", _("Contacts"), "users", told.contacts))
    if told.decides:
        access.append((f"/history/{told.slug}", _("History"), "history", 0))
    more = [
        (f"/dashboard/{told.slug}", _("Dashboard"), "dashboard", 0),
        ("/answers", _("Answers"), "book", 0),
        ("/notifications", _("Notifications"), "bell", told.unread),
    ]
    groups = ((None, work), (_("Access"), access), (_("More"), more))
    return tuple((heading, tuple((*one, _leads_here(one[0], path)) for one in places)) for heading, places in groups)


def _leads_here(address, path):
    return path == address or (address != "/" and path.startswith(f"{address}/"))
