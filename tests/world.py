"""The cast: three customers, two partner firms, a desk, and one person for each standing."""

from datetime import timedelta
from types import SimpleNamespace

from portal import clock, database
from portal.models import (
    AdditionalContact,
    Contact,
    Grant,
    Message,
    Organization,
    ServiceRequest,
    Site,
)
from portal.permissions import Level

LONG_AGO = timedelta(days=400)


def organization(slug, name=None, timezone="UTC", locale="en"):
    return Organization.create(slug=slug, name=name or slug.title(), timezone=timezone, locale=locale)


def contact(firm, role, **flags):
    """Create the contact `role`@<firm>.example."""
    return Contact.create(
        email=f"{role}@{firm.slug}.example",
        name=f"{role.replace('_', ' ').title()} of {firm.name}",
        organization=firm,
        timezone=flags.pop("timezone", firm.timezone),
        created_at=clock.now() - LONG_AGO,
        **flags,
    )


def grant(customer, subject, level, *, starts=-10, expires=90, ended=None, covers_from=None, by=None):
    """Give `subject` (an organization or a contact) a level; days are counted from now."""
    now = clock.now()
    person = subject if isinstance(subject, Contact) else None
    return Grant.create(
        customer=customer,
        partner=person.organization if person else subject,
        contact=person,
        level=int(level),
        covers_from=covers_from,
        covers_from_at=clock.start_of_day(covers_from, customer.timezone) if covers_from else None,
        starts_at=now + timedelta(days=starts),
        expires_at=now + timedelta(days=expires),
        ended_at=None if ended is None else now + timedelta(days=ended),
        approved_by=by,
        created_at=now + timedelta(days=starts),
    )


def service_request(
    firm, submitted_by, subject, *, primary=None, naming=(), days_ago=1, body="It does not work.", **values
):
    """Create a request with its first message; `naming` are additional contacts."""
    created = clock.now() - timedelta(days=days_ago)
    count = ServiceRequest.select().count()
    made = ServiceRequest.create(
        **{
            "reference": f"{created:%y%m%d}-{count + 1:06d}",
            "organization": firm,
            "category": "technical",
            "severity": 3,
            "subject": subject,
            "submitted_by": submitted_by,
            "primary_contact": primary or submitted_by,
            "timezone": firm.timezone,
            "created_at": created,
            "updated_at": created,
            **values,
        }
    )
    Message.create(
        service_request=made,
        author=submitted_by,
        author_organization=submitted_by.organization,
        created_at=created,
        body=body,
    )
    for person in naming:
        AdditionalContact.create(service_request=made, contact=person, created_at=created)
    return made


def build_world():
    """Create everybody and everything; return it by name."""
    with database.transaction():
        return _build_world(SimpleNamespace())


def _build_world(w):
    w.halyard = organization("halyard", "Halyard Support")
    w.kitahama = organization("kitahama", "Kitahama Foods", "Asia/Tokyo", "ja")
    w.nordlys = organization("nordlys", "Nordlys Energi", "Europe/Oslo")
    w.cielo = organization("cielo", "Aerolíneas Cielo", "America/Argentina/Buenos_Aires", "es")
    w.brightwater = organization("brightwater", "Brightwater Consulting", "Europe/Lisbon")
    w.lattice = organization("lattice", "Lattice Integrators", "Europe/Amsterdam")
    w.site = Site.create(organization=w.kitahama, name="Osaka shop", url="https://osaka.kitahama.example")
    _add_people(w)
    _add_grants(w)
    _add_requests(w)
    return w


def _add_people(w):
    w.desk = contact(w.halyard, "desk", desk=True)
    w.manager = contact(w.kitahama, "manager", contact_manager=True)
    w.second_manager = contact(w.kitahama, "second_manager", contact_manager=True)
    w.support = contact(w.kitahama, "support", support_contact=True)
    w.own = contact(w.kitahama, "own")
    w.nordlys_manager = contact(w.nordlys, "manager", contact_manager=True)
    w.nordlys_support = contact(w.nordlys, "support", support_contact=True)
    w.stranger = contact(w.cielo, "stranger", support_contact=True)
    w.partner_manager = contact(w.brightwater, "partner_manager", contact_manager=True)
    w.colleague = contact(w.brightwater, "colleague")
    for level in Level:
        setattr(w, level.code, contact(w.brightwater, level.code))
    w.expired = contact(w.brightwater, "expired")
    w.ended = contact(w.brightwater, "ended")
    w.wide = contact(w.lattice, "wide")
    w.narrowed = contact(w.lattice, "narrowed")


def _add_grants(w):
    w.grants = {level.code: grant(w.kitahama, getattr(w, level.code), level, by=w.manager) for level in Level}
    w.grants["expired"] = grant(w.kitahama, w.expired, Level.FULL_ADMIN, starts=-40, expires=-1, by=w.manager)
    w.grants["ended"] = grant(w.kitahama, w.ended, Level.FULL_ADMIN, ended=-1, by=w.manager)
    w.grants["wide"] = grant(w.kitahama, w.lattice, Level.FULL_ADMIN, by=w.manager)
    w.grants["narrowed"] = grant(w.kitahama, w.narrowed, Level.LOOK, by=w.manager)


def _add_requests(w):
    w.request = service_request(w.kitahama, w.support, "Order export stops", site=w.site)
    w.naming_cc = service_request(w.kitahama, w.support, "Label printer", naming=[w.cc], days_ago=2)
    w.old = service_request(w.kitahama, w.support, "Archive is slow", days_ago=300)
    w.confidential = service_request(w.kitahama, w.support, "A leaked list", confidential=True, days_ago=3)
    w.nordlys_request = service_request(w.nordlys, w.nordlys_support, "Meters stand still", days_ago=4)
