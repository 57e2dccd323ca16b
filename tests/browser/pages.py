"""The pages of the portal as a person of the preview opens them: for the tests that look at each, and for pictures."""

ANA, YUKI, NOOR = "Ana Torres", "Yuki Mori", "Noor Haddad"


def path_of_request(page, subject):
    """Return the path of the request with this subject, found as its reader finds it: in My Requests."""
    page.goto("/requests")
    return page.get_by_role("link", name=subject).first.get_attribute("href")


def _request(page):
    return path_of_request(page, "Order export stops at 10,000 rows")


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
    "ask": (ANA, "/ask"),
    "service_request": (ANA, _request),
    "service_request_of_the_desk": (NOOR, _request),
    "requests": (ANA, "/requests"),
    "no_requests": (ANA, "/requests?q=nothing+at+all+like+this"),
    "history": (YUKI, "/history/kitahama"),
    "not_found": (ANA, "/requests/000000-000000"),
    "refused": (ANA, "/history/nordlys"),
}


def open_named(page, name):
    """Open the page called `name` as whoever it is for; return the answer's status."""
    person, place = PAGES[name]
    if person:
        page.goto("/preview")
        page.get_by_role("button", name=person).first.click()
    path = place(page) if callable(place) else place
    return page.goto(path).status
