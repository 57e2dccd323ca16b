"""Contacts: adding, editing, confirming, keeping, deactivating the people of an organization (SPEC 4)."""

import threading

import pytest

from portal import clock, database, permissions
from portal.models import Contact, HistoryEvent, Link, Notification, Session, contact_changes
from tests.contacts import SECRET, added, by_email, kinds, page_of, told, typed, typed_by_partner
from tests.counting import statements
from tests.people import plain
from tests.world import contact as person_of
from tests.world import grant as give

BRAND_NEW = {"name": "Rin Sasaki", "email": "Rin@Kitahama.example", "timezone": "Asia/Tokyo", "locale": "ja"}


# --- Who may reach what --------------------------------------------------------------------------------------------

INSIDE = ("desk", "manager", "second_manager")
HELPING = ("full_admin", "wide")
SEEING = ("support", "own", "cc", "look", "update", "create", "service_admin", "narrowed")
OUTSIDE = (
    *("nordlys_manager", "nordlys_support", "stranger", "partner_manager", "colleague", "expired", "ended"),
    *("halyard_manager",),
)
# route, on whom (None: no contact in the path), then what managers, the desk, and Full Admin partners get
ROUTES = [
    ("GET", "", None, 200, 200, 200),
    ("GET", "add", None, 200, 200, 200),
    ("POST", "add", None, 303, 303, 303),
    ("GET", "", "plain", 200, 200, 200),
    ("POST", "", "plain", 303, 303, 303),
    ("GET", "", "a manager", 200, 200, 403),
    ("POST", "", "a manager", 303, 303, 403),
    ("GET", "", "stand-in", 200, 200, 403),
    ("POST", "confirm", "added", 303, 403, 403),
    ("POST", "keep", "added", 303, 403, 403),
    ("POST", "confirm", "plain", 403, 403, 403),
    ("POST", "deactivate", "plain", 303, 303, 303),
    ("POST", "deactivate", "a manager", 303, 303, 403),
    ("POST", "deactivate", "stand-in", 403, 403, 403),
    ("POST", "reactivate", "inactive", 303, 303, 403),
    ("POST", "invitation", "plain", 303, 303, 403),
    ("POST", "stand_in", "plain", 303, 303, 403),
    ("POST", "stand_in/end", "stand-in", 303, 303, 403),
]


def target(world, what, number):
    """Return a contact of Kitahama in this state, another one for each person who tries."""
    if what == "added":
        return added(world, f"Added {number}")
    flags = {"a manager": {"contact_manager": True}, "inactive": {"active": False}}.get(what, {})
    if what == "stand-in":
        flags = {"stands_in_for": world.create}
    return person_of(world.kitahama, f"target{number}", **flags)


@pytest.mark.parametrize(("method", "action", "what", "manager", "desk", "partner"), ROUTES)
def test_each_standing_gets_what_is_theirs(app, world, browse, method, action, what, manager, desk, partner):
    world.halyard_manager = person_of(world.halyard, "manager", contact_manager=True)
    expected = dict.fromkeys(INSIDE, manager) | dict.fromkeys(HELPING, partner) | {"desk": desk}
    expected |= dict.fromkeys(SEEING, 403) | dict.fromkeys(OUTSIDE, 404) | {"anonymous": 303}
    got = {}
    for number, role in enumerate(expected):
        someone = target(world, what, number) if what else None
        path = page_of(someone, action) if someone else f"/contacts/kitahama/{action}".rstrip("/")
        browser = browse(None if role == "anonymous" else getattr(world, role))
        form = {**BRAND_NEW, "email": f"new{number}@kitahama.example"}
        if someone:
            form = typed_by_partner(someone) if role in HELPING else typed(someone)
        form["person"] = world.create.public_id
        got[role] = (browser.get(path) if method == "GET" else browser.post(path, form)).status_code
    assert got == expected


def test_everybody_of_the_cast_is_in_the_table(world):
    cast = {role for role, one in vars(world).items() if isinstance(one, Contact)}
    assert cast <= {*INSIDE, *HELPING, *SEEING, *OUTSIDE}


