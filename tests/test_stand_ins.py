"""Stand-ins: linking a record to the partner's person behind it, what follows, and giving it back (SPEC 4, Contacts)."""

import threading

import pytest

from portal import clock, database, permissions, resemblance
from portal.models import Contact, HistoryEvent, Link, stand_ins
from portal.models.notifications import Notification, notify
from portal.models.request_changes import reply
from tests.contacts import SECRET, kinds, page_of
from tests.people import plain
from tests.world import contact as person_of
from tests.world import grant as give
from tests.world import service_request


@pytest.fixture
def dummy(world):
    """A record of Kitahama that in truth is Brightwater's person with Look; it leads a confidential request."""
    record = person_of(world.kitahama, "dummy", support_contact=True)
    world.led = service_request(world.kitahama, record, "Asked through the dummy", confidential=True)
    return record


def link(browser, record, person, **options):
    return browser.post(page_of(record, "stand_in"), {"person": person.public_id}, **options)


@pytest.mark.parametrize("actor", ["manager", "desk"])
def test_a_linked_stand_in_is_out_at_once_and_its_requests_are_the_persons(world, browse, dummy, actor):
    theirs, persons = browse(dummy), browse(world.look)
    reset = Link.make(dummy, "reset", clock.now(), clock.timedelta(hours=1), SECRET)
    assert persons.get(f"/requests/{world.led.reference}").status_code == 404
    assert link(browse(getattr(world, actor)), dummy, world.look).status_code == 303
    assert theirs.get("/requests").status_code == 303
    assert not permissions.may_sign_in(dummy.again(), clock.now())
    assert Link.find(reset.token(SECRET), clock.now()) is None
    assert "Asked through the dummy" in persons.sees("/requests")
    assert persons.get(f"/requests/{world.led.reference}").status_code == 200


def test_the_persons_own_level_decides_what_they_may_do_with_it(world, browse, dummy):
    link(browse(world.manager), dummy, world.look)
    path = f"/requests/{world.led.reference}/messages"
    assert browse(world.look).post(path, {"body": "Hello"}).status_code == 403
    browse(world.manager).post(page_of(dummy, "stand_in/end"))
    link(browse(world.manager), dummy, world.update)
    assert browse(world.update).post(path, {"body": "Under my own name"}).status_code == 303
    page = browse(world.manager).sees(f"/requests/{world.led.reference}")
    assert "Update of Brightwater Consulting" in page and "Dummy of Kitahama Foods" in page


def test_without_a_grant_the_stand_in_opens_nothing(world, browse, dummy):
    link(browse(world.manager), dummy, world.look)
    world.grants["look"].ended_at = clock.now()
    world.grants["look"].save()
    assert browse(world.look).get(f"/requests/{world.led.reference}").status_code == 404


def test_unlinking_gives_the_record_back(world, browse, dummy):
    dummy.set_password_hash("kept")
    earlier, browser = browse(dummy), browse(world.manager)
    link(browser, dummy, world.look)
    answer = browser.post(page_of(dummy, "stand_in/end"), swap=True)
    assert answer.status_code == 200 and "stands in for nobody any more" in plain(answer.text)
    now = dummy.again()
    assert permissions.may_sign_in(now, clock.now()) and now.password_hash == "kept" and now.support_contact
    assert earlier.get("/requests").status_code == 303, "a session from before the link stays dead"
    assert browse(world.look).get(f"/requests/{world.led.reference}").status_code == 404
    assert kinds(dummy) == ["stand_in_linked", "stand_in_unlinked"]
    event = HistoryEvent.get(HistoryEvent.kind == "stand_in_linked")
    assert (event.actor, event.partner) == (world.manager, world.brightwater)
    assert world.look.name in event.details and dummy.name in event.details


def test_what_the_stand_in_would_be_told_its_person_is_told(world, browse, dummy):
    link(browse(world.manager), dummy, world.look)
    reply(world.led, world.support, "News", clock.now(), readers=permissions.readers)
    told = {one.contact_id for one in Notification.select().where(Notification.kind == "request_message")}
    assert world.look.id in told and dummy.id not in told
    notify("contact_added", [dummy.again()], clock.now())
    assert [one.contact for one in Notification.select().where(Notification.kind == "contact_added")] == [world.look]


def test_a_link_as_a_swap_shows_the_list_as_it_is_now(world, browse, dummy):
    answer = link(browse(world.manager), dummy, world.look, swap=True)
    assert answer.status_code == 200 and answer.text.lstrip().startswith('<div id="contacts"')
    assert "Dummy of Kitahama Foods stands in for Look of Brightwater Consulting" in plain(answer.text)


# --- What cannot be ------------------------------------------------------------------------------------------------


def test_only_people_whom_a_grant_of_the_organization_reaches_are_behind_a_stand_in(world, browse, dummy):
    browser = browse(world.manager)
    offered = browser.get(page_of(dummy)).text
    assert world.look.public_id in offered
    for other in (world.colleague, world.expired, world.ended, world.stranger, world.own, world.nordlys_manager):
        assert other.public_id not in offered.split('name="person"')[1]
        answer = link(browser, dummy, other)
        assert answer.status_code == 422 and 'id="e-person"' in answer.text
    for nobody in ("", "no-such-id", "\0", "x" * 100_000):
        assert browser.post(page_of(dummy, "stand_in"), {"person": nobody}).status_code == 422
    assert dummy.again().stands_in_for is None


