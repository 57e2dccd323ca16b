"""SECURITY.md and docs/asvs.md state nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

REVIEW = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")


def numbered(text):
    """Return {"1.2.1", ...} of "1.2: 1 2 5; 1.3: 1 2"."""
    sections = [section.split(":") for section in text.split(";")]
    return {f"{section.strip()}.{number}" for section, numbers in sections for number in numbers.split()}


# Of OWASP ASVS 5.0.0, counted off from its own list.
LEVEL_1 = numbered(
    "1.2: 1 2 3 4 5; 1.3: 1 2; 1.5: 1; 2.1: 1; 2.2: 1 2; 2.3: 1; 3.2: 1 2; 3.3: 1; 3.4: 1 2; 3.5: 1 2 3; 4.1: 1; 4.4: 1;"
    "5.2: 1 2; 5.3: 1 2; 6.1: 1; 6.2: 1 2 3 4 5 6 7 8; 6.3: 1 2; 6.4: 1 2; 7.2: 1 2 3 4; 7.4: 1 2; 8.1: 1; 8.2: 1 2; 8.3: 1;"
    "9.1: 1 2 3; 9.2: 1; 10.4: 1 2 3 4 5; 11.3: 1 2; 11.4: 1; 12.1: 1; 12.2: 1 2; 13.4: 1; 14.2: 1; 14.3: 1; 15.1: 1;"
    "15.2: 1; 15.3: 1"
)
LEVEL_2 = numbered(
    "3.3: 2 3 4; 3.4: 3 4 5 6; 3.5: 4 5; 3.7: 1 2; 7.1: 1 2 3; 7.3: 1 2; 7.4: 3 4 5; 7.5: 1 2; 7.6: 1 2; 8.1: 2; 8.2: 3; 8.4: 1"
)

# What went wrong in other systems like this one, and what shows that it does not here.
ADVISORIES = {
    "unscoped ticket handlers": "test_a_hidden_request_is_answered_like_one_that_never_was",
    "object-level checks missing on create": "test_create_and_more_may_ask_for_the_customer_and_nobody_else",
    "object-level checks missing on link": "test_nobody_but_managers_and_the_desk_links_or_unlinks_a_stand_in",
    "counts leaking": "test_a_confidential_request_moves_no_figure_of_a_partner",
    "titles leaking": "test_search_finds_nothing_in_what_one_may_not_see",
    "mails sent after access ended": "test_mail_about_a_request_is_dropped_once_the_access_is_over",
    "session surviving deactivation": "test_a_session_is_dead_once_its_contact_is_inactive",
    "session id kept at sign-in": "test_no_session_id_is_kept_at_sign_in",
    "reset expiry inverted": "test_a_link_runs_out_to_the_second",
    "link reused": "test_of_twenty_at_once_one_uses_the_link",
    "link of another purpose": "test_a_link_is_worth_nothing_for_another_purpose",
    "blank hash matching": "test_a_blank_or_broken_hash_fits_no_password",
    "enumeration by reset": "test_every_address_gets_the_same_answer_and_the_same_writes",
    "mass assignment": "test_fields_that_a_form_does_not_have_are_never_assigned",
    "body unescaped in mail": "test_html_escapes_whatever_was_typed",
    "same-origin script by upload": "test_a_file_is_always_a_download_that_can_run_nothing",
    "traversal and zero-width file names": "test_names_are_cleaned",
    "multipart part floods": "test_a_flood_of_parts_is_413",
    "CSV formulas": "test_no_cell_is_a_formula",
    "next=/\\host": "test_next_never_leads_elsewhere",
    "header newline": "test_no_line_break_gets_into_a_header",
}


def names_of_all_tests():
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.M)}


def test_every_promise_names_tests_that_exist():
    promises = PAGE.partition("## Promises")[2]
    rows = [
        line for line in promises.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))
    ]
    assert len(rows) > 40
    there_are = names_of_all_tests()
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row)
        assert named, f"no test shows: {row}"
        assert set(named) <= there_are, f"no such test: {set(named) - there_are}"


def places_of_all_tests():
    files = (ROOT / "tests").rglob("test_*.py")
    return {
        (str(file.relative_to(ROOT / "tests")), name)
        for file in files
        for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.M)
    }


def requirements():
    """Return {number: the rest of its row} of the review."""
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|(.*)\|$", REVIEW, re.M)
    assert len(rows) == len(dict(rows)), "a requirement stands there twice"
    return dict(rows)


def test_every_requirement_of_asvs_is_shown_by_tests_that_exist_or_does_not_apply():
    there_are = places_of_all_tests()
    for number, row in requirements().items():
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", row)
        assert set(named) <= there_are, f"{number}: no such test: {set(named) - there_are}"
        assert named or re.search(r"\| (does not apply|by decision|by hand): \S", row), f"{number}: nothing shows it"


def test_no_requirement_of_level_one_and_of_the_three_chapters_of_level_two_is_left_out():
    """Seventy requirements of level 1, and those of level 2 for the web front end, sessions and authorization."""
    assert len(LEVEL_1) == 70
    assert set(requirements()) == LEVEL_1 | LEVEL_2


def test_each_cause_of_a_known_advisory_has_its_test_and_its_promise():
    assert len(ADVISORIES) == 21
    there_are = names_of_all_tests()
    assert {cause: name for cause, name in ADVISORIES.items() if name not in there_are} == {}
    unsaid = {cause: name for cause, name in ADVISORIES.items() if f"`{name}`" not in PAGE}
    assert unsaid == {}, "SECURITY.md does not promise it"
