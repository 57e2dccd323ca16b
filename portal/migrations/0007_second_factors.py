"""Second factors: secrets of authenticator apps, recovery codes, sign-ins that wait for a code, confirmed sessions."""

from peewee import BigIntegerField, BooleanField, CharField, DateTimeField, ForeignKeyField, Model, TextField
from playhouse.migrate import migrate


def up(migrator, db):
    class Contact(Model):
        class Meta:
            database = db
            table_name = "contact"

    class SecondFactor(Model):
        contact = ForeignKeyField(Contact, unique=True)
        secret = TextField()
        last_step = BigIntegerField(default=0)
        short_password = BooleanField(default=False)
        set_up_at = DateTimeField()

        class Meta:
            database = db
            table_name = "second_factor"

    class RecoveryCode(Model):
        contact = ForeignKeyField(Contact, index=False)
        code_hash = CharField(max_length=64)
        used_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "recovery_code"
            indexes = ((("contact", "code_hash"), True),)

    class HalfSignIn(Model):
        key_hash = CharField(max_length=64, unique=True)
        contact = ForeignKeyField(Contact)
        created_at = DateTimeField()

        class Meta:
            database = db
            table_name = "half_sign_in"

    db.create_tables([SecondFactor, RecoveryCode, HalfSignIn])
    migrate(migrator.add_column("session", "confirmed_at", DateTimeField(null=True)))


def down(migrator, db):
    migrate(migrator.drop_column("session", "confirmed_at"))
    for table in ("half_sign_in", "recovery_code", "second_factor"):
        db.execute_sql(f"DROP TABLE {table}")
