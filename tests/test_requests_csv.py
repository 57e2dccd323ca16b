"""The CSV of My Requests: exactly what is filtered, streamed, and safe in a spreadsheet."""

import csv
import io
import re
from datetime import timedelta

import pytest

from portal import clock, permissions
from portal.models import Grant, Message, ServiceRequest
from portal.models.request_lists import file_rows, ids_in_order
from tests.counting import statements
from tests.test_requests import many, next_page, shown
from tests.world import contact, service_request

COLUMNS = [
    "reference",
    "organization",
    "subject",
    "status",
    "severity",
    "category",
    "site",
    "submitted_by",
    "primary_contact",
    "created_at",
    "updated_at",
]


def rows(browser, query=""):
    answer = browser.get(f"/requests.csv{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8"), newline="")))


def test_the_file_has_the_columns_of_the_public_interface(world, browse):
    request = world.request
    first = rows(browse(world.look))[0]
    assert list(first) == COLUMNS
    assert first["reference"] == request.reference
    assert first["organization"] == "kitahama"
    assert (first["status"], first["severity"], first["category"]) == ("open", "3", "technical")
    assert first["site"] == "Osaka shop"
    assert first["submitted_by"] == first["primary_contact"] == "support@kitahama.example"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", first["created_at"])
    assert first["created_at"] == f"{request.created_at.isoformat()}+00:00"


def test_the_file_is_a_download_in_utf8_without_a_mark_of_order(world, browse):
    service_request(world.kitahama, world.support, "アクセスの件")
    answer = browse(world.look).get("/requests.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r"attachment; filename=requests-\d{4}-\d\d-\d\d\.csv", answer.headers["Content-Disposition"])
    assert answer.get_data().startswith(b"reference,")
    assert "アクセスの件" in answer.get_data().decode("utf-8")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_file_is_streamed(world, browse):
    answer = browse(world.look).get("/requests.csv")
    assert answer.is_streamed
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?status=open",
        "?q=number+1",
        "?sort=severity",
        "?organization=kitahama&status=solved&sort=created",
        "?mine=on",
    ],
)
def test_the_file_holds_exactly_the_rows_of_all_pages_in_their_order(world, browse, query):
    many(world, 130)
    ServiceRequest.update(primary_contact=world.look).where(ServiceRequest.severity == 2).execute()
    browser, on_pages, path = browse(world.look), [], f"/requests{query}"
    while path:
        on_pages += shown(browser, path)
        path = next_page(browser, path)
    assert [row["reference"] for row in rows(browser, query)] == on_pages


def test_a_cursor_does_not_cut_the_file(world, browse):
    many(world, 60)
    browser = browse(world.look)
    cursor = re.search(r"cursor=[^&]+", next_page(browser))[0]
    assert rows(browser, f"?{cursor}") == rows(browser)


@pytest.mark.parametrize("lead", ["'", "=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(world, browse, lead):
    service_request(world.kitahama, world.support, f"{lead}1+1", days_ago=0)
    assert rows(browse(world.look))[0]["subject"] == f"'{lead}1+1"


def test_an_email_that_begins_with_a_sign_is_led_too(world, browse):
    odd = contact(world.kitahama, "+tagged")
    service_request(world.kitahama, odd, "Hello", days_ago=0)
    assert rows(browse(world.look))[0]["submitted_by"] == "'+tagged@kitahama.example"


def test_what_one_may_not_see_is_in_no_file(world, browse):
    Message.create(
        service_request=world.request,
        author=world.desk,
        author_organization=world.halyard,
        created_at=clock.now(),
        internal=True,
        body="Xylophone",
    )
    answer = browse(world.look).get("/requests.csv").text
    assert "leaked" not in answer
    assert "Meters" not in answer
    assert rows(browse(world.expired)) == []
    assert rows(browse(world.support), "?q=xylophone") == []


@pytest.mark.parametrize("slug", ["nordlys", "nowhere"])
def test_the_file_of_an_organization_that_is_not_mine_is_only_the_header(world, browse, slug):
    assert browse(world.look).get(f"/requests.csv?organization={slug}").text == ",".join(COLUMNS) + "\r\n"


def test_access_that_ends_during_a_long_download_ends_the_download(world):
    many(world, 1200)
    ids = ids_in_order(permissions.visible_requests(world.look, clock.now()))
    written = file_rows(ids, lambda: permissions.visible_requests(world.look, clock.now()))
    first = [next(written) for _ in range(10)]
    Grant.update(ended_at=clock.now() - timedelta(seconds=1)).where(Grant.id == world.grants["look"].id).execute()
    rest = list(written)
    assert len(first) == 10
    assert len(rest) == 490  # the batch that had been read


def test_the_page_asks_the_clock_again_while_it_streams(world, browse):
    many(world, 1200)
    lines = browse(world.look).get("/requests.csv", buffered=False).iter_encoded()
    written = next(lines)
    Grant.update(ended_at=clock.now()).where(Grant.id == world.grants["look"].id).execute()
    written += b"".join(lines)
    assert 0 < written.count(b"\r\n") <= 501


def test_a_longer_file_takes_two_more_queries_for_each_five_hundred_rows(world, browse):
    browser = browse(world.look)
    browser.get("/requests.csv")
    with statements() as short:
        browser.get("/requests.csv").get_data()
    many(world, 1000)
    with statements() as long:
        browser.get("/requests.csv").get_data()
    assert (
        len(long) == len(short) + 2 * 2
    )  # the grants, with whether there are stand-ins, are asked again, then the rows
