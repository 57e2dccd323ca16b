"""Leases: what one process at a time may do, over all workers and app servers. A lease runs out by itself."""

from datetime import timedelta

from peewee import CharField

from portal import database
from portal.models.base import Instant, Table

LENGTH = timedelta(seconds=10)


class Lease(Table):
    """Who has the turn to do one thing, and until when unless they take it again."""

    name: str = CharField(max_length=32, primary_key=True)
    holder: str = CharField(max_length=200)
    until = Instant()


def take(name, holder, at):
    """Return whether `holder` has the lease at `at`; it has it for LENGTH then, and half of that without a write.

    A clock that is ahead can only take the turn early: what is done under a lease must be safe to be done by two.
    """
    kept = Lease.get_or_none(Lease.name == name)
    # What is to last longer than any lease was given by a clock that has been set back since: it is over.
    if kept is not None and at < kept.until <= at + LENGTH:
        if kept.holder != holder:
            return False
        if kept.until - at > LENGTH / 2:
            return True
    with database.transaction():
        return _claim(name, holder, at)


def _claim(name, holder, at):
    mine_or_over = (Lease.holder == holder) | (Lease.until <= at) | (Lease.until > at + LENGTH)
    claimed = Lease.update(holder=holder, until=at + LENGTH).where(Lease.name == name, mine_or_over).execute()
    if not claimed:
        made = Lease.insert(name=name, holder=holder, until=at + LENGTH).on_conflict_ignore()
        claimed = made.as_rowcount().execute()
    return claimed == 1


def give_up(name, holder):
    """Let another take the lease at once, if `holder` has it."""
    with database.transaction():
        Lease.delete().where(Lease.name == name, Lease.holder == holder).execute()
