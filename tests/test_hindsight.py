"""Who could see a request on a day of the past, and why: today's rule, asked of how things stood then."""

import json
from datetime import timedelta

import pytest

from portal import clock, hindsight
from portal.models import Contact, Grant, HistoryEvent, ServiceRequest, ServiceRequestChange, request_changes, stand_ins
from portal.permissions import Level, visible_requests
from tests.counting import statements
from tests.people import lasting, plain
from tests.tampering import unguarded_history
from tests.test_history import note
from tests.world import contact, grant, service_request

PATH = "/history/kitahama/who"


def sights(request, day, at=None):
    """Return {name: (kind of reason, level or None)} of those who could see the request on the day."""
    answer = hindsight.who_could_see(ServiceRequest.get_by_id(request.id), day, at or clock.now())
    return {
        person.id: (group.sight.reason.kind, group.sight.reason.grant.level if group.sight.reason.grant else None)
        for group in answer.own + answer.partners
        for person in group.people
    }


def forget_ids():
    """Make the events of stand-ins what they were when they told the person's name alone."""
    with unguarded_history():
        for event in HistoryEvent.select().where(HistoryEvent.kind.startswith("stand_in")):
            told = {key: value for key, value in json.loads(event.details).items() if key != "person_id"}
            HistoryEvent.update(details=json.dumps(told)).where(HistoryEvent.id == event.id).execute()


def day_ago(days, zone="Asia/Tokyo"):
    return clock.day_in(clock.now() - timedelta(days=days), zone)


def test_today_it_tells_what_the_rule_tells(world):
    for request in (world.request, world.naming_cc, world.old, world.confidential):
        now = clock.now()
        told_of = sights(request, day_ago(0), now)
        for person in Contact.select():
            sees = visible_requests(person, now).where(ServiceRequest.id == request.id).exists()
            ended_today = person.id in (world.ended.id, world.expired.id)
            if not person.desk and not ended_today:
                assert (person.id in told_of) is sees, (request.subject, person.name)


def test_a_grant_that_has_ended_since_let_its_person_see_the_request_then(world):
    assert sights(world.old, day_ago(5))[world.ended.id] == ("opened", Level.FULL_ADMIN)
    Grant.update(ended_at=clock.now() - timedelta(days=3)).where(Grant.id == world.grants["ended"].id).execute()
    assert world.ended.id not in sights(world.old, day_ago(1))


def test_before_its_start_a_grant_let_nobody_see(world):
    assert world.look.id in sights(world.old, day_ago(9))
    assert world.look.id not in sights(world.old, day_ago(12))
    assert world.support.id in sights(world.old, day_ago(12))


def test_the_deciding_grant_is_named_with_what_it_overruled(world):
    answer = hindsight.who_could_see(world.old, day_ago(2), clock.now())
    group = next(one for one in answer.partners if world.narrowed in one.people)
    assert group.sight.reason.grant == world.grants["narrowed"]
    assert group.sight.reason.overrules == world.grants["wide"]
    assert group.sight.reason.grant.level == Level.LOOK


def test_an_individual_cc_hides_what_the_organizations_look_would_show(world):
    colleague = contact(world.lattice, "cc_only")
    grant(world.kitahama, colleague, Level.CC)
    assert colleague.id not in sights(world.old, day_ago(2))
    named = service_request(world.kitahama, world.support, "Naming", naming=[colleague], days_ago=6)
    assert sights(named, day_ago(2))[colleague.id] == ("named", Level.CC)


def test_a_grant_that_changed_in_the_day_is_told_with_its_hours(world, browse):
    noon = clock.start_of_day(day_ago(3), "Asia/Tokyo") + timedelta(hours=12)
    Grant.update(ended_at=noon).where(Grant.id == world.grants["look"].id).execute()
    answer = hindsight.who_could_see(world.old, day_ago(3), clock.now())
    group = next(one for one in answer.partners if world.look in one.people)
    assert (group.sight.since, group.sight.until) == (None, noon)
    path = f"{PATH}?reference={world.old.reference}&day={day_ago(3)}"
    assert "until 12:00" in browse(world.manager).sees(path)


