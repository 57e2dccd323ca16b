"""The pages of the portal as a person of the preview opens them: for the tests that look at each, and for pictures."""

from datetime import date

import pyotp

from portal.preview.cast import PASSWORD

ANA, SANNE, YUKI, NOOR, RIN = "Ana Torres", "Sanne de Boer", "Yuki Mori", "Noor Haddad", "Rin Sakamoto"
BEN, HELEN = "Ben Okafor", "Helen Marsh"
CAREFUL, CAREFUL_EMAIL = "Lars Hagen", "l.hagen@nordlys.example"  # signs in with a second factor


def path_of_request(page, subject):
    """Return the path of the request with this subject, found as its reader finds it: in My Requests."""
    page.goto("/requests")
    return page.get_by_role("link", name=subject).first.get_attribute("href")


def _request(page):
    return path_of_request(page, "Order export stops at 10,000 rows")


def _who_could_see(page):
    reference = _request(page).rsplit("/", 1)[-1]
    return f"/history/kitahama/who?reference={reference}&day={date.today()}"


def _link(place, pattern):
    """Return how to find a page: by the first link on `place` whose address fits the CSS `pattern`."""

    def find(page):
        page.goto(place)
        return page.locator(f"main a[href{pattern}]").first.get_attribute("href")

    return find


def _unsubscribing(page):
    number, leaving = 0, page.locator("a[href*='/unsubscribe/']")
    while not leaving.count():  # some mail cannot be switched off
        number += 1
        page.goto(f"/preview/mail/{number}/html")
    return leaving.first.get_attribute("href")


def _choosing_a_password(page):
    page.goto("/login/forgot")
    page.locator("#email").fill("r.sakamoto@kitahama.example")
    page.locator("main form button").first.click()
    page.goto("/preview/mail")
    page.locator("main a[href^='/preview/mail/']").first.click()
    return page.frame_locator("iframe").locator("a[href*='/login/reset/']").first.get_attribute("href")


def _sent_empty(place, form):
    """Return how to open the page at `place` as it comes back when its form is sent with nothing typed."""

    def send(page):
        page.goto(place)
        with page.expect_navigation() as answer:
            page.eval_on_selector(form, "form => HTMLFormElement.prototype.submit.call(form)")
        return answer.value

    return send


def _approved_for_too_long(page):
    page.goto("/partner/my_partners")
    with page.expect_navigation() as answer:
        page.locator(".decision [name=days]").first.evaluate("days => { days.value = 9999; days.form.submit(); }")
    return answer.value


def _leaving_a_mail(page):
    page.goto(_unsubscribing(page))
    return _pressed(page, "main form button")


def _refused_reply(page):
    path = _request(page)
    page.goto(path)
    with page.expect_navigation() as answer:
        page.eval_on_selector("form[action$='/logout']", POSTS_A_REPLY, f"{path}/messages")
    return answer.value


POSTS_A_REPLY = """(form, path) => {
    const body = form.appendChild(document.createElement("textarea"));
    Object.assign(body, {name: "body", value: "The export of last night has all of its 12,480 rows."});
    form.action = path;
    form.submit();
}"""


def _second_factor(page):
    choose(page, CAREFUL)
    answer = page.goto("/preferences/second_factor")
    key = page.locator(".typed-code")
    if key.count():
        page.locator("#code").fill(pyotp.TOTP(key.text_content().replace(" ", "")).now())
        _pressed(page, "#app-form [type=submit]")
        answer = page.goto("/preferences/second_factor")
    return answer


def _recovery_codes(page):
    _second_factor(page)
    return _pressed(page, "form[action$='/codes'] button")


def _asked_for_the_code(page):
    _second_factor(page)
    _pressed(page, "form[action$='/logout'] button")
    page.locator("#email").fill(CAREFUL_EMAIL)
    page.locator("#password").fill(PASSWORD)
    return _pressed(page, "#sign-in-form [type=submit]")


def _pressed(page, button):
    with page.expect_navigation() as answer:
        page.locator(button).first.evaluate("button => button.click()")
    return answer.value


def _story(page):
    page.goto("/preview")
    for button in ("#stories button", "#tour .actions button"):
        with page.expect_navigation() as answer:
            page.locator(button).first.click()
    return answer.value


