"""The people of one organization, looked up by name or by id: firms have thousands."""

from portal.folding import folded
from portal.models.matching import holds
from portal.models.organizations import Contact

MOST_WORDS = 5


def called(organization, public_ids):
    """Return {public id: contact} of the active people of the organization among these ids."""
    found = organization.people().where(Contact.public_id.in_(list(public_ids)))
    return {person.public_id: person for person in found}


def matching(organization, typed, limit, without=()):
    """Return up to `limit` active people of the organization whose name or address holds every word of `typed`, by name.

    `without` are contacts (ids) to leave out.
    """
    query = organization.people().where(Contact.id.not_in(list(without)))
    for word in folded(typed).split()[:MOST_WORDS]:
        query = query.where(holds(Contact.name, word) | holds(Contact.email, word))
    return list(query.limit(limit))
