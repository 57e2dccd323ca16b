"""What answers said before."""

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


def up(migrator, db):
    class Answer(Model):
        class Meta:
            database = db
            table_name = "answer"

    class Contact(Model):
        class Meta:
            database = db
            table_name = "contact"

    class AnswerVersion(Model):
        answer = ForeignKeyField(Answer)
        locale = CharField(max_length=16)
        version = IntegerField()
        title = CharField(max_length=500)
        body = TextField()
        author = ForeignKeyField(Contact, null=True)
        saved_at = DateTimeField()

        class Meta:
            database = db
            table_name = "answer_version"
            indexes = ((("answer", "locale", "version"), True),)

    db.create_tables([AnswerVersion])


def down(migrator, db):
    db.execute_sql("DROP TABLE answer_version")
