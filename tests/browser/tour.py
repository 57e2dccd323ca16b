"""The preview's stories as a visitor walks them, in whatever language: for the test that does, and for pictures."""

from playwright.sync_api import expect

STORIES = {"ask": 4, "decide": 5, "question": 5, "narrow": 6, "end": 5}  # steps
SUBJECT = "Seats of a cancelled flight stay reserved"
DESCRIPTION = "Since this morning a cancelled flight keeps its seats. Releasing them by hand works."
REPLY = "Found it: the nightly job had stopped. The seats are free again."


def _opens_the_form(page):
    page.locator('main a[href="/partner/my_customers/request"]').first.click()


def _asks(page):
    page.locator("#manager_email").fill("y.mori@kitahama.example")
    page.locator("select[name^=level-]").first.select_option("create")
    page.locator("section[aria-labelledby=why] .actions button").click()
    page.wait_for_url("**/partner/my_customers*")


def _approves(page):
    page.locator(".decision button[id^=approve-button-]").first.click()


def _submits(page):
    page.locator("#subject").fill(SUBJECT)
    page.locator("#description").fill(DESCRIPTION)
    page.locator("#submit-line button").click()
    # The answers that are proposed meanwhile bring the tour's next step along, and it is not of this page any more.
    page.wait_for_url("**/requests/*")


def _replies(page):
    page.locator("#body").fill(REPLY)
    page.locator("#reply-form > .actions button").first.click()


def _narrows(page):
    page.locator("#partner").select_option("brightwater")
    page.locator("#person_email").fill("d.sokol@brightwater.example")
    page.locator("#person_level").select_option("cc")
    page.locator("section[aria-labelledby=how-long] .actions button").click()


def _ends_it(page):
    line = page.locator("tr:has(.tour-hint)")
    line.locator("details summary").click()
    line.locator("details button").click()


def _lets_three_months_pass(page):
    page.locator(".tour button[name=days]").click()


# What a visitor does, by story and step; every other step is looked at and left by its button.
DOINGS = {
    ("ask", 1): _opens_the_form,
    ("ask", 2): _asks,
    ("decide", 2): _approves,
    ("question", 2): _submits,
    ("question", 4): _replies,
    ("narrow", 2): _narrows,
    ("narrow", 5): _ends_it,
    ("end", 2): _lets_three_months_pass,
}


def begin(page, story):
    """Begin the story from the preview's first page."""
    page.goto("/preview")
    page.locator(f"#stories button[value={story}]").click()


def walk(page, story, look=lambda page, name: None):
    """Walk the whole story; `look(page, "ask-1")` is called at each of its steps, and "ask-end" at its end."""
    begin(page, story)
    for number in range(1, STORIES[story] + 1):
        _expect_step(page, number)
        if page.locator(".tour form button[formaction$='/go']").count():
            page.locator(".tour form button[formaction$='/go']").click()
            _expect_step(page, number)
        look(page, f"{story}-{number}")
        DOINGS.get((story, number), _goes_on)(page)
    expect(page.locator(".tour-steps .over")).to_have_count(STORIES[story])
    look(page, f"{story}-end")


def _goes_on(page):
    page.locator(".tour form.actions > button:not(.link)").click()


def _expect_step(page, number):
    expect(page.locator(".tour-steps .over")).to_have_count(number - 1)
    expect(page.locator(".tour-steps .now")).to_have_count(1)
