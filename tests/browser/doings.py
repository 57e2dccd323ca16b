"""What people do again and again in a browser, with JavaScript and without."""

from urllib.parse import urlsplit

from playwright.sync_api import expect


def submit_request(page, organization, subject, description="What happened, in a sentence."):
    """Submit a question for the organization (a slug) as whoever `page` is; return the path of the request."""
    page.goto(f"/ask?organization={organization}")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Description").fill(description)
    page.get_by_role("button", name="Submit for").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(subject)
    return urlsplit(page.url).path


def say(page, message):
    """Write that reply on the open request and wait until it stands in the thread."""
    page.get_by_role("textbox", name="Message").fill(message)
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text(message)


def flip(page, switch, on, saves="Save"):
    """Set a switch or drop-down's form: with a script at once, without one by its button beside it."""
    switch.set_checked(on)
    button = switch.locator("xpath=ancestor::form").get_by_role("button", name=saves)
    if button.count():
        button.click()


def stored(page, start, path):
    """Click `start` and return the text of the file that comes down."""
    with page.expect_download() as coming:
        start.click()
    coming.value.save_as(path)
    return path.read_text(encoding="utf-8-sig")
