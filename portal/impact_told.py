"""What a decision would change as pages tell it: plain values, which say all that is drawn of them."""

from datetime import datetime
from typing import NamedTuple

NAMED = 3  # people whose change is told in a sentence of its own; where there are more, how many
LISTED = 50


class Person(NamedTuple):
    """One person, with the ranks of today's level and of the one then; None for none."""

    name: str
    before: int | None
    after: int | None
    loses: bool  # something they can do today: else they only read less


class Told(NamedTuple):
    """The figures of a decision, and its people by name as far as pages name them."""

    changes: int
    readers: int
    named_only: int
    writers: int
    submitters: int
    administrators: int
    managers: int
    reading_already: int
    readable_until: datetime | None
    going_up: int
    losing: int
    keeping: int
    up: tuple  # of Person, where they are few
    down: tuple
    kept: tuple
    people: tuple  # the first of those concerned
    requests: int
    attachments: int
    confidential: int
    older: int


def told(weighed):
    """Return what there is to tell of `weighing.Weighed`."""
    up, down, kept, extent = weighed.going_up, weighed.losing, weighed.keeping, weighed.extent
    return Told(
        changes=len(weighed.changes),
        readers=len(weighed.readers),
        named_only=len(weighed.named_only),
        writers=weighed.at_level("update"),
        submitters=weighed.at_level("create"),
        administrators=weighed.at_level("service_admin"),
        managers=weighed.at_level("full_admin"),
        reading_already=len(weighed.reading_already),
        readable_until=weighed.readable_until,
        going_up=len(up),
        losing=len(down),
        keeping=len(kept),
        up=_named(up),
        down=_named(down),
        kept=_named(kept),
        people=tuple(map(_person, weighed.changes[:LISTED])),
        requests=extent.requests,
        attachments=extent.attachments,
        confidential=extent.confidential,
        older=extent.older,
    )


def _named(changes):
    return tuple(map(_person, changes)) if len(changes) <= NAMED else ()


def _person(change):
    one = change.comparison
    return Person(change.person.name, one.rank_before, one.rank_after, one.goes_down)
