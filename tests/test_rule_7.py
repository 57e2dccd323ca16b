"""Rule 7, each way around it tried by name: sensitive rights cannot breed (SPEC 3)."""

import csv
import io

import pytest

from portal import clock, permissions
from portal.models import Contact, Grant, Link, Notification, contact_changes, stand_ins
from portal.models.contact_changes import RightsCannotBreed
from portal.permissions import Capability, Level
from portal.transfer.importing import Faulty, import_folder
from tests.contacts import SECRET, added, by_email, page_of, told, typed, typed_by_partner
from tests.world import contact as person_of
from tests.world import grant as give

PARTNERS = ("full_admin", "wide")  # by an individual grant, and by their firm's


def end_access(world):
    """End every grant that Brightwater has from Kitahama."""
    Grant.update(ended_at=clock.now()).where(Grant.partner == world.brightwater).execute()


def standing_of(contact, organization):
    return permissions.standing(contact.again(), organization, clock.now())


# --- Through a contact that the partner adds -----------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["contact_manager", "support_contact", "desk"])
def test_a_partner_adds_nobody_with_a_role(world, browse, flag):
    form = {"name": "Hana", "email": "hana@x.example", "timezone": "UTC", "locale": "en", flag: "on"}
    assert browse(world.full_admin).post("/contacts/kitahama/add", form).status_code == 403
    with pytest.raises(RightsCannotBreed):
        contact_changes.add_contact_record(
            *(world.kitahama, "Hana", "hana@x.example", world.full_admin, clock.now(), SECRET),
            grant=world.grants["full_admin"],
            **{flag: True},
        )
    assert by_email("hana@x.example") is None


def test_nobody_adds_to_an_organization_that_is_not_theirs(world, browse):
    form = {"name": "Hana", "email": "hana@x.example", "timezone": "UTC", "locale": "en"}
    assert browse(world.full_admin).post("/contacts/nordlys/add", form).status_code == 404
    for grant in (None, world.grants["full_admin"]):
        with pytest.raises(RightsCannotBreed):
            contact_changes.add_contact_record(
                world.nordlys, "Hana", "hana@x.example", world.full_admin, clock.now(), SECRET, grant=grant
            )
    assert by_email("hana@x.example") is None


def test_a_contact_added_by_a_partner_inherits_nothing_from_the_partners_of_that_firm(world, browse):
    """Kitahama is itself a partner: of Nordlys as a whole, and of Cielo through an individual grant."""
    give(world.nordlys, world.kitahama, Level.FULL_ADMIN)
    hana = added(world)
    give(world.cielo, hana, Level.FULL_ADMIN)
    browser = browse(hana)
    for firm, slug in ((world.nordlys, "nordlys"), (world.cielo, "cielo")):
        assert standing_of(hana, firm).code == "none"
        assert browser.get(f"/contacts/{slug}").status_code == 404
    assert browser.get(f"/requests/{world.nordlys_request.reference}").status_code == 404
    assert world.nordlys_request.subject not in browser.sees("/requests")
    assert hana not in [person for person, _ in permissions.partner_people(world.nordlys, clock.now())]
    browse(world.manager).post(page_of(hana, "confirm"))
    assert standing_of(hana, world.nordlys).code == "full_admin"
    assert browser.get(f"/requests/{world.nordlys_request.reference}").status_code == 200


@pytest.mark.parametrize("action", ["confirm", "keep"])
@pytest.mark.parametrize(
    "actor", ["full_admin", "wide", "desk", "support", "own", "partner_manager", "the contact", "added manager"]
)
def test_only_a_contact_manager_of_the_organization_agrees_to_an_addition(world, browse, actor, action):
    hana = added(world)
    if actor == "added manager":  # even one who is a manager agrees to nobody's adding them
        hana = person_of(world.kitahama, "self", contact_manager=True, added_by=world.brightwater, kept_at=clock.now())
    by = hana if actor in {"the contact", "added manager"} else getattr(world, actor)
    assert browse(by).post(page_of(hana, action)).status_code in {403, 404}
    with pytest.raises(RightsCannotBreed):
        getattr(contact_changes, action)(hana, by, clock.now())
    assert hana.again().confirmed_at is None


