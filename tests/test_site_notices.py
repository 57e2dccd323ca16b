"""Site notices: the desk writes them, those concerned are told and see them while they are current."""

import threading
from datetime import timedelta

import pytest

from portal import clock, database, permissions
from portal.models import (
    AdditionalContact,
    Contact,
    Grant,
    Notification,
    NotificationPreference,
    Site,
    SiteNotice,
    site_notices,
)
from portal.permissions import Capability, Level
from tests.counting import statements
from tests.people import plain
from tests.world import contact, grant

HOUR = timedelta(hours=1)
COMING = timedelta(days=2)
RECEIVE = "/partner/my_customers/kitahama/site_notices"


def typed(site, /, **changes):
    """Return what the desk types for a maintenance that is still to come in every time zone."""
    day = clock.now() + COMING
    form = {
        "site": site.public_id,
        "kind": "maintenance",
        "title": "New network cards",
        "body": "Orders are kept\nand sent after.",
        "starts": f"{day:%Y-%m-%dT01:00}",
        "ends": f"{day:%Y-%m-%dT03:00}",
    }
    return {**form, **changes}


def announce(world, kind="incident", **values):
    told = permissions.told_of_site_notices(world.kitahama, clock.now())
    return site_notices.publish(world.site, world.desk, kind, "Orders stand still", "", clock.now(), told, **values)


def told_of(notice):
    return {note.contact for note in Notification.select().where(Notification.site_notice == notice)}


def level_people(world, *without):
    return {getattr(world, level.code) for level in Level if level.code not in without}


# --- Who is told -------------------------------------------------------------------------------------------------


def test_support_contacts_and_partners_people_with_look_or_more_are_told(world, browse):
    answer = browse(world.desk).post("/desk/notices/new", typed(world.site))
    assert (answer.status_code, answer.location) == (303, "/desk/notices")
    notice = SiteNotice.get()
    assert told_of(notice) == level_people(world, "cc") | {world.support, world.wide, world.narrowed}
    mails = {note.mail_state for note in Notification.select().where(Notification.site_notice == notice)}
    assert mails == {"due"}


def test_the_desk_reads_how_many_people_are_told(world, browse):
    desk = browse(world.desk)
    desk.post("/desk/notices/new", typed(world.site))
    assert f"Announced. {len(told_of(SiteNotice.get()))} people are told." in desk.sees("/desk/notices")


def test_nobody_is_told_whose_access_is_over_or_not_theirs(world):
    told = permissions.told_of_site_notices(world.kitahama, clock.now())
    assert not {world.expired, world.ended, world.cc, world.own, world.manager, world.stranger, world.desk} & set(told)


def test_the_rule_for_all_and_the_one_asked_at_sending_agree(world):
    site_notices.receive(world.look, world.kitahama, False)
    site_notices.receive(world.update, world.kitahama, False)
    at = clock.now()
    told = set(permissions.told_of_site_notices(world.kitahama, at))
    everybody = set(Contact.select())
    assert {one for one in everybody if permissions.is_told_of_site_notices(one, world.kitahama, at)} == told
    assert world.update in told and world.look not in told


def test_who_loses_access_before_the_mail_goes_is_not_among_those_told_any_more(world):
    at = clock.now()
    assert permissions.is_told_of_site_notices(world.look, world.kitahama, at)
    Grant.update(ended_at=at).where(Grant.contact == world.look).execute()
    assert not permissions.is_told_of_site_notices(world.look, world.kitahama, at)


# --- Leaving and rejoining ---------------------------------------------------------------------------------------


def test_with_look_one_leaves_and_rejoins(world, browse):
    look = browse(world.look)
    assert look.post(RECEIVE).status_code == 303
    assert world.look not in told_of(announce(world))
    assert look.post(RECEIVE, {"receive": "on"}).status_code == 303
    assert world.look in told_of(announce(world))
    assert NotificationPreference.select().count() == 0