def test_covers_from_hid_it_unless_it_named_them(world):
    new = contact(world.brightwater, "covered")
    grant(world.kitahama, new, Level.LOOK, covers_from=day_ago(30))
    assert new.id not in sights(world.old, day_ago(2))
    assert new.id in sights(world.request, day_ago(0))


def test_what_was_confidential_then_was_hidden_then(world):
    request = service_request(world.kitahama, world.support, "Secret for a while", days_ago=20)
    at = clock.now()
    for days, before, after in ((9, "False", "True"), (5, "True", "False")):
        ServiceRequestChange.create(
            service_request=request,
            actor=world.support,
            at=at - timedelta(days=days),
            what="confidential",
            before=before,
            after=after,
        )
    assert world.full_admin.id in sights(request, day_ago(9.5))
    assert world.full_admin.id not in sights(request, day_ago(7))
    assert world.full_admin.id in sights(request, day_ago(2))


def test_who_was_added_later_or_removed_since_is_told_as_it_was(world):
    request = service_request(world.kitahama, world.support, "People come and go", days_ago=9)
    now = clock.now()
    request_changes.add_contact(request, world.cc, world.support, now - timedelta(days=6), readers=lambda *_: [])
    request_changes.remove_contact(request, world.cc, world.support, now - timedelta(days=3), readers=lambda *_: [])
    assert world.cc.id not in sights(request, day_ago(8))
    assert sights(request, day_ago(5))[world.cc.id] == ("named", Level.CC)
    assert world.cc.id not in sights(request, day_ago(1))


def test_who_led_it_before_somebody_else_is_told_as_named_then(world):
    grant(world.kitahama, world.colleague, Level.CC)
    request = service_request(world.kitahama, world.support, "Led", primary=world.colleague, days_ago=9)
    ServiceRequest.update(primary_contact=world.support).where(ServiceRequest.id == request.id).execute()
    ServiceRequestChange.create(
        service_request=request,
        actor=world.support,
        at=clock.now() - timedelta(days=4),
        what="primary_contact",
        before=str(world.colleague.id),
        after=str(world.support.id),
    )
    assert sights(request, day_ago(6))[world.colleague.id] == ("named", Level.CC)
    assert world.colleague.id not in sights(request, day_ago(2))


def test_a_person_who_was_deactivated_since_could_see_it_before(world):
    note(world, "contact_deactivated", by=None, customer=world.brightwater, contact=world.look, name="Look", days_ago=2)
    Contact.update(active=False).where(Contact.id == world.look.id).execute()
    assert world.look.id in sights(world.old, day_ago(4))
    assert world.look.id not in sights(world.old, day_ago(0))


def test_a_record_that_became_a_stand_in_since_saw_it_itself_and_the_person_behind_only_then(world):
    record = contact(world.kitahama, "dummy")
    request = service_request(world.kitahama, record, "Asked through the dummy", confidential=True, days_ago=9)
    linked = clock.now() - timedelta(days=3)
    stand_ins.link(record, world.look, world.manager, linked)
    before, that_day, after = (sights(request, day_ago(days)) for days in (5, 3, 1))
    assert before[record.id] == ("own", None) and world.look.id not in before
    assert {record.id, world.look.id} <= that_day.keys()
    assert record.id not in after and after[world.look.id] == ("named", Level.LOOK)


@pytest.mark.parametrize("told", ["by its id", "by its name alone"])
def test_whom_a_record_stood_in_for_is_told_as_it_was(world, told):
    record = contact(world.kitahama, "dummy")
    request = service_request(world.kitahama, record, "Asked through the dummy", confidential=True, days_ago=9)
    stand_ins.link(record, world.look, world.manager, clock.now() - timedelta(days=6))
    if told == "by its id":
        Contact.update(name="Renamed").where(Contact.id == world.look.id).execute()
    stand_ins.unlink(record.again(), world.manager, clock.now() - timedelta(days=3))
    if told == "by its name alone":
        forget_ids()
    assert sights(request, day_ago(5))[world.look.id] == ("named", Level.LOOK)
    assert record.id not in sights(request, day_ago(5))
    after = sights(request, day_ago(1))
    assert after[record.id] == ("own", None) and world.look.id not in after


