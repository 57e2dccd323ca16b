"""Another language on any page, without losing what is typed and without doing what the form would do."""

import re

import pytest

from portal import languages
from portal.filling import filled
from portal.models import AccessRequest, Contact, Message, ServiceRequest

WORDS = "Ünïcode & <b>tags</b>, two\r\nlines"


def control(html, name):
    """Return what the page holds in the first text or text area called `name`."""
    area = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', html, re.S)
    return area[1] if area else re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)[1]


def test_every_page_offers_the_other_languages(browse, world):
    for who, path in ((None, "/login"), (world.create, "/requests"), (world.create, "/requests/000000-000000")):
        page = browse(who).get(path).text
        assert re.findall(r'name="lang" value="(\w\w)"', page) == ["ja", "es"], path


def test_the_page_comes_back_in_the_language_with_what_was_typed(browse, world):
    ana = browse(world.create)
    page = ana.post("/ask", {"lang": "ja", "subject": "Slow & old", "description": WORDS, "severity": "2"})
    assert page.status_code == 200
    assert '<html lang="ja">' in page.text
    assert control(page.text, "subject") == "Slow &amp; old"
    assert control(page.text, "description").replace("\r", "") == "Ünïcode &amp; &lt;b&gt;tags&lt;/b&gt;, two\nlines"
    assert re.search(r'name="severity" value="2"[^>]* checked', page.text)
    assert ServiceRequest.select().where(ServiceRequest.subject == "Slow & old").count() == 0


def test_it_is_the_preference_from_then_on_and_the_cookie_remembers_it(browse, world):
    ana = browse(world.create)
    answer = ana.post("/requests", {"lang": "es"})
    assert any(one.startswith("lang=es") for one in answer.headers.getlist("Set-Cookie"))
    assert Contact.get_by_id(world.create.id).locale == "es"
    assert '<html lang="es">' in ana.get("/requests").text


def test_a_request_for_access_keeps_its_address_level_days_and_reason(browse, world):
    typed = {"manager_email": "who@host.example", "days": "90", "organization_level": "look", "reason": WORDS}
    page = browse(world.create).post("/partner/my_customers/request", {**typed, "lang": "es"}).text
    assert control(page, "manager_email") == "who@host.example"
    assert "&lt;b&gt;tags" in control(page, "reason")
    assert re.search(r'name="days" value="90" checked', page)
    assert re.search(r'value="look"[^>]* checked', page)
    assert AccessRequest.select().where(AccessRequest.manager_email == "who@host.example").count() == 0


def test_a_reply_keeps_its_words_and_is_not_sent(browse, world):
    found = world.request
    before = Message.select().count()
    page = browse(world.update).post(f"/requests/{found.reference}", {"body": WORDS, "lang": "ja"})
    assert "&lt;b&gt;tags" in control(page.text, "body")
    assert (page.status_code, Message.select().count()) == (200, before)


def test_sign_in_keeps_the_address_and_never_the_password(browse):
    nobody = browse()
    page = nobody.post("/login?next=/requests", {"email": "a@b.example", "password": "open sesame", "lang": "ja"})
    assert '<html lang="ja">' in page.text
    assert control(page.text, "email") == "a@b.example"
    assert "open sesame" not in page.text
    assert control(page.text, "next") == "/requests"


def test_without_the_token_nothing_is_changed(browse, world):
    before = Contact.get_by_id(world.create.id).locale
    for path in ("/requests", "/ask"):
        answer = browse(world.create).post(path, {"lang": "ja"}, token=False)
        assert answer.status_code in {303, 400}
    assert Contact.get_by_id(world.create.id).locale == before


@pytest.mark.parametrize("locale", ["klingon", "", "JA"])
def test_a_language_that_is_none_changes_nothing(browse, world, locale):
    assert browse(world.create).post("/requests", {"lang": locale}).status_code == 405
    assert Contact.get_by_id(world.create.id).locale in languages.LOCALES


def test_ask_keeps_the_customer_that_was_chosen_and_what_belongs_to_it(browse, world):
    typed = {"organization": "kitahama", "site": world.site.public_id, "subject": "Printer", "category": "technical"}
    page = browse(world.create).post("/ask", {**typed, "lang": "ja"}).text
    assert re.search(r'<option value="kitahama"[^>]* selected', page)
    assert re.search(rf'<option value="{world.site.public_id}"[^>]* selected', page)
    assert re.search(r'name="i_am_the_contact"(?![^>]* checked)', page)


# --- Filling ------------------------------------------------------------------------------------------------------


def test_of_two_forms_that_fit_as_well_neither_is_filled_unless_the_place_is_told():
    form = '<form><input name="reason" value=""></form>'
    assert filled(form + form, {"reason": ["mine"]}) == form + form
    assert filled(form + form, {"reason": ["mine"]}, 1) == f'{form}<form><input name="reason" value="mine"></form>'


def test_what_was_written_in_folded_details_is_in_sight():
    folded = '<details class="a"><summary>More</summary>{}</details>'
    form = '<form><input name="b" value="">' + folded.format('<input name="c" value="">') + "</form>"
    page = folded.format(form)
    assert filled(page, {"b": ["x"], "c": [""]}).count(" open>") == 1
    assert filled(page, {"b": ["x"], "c": ["y"]}).count(" open>") == 2
    assert filled(page, {"b": [""], "c": [""]}) == page


def test_what_was_unticked_stays_so_and_several_choices_are_kept():
    html = (
        '<form><input type="checkbox" name="a" checked><input name="b" value="old">'
        '<select name="c" multiple><option value="1" selected>1</option><option value="2">2</option></select></form>'
    )
    page = filled(html, {"b": ['"quoted"'], "c": ["2"]})
    assert '<input type="checkbox" name="a">' in page
    assert 'name="b" value="&#34;quoted&#34;"' in page
    assert '<option value="1">1</option><option value="2" selected>' in page
