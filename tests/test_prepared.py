"""Statements that are written once: they find, and make, what they would if they were written each time."""

from datetime import datetime

import pytest
from peewee import JOIN, IntegrityError, fn

from portal import database
from portal.models import Contact, Grant, Notification, Organization
from portal.models.base import Table, add_all, added_unless_taken
from portal.models.changing import changes
from portal.models.holding import lock_row
from portal.models.prepared import prepared
from tests.counting import statements
from tests.world import contact


def test_a_prepared_select_finds_what_each_call_asks_for(world):
    @prepared
    def people(organization):
        query = Contact.select(Contact, Organization).join(Organization, on=Contact.organization)
        return query.where(Contact.organization == organization).order_by(Contact.id)

    for firm in (world.halyard, world.brightwater, world.halyard):
        plainly = list(Contact.select().where(Contact.organization == firm).order_by(Contact.id))
        assert [(one.id, one.email, one.created_at) for one in people(firm.id)] == [
            (one.id, one.email, one.created_at) for one in plainly
        ]
        with statements() as sent:
            assert {one.organization.name for one in people(firm.id)} == {firm.name}
        assert len(sent) == 1


def test_a_prepared_select_is_written_once_for_each_form(world):
    written = []

    @prepared
    def firms(slug, *, others):
        written.append(others)
        return Organization.select().where((Organization.slug != slug) if others else (Organization.slug == slug))

    for firm in (world.halyard, world.nordlys):
        assert [one.id for one in firms(firm.slug, others=False)] == [firm.id]
        assert firm.id not in [one.id for one in firms(firm.slug, others=True)]
    assert written == [False, True]


def test_a_new_row_has_its_id_and_defaults_and_keeps_unique_what_is(world):
    made = Organization.create(slug="nowhere", name="Nowhere")
    assert Organization.get_by_id(made.id).timezone == "UTC"
    assert not made.is_dirty()
    with pytest.raises(IntegrityError), Organization._meta.database.atomic():
        Organization.create(slug="nowhere", name="Elsewhere")


def test_many_rows_are_added_in_one_statement(world):
    before = Notification.select().count()
    about = {"kind": "request_new", "created_at": datetime(2026, 11, 22), "mail_state": "none"}
    with statements() as sent:
        add_all(Notification, [{"contact": one, **about} for one in (world.manager, world.desk)])
    assert len(sent) == 1
    latest = list(Notification.select().order_by(Notification.id.desc()).limit(2))
    assert {one.contact_id for one in latest} == {world.manager.id, world.desk.id}
    assert len({one.public_id for one in latest}) == 2
    add_all(Notification, [])
    assert Notification.select().count() == before + 2


def test_a_written_change_changes_what_each_call_names_and_says_how_many_rows(world):
    written = []

    @changes
    def rename(slug, name, *, only):
        written.append(only)
        renamed = Organization.update(name=name)
        return renamed.where(Organization.slug == slug) if only else renamed

    assert rename("halyard", "Halyard One", only=True) == 1
    assert rename("nordlys", "Nordlys One", only=True) == 1
    assert rename("nowhere", "Nowhere", only=True) == 0
    assert {one.again().organization.name for one in (world.desk, world.nordlys_support)} == {
        "Halyard One",
        "Nordlys One",
    }
    assert rename("", "All", only=False) == Organization.select().where(Organization.name == "All").count()
    assert written == [True, False]


def test_a_row_whose_unique_value_is_taken_is_not_added_and_what_must_be_there_is_missed(world):
    with database.transaction():
        assert added_unless_taken(Organization(slug="halyard", name="Another")) is None
        made = added_unless_taken(Organization(slug="nowhere", name="Nowhere"))
    assert Organization.get_by_id(made.id).name == "Nowhere"
    assert Organization.get(Organization.slug == "halyard").name == world.halyard.name
    with pytest.raises(IntegrityError), database.transaction():
        added_unless_taken(Organization(slug="elsewhere", name=None))


def test_a_locked_row_is_as_it_is_now_and_none_is_missed(world):
    Organization.update(name="Renamed").where(Organization.id == world.halyard.id).execute()
    with database.transaction():
        assert lock_row(Organization, world.halyard.id).name == "Renamed"
        with pytest.raises(Organization.DoesNotExist):
            lock_row(Organization, 10**6)


def _whole(one):
    """Return what an instance has and what hangs from it, all the way down."""
    hanging = {name: _whole(value) if value is not None else None for name, value in one.__rel__.items()}
    plain = {name: value for name, value in vars(one).items() if name not in {"__data__", "__rel__", "_dirty"}}
    joined = {name: _whole(value) if isinstance(value, Table) else value for name, value in plain.items()}
    return type(one), one.__data__, hanging, joined, one.is_dirty()


def _contacts_with_whom_they_stand_for():
    behind, firm = Contact.alias(), Organization.alias()
    query = Contact.select(Contact, Organization, behind, firm, fn.LENGTH(Contact.name).alias("long"))
    query = query.join(Organization, on=Contact.organization).switch(Contact)
    query = query.join(behind, JOIN.LEFT_OUTER, on=(Contact.stands_in_for == behind.id), attr="stands_in_for")
    return query.join(firm, JOIN.LEFT_OUTER, on=(behind.organization == firm.id), attr="organization")


def _contacts_with_a_grant_of_theirs():
    theirs = Grant.contact == Contact.id
    return Contact.select(Contact.id, Contact.desk, Contact.created_at, Grant).join(
        Grant, JOIN.LEFT_OUTER, on=theirs, attr="held"
    )


@pytest.mark.parametrize("build", [_contacts_with_whom_they_stand_for, _contacts_with_a_grant_of_theirs])
def test_rows_are_read_as_peewee_reads_them(world, build):
    contact(world.halyard, "stand_in", stands_in_for=world.manager)
    select = build().order_by(Contact.id)
    expected = [_whole(one) for one in select]
    found = [_whole(one) for one in prepared(lambda: select)()]
    assert found == expected
    assert len({str(one[2:4]) for one in found}) > 1  # some have what others have not
