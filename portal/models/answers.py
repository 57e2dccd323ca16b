"""Knowledge-base articles, their translations, and what these said before."""

from peewee import CharField, DateField, ForeignKeyField, IntegerField, TextField

from portal.models.base import Instant, PublicId, Table
from portal.models.organizations import Contact

PUBLIC, CONTACTS, DESK_ALONE = "public", "contacts", "desk"
AUDIENCES = (PUBLIC, CONTACTS, DESK_ALONE)


class Answer(Table):
    public_id: str = PublicId()
    reviewed_on = DateField(null=True)
    audience: str = CharField(max_length=16, default=PUBLIC)

    def translated(self):
        """Return the answer's translations in the order of their writing: the first is the source of the others."""
        return list(self.translations.order_by(AnswerTranslation.id))

    def versions(self, locale):
        """Return the kept versions of one translation with their authors, the latest first."""
        query = AnswerVersion.select(AnswerVersion, Contact).left_outer_join(Contact)
        mine = query.where(AnswerVersion.answer == self, AnswerVersion.locale == locale)
        return list(mine.order_by(AnswerVersion.version.desc()))

    def subscribers(self):
        """Return the contacts who wish to hear when the answer changes."""
        query = Contact.select().join(AnswerSubscription, on=AnswerSubscription.contact == Contact.id)
        return list(query.where(AnswerSubscription.answer == self))


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


class AnswerVersion(Table):
    """What a translation said under one version. Those that were imported have no author."""

    answer = ForeignKeyField(Answer)
    locale: str = CharField(max_length=16)
    version: int = IntegerField()
    title: str = CharField(max_length=500)
    body: str = TextField()
    author = ForeignKeyField(Contact, null=True)
    saved_at = Instant()

    class Meta:
        indexes = ((("answer", "locale", "version"), True),)


class AnswerSubscription(Table):
    answer = ForeignKeyField(Answer, backref="subscriptions")
    contact = ForeignKeyField(Contact)
    created_at = Instant()

    class Meta:
        indexes = ((("answer", "contact"), True),)


def in_language(translations, *locales):
    """Return the first of `translations` in one of `locales`, the dearest first; else in English, else the source."""
    by_locale = {one.locale: one for one in translations}
    return next((by_locale[locale] for locale in (*locales, "en") if locale in by_locale), translations[0])


def outdated(translations):
    """Return the locales whose text is older than that of the source, the first of `translations`."""
    return {one.locale for one in translations if one.updated_at < translations[0].updated_at}
