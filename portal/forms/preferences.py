"""What a person chooses for themselves: language, time zone, password, what they are told."""

from dataclasses import dataclass, field
from itertools import groupby

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.forms.sign_in import password_problem
from portal.languages import LANGUAGES, is_zone, zone_names
from portal.models.notifications import TOPICS

_TOPICS = {
    "access_asked": lazy_gettext("A partner asks for access"),
    "access_decided": lazy_gettext("A request for access is approved, declined, withdrawn or lapses"),
    "access_changed": lazy_gettext("Access is given, changed or ended"),
    "access_ending": lazy_gettext("Access is about to end"),
    "contact_added": lazy_gettext("A partner adds a contact"),
    "request_new": lazy_gettext("A request is submitted"),
    "request_message": lazy_gettext("Somebody writes in a request"),
    "request_changed": lazy_gettext("Status, severity or contacts of a request change"),
    "request_assigned": lazy_gettext("A request is handed to me"),
    "answer_changed": lazy_gettext("An answer that I follow changes"),
}
_OF_MANAGERS = {"access_asked", "contact_added"}
_OF_THE_DESK = {"request_assigned"}


@dataclass
class RegionForm:
    locale: str
    timezone: str
    errors: dict = field(default_factory=dict)

    @classmethod
    def of(cls, contact):
        """Return the form as it stands."""
        return cls(contact.locale, contact.timezone)

    @classmethod
    def read(cls, typed):
        """Return the form as typed, checked."""
        form = cls(typed.get("locale", ""), typed.get("timezone", ""))
        if form.locale not in LANGUAGES:
            form.errors["locale"] = _("Choose one of the languages.")
        if len(form.timezone) > 64 or not is_zone(form.timezone):
            form.errors["timezone"] = _("Choose one of the time zones.")
        return form

    def zone_options(self):
        """Return the options for the time zone, by region; one that is not among them stays as it is."""
        names = zone_names()
        other = [(self.timezone, self.timezone)] if self.timezone not in names and is_zone(self.timezone) else []
        regions = groupby((name for name in names if "/" in name), key=lambda name: name.partition("/")[0])
        groups = [{"label": one, "options": [(name, name.replace("_", " ")) for name in each]} for one, each in regions]
        return [*other, ("UTC", "UTC"), *groups]


@dataclass
class PasswordForm:
    current: str = ""
    password: str = ""
    errors: dict = field(default_factory=dict)

    @classmethod
    def read(cls, typed, contact, least):
        """Return the form as typed; the new password is checked, the old one is asked of `credentials`."""
        form = cls(typed.get("current", ""), typed.get("password", ""))
        problem = password_problem(form.password, contact, least)
        if problem:
            form.errors["password"] = problem
        return form

    def refuse(self):
        """Say that the old password is not right."""
        self.errors["current"] = _("This is not your password of today.")


def topics_of(contact):
    """Return [(topic, sentence)] of what this person can be told."""
    left_out = (set() if contact.contact_manager else _OF_MANAGERS) | (set() if contact.desk else _OF_THE_DESK)
    return [(topic, _TOPICS[topic]) for topic in TOPICS if topic not in left_out]


def topic_sentence(topic):
    """Return what the topic tells of, None where it is none."""
    return _TOPICS.get(topic)


def switched_off(typed, contact):
    """Return (topics not to be mailed, topics not to be listed) as ticked off; topics not offered are left on."""
    offered = [topic for topic, _sentence in topics_of(contact)]
    return tuple({topic for topic in offered if f"{way}-{topic}" not in typed} for way in ("mail", "list"))
