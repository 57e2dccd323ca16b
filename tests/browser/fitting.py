"""Whether a page has room for all that it shows: on a phone, and on the smallest one with the text at twice its size."""

from tests.browser.conftest import NARROW

SMALLEST = {"width": 320, "height": 700}
# What a button or link shows of its text is all of it: neither cut by itself nor by what it stands in.
CUT = """() => [...document.querySelectorAll("main :is(button, .button, summary, .tag, select), .topbar *, .tour button")]
    .filter(one => one.checkVisibility() && !one.closest(".vh"))
    .filter(one => {
        const box = one.getBoundingClientRect();
        const inside = one.localName === "select" || one.scrollWidth <= one.clientWidth + 1 || getComputedStyle(one).display === "inline";
        return !inside || box.left < -0.5 || box.right > innerWidth + 0.5;
    })
    .map(one => `${one.localName}: ${one.textContent.trim().slice(0, 60)}`)"""

# The name of a level runs into nothing: it is longest in Spanish.
COVERED = """() => [...document.querySelectorAll("main .level")]
    .filter(one => one.nextElementSibling && one.checkVisibility())
    .filter(one => {
        const box = one.getBoundingClientRect(), next = one.nextElementSibling.getBoundingClientRect();
        return next.width > 1 && next.top < box.bottom && next.bottom > box.top && next.left < box.right - 0.5 && next.left > box.left;
    })
    .map(one => one.parentElement.textContent.trim().slice(0, 60))"""
# The date of a request stands beside its reference, not alone on a line.
ALONE = """() => [...document.querySelectorAll("main tr:has(.ref) > .num > time")]
    .filter(one => {
        const date = one.getBoundingClientRect(), reference = one.closest("tr").querySelector(".ref").getBoundingClientRect();
        return date.top > reference.bottom || reference.top > date.bottom || date.left < reference.right;
    })
    .map(one => one.closest("tr").querySelector("a").textContent.trim().slice(0, 60))"""
WIDTH = "document.documentElement.scrollWidth"


def misfits(page):
    """Return what is cut, covered or wider than the screen; the page is left as the smallest screen shows it."""
    found = [f"covers what stands beside it: {one}" for one in page.evaluate(COVERED)]
    page.set_viewport_size(NARROW)
    found += [f"cut on a phone: {one}" for one in page.evaluate(CUT)]
    found += [f"its date stands alone on a phone: {one}" for one in page.evaluate(ALONE)]
    found += _too_wide(page, NARROW)
    _double_the_text(page)
    page.set_viewport_size(SMALLEST)
    return found + _too_wide(page, SMALLEST)


def _too_wide(page, screen):
    width = page.evaluate(WIDTH)
    return [f"{width} pixels wide on a screen of {screen['width']}"] if width > screen["width"] else []


def _double_the_text(page):
    """Show all text at twice its size, as a person sets it in the browser; the policy is not asked about this style."""
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%', 'important')")
