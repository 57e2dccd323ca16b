"""Keep what somebody has typed into a form and not sent, and say so in a sentence."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.dates import clock_time, day_and_time
from portal.forms.submission import kept_key
from portal.models import drafts, kept_files


@dataclass
class Kept:
    """What became of a saving, in a sentence (none where nothing was typed), and whether it was refused."""

    said: str
    refused: bool = False


def keep(form, contact, place, at):
    """Save what a form holds as the contact's draft at this place; an emptied form leaves none. Return Kept."""
    if not form.check_lengths():
        return Kept(_("The draft is not saved: a text in it is too long."), refused=True)
    values = form.to_keep()
    if not values:
        drafts.forget(contact, place, form.draft)
        return Kept("")
    try:
        kept = drafts.save(contact, place, form.draft, values, at, kept_key(contact, form.submission))
    except drafts.AnotherDraft as other:
        when = day_and_time(other.saved_at)
        said = _("Not saved: your draft of %(when)s is still here. Go on with it, or throw it away.", when=when)
        return Kept(said, refused=True)
    return Kept(_saved(at, kept_files.of_form(contact, place, form.draft, at)) if kept else "")


def _saved(at, files):
    time = clock_time(at)
    if not files:
        return _("Draft saved at %(time)s, without files.", time=time)
    return ngettext(
        "Draft saved at %(time)s, with %(num)s file.",
        "Draft saved at %(time)s, with %(num)s files.",
        len(files),
        time=time,
    )
