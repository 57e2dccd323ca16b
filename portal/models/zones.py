"""Time zones as an organization's people use them."""

from peewee import fn

from portal.models.organizations import Contact


def zones_in_use(organization):
    """Return the time zones of the organization's active contacts, the most used first."""
    used = fn.COUNT(Contact.id)
    query = Contact.select(Contact.timezone, used).where(Contact.organization == organization, Contact.active)
    return [zone for zone, _count in query.group_by(Contact.timezone).order_by(used.desc(), Contact.timezone).tuples()]
