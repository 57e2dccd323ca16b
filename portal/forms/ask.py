"""What somebody types to ask a question, and what it means."""

from dataclasses import dataclass, field

from flask_babel import gettext as _

from portal import way_out
from portal.forms import submission, typed
from portal.languages import is_zone
from portal.models.service_requests import ACCOUNT, CATEGORIES, SEVERITIES, SITE_ADMINISTRATION
from portal.words import number

LONGEST_SUBJECT = 300
LONGEST_TEXT = 100_000
MOST_NAMED = 100
_NOT_KEPT = {"submission", "draft", "kept", "errors"}


@dataclass
class AskForm:
    """A question as typed. Only one that `check` has found in order has `values`."""

    organization: str = ""
    site: str = ""
    category: str = ""
    severity: str = "3"
    subject: str = ""
    description: str = ""
    i_am_the_contact: bool = True
    primary_contact: str = ""
    additional_contacts: list = field(default_factory=list)
    timezone: str = ""
    confidential: bool = False
    submission: str = ""
    draft: str = ""
    kept: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)

    @classmethod
    def preselected(cls, args):
        """Return a form with the organization and category that an address names, and the error page it comes from."""
        subject, description = way_out.described(args)
        return cls(
            organization=typed.text(args, "organization", 64),
            category=typed.text(args, "category", 24),
            subject=subject,
            description=description,
        )

    @classmethod
    def read(cls, posted):
        """Return the form as posted, not yet checked."""
        return cls(
            organization=typed.text(posted, "organization", 64),
            site=typed.text(posted, "site", 64),
            category=typed.text(posted, "category", 24),
            severity=typed.text(posted, "severity", 8),
            subject=" ".join(typed.text(posted, "subject").split()),
            description=typed.text(posted, "description").replace("\r\n", "\n"),
            i_am_the_contact="i_am_the_contact" in posted,
            primary_contact=typed.text(posted, "primary_contact", 64),
            additional_contacts=list(dict.fromkeys(one[:64] for one in posted.getlist("additional_contacts") if one)),
            timezone=typed.text(posted, "timezone", 64),
            confidential="confidential" in posted,
            submission=submission.typed_key(posted),
            draft=submission.typed_key(posted, submission.DRAFT),
        )

    @classmethod
    def from_draft(cls, draft):
        """Return the form as it was when the draft was saved; what is sent from it is a submission of its own."""
        return cls(**draft.values, submission=submission.new_key(), draft=draft.key)

    def begin(self):
        """Give a form that is shown anew the keys of its submission and of its draft."""
        self.submission, self.draft = submission.new_key(), submission.new_key()

    def to_keep(self):
        """Return what a draft keeps: {field: value}, nothing while neither subject nor description is written."""
        values = {name: value for name, value in vars(self).items() if name not in _NOT_KEPT}
        values["additional_contacts"] = self.additional_contacts[:MOST_NAMED]
        return values if self.subject or self.description else {}

    def check_lengths(self):
        """Fill `errors` where more is typed than a draft keeps; return whether there is none."""
        self.errors = {}
        self._check_lengths()
        return not self.errors

    def check(self, offer):
        """Fill `errors` with a sentence for each field that cannot stay so; return whether there is none."""
        self.errors = {}
        self._check_subject_and_description()
        if self.category not in CATEGORIES:
            self.errors["category"] = _("Choose one of the categories.")
        if self.severity not in {str(one) for one in SEVERITIES}:
            self.errors["severity"] = _("Choose one of the four severities.")
        self._check_site(offer)
        self._check_people(offer)
        if offer.zone_matters and self.i_am_the_contact and self.timezone and not is_zone(self.timezone):
            self.errors["timezone"] = _("Choose a time zone from the list.")
        return not self.errors

    def _check_subject_and_description(self):
        if not self.subject:
            self.errors["subject"] = _("Write a subject: what is it about, in one line?")
        if not self.description:
            self.errors["description"] = _("Describe it: what you did, what you expected, what happened instead.")
        self._check_lengths()

    def _check_lengths(self):
        if len(self.subject) > LONGEST_SUBJECT:
            self.errors["subject"] = too_long(self.subject, LONGEST_SUBJECT)
        if len(self.description) > LONGEST_TEXT:
            self.errors["description"] = too_long(self.description, LONGEST_TEXT)

    def _check_site(self, offer):
        if self.site and self.site not in offer.sites_by_id:
            self.errors["site"] = _("Choose a site of %(organization)s.", organization=offer.organization.name)
        elif not self.site and self.category in SITE_ADMINISTRATION and offer.sites_by_id:
            self.errors["site"] = _("Choose the site that this is about.")

    def _check_people(self, offer):
        if not self.i_am_the_contact and self.primary_contact not in offer.primary_by_id:
            self.errors["primary_contact"] = _("Choose who is the contact for this request.")
        unknown = [one for one in self.additional_contacts if one not in offer.nameable_by_id]
        if unknown or len(self.additional_contacts) > MOST_NAMED:
            self.errors["additional_contacts"] = _("One of these people cannot be added. Choose again.")

    def values(self, offer):
        """Return the columns of the request; the time zone is its primary contact's unless they chose another."""
        primary = offer.contact if self.i_am_the_contact else offer.primary_by_id[self.primary_contact]
        chosen = self.timezone if offer.zone_matters and self.i_am_the_contact else ""
        return {
            "organization": offer.organization,
            "site": offer.sites_by_id.get(self.site) if self.site else None,
            "category": self.category,
            "severity": int(self.severity),
            "confidential": self.confidential,
            "subject": self.subject,
            "submitted_by": offer.contact,
            "primary_contact": primary,
            "timezone": chosen or primary.timezone,
            "submission_key": submission.kept_key(offer.contact, self.submission),
        }

    def named(self, offer):
        """Return the additional contacts chosen."""
        return [offer.nameable_by_id[one] for one in self.additional_contacts]

    def fit_to(self, offer):
        """Drop what another organization does not have, and keep the rest, when the organization has changed."""
        self.organization = offer.organization.slug
        if self.category not in offer.submission.categories:
            self.category = next(iter(offer.submission.categories), ACCOUNT)
        self.site = self.site if self.site in offer.sites_by_id else ""
        self.primary_contact = self.primary_contact if self.primary_contact in offer.primary_by_id else ""
        self.additional_contacts = [one for one in self.additional_contacts if one in offer.nameable_by_id]
        self.timezone = self.timezone or offer.contact.timezone


def too_long(text, most):
    """Return the sentence about a text of more than `most` characters."""
    return _("This is %(length)s characters long. %(most)s are the most.", length=number(len(text)), most=number(most))