def test_a_contact_added_by_a_partner_is_out_when_that_partners_access_ends(world, browse):
    hana = added(world)
    browse(world.manager).post(page_of(hana, "confirm"))
    theirs = browse(hana)
    assert theirs.get("/requests").status_code == 200
    end_access(world)
    assert theirs.get("/requests").status_code == 303
    assert standing_of(hana, world.kitahama).code == "none"
    assert browse(world.manager).post(page_of(hana, "keep")).status_code == 303
    assert standing_of(hana, world.kitahama).code == "own"


def test_another_partners_access_does_not_keep_what_this_one_added(world):
    hana = added(world)
    end_access(world)
    assert world.grants["wide"].is_active(clock.now())
    assert standing_of(hana, world.kitahama).code == "none"


# --- A promotion ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", PARTNERS)
@pytest.mark.parametrize("flag", ["contact_manager", "support_contact", "desk"])
def test_a_partner_promotes_nobody(world, browse, actor, flag):
    partner, grant = getattr(world, actor), world.grants[actor]
    for contact in (world.own, added(world)):
        form = typed_by_partner(contact, **{flag: "on"})
        assert browse(partner).post(page_of(contact), form).status_code == 403
        with pytest.raises(RightsCannotBreed):
            contact_changes.edit(
                *(contact, {flag: True}, partner, clock.now(), SECRET), edition=contact.edition, grant=grant
            )
        assert not getattr(contact.again(), flag)


@pytest.mark.parametrize("actor", PARTNERS)
def test_a_partner_does_not_touch_a_contact_manager(world, browse, actor):
    partner, grant, manager = getattr(world, actor), world.grants[actor], world.manager
    browser = browse(partner)
    assert browser.get(page_of(manager)).status_code == 403
    assert browser.post(page_of(manager), typed_by_partner(manager, name="Me")).status_code == 403
    assert browser.post(page_of(manager, "deactivate")).status_code == 403
    with pytest.raises(RightsCannotBreed):
        contact_changes.edit(
            *(manager, {"name": "Me"}, partner, clock.now(), SECRET), edition=manager.edition, grant=grant
        )
    with pytest.raises(RightsCannotBreed):
        contact_changes.deactivate(manager, partner, clock.now(), grant=grant)
    assert manager.again().name == manager.name and manager.again().active


def test_a_contact_promoted_while_the_partners_page_was_open_is_not_touched(world, browse):
    """The partner saw somebody without a role; the change comes after the promotion."""
    before = world.own.again()
    browse(world.manager).post(page_of(world.own), typed(world.own, contact_manager="on"))
    assert browse(world.full_admin).post(page_of(before, "deactivate")).status_code == 403
    with pytest.raises(RightsCannotBreed):
        contact_changes.deactivate(before, world.full_admin, clock.now(), grant=world.grants["full_admin"])
    assert world.own.again().active


def test_an_unconfirmed_addition_is_promoted_by_nobody(world, browse):
    """Else a contact manager of the partner's making could confirm the next of the partner's making."""
    hana = added(world)
    for actor in (world.manager, world.desk):
        answer = browse(actor).post(page_of(hana), typed(hana, contact_manager="on"))
        assert answer.status_code == 422 and 'id="e-contact_manager"' in answer.text
    with pytest.raises(contact_changes.FlagRefused):
        contact_changes.edit(
            *(hana, {"contact_manager": True}, world.manager, clock.now(), SECRET), edition=hana.edition
        )


def test_a_partner_lets_nobody_in_again(world, browse):
    browse(world.manager).post(page_of(world.own, "deactivate"))
    assert browse(world.full_admin).post(page_of(world.own, "reactivate")).status_code == 403
    with pytest.raises(RightsCannotBreed):
        contact_changes.reactivate(world.own, world.full_admin, clock.now())
    assert not world.own.again().active