@pytest.mark.parametrize("action", ["", "confirm", "deactivate", "stand_in"])
def test_a_contact_of_another_organization_is_not_found_under_this_one(world, browse, action):
    browser = browse(world.manager)
    path = f"/contacts/kitahama/{world.stranger.public_id}/{action}".rstrip("/")
    assert browser.post(path, {}).status_code == 404
    assert browser.get("/contacts/kitahama/no-such-contact").status_code == 404
    assert browser.get("/contacts/no-such-firm").status_code == 404


# --- The list ------------------------------------------------------------------------------------------------------


def test_a_contact_manager_finds_everybody_of_their_organization(world, browse):
    page = browse(world.manager).sees("/contacts/kitahama")
    assert "Support of Kitahama Foods" in page and "support@kitahama.example" in page
    assert "Stranger of" not in page


def test_the_list_narrows_to_what_is_typed_whatever_its_width(world, browse):
    person_of(world.kitahama, "アベ")
    browser = browse(world.manager)
    assert "アベ" in browser.sees("/contacts/kitahama?q=ｱﾍﾞ")
    assert "Support of Kitahama" not in browser.sees("/contacts/kitahama?q=ｱﾍﾞ")
    assert "Nobody here is called that" in browser.sees("/contacts/kitahama?q=nobody%00")


def test_the_list_goes_on_by_cursor_and_costs_the_same_with_many(world, browse):
    browser = browse(world.manager)
    with statements() as few:
        browser.get("/contacts/kitahama")
    for number in range(60):
        person_of(world.kitahama, f"many{number:02}", added_by=world.brightwater)
    with statements() as many:
        first = browser.get("/contacts/kitahama").text
    assert len(many) <= len(few) + 3  # what waits is asked for: with its partner, adder and what it would count for
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = browser.get(following).text
    assert (
        "Support of Kitahama Foods" in second and "many00@" in first and "many00@" not in second.split('id="people"')[1]
    )
    assert browser.get("/contacts/kitahama?after=forged").status_code == 200


def test_a_partner_sees_neither_sign_ins_nor_other_partners_nor_what_others_gave(world, browse):
    give(world.nordlys, world.kitahama, permissions.Level.LOOK)
    added(world, "Mine Own")
    added(world, "Not Mine", by=world.wide, grant=world.grants["wide"])
    person_of(world.kitahama, "dummy", stands_in_for=world.wide)
    page = browse(world.full_admin).sees("/contacts/kitahama")
    assert "Brightwater Consulting added Mine Own" in page and "Not Mine" in page
    for hidden in ("Lattice", "Nordlys", "Signed in", "Link", "dummy@"):
        assert hidden not in page
    managers = browse(world.manager).sees("/contacts/kitahama")
    assert "Lattice Integrators added Not Mine" in managers and "Look for Nordlys" in managers


def test_contacts_is_in_the_rail_with_what_waits(world, browse):
    added(world)
    page = browse(world.manager).get("/contacts/kitahama").text
    link = page.split('href="/contacts/kitahama" aria-current="page"')[1].split("</a>")[0]
    assert plain(link.split(">", 1)[1]) == "Contacts 1 waiting"
    assert 'href="/contacts/' not in browse(world.support).get("/requests").text


# --- Adding --------------------------------------------------------------------------------------------------------


def test_a_manager_adds_a_contact_who_is_invited_and_counts_at_once(world, browse):
    answer = browse(world.manager).post("/contacts/kitahama/add", {**BRAND_NEW, "support_contact": "on"})
    assert answer.status_code == 303
    rin = by_email("rin@kitahama.example")
    assert (rin.name, rin.timezone, rin.locale, rin.support_contact) == ("Rin Sasaki", "Asia/Tokyo", "ja", True)
    assert permissions.counts_for_grants(rin) and rin.added_by is None
    assert told("invitation") == [rin.id] and told("contact_added") == []
    assert kinds(rin) == ["contact_added"]


