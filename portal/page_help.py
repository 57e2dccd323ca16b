"""Which answer explains a page: the "?" beside its heading, where that answer is there and open to the reader."""

from flask import g, request

from portal import permissions
from portal.models import answer_lists

FOR_PARTNERS, FOR_CUSTOMERS, ON_ASKING, ON_REQUESTS = "10163", "10164", "10165", "10166"
ANSWERS = {
    "my_customers.index": FOR_PARTNERS,
    "my_customers.request_access": FOR_PARTNERS,
    "my_partners.index": FOR_CUSTOMERS,
    "ask.index": ON_ASKING,
    "requests.index": ON_REQUESTS,
}


def init_app(app):
    """Hand the templates of these pages `help_answer`: the id of the answer, or None."""
    app.context_processor(_offer)


def _offer():
    public_id = ANSWERS.get(request.endpoint) if g.get("contact") else None
    if public_id and not answer_lists.has(permissions.visible_answers(g.contact), public_id):
        public_id = None
    return {"help_answer": public_id}