def test_no_level_decides_who_the_partners_are(world, browse):
    one = standing_of(world.full_admin, world.kitahama)
    assert not one.allows(Capability.DECIDE_PARTNERS) and not one.allows(Capability.UPGRADE)
    grant = world.grants["look"].public_id
    assert browse(world.full_admin).post(f"/partner/grants/{grant}/end").status_code == 403
    assert Grant.by_public_id(grant).is_active(clock.now())


# --- A stand-in ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", [*PARTNERS, "support", "own", "partner_manager"])
def test_nobody_but_managers_and_the_desk_links_or_unlinks_a_stand_in(world, browse, actor):
    by = getattr(world, actor)
    linked = person_of(world.kitahama, "linked", stands_in_for=world.look)
    for record, action in ((world.own, "stand_in"), (linked, "stand_in/end")):
        answer = browse(by).post(page_of(record, action), {"person": world.full_admin.public_id})
        assert answer.status_code in {403, 404}
    with pytest.raises(RightsCannotBreed):
        stand_ins.link(world.own, world.full_admin, by, clock.now())
    with pytest.raises(RightsCannotBreed):
        stand_ins.unlink(linked, by, clock.now())
    assert world.own.again().stands_in_for is None and linked.again().stands_in_for == world.look


def test_a_manager_who_is_a_partner_elsewhere_makes_no_stand_ins_there(world):
    with pytest.raises(RightsCannotBreed):
        stand_ins.link(world.own, world.full_admin, world.partner_manager, clock.now())


def test_a_contact_manager_is_nobodys_stand_in(world, browse):
    answer = browse(world.manager).post(
        page_of(world.second_manager, "stand_in"), {"person": world.full_admin.public_id}
    )
    assert answer.status_code == 409 and world.second_manager.again().stands_in_for is None


def test_the_person_behind_a_stand_in_gains_its_requests_and_none_of_its_rights(world, browse):
    record = person_of(world.kitahama, "dummy", support_contact=True)
    stand_ins.link(record, world.cc, world.manager, clock.now())
    one = standing_of(world.cc, world.kitahama)
    assert one.code == "cc" and not one.keeps_confidence
    assert browse(world.cc).get(f"/requests/{world.request.reference}").status_code == 404


# --- Naming a colleague on a confidential request ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["existing", "new"])
def test_a_partner_names_nobody_on_a_confidential_request(world, browse, kind):
    path = f"/requests/{world.confidential.reference}/contacts"
    form = {"kind": kind, "contact": world.look.public_id, "name": "Hana", "email": "hana@x.example"}
    assert browse(world.full_admin).post(path, form).status_code == 404
    browse(world.manager).post(path, {"kind": "existing", "contact": world.full_admin.public_id})
    browser = browse(world.full_admin)
    assert browser.get(f"/requests/{world.confidential.reference}").status_code == 200
    assert browser.post(path, form).status_code == 403
    named = f"/requests/{world.confidential.reference}/primary_contact"
    assert browser.post(named, {"contact": world.look.public_id}).status_code == 403
    assert browse(world.look).get(f"/requests/{world.confidential.reference}").status_code == 404
    assert by_email("hana@x.example") is None
    one = permissions.request_standing(world.full_admin, world.confidential, clock.now())
    assert not one.allows(permissions.Action.CHANGE_CONTACTS)


def test_a_contact_added_by_a_partner_is_no_way_to_read_or_open_what_is_confidential(world, browse):
    """She reads her own firm's requests, as every contact does; to name the partner's people on one is not hers."""
    hana = added(world)
    path = f"/requests/{world.confidential.reference}/contacts"
    answer = browse(hana).post(path, {"kind": "existing", "contact": world.look.public_id})
    assert answer.status_code == 403
    assert browse(world.look).get(f"/requests/{world.confidential.reference}").status_code == 404


