"""Each event of a history as a sentence in the reader's language; who did it is told beside it."""

import json
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup, escape

from portal import dates, marks
from portal.models.history import WORK
from portal.words import category_word, in_sentence, listed, number, severity_word, status_word

PARTNERS_OWN = {*WORK, "withdrawn", "given_up"}


def sentence(event, zone, request_link):
    """Return Markup that says what happened; `request_link` is the Markup of the request it speaks of, days are `zone`'s."""
    tell = _TOLD.get(event.kind, _anything)
    return tell(_Facts(event, zone, request_link))


def done_by_partner(event):
    """Return whether the actor acted as one of the partner's people: then the partner's name stands beside theirs."""
    return event.kind in PARTNERS_OWN or (event.kind.startswith("contact_") and event.level is not None)


class _Facts:
    """What the sentences are filled with, all safe for a page."""

    def __init__(self, event, zone, request_link):
        self.event = event
        self.zone = zone
        self.values = {
            "request": request_link,
            "partner": event.partner or "",
            "whom": self._whom(),
            "name": in_sentence(event.details.get("name") or event.contact or ""),
            "asker": in_sentence(event.details.get("requested_by", "")),
            "person": in_sentence(event.details.get("person", "")),
            "firm": event.details.get("firm", ""),
        }

    def _whom(self):
        event = self.event
        if event.contact:
            return _("%(name)s, %(organization)s") % {
                "name": in_sentence(event.contact),
                "organization": event.partner or "",
            }
        return _("everybody at %(organization)s") % {"organization": event.partner or ""}

    def say(self, message, **values):
        """Return the translated message filled with facts; what people typed is escaped."""
        filled = {name: escape(value) for name, value in {**self.values, **values}.items()}
        return Markup(message) % filled  # noqa: S704

    def detail(self, name, default=""):
        """Return one of the event's own details."""
        return self.event.details.get(name, default)

    def level(self, name="level"):
        """Return the mark of a level kept in the details."""
        return marks.level(self.detail(name) or None)

    def last_day(self):
        """Return the last day of the grant that the event tells of."""
        return dates.last_day(datetime.fromisoformat(self.detail("until")), self.zone)


def _granted(facts):
    if facts.detail("how") == "edited":
        told = facts.say(_("Changed the access of %(whom)s: now %(level)s until %(day)s."), **_terms(facts))
    else:
        told = facts.say(_("Gave %(level)s to %(whom)s until %(day)s."), **_terms(facts))
    if facts.detail("covers_from"):
        day = dates.day(date.fromisoformat(facts.detail("covers_from")))
        told += Markup(" ") + facts.say(_("Requests created before %(day)s stay hidden."), day=day)
    replaced = [marks.level(one["level"], overruled=True) for one in facts.detail("supersedes", [])]
    if replaced:
        told += Markup(" ") + facts.say(_("This replaced %(level)s."), level=Markup(listed(replaced)))  # noqa: S704
    return told


def _terms(facts):
    return {"level": facts.level(), "day": facts.last_day()}


def _declined(facts):
    if facts.detail("reason"):
        message = _("Declined the request of %(asker)s, %(partner)s: “%(reason)s”")
        return facts.say(message, reason=facts.detail("reason"))
    return facts.say(_("Declined the request of %(asker)s, %(partner)s."))


def _imported(facts):
    count = facts.detail("grants", 0)
    return facts.say(ngettext("Imported %(num)s grant from files.", "Imported %(num)s grants from files.", count))


def _downloaded(facts):
    return facts.say(_("Downloaded %(file)s from %(request)s."), file=facts.detail("name"))


def _changed(facts):
    what, after = facts.detail("what"), facts.detail("after")
    person = in_sentence(facts.detail("contact_name"))
    if what == "status":
        return facts.say(_("Set the status of %(request)s to %(status)s."), status=status_word(after))
    if what == "severity":
        words = f"{number(after)}, {severity_word(after)}"
        return facts.say(_("Set the severity of %(request)s to %(severity)s."), severity=words)
    if what == "category":
        return facts.say(_("Set the category of %(request)s to %(category)s."), category=category_word(after))
    if what == "contact_added":
        return facts.say(_("Added %(person)s to %(request)s."), person=person)
    if what == "contact_removed":
        return facts.say(_("Removed %(person)s from %(request)s."), person=person)
    if what == "primary_contact":
        return facts.say(_("Made %(person)s the primary contact of %(request)s."), person=person)
    return facts.say(_("Changed %(request)s."))


