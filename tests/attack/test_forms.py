"""Attacks by what is posted: fields that no form has, thousands of parts, line breaks, other sites."""

import pytest

from portal.models import Contact, Grant, Organization, ServiceRequest
from tests.route_paths import PATHS
from tests.route_rows import ROWS

EXTRA = {
    "contact_manager": "on", "support_contact": "on", "desk": "on", "active": "on", "is_admin": "true",
    "id": "1", "public_id": "x", "contact_id": "1", "organization_id": "1", "password": "four herons on the weir",
    "password_hash": "x", "level": "full_admin", "status": "closed", "approved_by": "1", "expires_at": "2099-01-01",
    "author": "1", "author_id": "1", "submitted_by": "1", "added_by": "", "stands_in_for": "1", "internal": "on",
}  # fmt: skip
POSTS = sorted({line.split()[0] for line in ROWS.splitlines() if " POST " in line})
RIGHTS = ("contact_manager", "support_contact", "desk", "organization", "password_hash", "stands_in_for", "added_by")
SKIPPED = {"sign_in.logout", "preferences.end_sessions"}


def rights():
    columns = [getattr(Contact, name) for name in ("id", *RIGHTS)]
    return {row[0]: row[1:] for row in Contact.select(*columns).tuples()}


@pytest.mark.parametrize("endpoint", [one for one in POSTS if one not in SKIPPED and one in PATHS])
def test_fields_that_a_form_does_not_have_are_never_assigned(world, browse, endpoint):
    """Mass assignment: an ordinary person, a partner with every right and one with none gain nothing by any form."""
    path, form = PATHS[endpoint](world)
    before, grants = rights(), Grant.select().count()
    for person in (world.own, world.full_admin, world.stranger):
        answer = browse(person).post(path, {**EXTRA, **form})
        assert answer.status_code < 500
    after = rights()
    assert {number: after[number] for number in before} == before
    new = [Contact.get_by_id(number) for number in after.keys() - before.keys()]
    assert not any(one.contact_manager or one.desk or one.support_contact or one.password_hash for one in new)
    assert Grant.select().count() == grants


@pytest.mark.parametrize("path", ["/login", "/ask", "/unsubscribe/x", "/login/forgot"])
def test_a_flood_of_parts_is_413(world, browse, path):
    """Each part costs far more memory than it has bytes."""
    flood = {f"field{number}": (None, "x") for number in range(2100)}
    edge = "edge"
    body = (
        "".join(f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n' for name in flood)
        + f"--{edge}--\r\n"
    )
    answer = browse(world.support).client.post(
        path, data=body.encode(), content_type=f"multipart/form-data; boundary={edge}"
    )
    # Without the form's token nothing is read at all where the token is asked for first.
    assert answer.status_code in {413, 404}
    assert (answer.status_code == 404) == path.startswith("/unsubscribe")


def test_a_field_that_is_far_too_long_is_413_and_changes_nothing(world, browse):
    before = ServiceRequest.select().count()
    data = {"body": (None, "x" * (5 * 2**20)), "organization": (None, "kitahama")}
    edge = "edge"
    body = (
        "".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, (_nothing, value) in data.items()
        )
        + f"--{edge}--\r\n"
    )
    answer = browse(world.support).client.post(
        "/ask", data=body.encode(), content_type=f"multipart/form-data; boundary={edge}"
    )
    assert answer.status_code == 413
    assert ServiceRequest.select().count() == before


@pytest.mark.parametrize("typed", ["/\r\nSet-Cookie: a=b", "/requests\nLocation: //evil.example", "/%0d%0aX: y"])
def test_no_line_break_gets_into_a_header(world, browse, typed):
    answer = browse(world.look).get("/login", query_string={"next": typed})
    assert answer.status_code == 303
    assert "a=b" not in str(answer.headers)
    assert "\n" not in answer.location
    assert answer.location == "/" or answer.location.startswith("/%0")


@pytest.mark.parametrize("endpoint", [one for one in POSTS if one != "unsubscribe.leave" and one in PATHS])
def test_no_form_is_taken_from_another_site(world, browse, endpoint):
    """Cross-site forgery: without the token of one's own session, or with that of another, nothing is done."""
    path, form = PATHS[endpoint](world)
    before = [table.select().count() for table in (Contact, Grant, ServiceRequest, Organization)]
    browser, other = browse(world.manager), browse(world.manager)
    assert browser.post(path, form, token=False).status_code == 400
    assert browser.post(path, {**form, "csrf_token": other.token()}).status_code == 400
    assert [table.select().count() for table in (Contact, Grant, ServiceRequest, Organization)] == before


@pytest.mark.parametrize("path", ["/", "/login", "/requests", "/preferences", "/healthz", "/nowhere", "/requests.csv"])
def test_every_answer_carries_the_headers_that_browsers_go_by(world, browse, path):
    for browser in (browse(world.look), browse()):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        for rule in ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert rule in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert {"Referrer-Policy", "Permissions-Policy"} <= {name for name, _value in headers}
        assert {"Cookie", "HX-Request"} <= set(headers["Vary"].replace(" ", "").split(","))
    assert browse(world.look).get("/requests").headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_the_host_and_sent_nowhere_else(environment, request):
    environment["PUBLIC_URL"] = "https://portal.example"
    app = request.getfixturevalue("app")
    request.getfixturevalue("world")
    cookie = app.test_client().get("/login", base_url="https://portal.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie
