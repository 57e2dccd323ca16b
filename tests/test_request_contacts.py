"""Who is on a request: the two drop-downs, the primary contact, and what rule 7 forbids."""

from datetime import timedelta

import pytest

from portal import clock
from portal.models import AdditionalContact, Contact, HistoryEvent, Link, Notification, ServiceRequest
from portal.permissions import Level
from tests.people import plain
from tests.test_service_request import allowed, fresh, path, statuses
from tests.world import contact, grant, service_request


def add(browser, request, person=None, **fields):
    form = {"kind": "existing", "contact": person.public_id} if person else {"kind": "new"}
    return browser.post(path(request, "/contacts"), {**form, **fields})


def remove(browser, request, person):
    return browser.post(path(request, f"/contacts/{person.public_id}/remove"))


def make_primary(browser, request, person):
    return browser.post(path(request, "/primary_contact"), {"contact": person.public_id})


def named(request):
    rows = AdditionalContact.select().where(AdditionalContact.service_request == request)
    return {row.contact_id for row in rows}


CHANGERS = {"update", "create", "service_admin", "full_admin", "wide", "support", "desk"}


def test_update_and_more_add_a_contact_and_nobody_else(browse, world):
    told = statuses(browse, world, lambda one: add(one, world.request, world.cc))
    assert {who for who, status in told.items() if status == 303} == CHANGERS
    assert {who for who, status in told.items() if status == 404} == {"cc", "expired", "ended", "stranger"}
    assert named(world.request) == {world.cc.id}
    assert browse(world.cc).get(path(world.request)).status_code == 200


def test_the_second_drop_down_offers_the_customers_contacts_then_every_level_of_its_partners(browse, world):
    page = browse(world.update).get(path(world.request)).text
    options = plain(page.split('id="contact"')[1].split("</select>")[0].replace("<option", " <option"))
    offered = ["Own of Kitahama Foods", "Cc of Brightwater Consulting (CC)", "Look of Brightwater Consulting (Look)"]
    offered += ["Narrowed of Lattice Integrators (Look)", "Wide of Lattice Integrators (Full Admin)"]
    for person in offered:
        assert person in options
    assert options.index("Own of Kitahama Foods") < options.index("Cc of Brightwater")
    for absent in ("Support of Kitahama", "Expired of", "Ended of", "Colleague of", "Stranger of", "Desk of"):
        assert absent not in options


@pytest.mark.parametrize("who", ["expired", "ended", "colleague", "stranger", "nordlys_support", "desk"])
def test_who_has_no_access_cannot_be_added(browse, world, who):
    answer = add(browse(world.support), world.request, getattr(world, who))
    assert answer.status_code == 422
    assert "Choose somebody from the list." in answer.text
    assert not named(world.request)


@pytest.mark.parametrize("typed", ["", "nobody", "\0", "x" * 100_000])
def test_an_unknown_contact_is_a_sentence(browse, world, typed):
    for swap in (False, True):
        answer = browse(world.support).post(path(world.request, "/contacts"), {"contact": typed}, swap=swap)
        assert answer.status_code == 422
        assert "Choose somebody from the list." in answer.text
        assert ("<html" in answer.text) is not swap


def test_adding_twice_names_once(browse, world):
    for _ in range(2):
        assert add(browse(world.support), world.request, world.own).status_code == 303
    add(browse(world.support), world.request, world.support)
    assert named(world.request) == {world.own.id}


def test_with_htmx_the_panel_is_answered(browse, world):
    answer = browse(world.update).post(
        path(world.request, "/contacts"), {"kind": "existing", "contact": world.cc.public_id}, swap=True
    )
    assert answer.status_code == 200
    assert 'id="contacts"' in answer.text and "<html" not in answer.text
    assert "Cc of Brightwater Consulting has been added." in answer.text
    assert "Update of Brightwater Consulting added Cc of Brightwater Consulting as a contact." in plain(answer.text)


def test_contacts_are_taken_off_and_who_was_named_only_so_reads_no_more(browse, world):
    assert browse(world.cc).get(path(world.naming_cc)).status_code == 200
    assert remove(browse(world.update), world.naming_cc, world.cc).status_code == 303
    assert browse(world.cc).get(path(world.naming_cc)).status_code == 404
    assert remove(browse(world.update), world.naming_cc, world.cc).status_code == 303
    assert remove(browse(world.update), world.naming_cc, world.stranger).status_code == 404
    assert browse(world.update).post(path(world.naming_cc, "/contacts/nobody/remove")).status_code == 404


def test_the_primary_contact_is_not_taken_off(browse, world):
    for swap in (False, True):
        answer = browse(world.update).post(
            path(world.request, f"/contacts/{world.support.public_id}/remove"), swap=swap
        )
        assert answer.status_code == 422
        assert "is the primary contact: make somebody else primary first." in plain(answer.text)
    assert fresh(world.request).primary_contact_id == world.support.id


@pytest.mark.parametrize(
    ("who", "status"),
    [("update", 303), ("full_admin", 303), ("wide", 303), ("support", 303), ("look", 422), ("cc", 422), ("own", 422),
     ("manager", 422), ("narrowed", 422), ("expired", 422), ("stranger", 422), ("desk", 422)],
)  # fmt: skip
def test_the_primary_contact_needs_update_or_to_be_a_support_contact(browse, world, who, status):
    chosen = getattr(world, who)
    other = contact(world.kitahama, "second_support", support_contact=True)
    case = service_request(world.kitahama, other, "Led by another")
    assert make_primary(browse(world.update), case, chosen).status_code == status
    led = fresh(case).primary_contact_id
    assert led == (chosen.id if status == 303 else other.id)
    assert named(case) == ({other.id} if status == 303 else set())


def test_update_and_more_make_somebody_primary_and_nobody_else(browse, world):
    add(browse(world.support), world.request, world.update)
    changed = allowed(browse, world, lambda one: make_primary(one, world.request, world.update))
    assert changed == CHANGERS
    assert named(world.request) == {world.support.id}
    assert "Make primary" not in browse(world.look).get(path(world.request)).text
    assert "Make primary" in browse(world.create).get(path(world.request)).text


# --- Rule 7: sensitive rights cannot breed ------------------------------------------------------------------------


def test_on_a_confidential_request_only_the_customers_own_and_the_desk_change_contacts(browse, world):
    case = service_request(
        world.kitahama, world.support, "Confidential", confidential=True, naming=[world.full_admin, world.update]
    )
    for action in (add, remove, make_primary):
        answer = action(browse(world.full_admin), case, world.update)
        assert answer.status_code == 403
        assert "Only the customer’s support contacts, its contact managers and the desk" in plain(answer.text)
    assert add(browse(world.full_admin), case, name="New", email="new@kitahama.example").status_code == 403
    assert named(case) == {world.full_admin.id, world.update.id}
    for person in (world.support, world.manager, world.desk):
        assert add(browse(person), case, world.look).status_code == 303
        assert remove(browse(person), case, world.look).status_code == 303


def test_on_a_request_older_than_ones_access_only_the_customers_own_and_the_desk_change_contacts(browse, world):
    since = clock.now().date() - timedelta(days=2)
    fresh_eyes = contact(world.lattice, "fresh_eyes")
    grant(world.kitahama, fresh_eyes, Level.FULL_ADMIN, covers_from=since)
    case = service_request(world.kitahama, world.support, "Older", naming=[fresh_eyes], days_ago=30)
    assert browse(fresh_eyes).get(path(case)).status_code == 200
    assert add(browse(fresh_eyes), case, world.cc).status_code == 403
    assert add(browse(world.support), case, world.cc).status_code == 303


def test_nobody_names_a_colleague_past_what_the_colleagues_grant_hides(browse, world):
    late = contact(world.brightwater, "late")
    grant(world.kitahama, late, Level.FULL_ADMIN, covers_from=clock.now().date())
    assert add(browse(world.full_admin), world.old, late).status_code == 422
    assert make_primary(browse(world.full_admin), world.old, late).status_code == 422
    assert "Late of Brightwater" not in browse(world.full_admin).get(path(world.old)).text
    assert add(browse(world.support), world.old, late).status_code == 303


def test_a_new_contact_is_added_by_who_may_manage_contacts_alone(browse, world):
    def number(who):
        return f"{who}@new.example"

    told = {
        who: add(browse(getattr(world, who)), world.request, name="Rin", email=number(who)).status_code
        for who in CHANGERS
    }
    assert {who for who, status in told.items() if status == 303} == {"full_admin", "wide", "desk"}
    assert {status for status in told.values() if status != 303} == {403}
    refused = add(browse(world.update), world.request, name="Rin", email="rin@new.example")
    assert "This needs the level Full Admin for Kitahama Foods" in plain(refused.text)
    assert "A new contact (needs Full Admin)" in browse(world.update).get(path(world.request)).text


def test_a_contact_that_a_partner_adds_is_marked_named_invited_and_told_to_the_managers(browse, world):
    assert add(browse(world.full_admin), world.request, name=" Rin\nNew ", email=" Rin@New.example ").status_code == 303
    rin = Contact.by_email("rin@new.example")
    assert (rin.name, rin.organization_id, rin.added_by_id) == ("Rin New", world.kitahama.id, world.brightwater.id)
    assert not (rin.contact_manager or rin.support_contact or rin.desk)
    assert named(world.request) == {rin.id}
    told = Notification.select().where(Notification.kind == "contact_added")
    assert {row.contact_id for row in told} == {world.manager.id, world.second_manager.id}
    assert Link.get(Link.contact == rin).purpose == "invitation"
    event = HistoryEvent.get(HistoryEvent.kind == "contact_added")
    assert (event.actor_id, event.grant_id) == (world.full_admin.id, world.grants["full_admin"].id)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "", "email": "rin@new.example"}, "name"),
        ({"name": "x" * 201, "email": "rin@new.example"}, "name"),
        ({"name": "Rin", "email": "nonsense"}, "email"),
        ({"name": "Rin", "email": "a" * 300 + "@new.example"}, "email"),
        ({"name": "Rin", "email": "STRANGER@cielo.example"}, "email"),
        ({"name": "Rin", "email": "a@b.example\r\nBcc: c@d.example"}, "email"),
    ],
)
def test_a_new_contact_that_cannot_be_comes_back_as_typed(browse, world, typed, field):
    before = Contact.select().count()
    answer = add(browse(world.full_admin), world.request, **typed)
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert typed["name"] in answer.text
    assert Contact.select().count() == before
    assert not named(world.request)
    assert not Notification.select().exists()


def test_whoever_is_on_a_request_is_shown_with_what_they_have(browse, world):
    case = service_request(
        world.kitahama, world.support, "Shown", primary=world.update, naming=[world.cc, world.expired, world.own]
    )
    page = browse(world.support).sees(path(case))
    assert "Update of Brightwater Consulting Brightwater Consulting Update Primary" in page
    assert "Cc of Brightwater Consulting Brightwater Consulting CC" in page
    assert "Expired of Brightwater Consulting Brightwater Consulting, no access today" in page
    assert ServiceRequest.get_by_id(case.id).submitted_by_id == world.support.id
