"""Every page as a browser sees it: no rule of its policy broken, nothing wider than a phone, axe content."""

from pathlib import Path

import pytest

from tests.browser.conftest import NARROW
from tests.browser.pages import PAGES, open_named

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
STATUSES = {"not_found": 404, "refused": 403}
each_page = pytest.mark.parametrize("name", PAGES)


@each_page
def test_the_page_breaks_no_rule_of_its_policy(visit, looked_at, name):
    page = visit(looked_at)
    assert open_named(page, name) == STATUSES.get(name, 200)
    page.wait_for_load_state("networkidle")
    wrong = [one for one in page.complaints if not one.startswith("Failed to load resource: the server responded")]
    assert wrong == []


@each_page
def test_the_page_fits_a_phone(visit, looked_at, name):
    page = visit(looked_at, viewport=NARROW)
    open_named(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


@each_page
def test_axe_finds_nothing_serious(visit, looked_at, name):
    page = visit(looked_at, color_scheme="light")
    open_named(page, name)
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    grave = [
        f"{one['id']}: {node['target']}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
    assert grave == []
