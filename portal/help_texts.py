"""The answers that explain the portal's own pages: written with it, and added to an installation by `flask add-help`."""

from pathlib import Path

from portal import page_help
from portal.database import transaction
from portal.languages import LOCALES
from portal.models import Answer, answer_changes
from portal.models.answer_changes import Draft
from portal.models.answers import PUBLIC

FOLDER = Path(__file__).parent / "help"
IDS = sorted(set(page_help.ANSWERS.values()))
AUDIENCES = {page_help.AT_THE_DESK: "desk"}


def texts(public_id):
    """Return {language: (title, Markdown)} of one of IDS."""
    return {locale: _read(public_id, locale) for locale in LOCALES}


def audience(public_id):
    """Return who may read that answer."""
    return AUDIENCES.get(public_id, PUBLIC)


def add(at):
    """Add those that are not there yet, in every language, and return how many; what the desk has made of the others stays."""
    with transaction():
        there = {answer.public_id for answer in Answer.select().where(Answer.public_id.in_(IDS))}
        missing = [public_id for public_id in IDS if public_id not in there]
        for public_id in missing:
            answer = Answer.create(public_id=public_id, audience=audience(public_id), reviewed_on=at.date())
            for locale, (title, body) in texts(public_id).items():
                answer_changes.save(answer, Draft(locale, title, body, at.date()), 0, None, at)
    return len(missing)


def _read(public_id, locale):
    title, _, body = (FOLDER / f"{public_id}.{locale}.md").read_text(encoding="utf-8").partition("\n")
    return title.removeprefix("# "), body.strip()
