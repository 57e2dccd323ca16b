"""Passwords that nobody may choose, wherever a password is chosen."""

import pytest

from portal import guessable
from portal.forms.sign_in import password_problem
from portal.models import Contact

ANA = Contact(email="ana.torres@brightwater.example", name="Ana Torres")


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc4rfv",
        "1QAZ2wsx3EDC4rfv",
        "12345678987654321",
        "passwordpassword",
        "PasswordPassword1!",
        "password!!!!!!!!!!!!!",
        "2026-2026-qwerty-2026",
        "xxxxxxxxxxxxxxxxxxxx",
        "abcabcabcabcabcabc",
        "iloveyouprincess",
        "Sunshine123456789",
        "trustno1trustno2!",
        "ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ",
    ],
)
def test_a_common_password_is_refused_however_it_is_written(app, password):
    with app.test_request_context():
        assert "many people use" in password_problem(password, ANA)


@pytest.mark.parametrize(
    "password",
    [
        "partner portal 2026",
        "PartnerPortal!!!",
        "Ana Torres Ana Torres",
        "anatorres.1990.",
        "torres@brightwater!",
        "Partner Portal Torres",
    ],
)
def test_a_password_made_of_known_names_is_refused(app, password):
    with app.test_request_context():
        assert "known to others" in password_problem(password, ANA)


def test_the_address_itself_is_refused(app):
    with app.test_request_context():
        assert "e-mail address" in password_problem("Ana.Torres@Brightwater.example", ANA)


@pytest.mark.parametrize(
    "password",
    [
        "a lamp beside the window",
        "four herons on the weir",
        "Ana keeps nine blue boats",
        "the portal of the whale",
        "窓辺のランプと四羽の鷺が川にいる朝",
        "correct horse battery staple",
    ],
)
def test_a_few_words_in_a_row_are_taken_without_rules_of_composition(app, password):
    with app.test_request_context():
        assert password_problem(password, ANA) is None


def test_a_contact_without_a_name_is_no_trouble(app):
    with app.test_request_context():
        assert password_problem("a lamp beside the window", Contact(email="x@y.example")) is None


def test_the_longest_password_costs_next_to_nothing():
    assert guessable.is_common("ab" * 500)
    assert not guessable.is_common("".join(chr(0x4E00 + number) for number in range(1000)))
