"""What SPEC section 3 says of the canaries' world, worked out from its script alone: nothing of the portal is asked.

`may(person, text)` is the most that the person is entitled to; `must(person, text)` is what they have to find.
Whoever is not among the people is not signed in. Of names and firms only what is certain is said; of all else may is must.
"""

from copy import deepcopy
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.canaries import script

RANK = {level: place for place, level in enumerate(script.LEVELS, 1)}
LOOK, UPDATE = RANK["look"], RANK["update"]


def firm_of(name):
    return name.split(".")[0]


class Oracle:
    """The rules, asked at `at` (naive UTC). `people` and `grants` may be changed as the world changes."""

    def __init__(self, at):
        self.born = self.at = at
        self.people = deepcopy(script.PEOPLE)
        self.grants = [{"starts": -40, "expires": 90, "ended": None, "covers": None, **one} for one in script.GRANTS]

    # --- People and grants ---

    def day(self, days):
        return self.born + timedelta(days=days)

    def is_active(self, grant):
        over = grant["ended"] is not None and self.day(grant["ended"]) <= self.at
        return self.day(grant["starts"]) <= self.at < self.day(grant["expires"]) and not over

    def signs_in(self, person):
        one = self.people.get(person)
        if one is None or not one.get("active", True) or "stands_in_for" in one:
            return False
        return "added_by" not in one or self.lends(firm_of(person), one["added_by"])

    def lends(self, customer, partner):
        grants = (one for one in self.grants if one["customer"] == customer and firm_of(one["subject"]) == partner)
        return any(self.is_active(one) for one in grants)

    def deciding(self, person, customer):
        """Return the grant that decides: the individual one alone, else that of the firm (rule 1)."""
        if not self.signs_in(person) or "added_by" in self.people[person]:
            return None
        active = [one for one in self.grants if one["customer"] == customer and self.is_active(one)]
        for subject in (person, firm_of(person)):
            for one in active:
                if one["subject"] == subject:
                    return one
        return None

    def is_desk(self, person):
        return self.signs_in(person) and self.people[person].get("desk", False)

    def flag(self, person, flag):
        return self.signs_in(person) and self.people[person].get(flag, False)

    def rank(self, person, customer):
        grant = self.deciding(person, customer) if firm_of(person) != customer else None
        return RANK[grant["level"]] if grant else 0

    # --- Requests ---

    def named(self, person, key):
        request = script.REQUESTS[key]
        me = {person} | {one for one, its in self.people.items() if its.get("stands_in_for") == person}
        return bool(me & {request["by"], request.get("primary"), *request.get("naming", ())})

    def created(self, key):
        return self.day(-script.REQUESTS[key].get("age", 2))

    def reads(self, person, key):
        customer, request = firm_of(key), script.REQUESTS[key]
        if not self.signs_in(person):
            return False
        if self.is_desk(person) or firm_of(person) == customer:
            return True
        grant = self.deciding(person, customer)
        if grant is None:
            return False
        if self.named(person, key):
            return True
        if RANK[grant["level"]] < LOOK or request.get("confidential"):
            return False
        return grant["covers"] is None or self.created(key) >= self.covers_from(grant)

    def covers_from(self, grant):
        zone = ZoneInfo(script.FIRMS[grant["customer"]][0])
        day = self.day(-grant["covers"]).replace(tzinfo=UTC).astimezone(zone).date()
        return datetime.combine(day, time.min, zone).astimezone(UTC).replace(tzinfo=None)

    def readable(self, person):
        return {key for key in script.REQUESTS if self.reads(person, key)}

    def people_on(self, key):
        """Return whom the request names and who wrote in it, and those for whom they stand in."""
        request = script.REQUESTS[key]
        on = {
            request["by"],
            request.get("primary", request["by"]),
            *request.get("naming", ()),
            *request.get("says", ()),
        }
        return on | {self.people[one]["stands_in_for"] for one in on if "stands_in_for" in self.people[one]}

    # --- Texts ---

    def must(self, person, text):
        return getattr(self, f"_{text.kind}")(person, text.about)

    def may(self, person, text):
        loosely = getattr(self, f"_perhaps_{text.kind}", None)
        return self.must(person, text) or bool(loosely and loosely(person, text.about))

    def _request(self, person, key):
        return self.reads(person, key)

    def _file(self, person, key):
        return self.reads(person, key)

    def _internal(self, person, _key):
        return self.is_desk(person)

    _internal_file = _internal

    def _draft(self, person, about):
        author, place = about
        return person == author and self.signs_in(person) and (place == "ask" or self.reads(person, place))

    def _answer(self, person, audience):
        if audience == "public":
            return True
        return self.is_desk(person) or (audience == "contacts" and self.signs_in(person))

    def _site(self, person, customer):
        """The drop-downs of the dashboard name them to all who may see it; a request that one reads, its own."""
        own = self.signs_in(person) and firm_of(person) == customer
        return self.is_desk(person) or own or self.rank(person, customer) >= LOOK

    def _perhaps_site(self, person, customer):
        return self._site(person, customer) or any(firm_of(key) == customer for key in self.readable(person))

    def _site_address(self, _person, _customer):
        return False

    _perhaps_site_address = _perhaps_site

    def _notice(self, person, customer):
        return self._site(person, customer)

    def _reason(self, person, key):
        """Whoever may decide finds the reason of what waits; those concerned on both sides may be told it."""
        one = script.ACCESS_REQUESTS[key]
        return one.get("status") is None and self._decides(person, one)

    def _decides(self, person, one):
        return self.flag(person, "contact_manager") and firm_of(person) == one["customer"]

    def _perhaps_reason(self, person, key):
        one = script.ACCESS_REQUESTS[key]
        if not self.signs_in(person):
            return False
        concerned = {person, firm_of(person)} & {one["by"], *one["lines"]} or self.flag(person, "contact_manager")
        return self._decides(person, one) or (firm_of(person) == firm_of(one["by"]) and bool(concerned))

    def _decision(self, _person, _key):
        return False

    _perhaps_decision = _perhaps_reason

    def _typed_address(self, _person, _key):
        return False

    _perhaps_typed_address = _perhaps_reason

    def _name(self, person, other):
        """Who is on a request that one reads is named there."""
        return self.is_desk(person) or any(other in self.people_on(key) for key in self.readable(person))

    def _perhaps_name(self, person, other):
        if not self.signs_in(person):
            return False
        firm, theirs = firm_of(person), firm_of(other)
        if firm == theirs or theirs == "desk":
            return True
        if self.flag(person, "contact_manager") and self._dealings(firm, theirs):
            return True
        if self.people[other].get("contact_manager") and self._granted_by(person, theirs):
            return True
        return any(self._offered(person, other, customer) for customer in script.FIRMS)

    def _offered(self, person, other, customer):
        """Who may submit or change a request is offered the customer's people, and those of all its partners."""
        if firm_of(person) != customer and self.rank(person, customer) < UPDATE:
            return False
        return firm_of(other) == customer or self.rank(other, customer) > 0

    def _granted_by(self, person, customer):
        """Who was given access is told who gave it; so are their firm's contact managers."""
        given = [
            one for one in self.grants if one["customer"] == customer and firm_of(one["subject"]) == firm_of(person)
        ]
        mine = (one for one in given if one["subject"] in {person, firm_of(person)})
        asked = [one for one in script.ACCESS_REQUESTS.values() if one["customer"] == customer and one.get("status")]
        concerned = (one for one in asked if person in {one["by"], *one["lines"]})
        return any(mine) or any(concerned) or bool(given and self.flag(person, "contact_manager"))

    def _dealings(self, customer, partner):
        """Return the grants and the requests for access between the two, and whom one has added to the other."""
        granted = [one for one in self.grants if one["customer"] == customer and firm_of(one["subject"]) == partner]
        asked = [one for one in script.ACCESS_REQUESTS.values() if one["customer"] == customer]
        added = [
            one for name, one in self.people.items() if firm_of(name) == customer and one.get("added_by") == partner
        ]
        return granted + [one for one in asked if firm_of(one["by"]) == partner] + added

    def _firm(self, person, firm):
        return self.is_desk(person) or (
            self.signs_in(person) and (firm_of(person) == firm or self.rank(person, firm) > 0)
        )

    def _perhaps_firm(self, person, firm):
        if firm == "desk":
            return True
        if not self.signs_in(person):
            return False
        if self.flag(person, "contact_manager") and self._dealings(firm_of(person), firm):
            return True
        people = [one for one in self.people if firm_of(one) == firm]
        return self._granted_by(person, firm) or any(
            self._name(person, one) or self._perhaps_name(person, one) for one in people
        )

    def _email(self, _person, _other):
        return False

    def _perhaps_email(self, person, other):
        return self._name(person, other) or self._perhaps_name(person, other)
