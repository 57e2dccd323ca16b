"""Names in lists and drop-downs stand where their readers look for them, on both engines alike."""

import re

import pytest

from portal import languages
from portal.collation import in_order, key
from portal.models import Site
from portal.permissions import Level
from tests.world import contact, grant, organization


def ordered(names, locale="en"):
    return sorted(names, key=lambda name: key(name, locale))


@pytest.mark.parametrize(
    ("locale", "names"),
    [
        ("en", ["Abe", "Ábel", "abelard", "Østby", "Oz", "Zoë", "Zoran"]),
        ("es", ["Nadal", "Nuria", "Núria", "Ñáñez", "Oca"]),
        ("en", ["Nadal", "Ñáñez", "Nuria"]),
        ("ja", ["Abe", "あべ", "アベ", "いとう", "ガス", "きた", "佐藤 美咲", "小川 さくら"]),
        ("ja", ["ＡＢＣ商事", "abd", "ｶﾄｳ", "さとう"]),
    ],
)
def test_names_stand_in_the_order_of_their_language(locale, names):
    assert ordered(reversed(names), locale) == names


def test_equal_letters_are_told_apart_always_the_same_way():
    assert ordered(["José", "Jose", "JOSE"]) == ordered(["JOSE", "José", "Jose"])


def test_it_is_the_readers_language_that_counts(app):
    names = ["Nuria", "Ñáñez"]
    with app.test_request_context():
        languages.speak("es")
        assert in_order(names, str) == ["Nuria", "Ñáñez"]
        languages.speak("en")
        assert in_order(names, str) == ["Ñáñez", "Nuria"]


def test_customers_partners_and_people_are_offered_in_that_order(browse, world):
    made = [organization(f"customer-{number}", name) for number, name in enumerate(["Zebra", "abaco", "Ábaco Uno"])]
    for one in made:
        grant(one, world.create, Level.CREATE)
    page = browse(world.create).get("/ask").text
    offered = re.findall(r'<option value="(?:customer-\d|kitahama)"[^>]*>([^<]+)<', page)
    assert offered == ["abaco", "Ábaco Uno", "Kitahama Foods", "Zebra"]
    held = re.findall(r'<h3 id="name-[^"]+">([^<]+)<', browse(world.create).get("/partner/my_customers").text)
    assert held == offered


def test_sites_are_offered_in_that_order(browse, world):
    for name in ("zoo", "Ábaco", "abbey"):
        Site.create(organization=world.kitahama, name=name)
    chooser = re.search(
        r'<select id="site".*?</select>', browse(world.create).get("/ask?organization=kitahama").text, re.S
    )
    shown = [name for name in re.findall(r">([^<]+)</option>", chooser[0]) if name in {"zoo", "Ábaco", "abbey"}]
    assert shown == ["Ábaco", "abbey", "zoo"]


def test_people_stand_by_name_within_their_organization(browse, world):
    for role, name in (("one", "zoran"), ("two", "Ábel"), ("three", "abe")):
        person = contact(world.kitahama, role, support_contact=True)
        person.name = name
        person.save()
    page = browse(world.create).get("/ask?organization=kitahama").text
    chooser = re.search(r'<select id="primary_contact".*?</select>', page, re.S)[0]
    shown = [name for name in re.findall(r">([^<]+)</option>", chooser) if name in {"zoran", "Ábel", "abe"}]
    assert shown == ["abe", "Ábel", "zoran"]