def test_a_partner_adds_a_contact_who_is_marked_and_the_managers_are_told_at_once(world, browse):
    browse(world.full_admin).post("/contacts/kitahama/add", BRAND_NEW)
    rin = by_email("rin@kitahama.example")
    assert rin.added_by == world.brightwater and not permissions.counts_for_grants(rin)
    assert set(told("contact_added")) == {world.manager.id, world.second_manager.id}
    event = HistoryEvent.get(HistoryEvent.kind == "contact_added")
    assert (event.actor, event.partner, event.grant) == (
        world.full_admin,
        world.brightwater,
        world.grants["full_admin"],
    )


@pytest.mark.parametrize("email", ["stranger@cielo.example", " STRANGER@Cielo.example", "support@kitahama.example"])
def test_an_address_that_is_somebodys_is_refused_without_saying_whose(world, browse, email):
    answer = browse(world.manager).post("/contacts/kitahama/add", {**BRAND_NEW, "email": email})
    assert answer.status_code == 422
    assert "This address cannot be used here." in plain(answer.text) and "Rin Sasaki" in answer.text
    assert "Aerolíneas" not in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " \0 "),
        ("name", "x" * 121),
        ("name", "y" * 1_000_000),
        ("email", "rin"),
        ("email", "rin@kitahama"),
        ("email", "rin@kita hama.example"),
        ("email", "rin@kitahama.example\nBcc: all@x.example"),
        ("email", "凛@kitahama.example"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("locale", "xx"),
    ],
)
def test_what_cannot_be_comes_back_as_typed_with_a_sentence(world, browse, field, value):
    answer = browse(world.manager).post("/contacts/kitahama/add", {**BRAND_NEW, field: value})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert "Rin Sasaki" in answer.text or "rin@kitahama.example" in answer.text.lower()
    assert by_email("rin@kitahama.example") is None


def test_a_name_keeps_no_control_and_no_direction_characters(world, browse):
    browse(world.manager).post("/contacts/kitahama/add", {**BRAND_NEW, "name": "Rin\r\nBcc: x\u202e  Sasaki\x07"})
    assert by_email("rin@kitahama.example").name == "Rin Bcc: x Sasaki"


def test_the_same_address_added_twice_at_once_is_one_contact(app, world):
    outcomes = []

    def add(organization, actor):
        with database.opened():
            try:
                contact_changes.add_contact_record(organization, "Rin", "rin@x.example", actor, clock.now(), SECRET)
                outcomes.append("added")
            except contact_changes.AddressTaken:
                outcomes.append("taken")

    threads = [
        threading.Thread(target=add, args=pair)
        for pair in [(world.kitahama, world.manager), (world.nordlys, world.nordlys_manager)]
    ]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert sorted(outcomes) == ["added", "taken"]


# --- Editing -------------------------------------------------------------------------------------------------------


def test_a_manager_edits_all_of_a_contact_and_the_history_tells_before_and_after(world, browse):
    form = typed(world.own, name="Mei Kato", timezone="Europe/Oslo", locale="es", support_contact="on")
    assert browse(world.manager).post(page_of(world.own), form).status_code == 303
    now = world.own.again()
    assert (now.name, now.timezone, now.locale, now.support_contact) == ("Mei Kato", "Europe/Oslo", "es", True)
    event = HistoryEvent.get(HistoryEvent.kind == "contact_changed")
    assert '"support_contact": [false, true]' in event.details and event.grant is None


def test_a_partner_edits_name_zone_and_language_under_their_grant(world, browse):
    form = typed_by_partner(world.own, name="Mei Kato", timezone="Europe/Oslo")
    assert browse(world.full_admin).post(page_of(world.own), form).status_code == 303
    assert world.own.again().name == "Mei Kato"
    event = HistoryEvent.get(HistoryEvent.kind == "contact_changed")
    assert (event.actor, event.grant) == (world.full_admin, world.grants["full_admin"])