@pytest.mark.parametrize("flags", [{"contact_manager": True}, {"active": False}, {"stands_in_for": "cc"}])
def test_a_manager_an_inactive_contact_and_a_stand_in_become_none(world, browse, flags):
    values = {name: getattr(world, value) if value == "cc" else value for name, value in flags.items()}
    record = person_of(world.kitahama, "record", **values)
    assert link(browse(world.manager), record, world.look).status_code == 409
    assert record.again().stands_in_for_id == record.stands_in_for_id


def test_there_are_no_chains_of_stand_ins(world, browse, dummy):
    give(world.brightwater, world.kitahama, permissions.Level.LOOK)
    link(browse(world.manager), dummy, world.look)
    assert link(browse(world.partner_manager), world.look, world.support).status_code == 409
    other = person_of(world.nordlys, "other")
    with pytest.raises(stand_ins.CannotStandIn, match="person_linked"):
        stand_ins.link(other, dummy, world.nordlys_manager, clock.now())


def test_two_links_at_once_form_no_chain(app, world):
    """Own of Kitahama as Look of Brightwater, and Look of Brightwater as Cc of Nordlys: one of them comes first."""
    outcomes = []
    support = person_of(world.nordlys, "behind")

    def attempt(record, person, actor):
        with database.opened():
            try:
                stand_ins.link(record, person, actor, clock.now())
                outcomes.append("linked")
            except stand_ins.CannotStandIn as refused:
                outcomes.append(refused.cause)

    pairs = [(world.own, world.look, world.manager), (world.look, support, world.partner_manager)]
    threads = [threading.Thread(target=attempt, args=pair) for pair in pairs]
    [one.start() for one in threads]
    [one.join() for one in threads]
    assert "linked" in outcomes and {"stood_for", "person_linked"} & set(outcomes)


def test_a_stand_in_carries_no_role_of_a_manager(world, browse, dummy):
    browser = browse(world.manager)
    link(browser, dummy, world.look)
    now = dummy.again()
    form = {"name": now.name, "email": now.email, "timezone": now.timezone, "locale": now.locale}
    form |= {"edition": now.edition, "contact_manager": "on", "support_contact": "on"}
    answer = browser.post(page_of(dummy), form)
    assert answer.status_code == 422 and "A stand-in cannot sign in" in plain(answer.text)


def test_linking_twice_tells_the_second_who_was_faster(world, browse, dummy):
    link(browse(world.second_manager), dummy, world.look)
    answer = link(browse(world.manager), dummy, world.update, swap=True)
    assert answer.status_code == 409 and answer.headers["HX-Retarget"] == "#notices"
    assert dummy.again().stands_in_for == world.look


# --- Suggestions ---------------------------------------------------------------------------------------------------


def test_records_that_look_like_a_partners_person_are_suggested(world, browse):
    record = person_of(world.kitahama, "update_1")
    Contact.update(name="UPDATE (Brightwater Consulting)").where(Contact.id == record.id).execute()
    Contact.update(name="Update Okafor", email="u.okafor@brightwater.example").where(
        Contact.id == world.update.id
    ).execute()
    Contact.update(name="Okafor, Update").where(Contact.id == record.id).execute()
    page = browse(world.manager).sees("/contacts/kitahama")
    assert (
        "Okafor, Update ( update_1@kitahama.example) looks like Update Okafor of Brightwater Consulting"
        in page.replace("(update", "( update")
    )
    options = browse(world.manager).get(page_of(record)).text.split('name="person"')[1]
    assert options.index(world.update.public_id) < options.index(world.cc.public_id)


LIKENESS = [
    (("Ana Torres (Brightwater)", "dummy1@k.example"), ("Ana Torres", "ana@b.example"), True),
    (("TORRES, Ana", "dummy1@k.example"), ("Ana Torres", "ana@b.example"), True),
    (("Consultant 1", "ana.torres@k.example"), ("Ana Torres", "at@b.example"), True),
    (("Consultant 1", "ana.torres+ext@k.example"), ("Ana Törres", "at@b.example"), True),
    (("Consultant 1", "anatorres@k.example"), ("Ana Torres", "at@b.example"), True),
    (("Consultant 1", "atorres@k.example"), ("Someone", "atorres@b.example"), True),
    (("森由紀", "dummy@k.example"), ("森 由紀", "y@b.example"), True),
    (("ｱﾅ ﾄﾚｽ", "dummy@k.example"), ("アナ トレス", "y@b.example"), True),
    (("Ana", "dummy@k.example"), ("Ana", "x@b.example"), False),
    (("Ana Torres", "a@k.example"), ("Ben Torres", "b@b.example"), False),
    (("Support", "support@k.example"), ("Helpdesk", "support@b.example"), False),
    (("Brightwater", "brightwater@k.example"), ("Desk", "brightwater@b.example"), False),
    (("", "@"), ("", "@"), False),
]


@pytest.mark.parametrize(("record", "person", "alike"), LIKENESS)
def test_likeness_reads_names_and_addresses_as_people_do(record, person, alike):
    one, other = (Contact(id=number, name=name, email=email) for number, (name, email) in enumerate((record, person)))
    firms = ["Brightwater Consulting", "Kitahama Foods"]
    assert bool(resemblance.likely_pairs([one], [other], firms)) is alike
    assert bool(resemblance.resemblance(one, other, resemblance.words_of(firms))) is alike
