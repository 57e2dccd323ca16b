"""The way out of an error page: a question that says already what went wrong, and under which reference."""

import logging
import re

import pytest

REFERENCE = "ABCD-2345"


def way_out_of(page):
    return re.search(r'href="(/ask\?category=account&amp;problem=[^"]+)"', page)[1].replace("&amp;", "&")


def typed(html, name):
    area = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', html, re.S)
    return area[1] if area else re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)[1]


@pytest.mark.parametrize(
    ("who", "path", "status"), [("cc", "/requests/000000-000000", 404), ("look", "/history/kitahama", 403)]
)
def test_an_error_page_leads_to_a_question_that_tells_of_it(browse, world, caplog, who, path, status):
    person = browse(getattr(world, who))
    with caplog.at_level(logging.INFO):
        failed = person.get(path)
    reference = re.search(r'<span class="ref">(\w{4}-\w{4})</span>', failed.text)[1]
    assert failed.status_code == status
    assert way_out_of(failed.text) == f"/ask?category=account&problem={status}&reference={reference}"
    asked = person.get(way_out_of(failed.text)).text
    assert f"({status})" in typed(asked, "subject")
    assert f"reference for the desk: {reference}" in typed(asked, "description")
    assert 'value="account" selected' in asked


def test_every_way_out_of_the_page_is_that_one(browse, world):
    page = browse(world.cc).get("/requests/000000-000000").text
    assert re.findall(r'href="(/ask\?[^"]*)"', page) == [way_out_of(page).replace("&", "&amp;")] * 2


def test_a_refused_form_has_it_too_and_the_address_carries_nothing_typed(browse, world):
    page = browse(world.cc).post("/ask", {"subject": "Secret words", "organization": "kitahama"}, token=False)
    assert page.status_code == 400
    assert "Secret" not in way_out_of(page.text)
    notice = browse(world.cc).post("/logout", {}, token=False, swap=True).text
    assert "problem=400" in way_out_of(notice)


def test_who_is_signed_out_comes_to_it_by_signing_in(browse):
    page = browse().get("/nothing/here").text
    assert "problem=404" in way_out_of(page)
    assert browse().get(way_out_of(page)).headers["Location"].startswith("/login?next=/ask")


@pytest.mark.parametrize(
    "query",
    [
        f"problem=999&reference={REFERENCE}",
        "problem=404&reference=two words",
        "problem=404",
        f"reference={REFERENCE}",
        f"problem=٤٠٤&reference={REFERENCE}",
        f"problem=404404404404404404&reference={REFERENCE}",
    ],
)
def test_whatever_else_is_in_the_address_puts_no_words_into_the_form(browse, world, query):
    page = browse(world.cc).get(f"/ask?category=account&{query}")
    assert page.status_code == 200
    assert (typed(page.text, "subject"), typed(page.text, "description")) == ("", "")