def test_another_address_ends_sessions_and_links_and_both_addresses_are_told(world, browse):
    theirs = browse(world.own)
    link = Link.make(world.own, "reset", clock.now(), contact_changes.timedelta(hours=1), SECRET)
    browse(world.manager).post(page_of(world.own), typed(world.own, email="Mei@Kitahama.example"))
    assert world.own.again().email == "mei@kitahama.example"
    assert theirs.get("/requests").status_code == 303
    assert Link.find(link.token(SECRET), clock.now()) is None
    assert told("email_changed") == [world.own.id]
    left = Notification.get(Notification.kind == "email_left")
    assert left.facts == {"mail_to": "own@kitahama.example"} and left.actor == world.manager


def test_whoever_has_not_chosen_a_password_is_invited_again_at_the_new_address(world, browse):
    rin = contact_changes.add_contact_record(world.kitahama, "Rin", "rin@x.example", world.manager, clock.now(), SECRET)
    old = Link.get(Link.contact == rin)
    browse(world.manager).post(page_of(rin), typed(rin, email="rin@kitahama.example"))
    assert told("invitation") == [rin.id, rin.id]
    assert Link.find(old.token(SECRET), clock.now()) is None


def test_a_manager_who_changes_their_own_address_stays_signed_in_here_alone(world, browse):
    here, elsewhere = browse(world.manager), browse(world.manager)
    here.post(page_of(world.manager), typed(world.manager, email="me@kitahama.example"))
    assert here.get("/contacts/kitahama").status_code == 200
    assert elsewhere.get("/contacts/kitahama").status_code == 303
    assert told("email_changed") == [world.manager.id], "one is told of one's own doing here"


def test_an_address_taken_while_editing_changes_nothing(world, browse):
    answer = browse(world.manager).post(page_of(world.own), typed(world.own, name="X", email=world.stranger.email))
    assert answer.status_code == 422 and "This address cannot be used here." in plain(answer.text)
    assert world.own.again().name == world.own.name and told("email_changed") == []


def test_what_somebody_else_saved_meanwhile_is_shown_and_replaced_only_knowingly(world, browse):
    seen = typed(world.own, name="Mei")
    browse(world.second_manager).post(page_of(world.own), typed(world.own, support_contact="on"))
    browser = browse(world.manager)
    answer = browser.post(page_of(world.own), seen)
    assert answer.status_code == 409
    assert "Somebody else changed this contact" in plain(answer.text) and 'value="Mei"' in answer.text
    assert world.own.again().support_contact and world.own.again().name != "Mei"
    again = world.own.again()
    assert browser.post(page_of(world.own), {**seen, "edition": again.edition}).status_code == 303
    assert world.own.again().name == "Mei"


def test_a_manager_who_lays_the_role_down_is_led_away(world, browse):
    answer = browse(world.manager).post(page_of(world.manager), typed(world.manager, contact_manager=None))
    assert answer.status_code == 303 and answer.location == "/"
    assert not world.manager.again().contact_manager


# --- The last contact manager --------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ["nordlys_manager", "desk"])
def test_the_last_contact_manager_stays_one_by_demotion_and_deactivation(world, browse, actor):
    last = world.nordlys_manager
    answer = browse(getattr(world, actor)).post(page_of(last), typed(last, contact_manager=None))
    assert answer.status_code == 422 and "would have no contact manager left" in plain(answer.text)
    expected = {"nordlys_manager": 403, "desk": 422}[actor]  # nobody deactivates themself
    assert browse(getattr(world, actor)).post(page_of(last, "deactivate")).status_code == expected
    assert last.again().contact_manager and last.again().active


@pytest.mark.parametrize("other", [{"active": False}, {"stands_in_for": 1}, {"added_by": 1, "confirmed_at": "now"}])
def test_a_manager_who_could_not_act_does_not_count(world, browse, other):
    values = {
        "stands_in_for": world.create,
        "added_by": world.brightwater,
        "confirmed_at": clock.now(),
        "active": False,
    }
    person_of(world.nordlys, "other", contact_manager=True, **{name: values[name] for name in other})
    form = typed(world.nordlys_manager, contact_manager=None)
    assert browse(world.desk).post(page_of(world.nordlys_manager), form).status_code == 422


