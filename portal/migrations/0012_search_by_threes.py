"""Search by threes of letters: by pairs of them it had to read many texts for each that it found."""

from peewee import SqliteDatabase

from portal.models import search_index


def up(migrator, db):
    # The index can always be made anew from its texts, so it is made as it is made today.
    search_index.make_of_entries()


def down(migrator, db):
    # What is left finds nothing in the version before, until its `flask reindex`.
    if isinstance(db, SqliteDatabase):
        db.execute_sql("DROP TABLE search_vocabulary")
