"""One checked row of a file -> the columns of its table, with what the file leaves open filled in."""

from portal import clock
from portal.models.access import APPROVED, DECLINED, ENDED, EXPIRED, LAPSED, LAPSES_AFTER
from portal.models.organizations import fold_email
from portal.models.service_requests import CLOSED, SOLVED

_FLAGS = ("contact_manager", "support_contact", "desk", "active")


class Builder:
    """Builds rows out of values; the ids of what they refer to are filled in as they become known."""

    def __init__(self, world, hashes, at):
        self.world = world
        self.hashes = hashes  # {plain password: hash}
        self.at = at
        self.organizations = {}  # {slug: id}
        self.contacts = {None: None}  # {e-mail address: id}
        self.sites = {}  # {(slug, name): id}
        self.requests = {}  # {reference: id}
        self.access_requests = {}  # {public id: id}

    def contact(self, values):
        """Return the row of a contact; time zone and language are their organization's unless given."""
        firm = self.world.firms[values["organization"]]
        password = values["password"]
        return {
            "email": values["email"],
            "name": values["name"],
            "organization": self.organizations[values["organization"]],
            "timezone": values["timezone"] or firm.timezone,
            "locale": values["locale"] or firm.locale,
            **{flag: values[flag] for flag in _FLAGS},
            "stands_in_for": self.contacts[values["stands_in_for"]],
            "password_hash": self.hashes.get(password, password),
            "created_at": self.at,
        }

    def site(self, values):
        """Return the row of a site."""
        return {**values, "organization": self.organizations[values["organization"]]}

    def grant(self, values):
        """Return the row of a grant."""
        covers_from = values["covers_from"]
        zone = self.world.firms[values["customer"]].timezone
        return {
            "customer": self.organizations[values["customer"]],
            "partner": self.organizations[values["partner"]],
            "contact": self.contacts[values["contact"]],
            "level": int(values["level"]),
            "covers_from": covers_from,
            "covers_from_at": clock.start_of_day(covers_from, zone) if covers_from else None,
            **{name: values[name] for name in ("starts_at", "expires_at", "ended_at")},
            "end_cause": self._end_cause(values),
            "approved_by": self.contacts[values["approved_by"]],
            "created_at": values["starts_at"],
        }

    def _end_cause(self, values):
        if values["ended_at"]:
            return ENDED
        # Of an end that lies in the past nobody is told any more.
        return EXPIRED if values["expires_at"] <= self.at else ""

    def access_request(self, values):
        """Return the row of an access request; whom its address reaches is settled now."""
        partner = self.world.people[values["requested_by"]].organization
        customer, addressed_to = self._reached(values, partner)
        lapsed_at = values["created_at"] + LAPSES_AFTER if values["status"] == LAPSED else None
        return {
            "public_id": values["id"],
            "requested_by": self.contacts[values["requested_by"]],
            "partner": self.organizations[partner],
            "customer": self.organizations[customer] if customer else None,
            "addressed_to": self.contacts[addressed_to],
            **{name: values[name] for name in ("manager_email", "days", "reason", "status", "created_at")},
            "days_given": values["days"] if values["status"] == APPROVED else None,
            "decided_at": values["decided_at"] or lapsed_at,
            "decided_by": self.contacts[values["decided_by"]],
        }

    def _reached(self, values, partner):
        """Return (customer's slug, e-mail address of the manager addressed), either None where nobody is reached."""
        email = fold_email(values["manager_email"])
        reached = self.world.manager_reached(email, partner)
        if reached:
            return reached.organization, email
        if values["status"] in {APPROVED, DECLINED}:
            # Only its customer can have decided it, whatever became of the manager whom it was addressed to.
            by = self.world.people.get(values["decided_by"])
            if by and by.organization != partner:
                return by.organization, None
        return None, None

    def lines(self, values):
        """Return the rows of an access request's lines; an approved one is taken to be given as it was asked."""
        return [
            {
                "access_request": self.access_requests[values["id"]],
                "contact": self.contacts[email],
                "level": int(level),
                "level_given": int(level) if values["status"] == APPROVED else None,
            }
            for email, level in values["lines"]
        ]

    def service_request(self, values):
        """Return the row of a service request; its dates of change and first answer come from its thread."""
        thread = self.world.threads.get(values["reference"], ())
        public = [entry.created_at for entry in thread if not entry.internal]
        updated_at = values["updated_at"] or max([values["created_at"], *public[-1:]])
        primary_contact = values["primary_contact"] or values["submitted_by"]
        return {
            "organization": self.organizations[values["organization"]],
            "site": self.sites[values["organization"], values["site"]] if values["site"] else None,
            **{name: values[name] for name in ("reference", "category", "severity", "status", "confidential")},
            "subject": values["subject"],
            "submitted_by": self.contacts[values["submitted_by"]],
            "primary_contact": self.contacts[primary_contact],
            "timezone": values["timezone"] or self.world.people[primary_contact].timezone,
            "created_at": values["created_at"],
            "updated_at": updated_at,
            "solved_at": updated_at if values["status"] in {SOLVED, CLOSED} else None,
            "first_answer_at": self._first_answer(thread),
        }

    def _first_answer(self, thread):
        people = self.world.people
        answers = (one.created_at for one in thread[1:] if not one.internal and people[one.author].desk)
        return next(answers, None)

    def additional_contacts(self, values):
        """Return the rows of a service request's additional contacts."""
        return [
            {
                "service_request": self.requests[values["reference"]],
                "contact": self.contacts[email],
                "created_at": values["created_at"],
            }
            for email in values["additional_contacts"]
        ]

    def message(self, values):
        """Return the row of a message; its author wrote for the organization they belong to now."""
        return {
            "service_request": self.requests[values["reference"]],
            "author": self.contacts[values["author"]],
            "author_organization": self.organizations[self.world.people[values["author"]].organization],
            **{name: values[name] for name in ("public_id", "created_at", "internal", "body")},
        }

    def subscription(self, values):
        """Return the row of a subscription."""
        return {
            "contact": self.contacts[values["contact"]],
            "organization": self.organizations[values["organization"]],
            "created_at": self.at,
        }
