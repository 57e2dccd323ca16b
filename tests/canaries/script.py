"""The canaries' world in plain words: firms, people, grants, requests, and everything that is written in it.

Days are counted from now. A name like `kita.support` is the person `support` of the firm `kita`.
"""

FIRMS = {  # key: (time zone, language)
    "desk": ("UTC", "en"),
    "kita": ("Asia/Tokyo", "ja"),
    "nord": ("Europe/Oslo", "en"),
    "cielo": ("America/Argentina/Buenos_Aires", "es"),
    "bright": ("Europe/Lisbon", "en"),
    "lattice": ("Europe/Amsterdam", "en"),
}
LEVELS = ("cc", "look", "update", "create", "service_admin", "full_admin")

PEOPLE = {  # name: what is special about them
    "desk.answers": {"desk": True},
    "desk.second": {"desk": True},
    "kita.manager": {"contact_manager": True},
    "kita.support": {"support_contact": True},
    "kita.plain": {},
    "kita.inactive": {"active": False, "support_contact": True},
    "kita.dummy": {"stands_in_for": "bright.behind", "support_contact": True},
    "kita.guest": {"added_by": "lattice"},
    "kita.suspended": {"added_by": "cielo"},
    "nord.manager": {"contact_manager": True},
    "nord.support": {"support_contact": True},
    "cielo.stranger": {"support_contact": True},
    "bright.manager": {"contact_manager": True},
    **{f"bright.{level}": {} for level in LEVELS},
    "bright.behind": {},
    "bright.since": {},
    "bright.expired": {},
    "bright.ended": {},
    "bright.future": {},
    "bright.overruled": {},
    "bright.nothing": {},
    "bright.inactive": {"active": False},
    "lattice.wide": {},
    "lattice.cc": {},
    "lattice.unconfirmed": {"added_by": "bright"},
}

# Who reads as another one does: they differ by what they may do there, or by a name or two.
READING_ALIKE = {
    "desk.second", "kita.plain", "nord.manager", "bright.create", "bright.service_admin", "bright.nothing",
    "bright.future",
}  # fmt: skip

GRANTS = [  # customer, subject, level, and what is special about it
    *({"customer": "kita", "subject": f"bright.{level}", "level": level} for level in LEVELS),
    {"customer": "kita", "subject": "bright.behind", "level": "cc"},
    {"customer": "kita", "subject": "bright.since", "level": "look", "covers": 20},
    {"customer": "kita", "subject": "bright.expired", "level": "full_admin", "starts": -60, "expires": -1},
    {"customer": "kita", "subject": "bright.ended", "level": "full_admin", "ended": -1},
    {"customer": "kita", "subject": "bright.future", "level": "full_admin", "starts": 3},
    {"customer": "kita", "subject": "bright.overruled", "level": "full_admin", "starts": -30, "ended": -5},
    {"customer": "kita", "subject": "bright.overruled", "level": "cc", "starts": -5},
    {"customer": "kita", "subject": "bright.inactive", "level": "full_admin"},
    {"customer": "kita", "subject": "lattice", "level": "full_admin"},
    {"customer": "kita", "subject": "lattice.cc", "level": "cc"},
    {"customer": "nord", "subject": "bright.update", "level": "look"},
    {"customer": "nord", "subject": "lattice", "level": "look", "covers": 20},
    {"customer": "lattice", "subject": "bright.manager", "level": "cc"},
]

REQUESTS = {  # key: by, and what is special about it; `says` are further messages, `age` is in days
    "kita.ordinary": {"by": "kita.support", "files": True, "says": ("bright.update", "desk.answers")},
    "kita.secret": {"by": "kita.support", "confidential": True, "files": True, "category": "upgrade", "severity": 1},
    "kita.secret_named": {"by": "kita.manager", "confidential": True, "naming": ("bright.look", "bright.cc")},
    "kita.old": {"by": "kita.inactive", "age": 60, "files": True, "says": ("desk.second",)},
    "kita.old_named": {"by": "kita.support", "age": 50, "naming": ("bright.since", "bright.overruled")},
    "kita.by_dummy": {"by": "kita.dummy", "says": ("bright.behind",)},
    "kita.secret_dummy": {"by": "kita.support", "confidential": True, "primary": "kita.dummy", "files": True},
    "kita.by_expired": {"by": "bright.expired", "says": ("bright.ended",)},
    "kita.led_by_ended": {"by": "kita.support", "primary": "bright.ended", "naming": ("bright.future",)},
    "kita.naming_outsiders": {"by": "kita.plain", "naming": ("lattice.cc", "nord.support", "bright.nothing")},
    "nord.ordinary": {"by": "nord.support", "files": True, "says": ("desk.answers",), "naming": ("bright.cc",)},
    "nord.old": {"by": "nord.support", "age": 60, "naming": ("kita.manager",)},
    "nord.secret": {"by": "nord.manager", "confidential": True, "naming": ("bright.look",)},
    "cielo.ordinary": {"by": "cielo.stranger", "files": True},
    "lattice.own": {"by": "lattice.wide", "naming": ("bright.manager",)},
}

ACCESS_REQUESTS = {  # key: by, customer (None: the address is nobody's), lines, what became of it
    "pending": {"by": "bright.update", "customer": "kita", "lines": ("bright.nothing", "bright.update")},
    "to_nord": {"by": "bright.nothing", "customer": "nord", "lines": ("bright.nothing",)},
    "to_nobody": {"by": "bright.cc", "customer": None, "lines": ("bright",)},
    "declined": {"by": "bright.expired", "customer": "kita", "lines": ("bright.expired",), "status": "declined"},
    "withdrawn": {"by": "bright.look", "customer": "kita", "lines": ("bright.look",), "status": "withdrawn"},
    "approved": {"by": "lattice.wide", "customer": "kita", "lines": ("lattice",), "status": "approved"},
}

SITES = ("kita", "nord", "cielo")
DRAFTS = [  # whose, where
    ("kita.support", "ask"),
    ("bright.create", "ask"),
    ("bright.update", "kita.ordinary"),
    ("bright.ended", "kita.ordinary"),
    ("desk.answers", "kita.ordinary"),
]
AUDIENCES = ("public", "contacts", "desk")
SUBSCRIBERS = [
    ("bright.look", "kita"),
    ("bright.ended", "kita"),
    ("lattice.wide", "nord"),
    ("bright.cc", "kita"),
    ("kita.support", "kita"),
]
