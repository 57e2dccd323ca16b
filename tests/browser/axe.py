"""axe-core in a page."""

from pathlib import Path

AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")

OPTIONS = "{resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}"  # which axe leaves out unless asked


def violations(page):
    """Return what axe holds against the page, of whatever weight, by all its rules of WCAG 2.2 A and AA and good practice.

    It styles its own measuring, which the page's policy forbids: look for complaints of the policy before.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(f"axe.run(document, {OPTIONS}).then(found => found.violations)")
    return [f"{one['id']} ({one['impact']}): {node['target']}" for one in found for node in one["nodes"]]
