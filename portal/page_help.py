"""Which answer explains a page: the "?" beside its heading, where that answer is there and open to the reader."""

from flask import request

from portal import permissions
from portal.models import Answer

FOR_PARTNERS, FOR_CUSTOMERS, ON_ASKING, ON_REQUESTS = "10163", "10164", "10165", "10166"
ANSWERS = {
    "my_customers.index": FOR_PARTNERS,
    "my_customers.request_access": FOR_PARTNERS,
    "my_partners.index": FOR_CUSTOMERS,
    "ask.index": ON_ASKING,
    "requests.index": ON_REQUESTS,
}


def question(contact):
    """Return the select of the id of the answer that explains this page, as far as the contact may read it."""
    found = permissions.visible_answers(contact).select(Answer.public_id)
    return found.where(Answer.public_id == ANSWERS.get(request.endpoint, "")).limit(1)