def test_a_stand_in_of_another_organization_that_it_names_is_the_person_behind(world):
    record = contact(world.nordlys, "elsewhere")
    request = service_request(world.kitahama, world.support, "Named elsewhere", confidential=True, days_ago=9)
    request_changes.add_contact(request, record, world.support, clock.now(), readers=lambda *_: [])
    assert world.look.id not in sights(request, day_ago(0))
    stand_ins.link(record, world.look, world.desk, clock.now())
    assert visible_requests(world.look, clock.now()).where(ServiceRequest.id == request.id).exists()
    assert sights(request, day_ago(0))[world.look.id] == ("named", Level.LOOK)


def test_a_contact_that_a_partner_added_counts_from_their_confirmation_on(world):
    added = contact(world.lattice, "added", added_by=world.brightwater)
    Contact.update(confirmed_at=clock.now() - timedelta(days=3), kept_at=clock.now() - timedelta(days=8)).where(
        Contact.id == added.id
    ).execute()
    assert added.id not in sights(world.old, day_ago(5))
    assert sights(world.old, day_ago(1))[added.id] == ("opened", Level.FULL_ADMIN)


def test_before_it_was_submitted_nobody_could_see_it(world, browse):
    assert sights(world.request, day_ago(3)) == {}
    text = browse(world.manager).sees(f"{PATH}?reference={world.request.reference}&day={day_ago(3)}")
    assert "Nobody could: the request was submitted on" in text


def test_the_page_names_people_reasons_and_who_gave_them(world, browse):
    text = browse(world.manager).sees(f"{PATH}?reference={world.old.reference}&day={day_ago(2)}")
    assert f"{world.update.name} Brightwater Consulting Update given to them by {world.manager.name}" in text
    assert "given to everybody there by" in text
    assert "it overruled Full Admin for everybody there" in text
    assert "They belong to Kitahama Foods: all its contacts read its requests." in text
    assert "The people of the desk see every request." in text


@pytest.mark.parametrize(
    ("reference", "day", "sentence"),
    [
        ("", "2026-03-03", "Give the reference of a request"),
        ("260101-999999", "2026-03-03", "No request of Kitahama Foods has this reference."),
        ("{nordlys}", "2026-03-03", "No request of Kitahama Foods has this reference."),
        ("{request}", "", "Choose a day."),
        ("{request}", "soon", "This is no day."),
        ("{request}", "8000-01-01", "That day is still to come."),
        ("%00" * 50, "%00", "Choose a day."),
    ],
)
def test_a_question_that_cannot_be_answered_says_why_beside_the_field(world, browse, reference, day, sentence):
    reference = reference.format(nordlys=world.nordlys_request.reference, request=world.request.reference)
    answer = browse(world.manager).get(f"{PATH}?reference={reference}&day={day}")
    assert answer.status_code == 422
    assert sentence in plain(answer.text)


def test_a_request_of_another_organization_and_none_at_all_look_the_same(world, browse):
    browser = browse(world.manager)
    other = browser.get(f"{PATH}?reference={world.nordlys_request.reference}&day=2026-03-03").text
    none = browser.get(f"{PATH}?reference=260101-999999&day=2026-03-03").text
    assert lasting(other.replace(world.nordlys_request.reference, "260101-999999")) == lasting(none)


def test_the_answer_takes_the_same_queries_for_many_people(world, browse):
    path = f"{PATH}?reference={world.old.reference}&day={day_ago(2)}"
    browser = browse(world.manager)
    browser.get(path)
    with statements() as few:
        browser.get(path)
    for number in range(40):
        contact(world.lattice, f"more{number}")
    with statements() as many_people:
        page = browser.get(path).text
    assert len(many_people) == len(few)
    assert "41 people" in page


def test_the_page_opens_with_an_empty_form(world, browse):
    answer = browse(world.manager).get(PATH)
    assert answer.status_code == 200
    assert "error" not in answer.text
