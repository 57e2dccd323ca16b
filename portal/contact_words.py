"""What became of a contact, told to whoever came too late (409), and why a record cannot stand in for somebody."""

from flask_babel import gettext as _

from portal.dates import day_and_time
from portal.errors import Overtaken
from portal.models import contact_lists
from portal.words import in_sentence


def overtaken(contact, reader):
    """Return the Overtaken that tells `reader` who changed the contact, how, and when."""
    event = contact_lists.last_event(contact)
    if event is None:
        return Overtaken(
            _("%(name)s is like that already", name=in_sentence(contact.name)), _("What you sent changed nothing.")
        )
    when = day_and_time(event.at)
    return Overtaken(
        _what_happened(event, contact, reader), _("That was on %(when)s. What you sent changed nothing.", when=when)
    )


def _what_happened(event, contact, reader):
    mine = event.actor == reader
    names = {
        "name": in_sentence(contact.name),
        "actor": in_sentence(event.actor.name) if event.actor else _("Somebody"),
    }
    yours, theirs = {
        "contact_confirmed": (_("You have confirmed %(name)s", **names), _("%(actor)s confirmed %(name)s", **names)),
        "contact_kept": (_("You have kept %(name)s", **names), _("%(actor)s kept %(name)s", **names)),
        "contact_deactivated": (
            _("You have deactivated %(name)s", **names),
            _("%(actor)s deactivated %(name)s", **names),
        ),
        "contact_reactivated": (
            _("You have reactivated %(name)s", **names),
            _("%(actor)s reactivated %(name)s", **names),
        ),
        "stand_in_linked": (
            _("You have made %(name)s a stand-in", **names),
            _("%(actor)s made %(name)s a stand-in", **names),
        ),
        "stand_in_unlinked": (
            _("You have unlinked %(name)s", **names),
            _("%(actor)s unlinked %(name)s", **names),
        ),
    }.get(event.kind, (_("You have changed %(name)s", **names), _("%(actor)s changed %(name)s", **names)))
    return yours if mine else theirs


def cannot_stand_in(cause, contact):
    """Return the Overtaken that says why `contact` stands in for nobody now."""
    name = in_sentence(contact.name)
    title = {
        "flagged": _("%(name)s is a contact manager or of the desk, and so cannot be a stand-in", name=name),
        "inactive": _("%(name)s is inactive", name=name),
        "linked": _("%(name)s is a stand-in already", name=name),
        "stood_for": _("Others stand in for %(name)s: a stand-in has none of its own", name=name),
        "person_linked": _("That person is a stand-in themself"),
    }.get(cause, _("That person does not work for you under a partner’s access any more"))
    return Overtaken(title, _("Nothing was linked."))
