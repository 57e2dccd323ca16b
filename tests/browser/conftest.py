"""A real Chromium before a real preview."""

import shutil

import pytest

from tests.browser.pages import choose
from tests.browser.previews import Preview, fill, on_a_copy
from tests.conftest import cannot_run

HOW_TO_GET_A_BROWSER = "a browser: apt-get install chromium fonts-noto-cjk"
PATIENCE = 20_000  # milliseconds: two cores may have much else to do
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.nodeid.split("/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium(request):
    """The browser itself, started once."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        cannot_run(request, HOW_TO_GET_A_BROWSER)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A folder as a preview fills it, in which nobody has lived yet."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def lived_in(chromium, filled, tmp_path):
    """A preview for one test to live in."""
    with on_a_copy(filled, tmp_path / "preview") as preview:
        yield preview


@pytest.fixture(scope="module")
def portal(chromium, filled, tmp_path_factory):
    """A preview for the tests of one module, which do not stand in each other's way."""
    with on_a_copy(filled, tmp_path_factory.mktemp("module") / "preview") as preview:
        yield preview


@pytest.fixture(scope="session")
def inhabited(chromium):
    """A preview that many tests live in beside each other: each makes what it changes, and finds it by its own words.

    It begins with nothing, as anybody's does.
    """
    preview = Preview()
    yield preview
    preview.stop()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request):
    """Whether the pages of this test run scripts."""
    return request.param


@pytest.fixture
def words(javascript):
    """Return a function that makes words no other test uses, of words that tell what they are for."""
    return lambda tells: f"{tells} {'scripted' if javascript else 'plain'}"


@pytest.fixture(scope="session")
def sessions_of_people():
    """What a browser keeps of being a person of the shared preview, by name: each is chosen once."""
    return {}


@pytest.fixture
def be(visit, inhabited, javascript, sessions_of_people):
    """Return a function that opens a window of one's own as that person of the shared preview."""

    def person(name):
        page = visit(inhabited, java_script_enabled=javascript, storage_state=sessions_of_people.get(name))
        if name not in sessions_of_people:
            choose(page, name)
            sessions_of_people[name] = page.context.storage_state()
        return page

    return person


@pytest.fixture
def visit(chromium):
    """Return a function that opens a page of `preview` in a browser window of its own, and tells what went wrong."""
    opened = []

    def open_page(preview, **options):
        opened.append(open_window(chromium, preview, **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.context.close()


def open_window(chromium, preview, **options):
    """Return a page of `preview` in a browser window of its own; `complaints` tells what went wrong in it."""
    context = chromium.new_context(base_url=preview.url, **{"viewport": WIDE, "locale": "en-GB", **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page
