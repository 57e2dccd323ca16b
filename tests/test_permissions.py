"""The rule of SPEC 3: random worlds, where the list, the single row and a plain restatement must agree."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import permissions
from portal.clock import now
from portal.models import AdditionalContact, Contact, Grant, Organization, ServiceRequest
from portal.permissions import Action, Capability, Level
from tests.world import grant

START = datetime(2026, 3, 1, 12)

# --- SPEC 3, restated: nothing below knows the code under test ---------------------------------------------------

ROWS = [  # capability, then the lowest of the six levels that has it (0: none ever)
    ("read_named", 1),
    ("be_additional_contact", 1),
    ("read_all", 2),
    ("site_notices", 2),
    ("subscribe", 2),
    ("dashboard", 2),
    ("update", 3),
    ("be_primary_contact", 3),
    ("create", 4),
    ("site_administration", 5),
    ("manage_contacts", 6),
    ("upgrade", 0),
    ("decide_partners", 0),
]


def level_allows(level):
    return {name for name, lowest in ROWS if lowest and level >= lowest}


def own_allows(person):
    allowed = level_allows(2)
    if person.support_contact:
        allowed |= level_allows(5) | {"upgrade"}
    if person.contact_manager:
        allowed |= {"manage_contacts", "decide_partners"}
    if person.desk:
        allowed |= level_allows(6) | {"upgrade"}
    return allowed


@dataclass
class Person:
    firm: int
    active: bool = True
    contact_manager: bool = False
    support_contact: bool = False
    desk: bool = False
    stands_in_for: int | None = None
    added_by: int | None = None
    confirmed: bool = False
    kept: bool = False


@dataclass
class Given:
    customer: int
    partner: int
    person: int | None
    level: int
    starts: int
    expires: int
    ended: int | None
    covers_from: int | None

    def over(self):
        return self.expires if self.ended is None else min(self.expires, self.ended)

    def active(self, at):
        return self.starts <= at < self.over()


@dataclass
class Case:
    firm: int
    submitted_by: int
    primary: int
    additional: list
    confidential: bool
    created: int


@dataclass
class Sketch:
    people: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    cases: list = field(default_factory=list)
    at: int = 0

    def counts(self, person):
        if not person.active or person.stands_in_for is not None:
            return False
        if person.added_by is None or person.kept:
            return True
        return any(
            one.customer == person.firm and one.partner == person.added_by and one.active(self.at)
            for one in self.grants
        )

    def deciding_grant(self, index, customer):
        person = self.people[index]
        if person.added_by is not None and not person.confirmed:
            return None
        fitting = [
            one
            for one in self.grants
            if one.customer == customer and one.partner == person.firm and one.active(self.at)
        ]
        individual = [one for one in fitting if one.person == index]
        wide = [one for one in fitting if one.person is None]
        return (individual or wide or [None])[0]

    def allows(self, index, customer):
        person = self.people[index]
        if not self.counts(person):
            return set()
        if person.firm == customer:
            return own_allows(person)
        if person.desk:
            return level_allows(6) | {"upgrade"}
        deciding = self.deciding_grant(index, customer)
        return level_allows(deciding.level) if deciding else set()

    def names(self, index, case):
        me = {index} | {other for other, person in enumerate(self.people) if person.stands_in_for == index}
        return bool(me & {case.submitted_by, case.primary, *case.additional})

    def reads(self, index, case):
        allowed = self.allows(index, case.firm)
        person = self.people[index]
        if person.firm == case.firm or person.desk:
            return "read_all" in allowed
        if "read_named" in allowed and self.names(index, case):
            return True
        if "read_all" not in allowed or case.confidential:
            return False
        since = self.deciding_grant(index, case.firm).covers_from
        return since is None or case.created >= since


# --- Random worlds ----------------------------------------------------------------------------------------------

FIRMS = 3
# Worlds lean towards one customer (0) with one partner (1), else most would hold nothing to disagree about.
own_firms = st.sampled_from([0, 1, 1, 1, 2])
customers = st.sampled_from([0, 0, 0, 2])
hours = st.integers(-3, 3)


@st.composite
def sketches(draw):
    count = draw(st.integers(3, 6))
    firms = st.integers(0, FIRMS - 1)
    flags = st.booleans()
    rarely = st.integers(0, 5).map(lambda number: number == 0)
    people = []
    for index in range(count):
        behind = draw(st.integers(0, index - 1)) if index and draw(rarely) else None
        firm = draw(own_firms)
        people.append(
            Person(
                firm,
                active=not draw(rarely),
                contact_manager=draw(rarely),
                support_contact=draw(rarely),
                desk=draw(rarely),
                stands_in_for=behind,
                added_by=draw(firms.filter(lambda other, own=firm: other != own)) if draw(rarely) else None,
                confirmed=draw(flags),
                kept=draw(flags),
            )
        )
    sketch = Sketch(people, at=draw(hours))
    for _ in range(draw(st.integers(1, 8))):
        add_grant(draw, sketch)
    indexes = st.integers(0, count - 1)
    for _ in range(draw(st.integers(1, 6))):
        sketch.cases.append(
            Case(
                draw(customers),
                draw(indexes),
                draw(indexes),
                draw(st.lists(indexes, max_size=2, unique=True)),
                draw(flags),
                draw(hours),
            )
        )
    return sketch


def add_grant(draw, sketch):
    customer = draw(customers)
    partner = draw(st.sampled_from([one for one in (1, 1, 1, 0, 2) if one != customer]))
    # Mostly people of the partner; now and then one who has moved on.
    fitting = [index for index, person in enumerate(sketch.people) if person.firm == partner]
    person = draw(st.sampled_from([None, *fitting, *fitting, len(sketch.people) - 1]))
    starts = draw(st.integers(-4, 1))
    made = Given(
        customer,
        partner,
        person,
        draw(st.integers(1, 6)),
        starts,
        starts + draw(st.integers(1, 8)),
        draw(st.none() | st.none() | hours),
        draw(st.none() | hours),
    )
    same = [one for one in sketch.grants if (one.customer, one.partner, one.person) == (customer, partner, person)]
    if all(made.over() <= one.starts or one.over() <= made.starts for one in same):  # rule 4
        sketch.grants.append(made)


def instant(hour):
    return None if hour is None else START + timedelta(hours=hour)


def build(sketch):
    """Write the sketch into the database; return its contacts and requests in the same order."""
    firms = [Organization.create(slug=f"firm-{index}", name=f"Firm {index}") for index in range(FIRMS)]
    contacts = []
    for index, person in enumerate(sketch.people):
        contacts.append(
            Contact.create(
                email=f"{index}@firm.example",
                name=f"Person {index}",
                organization=firms[person.firm],
                active=person.active,
                contact_manager=person.contact_manager,
                support_contact=person.support_contact,
                desk=person.desk,
                stands_in_for=None if person.stands_in_for is None else contacts[person.stands_in_for],
                added_by=None if person.added_by is None else firms[person.added_by],
                confirmed_at=START if person.confirmed else None,
                kept_at=START if person.kept else None,
                created_at=START,
            )
        )
    for one in sketch.grants:
        Grant.create(
            customer=firms[one.customer],
            partner=firms[one.partner],
            contact=None if one.person is None else contacts[one.person],
            level=one.level,
            starts_at=instant(one.starts),
            expires_at=instant(one.expires),
            ended_at=instant(one.ended),
            covers_from_at=instant(one.covers_from),
            created_at=START,
        )
    return firms, contacts, [build_case(number, case, firms, contacts) for number, case in enumerate(sketch.cases)]


def build_case(number, case, firms, contacts):
    request = ServiceRequest.create(
        reference=f"260301-{number:06d}",
        organization=firms[case.firm],
        category="technical",
        severity=3,
        subject=f"Case {number}",
        confidential=case.confidential,
        submitted_by=contacts[case.submitted_by],
        primary_contact=contacts[case.primary],
        timezone="UTC",
        created_at=instant(case.created),
        updated_at=instant(case.created),
    )
    for index in case.additional:
        AdditionalContact.create(service_request=request, contact=contacts[index], created_at=START)
    return request


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(sketch=sketches())
def test_the_list_the_single_row_and_the_restatement_always_agree(db, sketch):
    at = instant(sketch.at)
    with db.atomic() as undone:
        firms, contacts, requests = build(sketch)
        for index, contact in enumerate(contacts):
            listed = {one.id for one in permissions.visible_requests(contact, at)}
            single = {one.id for one in requests if permissions.request_standing(contact, one, at).readable}
            restated = {one.id for one, case in zip(requests, sketch.cases, strict=True) if sketch.reads(index, case)}
            assert listed == single == restated, f"person {index}"
            for number, firm in enumerate(firms):
                allowed = {one.value for one in permissions.standing(contact, firm, at).capabilities}
                assert allowed == sketch.allows(index, number), f"person {index} for firm {number}"
            opened = {one.organization.slug for one in permissions.customer_standings(contact, at)}
            if not contact.desk:
                reached = {
                    f"firm-{n}" for n in range(FIRMS) if sketch.allows(index, n) and n != sketch.people[index].firm
                }
                assert opened == reached
        check_who_may(sketch, firms, contacts, at)
        undone.rollback()


def check_who_may(sketch, firms, contacts, at):
    """The list of people with a capability agrees with asking each of them (the desk is nobody's contact)."""
    for number, firm in enumerate(firms):
        for capability in (Capability.BE_ADDITIONAL_CONTACT, Capability.BE_PRIMARY_CONTACT, Capability.READ_ALL):
            listed = {person.id for person, _ in permissions.people_who_may(capability, firm, at)}
            asked = {
                contact.id
                for index, contact in enumerate(contacts)
                if capability.value in sketch.allows(index, number)
                and (sketch.people[index].firm == number or sketch.deciding_grant(index, number))
            }
            by_grant_alone = {
                contact.id
                for index, contact in enumerate(contacts)
                if sketch.people[index].desk and sketch.people[index].firm != number
            }
            assert listed - by_grant_alone == asked - by_grant_alone


# --- The table, and the rules one by one -------------------------------------------------------------------------


def test_the_matrix_is_the_table_of_the_specification():
    for level in Level:
        assert {one.value for one in permissions.ALLOWED[level]} == level_allows(level), level
    assert {one.value for one in Capability} == {name for name, _ in ROWS}


def test_rule_1_an_individual_look_beats_an_organization_full_admin(world, app):
    at = now()
    assert permissions.standing(world.wide, world.kitahama, at).level is Level.FULL_ADMIN
    narrowed = permissions.standing(world.narrowed, world.kitahama, at)
    assert narrowed.level is Level.LOOK
    assert narrowed.grant == world.grants["narrowed"]
    assert narrowed.overrules == world.grants["wide"]


def test_rule_2_a_grant_is_over_at_its_last_second_everywhere(world):
    one = world.grants["look"]
    for at, readable in [
        (one.starts_at - timedelta(microseconds=1), False),
        (one.starts_at, True),
        (one.expires_at - timedelta(microseconds=1), True),
        (one.expires_at, False),
    ]:
        listed = permissions.visible_requests(world.look, at).where(ServiceRequest.id == world.request.id).exists()
        single = permissions.request_standing(world.look, world.request, at).readable
        assert (listed, single, one.is_active(at)) == (readable, readable, readable), at


def test_rule_2_ending_now_counts_at_that_instant(world):
    one, at = world.grants["look"], now()
    Grant.update(ended_at=at).where(Grant.id == one.id).execute()
    assert permissions.standing(world.look, world.kitahama, at).kind == "none"
    assert permissions.standing(world.look, world.kitahama, at - timedelta(microseconds=1)).level is Level.LOOK


def test_rule_3_a_grant_dies_with_the_contact_and_stays_with_the_firm(world):
    world.look.active = False
    assert permissions.standing(world.look, world.kitahama, now()).kind == "none"
    world.update.organization = world.nordlys
    assert permissions.standing(world.update, world.kitahama, now()).kind == "none"


def test_rule_4_the_firms_grant_decides_again_after_the_individual_one(world):
    at = now()
    Grant.update(ended_at=at).where(Grant.id == world.grants["narrowed"].id).execute()
    assert permissions.standing(world.narrowed, world.kitahama, at).level is Level.FULL_ADMIN


def test_rule_6_what_one_may_not_see_does_not_exist_and_what_one_may_not_do_names_the_level(world):
    at = now()
    with pytest.raises(permissions.Hidden):
        permissions.load_request(world.stranger, world.request.reference, Action.READ, at)
    with pytest.raises(permissions.Hidden):
        permissions.load_request(world.cc, world.request.reference, Action.UPDATE, at)
    with pytest.raises(permissions.Refused) as refused:
        permissions.load_request(world.look, world.request.reference, Action.UPDATE, at)
    assert refused.value.needed is Level.UPDATE


def test_rule_7_a_contact_that_a_partner_added_counts_for_no_grant_until_confirmed(world):
    world.look.added_by = world.lattice
    world.look.kept_at = now()
    assert permissions.standing(world.look, world.kitahama, now()).kind == "none"
    world.look.confirmed_at = now()
    assert permissions.standing(world.look, world.kitahama, now()).level is Level.LOOK


def test_rule_7_a_contact_that_a_partner_added_is_suspended_with_that_partners_access(world):
    at = now()
    world.own.added_by = world.lattice
    assert permissions.may_sign_in(world.own, at)
    Grant.update(ended_at=at).where(Grant.partner == world.lattice).execute()
    assert not permissions.may_sign_in(world.own, at)
    world.own.kept_at = at
    assert permissions.may_sign_in(world.own, at)


def test_rule_7_contacts_of_a_confidential_request_are_the_customers_affair(world):
    at = now()
    AdditionalContact.create(service_request=world.confidential, contact=world.full_admin, created_at=at)
    named = permissions.request_standing(world.full_admin, world.confidential, at)
    assert named.allows(Action.REPLY)
    assert not named.allows(Action.CHANGE_CONTACTS)
    for person in (world.support, world.manager, world.desk):
        assert permissions.request_standing(person, world.confidential, at).allows(Action.CHANGE_CONTACTS), person.name


def test_nobody_names_a_colleague_past_what_the_colleagues_grant_covers(world):
    at = now()
    Grant.update(covers_from_at=at - timedelta(days=30)).where(Grant.id == world.grants["look"].id).execute()
    look = permissions.standing(world.look, world.kitahama, at)
    update_old = permissions.request_standing(world.update, world.old, at)
    assert not permissions.may_be_named(world.look, look, update_old)
    assert permissions.may_be_named(world.look, look, permissions.request_standing(world.update, world.request, at))
    assert permissions.may_be_named(world.look, look, permissions.request_standing(world.desk, world.old, at))


def test_a_stand_in_gives_its_requests_to_the_person_behind_it_under_their_own_level(world):
    at = now()
    Contact.update(stands_in_for=world.cc).where(Contact.id == world.support.id).execute()
    assert permissions.request_standing(world.cc, world.request, at).readable
    listed = permissions.visible_requests(world.cc, at).where(ServiceRequest.id == world.request.id)
    assert listed.exists()
    assert not permissions.request_standing(world.cc, world.request, at).allows(Action.REPLY)
    stand_in = Contact.get_by_id(world.support.id)
    assert not permissions.may_sign_in(stand_in, at)


def test_the_desk_does_everything_but_decide_who_the_partners_are(world):
    desk = permissions.standing(world.desk, world.kitahama, now())
    assert desk.code == "desk"
    assert set(Capability) - desk.capabilities == {Capability.DECIDE_PARTNERS}


def test_only_whoever_asked_an_account_question_may_reply_to_it_without_update(world):
    at = now()
    ServiceRequest.update(submitted_by=world.own, category="account").where(
        ServiceRequest.id == world.request.id
    ).execute()
    asked = ServiceRequest.get_by_id(world.request.id)
    assert permissions.request_standing(world.own, asked, at).allows(Action.REPLY)
    assert not permissions.request_standing(world.own, asked, at).allows(Action.UPDATE)
    assert not permissions.request_standing(world.manager, asked, at).allows(Action.REPLY)


def test_each_standing_may_submit_in_its_own_categories(world):
    at = now()

    def categories(person, firm):
        return {one.organization.slug: set(one.categories) for one in permissions.submissions(person, at)}.get(firm)

    everything = {"technical", "account", "hidden_configuration", "site_deletion", "site_access", "upgrade"}
    assert categories(world.support, "kitahama") == everything
    assert categories(world.own, "kitahama") == {"account"}
    assert categories(world.update, "kitahama") is None
    assert categories(world.create, "kitahama") == {"technical", "account"}
    assert categories(world.service_admin, "kitahama") == everything - {"upgrade"}
    assert categories(world.desk, "nordlys") == everything
    assert categories(world.look, "brightwater") == {"account"}


def test_a_second_active_grant_of_a_subject_never_blurs_who_decides(world):
    later = grant(world.kitahama, world.look, Level.CREATE, starts=5, expires=20)
    assert permissions.standing(world.look, world.kitahama, now()).grant == world.grants["look"]
    Grant.update(ended_at=later.starts_at).where(Grant.id == world.grants["look"].id).execute()
    assert permissions.standing(world.look, world.kitahama, later.starts_at).grant == later