# name: (whom to be, or nobody; where to go, or how to find it, or to be led there)
PAGES = {
    "preview": (None, "/preview"),
    "preview_mails": (None, "/preview/mail"),
    "preview_mail": (None, "/preview/mail/1"),
    "sign_in": (None, "/login"),
    "forgot_password": (None, "/login/forgot"),
    "start": (YUKI, "/"),
    "start_of_a_partner": (ANA, "/"),
    "my_customers": (ANA, "/partner/my_customers"),
    "request_access": (ANA, "/partner/my_customers/request"),
    "my_partners": (YUKI, "/partner/my_partners"),
    "give_access": (YUKI, "/partner/my_partners/give"),
    "ask": (ANA, "/ask"),
    "ask_for_a_customer": (SANNE, "/ask"),
    "service_request": (ANA, _request),
    "service_request_of_the_desk": (NOOR, _request),
    "requests": (ANA, "/requests"),
    "no_requests": (ANA, "/requests?q=nothing+at+all+like+this"),
    "history": (YUKI, "/history/kitahama"),
    "who_could_see": (YUKI, _who_could_see),
    "contacts": (YUKI, "/contacts/kitahama"),
    "add_a_contact": (YUKI, "/contacts/kitahama/add"),
    "dashboard": (YUKI, "/dashboard/kitahama"),
    "answers": (ANA, "/answers"),
    "answer": (ANA, _link("/answers", "^='/answers/'")),
    "write_an_answer": (NOOR, "/desk/answers/new"),
    "notifications": (YUKI, "/notifications"),
    "preferences": (YUKI, "/preferences"),
    "set_up_a_second_factor": (YUKI, "/preferences/second_factor"),
    "desk": (NOOR, "/desk"),
    "desk_organizations": (NOOR, "/desk/organizations"),
    "desk_organization": (NOOR, "/desk/organizations/kitahama"),
    "desk_mail": (NOOR, "/desk/mail"),
    "site_notices": (NOOR, "/desk/notices"),
    "write_a_site_notice": (NOOR, "/desk/notices/new"),
    "not_found": (ANA, "/requests/000000-000000"),
    "refused": (ANA, "/history/nordlys"),
    "contact": (YUKI, _link("/contacts/kitahama", "^='/contacts/kitahama/']:not([href$='/add'])[href*='/'")),
    "edit_a_grant": (YUKI, _link("/partner/my_partners", "^='/partner/my_partners/grants/'")),
    "ask_sent_empty": (ANA, _sent_empty("/ask", "#ask")),
    "request_access_sent_empty": (ANA, _sent_empty("/partner/my_customers/request", "main form[method=post]")),
    "sign_in_refused": (None, _sent_empty("/login", "#sign-in-form")),
    "no_customers": (RIN, "/partner/my_customers"),
    "new_organization": (NOOR, "/desk/organizations/new"),
    "desk_answers": (NOOR, "/desk/answers"),
    "desk_answer": (NOOR, _link("/desk/answers", "^='/desk/answers/']:not([href$='/new'])[href*='/'")),
    "unsubscribe": (None, _unsubscribing),
    "story": (None, _story),
    "link_over": (None, "/login/reset/not-a-link"),
    "choose_password": (None, _choosing_a_password),
    "second_factor": (None, _second_factor),
    "recovery_codes": (None, _recovery_codes),
    "sign_in_code": (None, _asked_for_the_code),
    "confirm_password": (RIN, "/preferences/second_factor"),
    "start_of_the_desk": (NOOR, "/"),
    "no_partners": (HELEN, "/partner/my_partners"),
    "no_answers": (ANA, "/answers?q=nothing+at+all+like+this"),
    "unsubscribed": (None, _leaving_a_mail),
    "reply_refused": (BEN, _refused_reply),
    "approval_refused": (YUKI, _approved_for_too_long),
}
STATUSES = {
    "not_found": 404,
    "refused": 403,
    "ask_sent_empty": 422,
    "request_access_sent_empty": 422,
    "sign_in_refused": 422,
    "link_over": 404,
    "reply_refused": 403,
    "approval_refused": 422,
}


def choose(page, person):
    """Be that person, as a visitor of the preview becomes one."""
    page.goto("/preview")
    page.get_by_role("button", name=person).first.click()


def open_named(page, name):
    """Open the page called `name` as whoever `page` is signed in as; return the answer's status."""
    place = PAGES[name][1]
    found = place(page) if callable(place) else place
    return (page.goto(found) if isinstance(found, str) else found).status
