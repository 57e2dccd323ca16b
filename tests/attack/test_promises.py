"""SECURITY.md states nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

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


def test_each_cause_of_a_known_advisory_has_its_test_and_its_promise():
    assert len(ADVISORIES) == 21
    there_are = names_of_all_tests()
    assert {cause: name for cause, name in ADVISORIES.items() if name not in there_are} == {}
    unsaid = {cause: name for cause, name in ADVISORIES.items() if f"`{name}`" not in PAGE}
    assert unsaid == {}, "SECURITY.md does not promise it"