# --- A changed e-mail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", PARTNERS)
def test_a_partner_changes_nobodys_address(world, browse, actor):
    partner, grant = getattr(world, actor), world.grants[actor]
    for contact in (world.own, world.support, added(world)):
        form = typed_by_partner(contact, email="mine@brightwater.example")
        assert browse(partner).post(page_of(contact), form).status_code == 403
        with pytest.raises(RightsCannotBreed):
            contact_changes.edit(
                *(contact, {"email": "mine@brightwater.example"}, partner, clock.now(), SECRET),
                edition=contact.edition,
                grant=grant,
            )
        assert contact.again().email == contact.email
    assert told("email_changed") == []


def test_a_partners_page_offers_no_address_and_no_role(world, browse):
    page = browse(world.full_admin).get(page_of(world.own)).text
    for name in ("email", "contact_manager", "support_contact", "desk", "person"):
        assert f'name="{name}"' not in page
    assert 'name="name"' in page


# --- A password reset ----------------------------------------------------------------------------------------------


def test_a_password_reset_goes_to_the_contact_alone(world, browse):
    hana = added(world)
    browse(world.full_admin).post("/login/forgot", {"email": hana.email})
    assert told("password_reset") == [hana.id]


def test_a_suspended_addition_gets_no_password(world, browse):
    hana = added(world)
    invitation = Link.get(Link.contact == hana).token(SECRET)
    end_access(world)
    browse().post("/login/forgot", {"email": hana.email})
    assert hana.id not in told("password_reset")
    assert browse().get(f"/login/reset/{invitation}").status_code == 404


@pytest.mark.parametrize("actor", PARTNERS)
def test_a_partner_sends_an_invitation_to_nobody_but_its_own_addition_without_a_password(world, browse, actor):
    partner, grant = getattr(world, actor), world.grants[actor]
    mine = added(world, "Mine Own", by=partner, grant=grant)
    mine.set_password_hash("chosen")
    Notification.delete().execute()
    for contact in (world.own, world.support, world.manager):
        assert browse(partner).post(page_of(contact, "invitation")).status_code == 403
        with pytest.raises(RightsCannotBreed):
            contact_changes.invite_again(contact, partner, clock.now(), SECRET, grant=grant)
    browse(partner).post(page_of(mine, "invitation"))
    assert not contact_changes.invite_again(mine, partner, clock.now(), SECRET, grant=grant)
    assert told("invitation") == []


# --- An import of the same person ----------------------------------------------------------------------------------


def test_an_import_of_the_same_person_changes_nothing_of_them(world, tmp_path):
    hana = added(world)
    for person in (hana, world.manager):
        header = (
            "email,name,organization,timezone,locale,contact_manager,support_contact,desk,active,stands_in_for,password"
        )
        row = [
            person.email.upper(),
            "Me",
            "kitahama",
            "UTC",
            "en",
            "true",
            "true",
            "true",
            "true",
            "",
            "long enough to be one",
        ]
        written = io.StringIO()
        csv.writer(written).writerows([header.split(","), row])
        (tmp_path / "contacts.csv").write_text(written.getvalue(), encoding="utf-8")
        with pytest.raises(Faulty) as refused:
            import_folder(tmp_path, 730, clock.now(), lambda _sentence: None)
        assert "already in the portal" in str(refused.value.faults)
        now = person.again()
        assert (now.name, now.desk, now.password_hash) == (person.name, False, None)
        assert now.added_by_id == person.added_by_id and now.confirmed_at is None


# --- What is right -------------------------------------------------------------------------------------------------


def test_a_partner_whose_access_has_ended_manages_nothing_from_the_next_request_on(world, browse):
    browser = browse(world.full_admin)
    assert browser.get("/contacts/kitahama").status_code == 200
    world.grants["full_admin"].ended_at = clock.now()
    world.grants["full_admin"].save()
    assert browser.post(page_of(world.own), typed_by_partner(world.own, name="Me")).status_code == 404
    assert browser.get("/contacts/kitahama").status_code == 404


def test_every_way_is_closed_to_every_lower_level(world, browse):
    for level in Level:
        if level is not Level.FULL_ADMIN:
            assert browse(getattr(world, level.code)).post("/contacts/kitahama/add", {}).status_code == 403
    assert Contact.select().where(Contact.added_by.is_null(False)).count() == 0
