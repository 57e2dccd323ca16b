"""Who asked whom for access in the preview, what was decided, and what came of it."""

from datetime import timedelta

from portal import clock, permissions
from portal.models import access_changes, contact_changes, grant_changes, reminders, stand_ins, subscribing
from portal.models.access import Grant
from portal.permissions import Level

EVERYBODY = None
DAYS_TOLD = 350


class Asked:
    """An access request of the preview: what was asked, and its row once that moment has been played."""

    def __init__(self, stage, days_ago, at_time, by, manager_email, days, lines, reason):
        self.stage = stage
        self.by = by
        self.row = None
        at = stage.ago(days_ago, at_time, stage.people[by].timezone)
        stage.then(at, lambda at: self._ask(at, manager_email, days, lines, reason))

    def _ask(self, at, manager_email, days, lines, reason):
        people = self.stage.people
        named = [(people[key] if key else None, level) for key, level in lines.items()]
        self.row = access_changes.ask(people[self.by], manager_email, days, named, reason, at)

    def approved(self, days_ago, at_time, by, days, levels, covers_from=None):
        """Let `by` approve it; `levels` is what each line gets, and a line that is absent is dropped."""

        def approve(at):
            given = {line.id: levels.get(self._key(line)) for line in self.row.all_lines()}
            access_changes.approve(
                self.row, self.stage.people[by], at, {k: v for k, v in given.items() if v}, days, covers_from
            )

        self._later(days_ago, at_time, by, approve)
        return self

    def declined(self, days_ago, at_time, by, reason):
        """Let `by` decline it."""
        decline = access_changes.decline
        self._later(days_ago, at_time, by, lambda at: decline(self.row, self.stage.people[by], at, reason))

    def withdrawn(self, days_ago, at_time, by):
        """Let `by` take it back."""
        withdraw = access_changes.withdraw
        self._later(days_ago, at_time, by, lambda at: withdraw(self.row, self.stage.people[by], at))

    def _later(self, days_ago, at_time, by, act):
        self.stage.then(self.stage.ago(days_ago, at_time, self.stage.people[by].timezone), act)

    def _key(self, line):
        return next((key for key, one in self.stage.people.items() if one.id == line.contact_id), EVERYBODY)


def write(stage, secret_key):
    """Put every change of access on the stage's timeline."""
    _kitahama(stage)
    _kitahama_people(stage, secret_key)
    _nordlys(stage)
    _at_tamarind(stage)
    _at_cielo(stage)
    _what_waits(stage)
    _what_time_brings(stage)


def _kitahama(stage):
    def asked(days_ago, at_time, by, days, lines, reason, of="y.mori@kitahama.example"):
        return Asked(stage, days_ago, at_time, by, of, days, lines, reason)

    asked(
        346, "10:05", "piet", 90, {EVERYBODY: Level.UPDATE}, "We build the stock interface of the new warehouse."
    ).approved(345, "09:30", "yuki", 90, {EVERYBODY: Level.UPDATE})
    asked(
        201, "15:10", "mara", 365, {"mara": Level.CREATE}, "I keep the warehouse lists until the project ends."
    ).approved(200, "11:20", "haruto", 365, {"mara": Level.CREATE})
    asked(
        177, "09:45", "piet", 180, {"piet": Level.FULL_ADMIN}, "I lead the move to Nanko and register the night shift."
    ).approved(175, "10:15", "haruto", 180, {"piet": Level.FULL_ADMIN})
    asked(
        169, "16:30", "ana", 180, {"ana": Level.UPDATE}, "Brightwater advises the shop team. I answer for us."
    ).approved(168, "09:05", "yuki", 180, {"ana": Level.UPDATE})
    asked(
        114,
        "14:00",
        "elena",
        365,
        {EVERYBODY: Level.LOOK},
        "We offer reports over all requests.",
        "h.abe@kitahama.example",
    ).declined(113, "10:50", "haruto", "We have no project with you.")
    asked(
        70, "11:25", "ana", 180, {EVERYBODY: Level.CREATE, "chie": Level.CC}, "All of us work on the autumn campaign."
    ).approved(68, "09:41", "yuki", 180, {EVERYBODY: Level.LOOK, "chie": Level.CC})


def _kitahama_people(stage, secret_key):
    people = stage.people

    def link_stand_in(at):
        stand_ins.link(people["brightwater01"], people["ana"], people["haruto"], at)

    def add_kenji(at):
        standing = permissions.standing(people["piet"], stage.firms["kitahama"], at)
        contact_changes.add_contact_record(
            stage.firms["kitahama"],
            "Kenji Oda",
            "k.oda@kitahama.example",
            people["piet"],
            at,
            secret_key,
            grant=standing.grant,
        )

    def end_mara(at):
        grant_changes.end(Grant.get(contact=people["mara"]), people["haruto"], at)

    stage.then(stage.ago(165, "10:00", "Asia/Tokyo"), link_stand_in)
    stage.then(stage.ago(9, "15:02", "Europe/Amsterdam"), add_kenji)
    stage.then(stage.ago(3, "17:20", "Asia/Tokyo"), end_mara)


