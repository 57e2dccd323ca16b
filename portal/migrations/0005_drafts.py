"""What people have begun to write."""

from peewee import CharField, DateTimeField, ForeignKeyField, Model, TextField


def up(migrator, db):
    class Contact(Model):
        class Meta:
            database = db
            table_name = "contact"

    class Draft(Model):
        contact = ForeignKeyField(Contact, index=False)
        place = CharField(max_length=16)
        key = CharField(max_length=43)
        content = TextField()
        saved_at = DateTimeField(index=True)
        submission_key = CharField(max_length=64, null=True)

        class Meta:
            database = db
            table_name = "draft"
            indexes = ((("contact", "place"), True),)

    db.create_tables([Draft])


def down(migrator, db):
    db.execute_sql("DROP TABLE draft")