def _contact_added(facts):
    return facts.say(_("Added the contact %(name)s (%(email)s)."), email=facts.detail("email"))


def _contact_changed(facts):
    changes = [_changed_field(name, *pair) for name, pair in sorted(facts.detail("changes", {}).items())]
    return facts.say(_("Changed the contact %(name)s: %(changes)s."), changes=listed(changes))


def _organization_changed(facts):
    changes = [_changed_field(name, *pair) for name, pair in sorted(facts.detail("changes", {}).items())]
    return facts.say(_("Changed the organization: %(changes)s."), changes=listed(changes))


def _changed_field(name, before, after):
    """Return one change of a contact in a few words: flags as given and taken, the rest as before and after."""
    flag = {
        "contact_manager": _("contact manager"),
        "support_contact": _("support contact"),
        "desk": _("one of the desk"),
    }.get(name)
    if flag:
        return _("now %(flag)s", flag=flag) if after else _("no longer %(flag)s", flag=flag)
    words = {"name": _("name"), "email": _("e-mail address"), "timezone": _("time zone"), "locale": _("language")}
    return _("%(field)s from “%(before)s” to “%(after)s”", field=words.get(name, name), before=before, after=after)


def _anything(facts):
    """Tell of a kind that has no sentence of its own, rather than hide it."""
    kept = json.dumps(facts.event.details, ensure_ascii=False, sort_keys=True)
    return facts.say(_("Recorded “%(kind)s”: %(details)s"), kind=facts.event.kind, details=kept)


def _simple(message):
    """Return the teller of a sentence that needs only the common facts."""
    return lambda facts: facts.say(str(message))


_TOLD = {
    "granted": _granted,
    "approved": _simple(lazy_gettext("Approved the request of %(asker)s, %(partner)s.")),
    "declined": _declined,
    "withdrawn": _simple(lazy_gettext("Withdrew the request of %(asker)s for access.")),
    "lapsed": _simple(lazy_gettext("The request of %(asker)s, %(partner)s, lapsed: nobody answered it in 30 days.")),
    "ended": _simple(lazy_gettext("Ended the access of %(whom)s.")),
    "given_up": _simple(lazy_gettext("Gave up the access of %(whom)s.")),
    "expired": _simple(lazy_gettext("The access of %(whom)s ended: its last day had passed.")),
    "imported": _imported,
    "read": _simple(lazy_gettext("Read %(request)s.")),
    "downloaded": _downloaded,
    "wrote": _simple(lazy_gettext("Wrote in %(request)s.")),
    "created": _simple(lazy_gettext("Submitted %(request)s.")),
    "changed": _changed,
    "confidential": _simple(lazy_gettext("Marked %(request)s confidential.")),
    "not_confidential": _simple(lazy_gettext("Took the mark “confidential” off %(request)s.")),
    "organization_changed": _organization_changed,
    "contact_added": _contact_added,
    "contact_changed": _contact_changed,
    "contact_confirmed": _simple(lazy_gettext("Confirmed the contact %(name)s, whom %(partner)s had added.")),
    "contact_kept": _simple(lazy_gettext("Kept the contact %(name)s, whom %(partner)s had added.")),
    "contact_deactivated": _simple(lazy_gettext("Deactivated the contact %(name)s.")),
    "contact_reactivated": _simple(lazy_gettext("Made the contact %(name)s active again.")),
    "contact_second_factor_reset": _simple(lazy_gettext("Took away the second factor of %(name)s, who had lost it.")),
    "stand_in_linked": _simple(lazy_gettext("Linked %(name)s as a stand-in to %(person)s, %(firm)s.")),
    "stand_in_unlinked": _simple(
        lazy_gettext("Gave the record of %(name)s back: it stands in for %(person)s no more.")
    ),
}
