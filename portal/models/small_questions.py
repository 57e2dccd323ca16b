"""Small questions of one page, asked of the database together: numbers, names, and whether there is something."""

from collections.abc import Callable
from typing import NamedTuple

from peewee import SQL, fn

from portal.models.organizations import Contact
from portal.models.prepared import fetched


class Questions(NamedTuple):
    """Selects of one value each, whose text is written once (see `prepared.fetched`)."""

    names: tuple  # of the answers
    key: tuple  # all that the text depends on
    build: Callable  # returns the selects by name, in the order of `names`
    values: dict  # of the slots in them

    def beside(self, other):
        """Return these questions and the other ones, to be asked in one statement."""
        return Questions(
            (*self.names, *other.names),
            (self.key, other.key),
            lambda: {**self.build(), **other.build()},
            {**self.values, **other.values},
        )

    def answers(self):
        """Return {name: value}, asked in one statement; None where a question finds nothing."""
        found = fetched(self.key, lambda: _together(self.build().values()), **self.values)
        return dict(zip(self.names, found[0], strict=True))


NOTHING = Questions((), (), dict, {})


def _together(questions):
    return Contact.select(*questions).limit(1)


def number_of(select):
    """Return a question: how many rows a select has."""
    return select.select_from(fn.COUNT(SQL("1")))
