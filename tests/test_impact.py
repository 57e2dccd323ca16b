"""What a decision would change: who reads how much, what is new, what stays closed."""

from datetime import timedelta

import pytest

from portal import clock
from portal.models import Attachment, Contact, Message
from portal.models.impact import extents
from portal.permissions import Capability as C
from portal.permissions import Level, people_who_may, visible_requests
from portal.weighing import Scales
from tests.world import contact, grant, organization, service_request


def attach(request, *, internal=False, files=1):
    """Add a message with files to the request."""
    message = Message.create(
        service_request=request,
        author=request.submitted_by,
        author_organization=request.organization,
        created_at=clock.now(),
        internal=internal,
        body="See the file.",
    )
    for _ in range(files):
        Attachment.create(message=message, service_request=request, name="a.txt", size=1, sha256="0" * 64)


def extent(customer, since=None):
    return extents(customer, [since])[since]


def scales(customer, *partners):
    return Scales(customer, [partner.id for partner in partners], clock.now())


def names(changes):
    return {one.person.name.split(" of ")[0] for one in changes}


def test_confidential_requests_and_files_of_internal_messages_are_not_counted(world):
    attach(world.request, files=2)
    attach(world.request, internal=True, files=4)
    attach(world.confidential, files=8)
    attach(world.nordlys_request, files=16)
    found = extent(world.kitahama)
    assert (found.requests, found.attachments, found.confidential, found.older) == (3, 2, 1, 0)


def test_each_file_carries_the_number_of_its_requests_customer(world):
    attach(world.request)
    attach(world.nordlys_request)
    found = dict(Attachment.select(Attachment.service_request, Attachment.organization_id).tuples())
    assert found == {world.request.id: world.kitahama.id, world.nordlys_request.id: world.nordlys.id}


def test_older_requests_and_their_files_stay_closed_from_a_day_on(world):
    attach(world.old, files=2)
    attach(world.request)
    found = extent(world.kitahama, world.naming_cc.created_at)
    assert (found.requests, found.attachments, found.confidential, found.older) == (2, 1, 1, 1)
    found = extent(world.kitahama, world.naming_cc.created_at + timedelta(microseconds=1))
    assert (found.requests, found.older) == (1, 2)


def test_a_customer_without_requests_counts_nothing(world):
    found = extent(world.lattice)
    assert (found.requests, found.attachments, found.confidential, found.older) == (0, 0, 0, 0)


@pytest.mark.parametrize("level", list(Level))
def test_what_is_weighed_is_what_happens(world, level):
    """The figures before a grant are those that the rule gives after it."""
    covers_from = clock.day_in(clock.now() - timedelta(days=30), "Asia/Tokyo")
    weighed = scales(world.kitahama, world.lattice).weigh(world.lattice.id, {None: level}, covers_from)
    grant(world.kitahama, world.lattice, level, covers_from=covers_from)
    world.grants["wide"].delete_instance()
    now = clock.now()
    for change in weighed.changes:
        seen = visible_requests(Contact.get_by_id(change.person.id), now).count()
        assert seen == (weighed.extent.requests if change in weighed.readers else 0)
    for capability, able in ((C.UPDATE, Level.UPDATE), (C.CREATE, Level.CREATE), (C.MANAGE_CONTACTS, Level.FULL_ADMIN)):
        expected = {one.person.id for one in weighed.changes if one.level_after >= able}
        found = {person.id for person, _ in people_who_may(capability, world.kitahama, now)}
        assert expected == found & {one.person.id for one in weighed.changes}


def test_everybody_without_a_level_of_their_own_is_concerned(world):
    weighed = scales(world.kitahama, world.lattice).weigh(world.lattice.id, {None: Level.LOOK})
    assert names(weighed.changes) == {"Wide"} and names(weighed.keeping) == {"Narrowed"}
    assert names(weighed.losing) == {"Wide"}


def test_who_can_read_as_much_today_is_told_apart(world):
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {None: Level.LOOK})
    assert names(weighed.readers) == {"Partner Manager", "Colleague", "Expired", "Ended"}
    assert weighed.reading_already == [] and len(weighed.going_up) == 4
    assert names(weighed.keeping) == {"Cc", "Look", "Update", "Create", "Service Admin", "Full Admin"}
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {world.look.id: Level.CREATE})
    assert names(weighed.reading_already) == {"Look"} and names(weighed.going_up) == {"Look"}
    assert weighed.keeping == []
    assert weighed.readable_until == world.grants["look"].expires_at


def test_a_wider_past_is_more_to_read_and_a_shorter_one_less(world):
    world.grants["look"].covers_from_at = clock.now() - timedelta(days=30)
    world.grants["look"].save()
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {world.look.id: Level.LOOK})
    assert weighed.reading_already == [] and weighed.losing == []
    today = clock.day_in(clock.now(), "UTC")
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {world.look.id: Level.LOOK}, today)
    assert names(weighed.losing) == {"Look"} and weighed.going_up == []


def test_whom_no_grant_reaches_is_not_counted(world):
    contact(world.lattice, "inactive", active=False)
    contact(world.lattice, "unconfirmed", added_by=world.halyard)
    contact(world.lattice, "stand_in", stands_in_for=world.wide)
    contact(world.lattice, "suspended", added_by=world.halyard, confirmed_at=clock.now())
    contact(world.lattice, "kept", added_by=world.halyard, confirmed_at=clock.now(), kept_at=clock.now())
    grant(world.lattice, world.brightwater, Level.FULL_ADMIN)
    contact(world.lattice, "confirmed", added_by=world.brightwater, confirmed_at=clock.now())
    weighed = scales(world.kitahama, world.lattice).weigh(world.lattice.id, {None: Level.LOOK})
    assert names(weighed.changes) == {"Wide", "Kept", "Confirmed"}


def test_people_below_look_read_only_what_names_them(world):
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {world.colleague.id: Level.CC})
    assert weighed.readers == [] and names(weighed.named_only) == {"Colleague"}


def test_ending_gives_back_to_what_everybody_has(world):
    weighed = scales(world.kitahama, world.lattice).weigh(world.lattice.id, {world.narrowed.id: None})
    assert [(one.level_before, one.level_after) for one in weighed.changes] == [(Level.LOOK, Level.FULL_ADMIN)]
    weighed = scales(world.kitahama, world.lattice).weigh(world.lattice.id, {None: None})
    assert names(weighed.changes) == {"Wide"} and weighed.changes[0].after is None


def test_another_customers_grants_do_not_count(world):
    grant(world.nordlys, world.colleague, Level.FULL_ADMIN)
    weighed = scales(world.kitahama, world.brightwater).weigh(world.brightwater.id, {world.colleague.id: Level.LOOK})
    assert weighed.changes[0].before is None


def test_a_page_weighs_many_partners_with_the_same_queries(world):
    from tests.counting import statements

    def queries(*partners):
        with statements() as sent:
            weigher = scales(world.kitahama, *partners)
            for partner in partners:
                weigher.weigh(partner.id, {None: Level.LOOK})
        return len(sent)

    few = queries(world.lattice)
    more = [organization(f"firm{number}") for number in range(5)]
    for firm in more:
        service_request(world.kitahama, contact(firm, "one"), "Theirs")
    assert queries(world.lattice, world.brightwater, *more) == few
