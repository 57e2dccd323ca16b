"""Small questions of one page, asked of the database together: numbers, names, and whether there is something."""

from peewee import SQL, fn

from portal.database import handle
from portal.models.organizations import Contact
from portal.models.prepared import fetched


def answers_to(questions):
    """Return {name: value} of these {name: select of one value}, asked in one statement; None where one finds nothing."""
    found = handle.execute(_together(questions.values())).fetchone()
    return dict(zip(questions, found, strict=True))


def known_answers_to(names, key, build):
    """Return the same for the questions of `build()`, whose text is kept under `key` (see `fetched`)."""
    return dict(zip(names, fetched(key, lambda: _together(build().values()))[0], strict=True))


def _together(questions):
    return Contact.select(*questions).limit(1)


def number_of(select):
    """Return a question: how many rows a select has."""
    return select.select_from(fn.COUNT(SQL("1")))
