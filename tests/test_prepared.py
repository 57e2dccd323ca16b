"""Statements that are written once: they find, and make, what they would if they were written each time."""

from datetime import datetime

import pytest
from peewee import IntegrityError

from portal.models import Contact, Notification, Organization
from portal.models.base import add_all
from portal.models.prepared import prepared
from tests.counting import statements


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
