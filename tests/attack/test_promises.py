"""SECURITY.md states nothing that no test shows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


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
