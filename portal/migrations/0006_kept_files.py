"""Files that came with a form that had to come back."""

from peewee import BigIntegerField, BlobField, CharField, DateTimeField, ForeignKeyField, IntegerField, Model


def up(migrator, db):
    class Contact(Model):
        class Meta:
            database = db
            table_name = "contact"

    class KeptFile(Model):
        public_id = CharField(max_length=64, unique=True)
        contact = ForeignKeyField(Contact, index=False)
        place = CharField(max_length=16)
        draft = CharField(max_length=43)
        name = CharField(max_length=255)
        type = CharField(max_length=127)
        size = BigIntegerField()
        sha256 = CharField(max_length=64)
        kept_at = DateTimeField(index=True)

        class Meta:
            database = db
            table_name = "kept_file"
            indexes = ((("contact", "place", "draft"), False),)

    class KeptFileChunk(Model):
        kept_file = ForeignKeyField(KeptFile, index=False)
        position = IntegerField()
        content = BlobField()

        class Meta:
            database = db
            table_name = "kept_file_chunk"
            indexes = ((("kept_file", "position"), True),)

    db.create_tables([KeptFile, KeptFileChunk])


def down(migrator, db):
    db.execute_sql("DROP TABLE kept_file_chunk")
    db.execute_sql("DROP TABLE kept_file")