def test_leaving_one_customers_notices_leaves_the_others(world, browse):
    grant(world.nordlys, world.look, Level.LOOK)
    browse(world.look).post(RECEIVE)
    assert world.look in permissions.told_of_site_notices(world.nordlys, clock.now())


def test_the_switch_answers_with_itself(world, browse):
    answer = browse(world.look).post(RECEIVE, swap=True)
    assert answer.status_code == 200
    assert 'id="site-notices-kitahama"' in answer.text and "<html" not in answer.text
    assert "checked" not in answer.text
    assert "checked" in browse(world.look).post(RECEIVE, {"receive": "on"}, swap=True).text


@pytest.mark.parametrize("who", ["update", "create", "service_admin", "full_admin", "support"])
def test_with_more_than_look_one_cannot_leave(world, browse, who):
    person = getattr(world, who)
    answer = browse(person).post(RECEIVE)
    assert answer.status_code == 403
    assert "With the level Update or more, site notices cannot be left" in plain(answer.text)
    assert person in told_of(announce(world))


def test_who_left_with_look_hears_again_from_the_day_they_get_update(world):
    site_notices.receive(world.look, world.kitahama, False)
    Grant.update(level=Level.UPDATE).where(Grant.contact == world.look).execute()
    assert world.look in told_of(announce(world))
    assert world.kitahama in permissions.organizations_noticed(permissions.customer_standings(world.look, clock.now()))


@pytest.mark.parametrize(("who", "status"), [("cc", 403), ("stranger", 404), ("expired", 404), ("ended", 404)])
def test_nobody_else_reaches_the_switch(world, browse, who, status):
    assert browse(getattr(world, who)).post(RECEIVE, {"receive": "on"}).status_code == status
    assert browse(world.look).post("/partner/my_customers/nowhere/site_notices").status_code == 404
    assert NotificationPreference.select().count() == 0


# --- While it is current -----------------------------------------------------------------------------------------


def test_a_maintenance_is_shown_from_its_announcement_to_its_end_to_the_second(world):
    notice = announce(world, "maintenance", starts_at=clock.now() + HOUR, ends_at=clock.now() + 3 * HOUR)
    shown = [
        bool(site_notices.current([world.kitahama], at))
        for at in (clock.now(), notice.ends_at - timedelta(seconds=1), notice.ends_at)
    ]
    assert shown == [True, True, False]


def test_an_incident_is_shown_until_it_is_resolved_and_the_good_news_for_two_days(world):
    notice, at = announce(world), clock.now() + 400 * HOUR
    assert site_notices.current([world.kitahama], at) == [notice]
    follow_up = site_notices.resolve(notice, world.desk, "A cable.", at, [])
    assert site_notices.current([world.kitahama], at + 47 * HOUR) == [follow_up]
    assert site_notices.current([world.kitahama], at + 48 * HOUR) == []
    assert site_notices.past(at + 48 * HOUR) == [follow_up, notice]


def test_notices_are_shown_for_the_organizations_and_the_site_asked_for_alone(world):
    elsewhere = Site.create(organization=world.nordlys, name="Bergen")
    notice = announce(world)
    assert site_notices.current([world.nordlys], clock.now()) == []
    assert site_notices.current([], clock.now()) == []
    assert site_notices.current_for_site(elsewhere, clock.now()) == []
    assert site_notices.current_for_site(world.site, clock.now()) == [notice]


def test_pages_show_them_to_whoever_may_receive_them_less_who_left(world):
    site_notices.receive(world.narrowed, world.kitahama, False)
    seeing = set()
    for person in Contact.select():
        at = clock.now()
        own = permissions.standing(person, person.organization, at)
        if world.kitahama in permissions.organizations_noticed([own, *permissions.customer_standings(person, at)]):
            seeing.add(person)
    own = {world.manager, world.second_manager, world.support, world.own}
    assert seeing == level_people(world, "cc") | own | {world.wide}


