"""For each endpoint of the matrix: the path and the form that a person would post, made anew for every person."""

from portal import clock, unsubscribing
from portal.models import (
    AccessRequest,
    AccessRequestLine,
    AdditionalContact,
    Attachment,
    AttachmentChunk,
    Contact,
    Message,
    Notification,
    Site,
    SiteNotice,
    answer_changes,
)
from portal.models.answer_changes import Draft
from portal.permissions import Level
from tests.world import contact, grant


def access_request(world):
    """Return a new pending request of the firm's contact manager for one colleague."""
    made = AccessRequest.create(
        requested_by=world.partner_manager,
        partner=world.brightwater,
        manager_email=world.manager.email,
        customer=world.kitahama,
        addressed_to=world.manager,
        days=30,
        created_at=clock.now(),
    )
    AccessRequestLine.create(access_request=made, contact=world.colleague, level=int(Level.LOOK))
    return made


def a_grant(world):
    """Return a new grant for somebody of the partner."""
    person = contact(world.brightwater, f"person_{Contact.select().count()}")
    return grant(world.kitahama, person, Level.LOOK, by=world.manager)


def attachment(world):
    """Return a new file of the first message of the ordinary request."""
    message = Message.get(Message.service_request == world.request)
    made = Attachment.create(message=message, service_request=world.request, name="log.txt", size=3, sha256="0" * 64)
    AttachmentChunk.create(attachment=made, position=0, content=b"log")
    return made


def named_contact(world):
    """Return a contact of the customer who is an additional one of the ordinary request."""
    person = contact(world.kitahama, f"named_{Contact.select().count()}")
    AdditionalContact.create(service_request=world.request, contact=person, created_at=clock.now())
    return person


def new_contact(world, **values):
    """Return one more contact of the customer."""
    return contact(world.kitahama, f"one_{Contact.select().count()}", **values)


def notice(world):
    """Return a new site notice."""
    return SiteNotice.create(
        site=world.site, kind="incident", title="Slow", author=world.desk, created_at=clock.now(), starts_at=clock.now()
    )


def question(world):
    """Return the form of a technical question for the customer."""
    return {
        "organization": "kitahama",
        "category": "technical",
        "severity": "3",
        "subject": "The printer waits",
        "description": "Since Monday.",
        "i_am_the_contact": "on",
    }


def of_request(tail="", form=None):
    return lambda world: (f"/requests/{world.request.reference}{tail}", form or {})


def of_grant(pattern, form=None):
    return lambda world: (pattern.format(a_grant(world).public_id), form or {})


def of_contact(tail="", form=None, **values):
    return lambda world: (f"/contacts/kitahama/{new_contact(world, **values).public_id}{tail}", form or {})


def of_contact_added_by_a_partner(tail):
    return lambda world: (f"/contacts/kitahama/{new_contact(world, added_by=world.lattice).public_id}{tail}", {})


def fixed(path, form=None):
    return lambda world: (path, form or {})


def refused_mail(world):
    """Return a mail that a server has refused for good."""
    return Notification.create(
        contact=world.support,
        kind="request_new",
        created_at=clock.now(),
        service_request=world.request,
        mail_state="refused",
    )


def answer(world):
    """Return a new public answer."""
    return answer_changes.write(Draft("en", "Labels", "Switch it off.", None), "public", world.desk, clock.now())


def of_answer(pattern, form=None):
    return lambda world: (pattern.format(answer(world).public_id), form or {})


def notification(world):
    """Return a notification of somebody else's."""
    return Notification.create(
        contact=world.second_manager, kind="request_new", created_at=clock.now(), service_request=world.request
    )


def unsubscribing_link(world):
    """Return the address that stops one kind of mail to somebody."""
    leaving = unsubscribing.Leaving(world.support, "request_message")
    return f"/unsubscribe/{unsubscribing.token(leaving, 'a secret for the tests alone')}", {}


