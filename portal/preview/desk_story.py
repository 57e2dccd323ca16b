"""What the desk of the preview announces, and the answers that it wrote."""

from portal import help_texts, permissions
from portal.models import Answer, AnswerTranslation, answer_changes, site_notices
from portal.models.answer_changes import Draft
from portal.models.site_notices import INCIDENT, MAINTENANCE
from portal.preview.answers import FOLLOWERS, REVISED, REVISED_AGO, articles, short_answers


def write(stage):
    """Put announcements and answers on the stage's timeline."""
    _plan_maintenance(stage)
    _tell_of_an_incident(stage)
    _write_answers(stage)


def _plan_maintenance(stage):
    def announce(at):
        night = {"starts_at": stage.ago(-5, "01:00", "Asia/Tokyo"), "ends_at": stage.ago(-5, "03:00", "Asia/Tokyo")}
        _publish(
            stage,
            "Osaka shop",
            "noor",
            MAINTENANCE,
            "The Osaka shop is closed for two hours at night",
            "It shows a page that says so. Orders are kept and sent after.",
            at,
            **night,
        )

    stage.then(stage.ago(1, "09:30", "Asia/Tokyo"), announce)


def _tell_of_an_incident(stage):
    def announce(at):
        return _publish(
            stage,
            "Meter gateway",
            "jonas",
            INCIDENT,
            "Readings arrive twice at the meter gateway",
            "Invoicing is stopped until they are sorted out; nothing wrong leaves.",
            at,
        )

    def resolve(at):
        notice = site_notices.current_for_site(stage.sites["Meter gateway"], at)[0]
        told = permissions.told_of_site_notices(stage.firms["nordlys"], at)
        site_notices.resolve(notice, stage.people["jonas"], "Invoicing goes on; no wrong invoice has left.", at, told)

    stage.then(stage.ago(2, "08:40", "Europe/Oslo"), announce)
    stage.then(stage.ago(1, "07:15", "Europe/Oslo"), resolve)


def _publish(stage, site, author, kind, title, body, at, **times):
    place = stage.sites[site]
    told = permissions.told_of_site_notices(place.organization, at)
    return site_notices.publish(place, stage.people[author], kind, title, body, at, told, **times)


def _write_answers(stage):
    for public_id, days, texts in (*articles(), *short_answers()):

        def write_it(at, public_id=public_id, texts=texts):
            _write_answer(stage, public_id, texts, at)

        stage.then(stage.ago(days, "10:00", "UTC"), write_it)
    stage.then(stage.ago(REVISED_AGO, "14:20", "UTC"), lambda at: _revise(stage, at))


def _write_answer(stage, public_id, texts, at):
    answer = Answer.create(public_id=public_id, audience=help_texts.audience(public_id), reviewed_on=at.date())
    for locale, (title, body) in texts.items():
        answer_changes.save(answer, Draft(locale, title, body, at.date()), 0, stage.people["noor"], at)
    for key in FOLLOWERS.get(public_id, ()):
        answer_changes.follow(stage.people[key], answer, True, at)


def _revise(stage, at):
    """Let one original go on, so that its translation is outdated."""
    title, body = REVISED
    before = AnswerTranslation.get(AnswerTranslation.title == title)
    draft = Draft(before.locale, title, f"{before.body}\n\n{body}", at.date())
    answer_changes.save(before.answer, draft, before.version, stage.people["jonas"], at)
