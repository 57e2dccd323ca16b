"""Small questions of one page, asked of the database together: numbers, names, and whether there is something."""

from peewee import SQL, fn

from portal.models.organizations import Contact


def answers_to(contact, **questions):
    """Return {name: value} of these selects of one value each, asked in one statement; None where one finds nothing."""
    columns = [question.alias(name) for name, question in questions.items()]
    return Contact.select(*columns).where(Contact.id == contact.id).dicts().get()


def number_of(select):
    """Return a question: how many rows a select has."""
    return select.select_from(fn.COUNT(SQL("1")))
