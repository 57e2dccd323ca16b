"""The filters above lists, as the eye finds them: what is chosen is read whole, and fields stay beside each other."""

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import NOOR, YUKI

# The words of a choice need more room than its drop-down has.
CUT = """select => {
    const free = select.cloneNode(true);
    Object.assign(free.style, {position: "absolute", width: "max-content", maxWidth: "none"});
    select.after(free);
    const needed = free.getBoundingClientRect().width;
    free.remove();
    return needed > select.getBoundingClientRect().width + 1;
}"""


@pytest.mark.parametrize("screen", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    ("person", "place", "names"),
    [(NOOR, "/desk", ("status", "severity", "age", "sort")), (YUKI, "/history/kitahama", ("kind",))],
)
def test_each_choice_of_a_filter_is_read_whole(be, person, place, names, screen):
    page = be(person)
    page.set_viewport_size(screen)
    page.goto(place)
    assert [name for name in names if page.locator(f"#{name}").evaluate(CUT)] == []


def test_a_sentence_under_one_day_leaves_the_other_beside_it(be):
    yuki = be(YUKI)
    yuki.set_viewport_size(NARROW)
    yuki.goto("/history/kitahama?from=the+first+of+may")
    assert yuki.locator("#e-from").is_visible()
    first, last = (yuki.locator(f"#{name}").bounding_box() for name in ("from", "until"))
    assert first["y"] == last["y"]
    assert first["x"] < last["x"]