# --- The desk ----------------------------------------------------------------------------------------------------


def test_times_are_read_in_the_writers_zone_and_told_in_the_readers(world, browse):
    world.desk.timezone = "Asia/Tokyo"
    world.desk.save()
    day = clock.day_in(clock.now() + timedelta(days=2), "UTC")
    browse(world.desk).post("/desk/notices/new", typed(world.site, starts=f"{day}T01:00", ends=f"{day}T03:00"))
    notice = SiteNotice.get()
    assert notice.starts_at == clock.start_of_day(day, "Asia/Tokyo") + HOUR
    assert notice.ends_at - notice.starts_at == 2 * HOUR


def test_what_cannot_be_announced_comes_back_as_typed(world, browse):
    wrong = {
        "site": [{"site": ""}, {"site": "nowhere"}, {"site": "\0"}, {"site": "x" * 10**6}],
        "kind": [{"kind": "resolved"}, {"kind": ""}],
        "title": [{"title": " "}, {"title": "x" * 201}, {"title": "\0"}],
        "body": [{"body": "x" * 5001}],
        "starts": [{"starts": ""}, {"starts": "soon"}, {"starts": "9999-12-31T23:59"}, {"starts": "0001-01-01T00:00"}],
        "ends": [
            {"ends": ""},
            {"ends": "2020-01-01T00:00"},
            {"ends": typed(world.site)["starts"]},
            {"ends": "2026-11-28T01:00+02:00"},
        ],
    }
    desk = browse(world.desk)
    for field, cases in wrong.items():
        for case in cases:
            answer = desk.post("/desk/notices/new", typed(world.site, **case))
            assert answer.status_code == 422, case
            assert f'id="e-{field}"' in answer.text, case
            assert "Orders are kept" in answer.text or field == "body"
    assert SiteNotice.select().count() == Notification.select().count() == 0


def test_an_incident_needs_no_times(world, browse):
    browse(world.desk).post("/desk/notices/new", typed(world.site, kind="incident", starts="", ends=""))
    notice = SiteNotice.get()
    assert (notice.kind, notice.ends_at) == ("incident", None)
    assert notice.starts_at is not None


def test_the_desk_tells_that_it_is_over(world, browse):
    notice = announce(world)
    answer = browse(world.desk).post(f"/desk/notices/{notice.public_id}/resolve", {"body": "A cable was loose."})
    assert answer.status_code == 303
    follow_up = SiteNotice.get(SiteNotice.kind == "resolved")
    assert (follow_up.title, follow_up.body, follow_up.site) == (notice.title, "A cable was loose.", world.site)
    assert told_of(follow_up) == told_of(notice)
    again = browse(world.desk).post(f"/desk/notices/{notice.public_id}/resolve")
    assert again.status_code == 409 and "over already" in again.text
    assert SiteNotice.select().count() == 2


@pytest.mark.parametrize("kind", ["maintenance", "resolved"])
def test_what_is_over_by_itself_cannot_be_told_over(world, browse, kind):
    ends_at = clock.now() - HOUR
    notice = announce(world, kind, starts_at=ends_at - HOUR, ends_at=ends_at)
    assert browse(world.desk).post(f"/desk/notices/{notice.public_id}/resolve").status_code == 409
    notice = SiteNotice.get_by_id(notice.id)
    assert (notice.resolved_at, SiteNotice.select().count()) == (None, 1)


def test_a_text_that_is_too_long_comes_back_and_tells_nobody(world, browse):
    notice = announce(world)
    answer = browse(world.desk).post(f"/desk/notices/{notice.public_id}/resolve", {"body": "w" * 5001})
    assert answer.status_code == 422
    assert "w" * 5001 in answer.text
    assert SiteNotice.select().count() == 1
    assert browse(world.desk).post("/desk/notices/nothing/resolve").status_code == 404