def _nordlys(stage):
    def asked(days_ago, at_time, by, days, lines, reason):
        return Asked(stage, days_ago, at_time, by, "i.solheim@nordlys.example", days, lines, reason)

    asked(131, "09:20", "elena", 90, {EVERYBODY: Level.LOOK}, "We review the tariffs with your finance team.").approved(
        130, "13:00", "ingrid", 90, {EVERYBODY: Level.LOOK}
    )
    asked(
        90, "10:40", "helen", 365, {EVERYBODY: Level.SERVICE_ADMIN}, "We run the meter gateway from now on."
    ).approved(87, "08:30", "ingrid", 365, {EVERYBODY: Level.SERVICE_ADMIN})
    asked(61, "12:15", "ben", 180, {"ben": Level.LOOK}, "I only write the handbook and need to read along.").approved(
        60, "09:00", "ingrid", 180, {"ben": Level.LOOK}
    )
    asked(52, "11:00", "sanne", 200, {"sanne": Level.CREATE}, "I test Min side on tablets.").approved(
        50,
        "14:25",
        "ingrid",
        200,
        {"sanne": Level.UPDATE},
        clock.day_in(stage.now, "Europe/Oslo") - timedelta(days=60),
    )


def _at_tamarind(stage):
    def asked(days_ago, at_time, by, days, lines, reason):
        return Asked(stage, days_ago, at_time, by, "w.kamau@tamarind.example", days, lines, reason)

    asked(
        251,
        "10:30",
        "piet",
        365,
        {"piet": Level.CREATE, "sanne": Level.CREATE},
        "We introduce the records archive.",
    ).approved(250, "08:45", "wanjiru", 365, {"piet": Level.CREATE, "sanne": Level.CREATE})
    asked(
        102,
        "09:35",
        "elena",
        180,
        {"elena": Level.SERVICE_ADMIN},
        "I set up the front desks of the new clinics.",
    ).approved(100, "16:20", "wanjiru", 180, {"elena": Level.SERVICE_ADMIN})
    asked(
        49,
        "11:55",
        "elena",
        365,
        {EVERYBODY: Level.LOOK},
        "The whole firm helps now and then.",
    )
    asked(
        26,
        "17:45",
        "dmitri",
        30,
        {"dmitri": Level.LOOK},
        "I help with the booking page for a month.",
    ).withdrawn(26, "17:50", "dmitri")


def _at_cielo(stage):
    def asked(days_ago, at_time, by, days, lines, reason):
        return Asked(stage, days_ago, at_time, by, "c.vega@cielo.example", days, lines, reason)

    asked(
        121,
        "15:00",
        "tariq",
        365,
        {"tariq": Level.CREATE},
        "I look after booking and check-in.",
    ).approved(120, "11:10", "carlos", 365, {"tariq": Level.CREATE})
    asked(
        44,
        "13:05",
        "ana",
        90,
        {"ana": Level.CC},
        "You wanted my opinion on single requests.",
    ).approved(42, "10:00", "carlos", 90, {"ana": Level.CC})


def _what_waits(stage):
    Asked(
        stage,
        12,
        "09:10",
        "ben",
        "k.larsen@nordlys.example",
        90,
        {"ben": Level.UPDATE},
        "I would like to reply as well.",
    )
    Asked(
        stage,
        4,
        "10:30",
        "ana",
        "y.mori@kitahama.example",
        180,
        {EVERYBODY: Level.LOOK, "ana": Level.CREATE, "ben": Level.UPDATE},
        "We take over the warehouse project from Lattice and will submit its requests.",
    )
    for key, slug, days_ago in (("ana", "nordlys", 80), ("dmitri", "nordlys", 55), ("piet", "kitahama", 170)):
        stage.then(stage.ago(days_ago, "09:00", "UTC"), _subscribes(stage.people[key], stage.firms[slug]))


def _what_time_brings(stage):
    """Let each day note what lapsed and ended, and remind of what will."""
    for days_ago in range(DAYS_TOLD, -1, -1):
        at = stage.ago(days_ago, "05:00", "UTC")
        stage.then(at, access_changes.lapse_unanswered)
        stage.then(at, reminders.remind)


def _subscribes(contact, organization):
    return lambda at: subscribing.subscribe(contact, organization, True, at)
