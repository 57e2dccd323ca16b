"""PostgreSQL as the portal speaks to it: how its statements are planned, and prepared on each connection."""

import select
import threading

import psycopg
from peewee import NotSupportedError, OperationalError
from playhouse.db_url import register_database
from playhouse.postgres_ext import PooledPsycopg3Database
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int4, Int4Dumper, IntDumper

# How our statements are planned, unless the URL says otherwise. Pages read a few rows along an index, all but always from
# memory; compiling their plans, or starting workers for one, takes longer than what they then do.
PLANNED = "-c random_page_cost=1.1 -c jit=off -c max_parallel_workers_per_gather=0"


_OF_IDS = Int4Dumper(Int4)


class _Whole(IntDumper):
    """Gives each number that fits the type of our ids.

    Psycopg would take the smallest type that holds it: one statement would be another for 5 than for 50,000, and be
    prepared for each mixture anew.
    """

    def upgrade(self, obj, format):
        """Return what writes this number down, and under which type."""
        return _OF_IDS if -(2**31) <= obj < 2**31 else super().upgrade(obj, format)


ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_dumper(int, _Whole)


class _Held(threading.local):
    """The rows that this thread's transaction holds until it ends, None outside of one: see portal/models/holding.py."""

    rows = None


held = _Held()


class PostgreSQL(PooledPsycopg3Database):
    """A pool of connections on which a statement that comes again and again is prepared, and soon planned once for all."""

    def __init__(self, database, **options):
        super().__init__(database, context=ADAPTERS, **options)

    def execute_sql(self, sql, params=None, **how):
        """Return the cursor of a statement.

        A migration beside us may have changed what a prepared statement finds; PostgreSQL then refuses it once and for
        all. Outside a transaction it is asked anew, unprepared. Within one this is a connection that broke, to who reads
        on: the transaction is rolled back, with which psycopg forgets what it has prepared.
        """
        if held.rows and sql.startswith("ROLLBACK"):  # of a part: what was taken in it is free again
            held.rows = frozenset()
        try:
            return super().execute_sql(sql, params, **how)
        except NotSupportedError as error:
            if not _is_outdated(error):
                raise
            if self.in_transaction():
                raise OperationalError("a prepared statement is outdated") from error
            super().execute_sql("DEALLOCATE ALL")
            return super().execute_sql(sql, params, **how)

    def _is_closed(self, conn):
        """Return whether a connection that rested in the pool is over, as all are when the server was started again.

        Nobody has asked it anything, so whatever has come in can only be its farewell. Peewee would ask the server each
        time, which is a round trip more for each request.
        """
        if not conn.closed and _has_news(conn):
            conn.close()
        return conn.closed


def _has_news(connection):
    looked = select.poll()
    looked.register(connection.fileno(), select.POLLIN)
    return bool(looked.poll(0))


def _is_outdated(error):
    # The words come in the server's language. What else it does not support is said elsewhere in it.
    return error.orig.diag.source_function == "RevalidateCachedQuery"


SCHEME = "portal+postgresql"
register_database(PostgreSQL, SCHEME)