def test_two_of_the_desk_at_once_tell_it_once(world):
    notice, ready, made = announce(world), threading.Barrier(2), []

    def run():
        with database.opened():
            ready.wait()
            made.append(site_notices.resolve(notice, world.desk, "", clock.now(), [world.support]))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is None for one in made) == [False, True]
    assert SiteNotice.select().count() == 2


@pytest.mark.parametrize("path", ["/desk/notices", "/desk/notices/new"])
def test_nobody_but_the_desk_finds_these_pages(world, browse, path):
    for person in (world.manager, world.support, world.full_admin, world.stranger):
        assert browse(person).get(path).status_code == 404
    assert browse(world.full_admin).post("/desk/notices/new", typed(world.site)).status_code == 404
    assert browse(world.desk).get(path).status_code == 200


def test_the_list_asks_as_often_for_many_notices_as_for_one(world, browse):
    def asked():
        with statements() as found:
            assert browse(world.desk).get("/desk/notices").status_code == 200
        return len(found)

    announce(world)
    once = asked()
    for number in range(5):
        site = Site.create(organization=world.nordlys, name=f"Hall {number}")
        author = contact(world.halyard, f"desk{number}", desk=True)
        for kind in ("incident", "resolved"):
            site_notices.publish(site, author, kind, "Dark", "", clock.now() - 100 * HOUR, [])
    assert asked() == once


def test_everybody_with_the_capability_and_nobody_else_is_counted(world):
    """The table of SPEC 3 and the list of those told agree for partners."""
    may = {person for person, _ in permissions.people_who_may(Capability.SITE_NOTICES, world.kitahama, clock.now())}
    told = set(permissions.told_of_site_notices(world.kitahama, clock.now()))
    assert told <= may
    assert may - told == {world.manager, world.second_manager, world.own}


# --- On the pages ------------------------------------------------------------------------------------------------


def pages(world):
    return ["/", "/partner/my_customers", f"/requests/{world.request.reference}"]


def test_partners_people_read_them_on_start_my_customers_and_the_sites_requests(world, browse):
    announce(world)
    for path in pages(world):
        assert "Osaka shop: Orders stand still" in browse(world.update).sees(path), path
    assert "Orders stand still" in browse(world.own).sees("/")
    assert "Orders stand still" in browse(world.desk).sees(f"/requests/{world.request.reference}")


def test_who_left_does_not_read_them(world, browse):
    announce(world)
    site_notices.receive(world.look, world.kitahama, False)
    for path in pages(world):
        assert "Orders stand still" not in browse(world.look).sees(path), path


def test_with_cc_one_reads_none_of_them(world, browse):
    AdditionalContact.create(service_request=world.request, contact=world.cc, created_at=clock.now())
    announce(world)
    for path in pages(world):
        answer = browse(world.cc).get(path)
        assert answer.status_code == 200 and "Orders stand still" not in answer.text, path


def test_requests_of_another_site_do_not_show_them(world, browse):
    announce(world)
    assert "Orders stand still" not in browse(world.update).sees(f"/requests/{world.old.reference}")


def test_only_who_may_leave_is_offered_the_switch(world, browse):
    assert 'name="receive" value="on" checked' in browse(world.look).get("/partner/my_customers").text
    assert 'name="receive"' not in browse(world.update).get("/partner/my_customers").text
    assert 'name="receive"' not in browse(world.cc).get("/partner/my_customers").text
    site_notices.receive(world.look, world.kitahama, False)
    assert 'name="receive" value="on" checked' not in browse(world.look).get("/partner/my_customers").text


def test_what_is_typed_into_a_notice_is_shown_as_text(world, browse):
    browse(world.desk).post(
        "/desk/notices/new", typed(world.site, title="<b>new</b>", body="<script>x</script>\n& more")
    )
    page = browse(world.support).get("/").text
    assert "&lt;b&gt;new&lt;/b&gt;" in page and "<p>&amp; more</p>" in page
    assert "<script>x" not in page
