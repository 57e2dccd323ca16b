"""The pages of the portal as a person of the preview opens them: for the tests that look at each, and for pictures."""

from datetime import date

ANA, SANNE, YUKI, NOOR = "Ana Torres", "Sanne de Boer", "Yuki Mori", "Noor Haddad"


def path_of_request(page, subject):
    """Return the path of the request with this subject, found as its reader finds it: in My Requests."""
    page.goto("/requests")
    return page.get_by_role("link", name=subject).first.get_attribute("href")


def _request(page):
    return path_of_request(page, "Order export stops at 10,000 rows")


def _who_could_see(page):
    reference = _request(page).rsplit("/", 1)[-1]
    return f"/history/kitahama/who?reference={reference}&day={date.today()}"


def _answer(page):
    page.goto("/answers")
    return page.get_by_role("link", name="A label printer keeps the last job").get_attribute("href")


# name: (whom to be, or nobody; where to go, or how to find it)
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
    "answer": (ANA, _answer),
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
}
STATUSES = {"not_found": 404, "refused": 403}


def choose(page, person):
    """Be that person, as a visitor of the preview becomes one."""
    page.goto("/preview")
    page.get_by_role("button", name=person).first.click()


def open_named(page, name):
    """Open the page called `name` as whoever `page` is signed in as; return the answer's status."""
    place = PAGES[name][1]
    return page.goto(place(page) if callable(place) else place).status