def test_two_managers_who_demote_each_other_at_once_leave_one(app, world):
    outcomes = []

    def demote(actor, other):
        with database.opened():
            try:
                contact_changes.edit(
                    other, {"contact_manager": False}, actor, clock.now(), SECRET, edition=other.edition
                )
                outcomes.append("done")
            except contact_changes.LastManager:
                outcomes.append("last")

    pairs = [(world.manager, world.second_manager), (world.second_manager, world.manager)]
    threads = [threading.Thread(target=demote, args=pair) for pair in pairs]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert sorted(outcomes) == ["done", "last"]
    assert len(world.kitahama.contact_managers()) == 1


# --- Deactivating and letting in again -----------------------------------------------------------------------------


def test_a_deactivated_contact_is_out_of_every_session_at_once_and_their_requests_are_listed(world, browse):
    theirs = browse(world.support)
    browser = browse(world.manager)
    assert "They lead 4 open requests" in browser.sees(page_of(world.support))
    answer = browser.post(page_of(world.support, "deactivate"))
    assert answer.location == page_of(world.support)
    assert theirs.get("/requests").status_code == 303
    assert Session.of(world.support, clock.now()) == []
    page = browser.sees(answer.location)
    assert "is inactive: every session has ended" in page and "Order export stops" in page
    assert kinds(world.support) == ["contact_deactivated"]


def test_a_reactivated_contact_comes_back_with_their_role(world, browse):
    browser = browse(world.manager)
    browser.post(page_of(world.support, "deactivate"))
    assert browser.post(page_of(world.support, "reactivate")).status_code == 303
    assert permissions.may_sign_in(world.support.again(), clock.now()) and world.support.again().support_contact
    assert kinds(world.support) == ["contact_deactivated", "contact_reactivated"]


def test_the_second_of_two_is_told_who_was_faster(world, browse):
    browse(world.second_manager).post(page_of(world.own, "deactivate"))
    answer = browse(world.manager).post(page_of(world.own, "deactivate"))
    assert answer.status_code == 409 and f"{world.second_manager.name} deactivated" in plain(answer.text)
    assert kinds(world.own) == ["contact_deactivated"]


def test_nobody_deactivates_themself(world, browse):
    assert browse(world.manager).post(page_of(world.manager, "deactivate")).status_code == 403


# --- Confirming and keeping ----------------------------------------------------------------------------------------


def test_confirming_counts_a_partners_addition_among_ones_own(world, browse):
    give(world.nordlys, world.kitahama, permissions.Level.LOOK)
    hana = added(world)
    at = clock.now()
    assert permissions.standing(hana, world.nordlys, at).code == "none"
    answer = browse(world.manager).post(page_of(hana, "confirm"), swap=True)
    assert answer.status_code == 200 and answer.text.lstrip().startswith('<div id="contacts"')
    assert "Confirmed: Hana Sato counts among your own." in plain(answer.text)
    assert permissions.standing(hana.again(), world.nordlys, at).code == "look"
    assert kinds(hana) == ["contact_added", "contact_confirmed"]


def test_a_kept_contact_outlives_the_access_of_the_partner_who_added_them(world, browse):
    hana = added(world)
    world.grants["full_admin"].ended_at = clock.now()
    world.grants["full_admin"].save()
    for one in ("update", "create", "service_admin", "look", "cc"):
        world.grants[one].ended_at = clock.now()
        world.grants[one].save()
    assert permissions.is_suspended(hana.again(), clock.now())
    browser = browse(world.manager)
    assert "the access of Brightwater Consulting has ended" in browser.sees("/contacts/kitahama")
    browser.post(page_of(hana, "keep"))
    assert permissions.may_sign_in(hana.again(), clock.now())
    assert kinds(hana) == ["contact_added", "contact_kept"]


def test_confirming_twice_is_once_and_the_second_is_told(world, browse):
    hana = added(world)
    browse(world.second_manager).post(page_of(hana, "confirm"))
    answer = browse(world.manager).post(page_of(hana, "confirm"), swap=True)
    assert answer.status_code == 409 and f"{world.second_manager.name} confirmed Hana Sato" in plain(answer.text)
    assert kinds(hana).count("contact_confirmed") == 1


