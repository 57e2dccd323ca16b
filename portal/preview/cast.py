"""The made-up firms and people of the preview, and what is interesting about each."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from flask_babel.speaklater import LazyString

CUSTOMER, PARTNER, DESK = "customer", "partner", "desk"
PASSWORD = "made-up password"


@dataclass(frozen=True)
class Firm:
    """An organization of the preview; `shows` is the customer whose levels stand beside a partner's people."""

    slug: str
    name: str
    side: str
    timezone: str
    locale: str = "en"
    sites: tuple = ()
    shows: str = ""


@dataclass(frozen=True)
class Person:
    """A contact of the preview; stories call them by `key`."""

    key: str
    name: str
    email: str
    firm: str
    about: LazyString
    flags: frozenset = frozenset()
    locale: str = ""
    timezone: str = ""


MANAGER = frozenset({"contact_manager"})
SUPPORT = frozenset({"support_contact"})
BOTH = MANAGER | SUPPORT
OF_THE_DESK = frozenset({"desk"})

# In the order in which one chooses among them.
FIRMS = (
    Firm(
        "kitahama",
        "Kitahama Foods",
        CUSTOMER,
        "Asia/Tokyo",
        "ja",
        (
            ("Osaka shop", "https://shop.kitahama.example"),
            ("Warehouse Nanko", "https://nanko.kitahama.example"),
            ("Umeda pop-up", ""),
        ),
    ),
    Firm("brightwater", "Brightwater Consulting", PARTNER, "Europe/Lisbon", shows="kitahama"),
    Firm("lattice", "Lattice Integrators", PARTNER, "Europe/Amsterdam", shows="kitahama"),
    Firm("halyard", "Halyard Support", DESK, "Europe/Lisbon"),
    Firm(
        "nordlys",
        "Nordlys Energi",
        CUSTOMER,
        "Europe/Oslo",
        sites=(("Min side", "https://min.nordlys.example"), ("Meter gateway", ""), ("Test site 2019", "")),
    ),
    Firm(
        "cielo",
        "Aerolíneas Cielo",
        CUSTOMER,
        "America/Argentina/Buenos_Aires",
        "es",
        (("Reservas", "https://reservas.cielo.example"), ("Check-in", "https://checkin.cielo.example")),
    ),
    Firm(
        "tamarind",
        "Tamarind Clinics",
        CUSTOMER,
        "Africa/Nairobi",
        sites=(("Booking", "https://booking.tamarind.example"), ("Records archive", "")),
    ),
    Firm("orrin", "Orrin Data", PARTNER, "Europe/Zurich", shows="cielo"),
)

PEOPLE = (
    Person(
        "yuki",
        "Yuki Mori",
        "y.mori@kitahama.example",
        "kitahama",
        _("Contact manager: decides who else gets in."),
        MANAGER,
        "en",
    ),
    Person(
        "haruto",
        "Haruto Abe",
        "h.abe@kitahama.example",
        "kitahama",
        _("Support contact, and the second contact manager."),
        BOTH,
        "en",
    ),
    Person(
        "misaki",
        "佐藤 美咲",
        "m.sato@kitahama.example",
        "kitahama",
        _("Support contact for the warehouse. Reads the portal in Japanese."),
        SUPPORT,
    ),
    Person(
        "rin",
        "Rin Sakamoto",
        "r.sakamoto@kitahama.example",
        "kitahama",
        _("A contact. Reads everything of her firm, changes nothing."),
        locale="en",
    ),
    Person(
        "brightwater01",
        "Brightwater 01",
        "brightwater01@kitahama.example",
        "kitahama",
        _("A stand-in: in truth a partner’s person."),
        SUPPORT,
        "en",
    ),
    Person(
        "ana",
        "Ana Torres",
        "a.torres@brightwater.example",
        "brightwater",
        _("Leads the project. Asked Kitahama Foods for more."),
        SUPPORT,
    ),
    Person(
        "ben",
        "Ben Okafor",
        "b.okafor@brightwater.example",
        "brightwater",
        _("Reads as everybody at Brightwater does; at Nordlys Energi he has less than his firm."),
    ),
    Person(
        "chie",
        "Chie Tanaka",
        "c.tanaka@brightwater.example",
        "brightwater",
        _("Has less than her firm: the named level decides."),
        locale="ja",
        timezone="Asia/Tokyo",
    ),
    Person(
        "dmitri",
        "Dmitri Sokol",
        "d.sokol@brightwater.example",
        "brightwater",
        _("Has no level of his own: his firm’s decides."),
    ),
    Person(
        "helen",
        "Helen Marsh",
        "h.marsh@brightwater.example",
        "brightwater",
        _("Contact manager of the partner: may withdraw what her firm asked for."),
        BOTH,
    ),
    Person(
        "piet",
        "Piet Vermeer",
        "p.vermeer@lattice.example",
        "lattice",
        _("Does nearly everything for Kitahama Foods, for a few more days."),
        BOTH,
    ),
    Person(
        "mara",
        "Mara Quist",
        "m.quist@lattice.example",
        "lattice",
        _("Her access was ended three days ago. See what is left: nothing."),
    ),
    Person(
        "sanne",
        "Sanne de Boer",
        "s.deboer@lattice.example",
        "lattice",
        _("Works for two other customers. At Nordlys Energi the past stays closed to her."),
    ),
    Person(
        "noor",
        "Noor Haddad",
        "n.haddad@halyard.example",
        "halyard",
        _("Answers everybody. Decides no access request."),
        OF_THE_DESK,
    ),
    Person(
        "jonas",
        "Jonas Weber",
        "j.weber@halyard.example",
        "halyard",
        _("Answers everybody, at night too."),
        OF_THE_DESK,
    ),
    Person(
        "sakura",
        "小川 さくら",
        "s.ogawa@halyard.example",
        "halyard",
        _("Answers in Japanese."),
        OF_THE_DESK,
        "ja",
        "Asia/Tokyo",
    ),
    Person(
        "ingrid",
        "Ingrid Solheim",
        "i.solheim@nordlys.example",
        "nordlys",
        _("Contact manager and support contact."),
        BOTH,
    ),
    Person("lars", "Lars Hagen", "l.hagen@nordlys.example", "nordlys", _("Support contact."), SUPPORT),
    Person("signe", "Signe Dahl", "s.dahl@nordlys.example", "nordlys", _("A contact. Asks about her own account.")),
    Person(
        "carlos",
        "Carlos Vega",
        "c.vega@cielo.example",
        "cielo",
        _("Contact manager and support contact. Reads the portal in Spanish."),
        BOTH,
    ),
    Person("lucia", "Lucía Romero", "l.romero@cielo.example", "cielo", _("Support contact."), SUPPORT),
    Person("wanjiru", "Wanjiru Kamau", "w.kamau@tamarind.example", "tamarind", _("Contact manager."), MANAGER),
    Person("peter", "Peter Otieno", "p.otieno@tamarind.example", "tamarind", _("Support contact."), SUPPORT),
    Person("amina", "Amina Yusuf", "a.yusuf@tamarind.example", "tamarind", _("Support contact."), SUPPORT),
    Person("elena", "Elena Rossi", "e.rossi@orrin.example", "orrin", _("Contact manager of the partner."), BOTH),
    Person(
        "tariq",
        "Tariq Nasser",
        "t.nasser@orrin.example",
        "orrin",
        _("Submits requests for an airline. His firm has no level."),
    ),
)
