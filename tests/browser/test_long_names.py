"""Names without a blank, as long as they may be, and words from right to left: each page keeps to the screen's width."""

import shutil

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.fitting import WIDTH
from tests.browser.pages import PAGES, open_named
from tests.browser.walking import Walk

UNBROKEN = "Wolfeschlegelsteinhausenbergerdorffvoralternwarengewissenhaftschaferswessenschafe"
FROM_THE_RIGHT = f" \u062a\u0635\u062f\u064a\u0631 <script>alert(1)</script> https://firm.example/{'a' * 90}"
LONG = {
    ("contact", "name"): UNBROKEN,
    ("organization", "name"): UNBROKEN,
    ("site", "name"): UNBROKEN,
    ("service_request", "subject"): FROM_THE_RIGHT,
    ("message", "body"): FROM_THE_RIGHT,
    ("access_request", "reason"): FROM_THE_RIGHT,
    ("attachment", "name"): UNBROKEN,
}
LOOKED_AT = (
    "start", "start_of_a_partner", "my_customers", "request_access", "my_partners", "edit_a_grant", "ask_for_a_customer",
    "service_request", "service_request_of_the_desk", "requests", "history", "who_could_see", "contacts", "contact",
    "dashboard", "desk", "desk_organization", "site_notices", "notifications", "approval_refused",
)  # fmt: skip


@pytest.fixture(scope="module")
def lengthened(chromium, filled, tmp_path_factory):
    """A preview in which everybody was chosen by a short name, and everything has a long one since."""
    made = Walk(chromium, shutil.copytree(filled, tmp_path_factory.mktemp("long") / "preview"))
    for name in LOOKED_AT:
        made.cookies(PAGES[name][0])
    for (table, column), tail in LONG.items():
        made.lengthen(table, column, tail)
    yield made
    made.stop()


@pytest.mark.parametrize("name", LOOKED_AT)
def test_no_name_is_wider_than_a_screen(lengthened, name):
    with lengthened.window(PAGES[name][0], viewport=NARROW) as page:
        open_named(page, name)
        assert page.get_by_text(UNBROKEN[:40]).count() or page.get_by_text("alert(1)").count()
        assert page.evaluate(WIDTH) == NARROW["width"]
        page.set_viewport_size(WIDE)
        assert page.evaluate(WIDTH) == WIDE["width"]
