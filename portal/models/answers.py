"""Knowledge-base articles and their translations."""

from peewee import CharField, DateField, ForeignKeyField, IntegerField, TextField

from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact


class Answer(Table):
    public_id: str = PublicId()
    reviewed_on = DateField(null=True)
    audience: str = CharField(max_length=16, default="public")


class AnswerTranslation(Table):
    answer = ForeignKeyField(Answer, backref="translations")
    locale: str = CharField(max_length=16)
    title: str = CharField(max_length=500)
    body: str = TextField()
    version: int = IntegerField(default=1)
    reviewed_on = DateField(null=True)
    updated_at = Instant()

    class Meta:
        indexes = ((("answer", "locale"), True),)


class AnswerSubscription(Table):
    answer = ForeignKeyField(Answer, backref="subscriptions")
    contact = ForeignKeyField(Contact)
    created_at = Instant()

    class Meta:
        indexes = ((("answer", "contact"), True),)
