"""Which answer explains a page: the "?" beside its heading, where that answer is there and open to the reader."""

from flask import request

from portal import permissions
from portal.models import Answer

FOR_PARTNERS, FOR_CUSTOMERS, ON_ASKING, ON_REQUESTS = "10163", "10164", "10165", "10166"
ON_A_REQUEST, ON_CONTACTS, ON_HISTORY, ON_ONESELF, ON_FIGURES, AT_THE_DESK = map(str, range(10182, 10188))
ANSWERS = {  # by blueprint
    "my_customers": FOR_PARTNERS,
    "my_partners": FOR_CUSTOMERS,
    "grants": FOR_CUSTOMERS,
    "ask": ON_ASKING,
    "requests": ON_REQUESTS,
    "service_request": ON_A_REQUEST,
    "contacts": ON_CONTACTS,
    "history": ON_HISTORY,
    "dashboard": ON_FIGURES,
    "notifications": ON_ONESELF,
    "preferences": ON_ONESELF,
    "second_factor": ON_ONESELF,
    "desk": AT_THE_DESK,
    "desk_answers": AT_THE_DESK,
    "desk_mail": AT_THE_DESK,
    "desk_organizations": AT_THE_DESK,
    "site_notices": AT_THE_DESK,
}


def question(contact):
    """Return the select of the id of the answer that explains this page, as far as the contact may read it."""
    found = permissions.visible_answers(contact).select(Answer.public_id)
    return found.where(Answer.public_id == answer_for(contact)).limit(1)


def answer_for(contact):
    """Return the id of the answer that explains this page, be it there or not; "" where none does."""
    return _for_somebody_who_begins(contact) if request.blueprint == "start" else ANSWERS.get(request.blueprint, "")


def _for_somebody_who_begins(contact):
    if contact.desk:
        return AT_THE_DESK
    return FOR_CUSTOMERS if contact.contact_manager else FOR_PARTNERS