def test_a_role_goes_only_to_whom_a_manager_has_confirmed_and_kept(world, browse):
    hana, browser = added(world), browse(world.manager)
    for role, step in (("support_contact", "confirm"), ("contact_manager", "keep")):
        refused = browser.post(page_of(hana), typed(hana.again(), **{role: "on"}))
        assert refused.status_code == 422 and f'id="e-{role}"' in refused.text
        browser.post(page_of(hana, step))
        assert browser.post(page_of(hana), typed(hana.again(), **{role: "on"})).status_code == 303
    assert hana.again().contact_manager


# --- Invitations ---------------------------------------------------------------------------------------------------


def test_an_invitation_is_mailed_again_five_times_an_hour_at_most(world, browse):
    browser = browse(world.manager)
    for _ in range(7):
        assert browser.post(page_of(world.own, "invitation")).status_code == 303
    assert told("invitation") == [world.own.id] * contact_changes.MOST_INVITATIONS


def test_without_a_mail_server_the_page_says_that_the_invitation_waits(world, browse):
    browser = browse(world.manager)
    browser.post(page_of(world.own, "invitation"))
    assert "Mail is not set up yet" in browser.sees(page_of(world.own))
    browser.post("/contacts/kitahama/add", BRAND_NEW)
    assert "Mail is not set up yet" in browser.sees("/contacts/kitahama")


def test_whoever_has_a_password_is_not_invited(world, browse):
    world.own.set_password_hash("x")
    browse(world.manager).post(page_of(world.own, "invitation"))
    assert told("invitation") == []


def test_a_partner_invites_again_only_whom_it_added(world, browse):
    hana, browser = added(world), browse(world.full_admin)
    assert browser.post(page_of(hana, "invitation")).status_code == 303
    assert browser.post(page_of(world.own, "invitation")).status_code == 403
    assert told("invitation") == [hana.id, hana.id]


# --- The desk ------------------------------------------------------------------------------------------------------


def test_only_the_desk_makes_somebody_of_its_own_the_desk(world, browse):
    helper = person_of(world.halyard, "helper")
    chief = person_of(world.halyard, "chief", contact_manager=True)
    assert browse(chief).post(page_of(helper), typed(helper, desk="on")).status_code == 403
    assert browse(world.desk).post(page_of(world.own), typed(world.own, desk="on")).status_code == 403
    assert browse(world.desk).post(page_of(helper), typed(helper, desk="on")).status_code == 303
    assert helper.again().desk


def test_a_contact_manager_of_the_desks_firm_does_not_reach_the_desk_through_its_records(world, browse):
    chief = browse(person_of(world.halyard, "chief", contact_manager=True))
    assert chief.post(page_of(world.desk), typed(world.desk, email="chief@own.example")).status_code == 403
    assert chief.post(page_of(world.desk, "deactivate")).status_code == 403
    assert world.desk.again().email == world.desk.email


# --- The list keeps its place --------------------------------------------------------------------------------------


def test_an_action_leaves_the_list_narrowed_as_it_was(world, browse):
    hana, browser = added(world), browse(world.manager)
    page = browser.get("/contacts/kitahama?q=hana").text
    action = page.split('data-hx-post="')[1].split('"')[0].replace("&amp;", "&")
    assert action == page_of(hana, "confirm?q=hana")
    after = browser.post(action, swap=True).text
    assert "Support of Kitahama" not in after and "hana.sato@" in after
    assert browser.post(page_of(hana, "keep?q=hana")).location == "/contacts/kitahama?q=hana"


@pytest.mark.parametrize("path", ["/contacts/kita\0hama", "/contacts/kitahama/\0", "/contacts/kitahama/" + "x" * 5000])
def test_nonsense_in_the_address_is_a_page_that_does_not_exist(world, browse, path):
    assert browse(world.manager).get(path.replace("\0", "%00")).status_code == 404
