"""What one process at a time may do."""

from peewee import CharField, DateTimeField, Model


def up(migrator, db):
    class Lease(Model):
        name = CharField(max_length=32, primary_key=True)
        holder = CharField(max_length=200)
        until = DateTimeField()

        class Meta:
            database = db
            table_name = "lease"

    db.create_tables([Lease])


def down(migrator, db):
    db.execute_sql("DROP TABLE lease")
