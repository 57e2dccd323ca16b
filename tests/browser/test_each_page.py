"""Every page as a browser sees it: no rule of its policy broken, nothing wider than a phone, axe content."""

from pathlib import Path

import pytest

from tests.browser.conftest import NARROW
from tests.browser.pages import PAGES, STATUSES, choose, open_named

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def cookies(chromium, looked_at):
    """Return what a browser keeps of being a person: each is chosen once."""
    kept = {None: None}

    def of(person):
        if person not in kept:
            context = chromium.new_context(base_url=looked_at.url)
            choose(context.new_page(), person)
            kept[person] = context.storage_state()
            context.close()
        return kept[person]

    return of


@pytest.mark.parametrize("name", PAGES)
def test_the_page_keeps_its_policy_pleases_axe_and_fits_a_phone(visit, looked_at, cookies, name):
    page = visit(looked_at, storage_state=cookies(PAGES[name][0]), color_scheme="light")
    assert open_named(page, name) == STATUSES.get(name, 200)
    assert complaints(page) == []
    assert grave_violations(page) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def complaints(page):
    """Return what the browser's console holds against the page, its status apart."""
    return [one for one in page.complaints if not one.startswith("Failed to load resource: the server responded")]


def grave_violations(page):
    """Return what axe calls serious or critical. It styles its own measuring, which the policy forbids: it comes last."""
    page.evaluate(AXE)
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")
    return [
        f"{one['id']}: {node['target']}"
        for one in violations
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