PATHS = {
    "start.index": fixed("/"),
    "health.healthz": fixed("/healthz"),
    "sign_in.login": fixed("/login"),
    "sign_in.enter": fixed("/login", {"email": "nobody@nowhere.example", "password": "not the one"}),
    "second_step.ask": fixed("/login/code"),
    "second_step.enter": fixed("/login/code", {"code": "000000"}),
    "sign_in.forgot": fixed("/login/forgot"),
    "sign_in.mail_link": fixed("/login/forgot", {"email": "nobody@nowhere.example"}),
    "sign_in.reset": fixed("/login/reset/not-a-token"),
    "sign_in.choose_password": fixed("/login/reset/not-a-token", {"password": "a long enough passphrase"}),
    "sign_in.logout": fixed("/logout"),
    "requests.index": fixed("/requests"),
    "requests.export": fixed("/requests.csv"),
    "answers.index": fixed("/answers"),
    "answers.show": of_answer("/answers/{}"),
    "answers.subscription": of_answer("/answers/{}/subscription", {"subscribed": "on"}),
    "answers.suggestions": fixed("/answers/suggestions", {"subject": "Labels"}),
    "desk_answers.index": fixed("/desk/answers"),
    "desk_answers.new": fixed("/desk/answers/new", {"language": "en", "title": "New", "body": "Text."}),
    "desk_answers.edit": of_answer(
        "/desk/answers/{}", {"language": "en", "version": "1", "title": "Labels", "body": "Switch it on."}
    ),
    "desk_answers.audience": of_answer("/desk/answers/{}/audience", {"audience": "contacts"}),
    "ask.index": lambda world: ("/ask", question(world)),
    "service_request.show": of_request(),
    "drafts.save": lambda world: ("/drafts", {"place": world.request.reference, "body": "Try"}),
    "service_request.reply": of_request("/messages", {"body": "Try this."}),
    "service_request.severity": of_request("/severity", {"severity": "2"}),
    "service_request.confidential": of_request("/confidential", {}),
    "service_request.add_contact": lambda world: (
        f"/requests/{world.request.reference}/contacts",
        {"kind": "existing", "contact": new_contact(world).public_id},
    ),
    "service_request.remove_contact": lambda world: (
        f"/requests/{world.request.reference}/contacts/{named_contact(world).public_id}/remove",
        {},
    ),
    "service_request.primary_contact": lambda world: (
        f"/requests/{world.request.reference}/primary_contact",
        {"contact": new_contact(world, support_contact=True).public_id},
    ),
    "attachments.download": lambda world: (f"/attachments/{attachment(world).public_id}", {}),
    "my_customers.index": fixed("/partner/my_customers"),
    "my_customers.subscription": fixed("/partner/my_customers/kitahama/subscription", {"subscribed": "on"}),
    "my_customers.request_access": fixed(
        "/partner/my_customers/request",
        {"manager_email": "manager@nordlys.example", "days": "30", "organization_level": "look"},
    ),
    "my_customers.find_colleagues": fixed("/partner/my_customers/request/colleagues", {"colleague": "a"}),
    "my_customers.withdraw": lambda world: (
        f"/partner/access_requests/{access_request(world).public_id}/withdraw",
        {},
    ),
    "my_partners.index": fixed("/partner/my_partners"),
    "my_partners.approve": lambda world: (f"/partner/access_requests/{access_request(world).public_id}/approve", {}),
    "my_partners.decline": lambda world: (
        f"/partner/access_requests/{access_request(world).public_id}/decline",
        {"reason": "No project."},
    ),
    "my_partners.impact": lambda world: (f"/partner/access_requests/{access_request(world).public_id}/impact", {}),
    "my_partners.hand_over": lambda world: (
        "/partner/my_partners/handover",
        {"contact": world.support.public_id, "request": world.request.reference},
    ),
    "grants.end": of_grant("/partner/grants/{}/end"),
    "grants.give": fixed("/partner/my_partners/give"),
    "grants.edit": of_grant("/partner/my_partners/grants/{}"),
    "grants.impact": of_grant("/partner/my_partners/grants/{}/impact"),
    "contacts.index": fixed("/contacts/kitahama"),
    "contacts.new": fixed("/contacts/kitahama/add"),
    "contacts.add": lambda world: (
        "/contacts/kitahama/add",
        {
            "name": "New One",
            "email": f"new{Contact.select().count()}@kitahama.example",
            "timezone": "UTC",
            "locale": "en",
        },
    ),
    "contacts.show": of_contact(),
    "contacts.edit": of_contact(form={"name": "Renamed"}),
    "contacts.confirm": of_contact_added_by_a_partner("/confirm"),
    "contacts.keep": of_contact_added_by_a_partner("/keep"),
    "contacts.deactivate": of_contact("/deactivate"),
    "contacts.reactivate": of_contact("/reactivate", active=False),
    "contacts.invite": of_contact("/invitation"),
    "contacts.link": lambda world: (
        f"/contacts/kitahama/{new_contact(world).public_id}/stand_in",
        {"person": world.look.public_id},
    ),
    "contacts.unlink": lambda world: (
        f"/contacts/kitahama/{new_contact(world, stands_in_for=world.look).public_id}/stand_in/end",
        {},
    ),
    "site_notices.index": fixed("/desk/notices"),
    "site_notices.new": lambda world: ("/desk/notices/new", {}),
    "site_notices.resolve": lambda world: (f"/desk/notices/{notice(world).public_id}/resolve", {"body": "Over."}),
    "site_notices.receive": fixed("/partner/my_customers/kitahama/site_notices", {"receive": "on"}),
    "dashboard.show": fixed("/dashboard/kitahama"),
    "history.index": fixed("/history/kitahama"),
    "history.receipt": fixed("/history/kitahama.csv"),
    "history.who": lambda world: (
        f"/history/kitahama/who?reference={world.request.reference}&day={clock.now():%Y-%m-%d}",
        {},
    ),
    "desk.index": fixed("/desk"),
    "desk.assign": lambda world: (
        f"/desk/requests/{world.request.reference}/assignee",
        {"assignee": world.desk.public_id},
    ),
    "desk_mail.index": fixed("/desk/mail"),
    "desk_mail.again": lambda world: (f"/desk/mail/{refused_mail(world).public_id}/again", {}),
    "desk_organizations.index": fixed("/desk/organizations"),
    "desk_organizations.new": fixed("/desk/organizations/new"),
    "desk_organizations.show": fixed("/desk/organizations/kitahama"),
    "desk_organizations.edit": lambda world: (
        "/desk/organizations/kitahama",
        {
            prefix + name: getattr(world.kitahama, name)
            for prefix in ("", "seen_")
            for name in ("name", "timezone", "locale")
        },
    ),
    "desk_organizations.add_site": lambda world: (
        "/desk/organizations/kitahama/sites",
        {"name": f"Site {Site.select().count()}", "url": ""},
    ),
    "desk_organizations.edit_site": lambda world: (
        f"/desk/organizations/kitahama/sites/{world.site.public_id}",
        {"name": "Osaka", "url": ""},
    ),
    "unsubscribe.ask": unsubscribing_link,
    "unsubscribe.leave": unsubscribing_link,
    "notifications.index": fixed("/notifications"),
    "notifications.follow": lambda world: (f"/notifications/{notification(world).public_id}", {}),
    "notifications.read": fixed("/notifications/read"),
    "preferences.index": fixed("/preferences"),
    "preferences.region": fixed("/preferences", {"locale": "en", "timezone": "UTC"}),
    "preferences.told": fixed("/preferences/notifications"),
    "preferences.customers": fixed("/preferences/customers", {"customer": "kitahama"}),
    "preferences.password": fixed(
        "/preferences/password", {"current": "wrong", "password": "a long enough passphrase"}
    ),
    "second_factor.index": fixed("/preferences/second_factor"),
    "second_factor.replace": fixed("/preferences/second_factor/new"),
    "second_factor.set_up": fixed("/preferences/second_factor", {"offer": "none", "code": "000000"}),
    "second_factor.codes": fixed("/preferences/second_factor/codes"),
    "second_factor.turn_off": fixed("/preferences/second_factor/off"),
    "second_factor.confirm": fixed("/preferences/confirm", {"next": "/preferences"}),
    "second_factor.reset": of_contact("/second_factor/reset"),
    "preferences.end_sessions": fixed("/preferences/sessions/end"),
    "service_request.news": of_request("/news"),
}
