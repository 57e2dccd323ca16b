"""What search knows of the requests and messages that there are."""

from portal.models import search


def up(migrator, db):
    # The index can always be made anew from the rows, so it is made as it is made today.
    search.rebuild()


def down(migrator, db):
    db.execute_sql("DROP TABLE search_index")
    db.execute_sql("DROP TABLE search_entry")
