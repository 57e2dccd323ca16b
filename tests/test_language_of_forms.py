"""Every page on which one types, in another language without a script: whatever was typed stands there afterwards."""

import re
from html.parser import HTMLParser

import pytest

from portal.models import Session
from tests.route_paths import PATHS, access_request
from tests.route_rows import ROWS
from tests.second_factors import (
    PASSWORD,
    enter_password,
    hidden,
    shown_codes,
    shown_secret,
    with_factor,
    with_password,
)
from tests.second_factors import code as code_now

TYPED = "Ünïcode & <b>“tags”</b>"
WRITTEN = {None, "text", "email", "url", "search", "tel"}
WAYS = {line.split()[0] for line in ROWS.splitlines() if line.split()[1:2] == ["GET"]}
WHO = ("create", "full_admin", "manager", "desk", None)


class Forms(HTMLParser):
    """What each form of a page sends, which of it one writes oneself, and what the language buttons send."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.buttons, self._form, self._area = [], [], None, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self._form = {"id": attrs.get("id"), "method": attrs.get("method", "get"), "sent": {}, "written": []}
            self.forms.append(self._form)
        elif tag == "button" and "data-language" in attrs:
            self.buttons.append(attrs)
        elif self._form is not None and attrs.get("name") and tag in {"input", "textarea"}:
            self._note(tag, attrs)

    def _note(self, tag, attrs):
        name, kind = attrs["name"], attrs.get("type")
        if tag == "textarea":
            self._area = name
        if tag == "textarea" or (kind in WRITTEN and "readonly" not in attrs):
            self._form["written"].append(name)
        elif kind not in {"hidden", "password"}:
            return
        self._form["sent"][name] = attrs.get("value") or ""

    def handle_data(self, data):
        if self._area:
            self._form["sent"][self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = None
        elif tag == "form":
            self._form = None

    def posted(self):
        """Return the forms that post what one wrote."""
        return [form for form in self.forms if form["method"] == "post" and form["written"]]

    def of_buttons(self):
        """Return the form that the language buttons send."""
        return next((form for form in self.forms if form["id"] and form["id"] == self.buttons[0].get("form")), None)


@pytest.mark.parametrize("endpoint", sorted(WAYS & set(PATHS)))
def test_what_is_typed_on_any_page_stays_when_its_language_is_changed(world, browse, endpoint):
    access_request(world)
    for who in WHO:
        browser = browse(getattr(world, who) if who else None)
        answer = browser.get(PATHS[endpoint](world)[0])
        if answer.status_code != 200 or answer.mimetype != "text/html":
            answer.close()
            continue
        before = Forms(answer.text)
        if before.posted():
            keeps_what_is_typed(browser, answer, before)


def keeps_what_is_typed(browser, answer, before):
    form = before.of_buttons()
    assert form and form["written"], "the language buttons post no form: set `typing` in the page's template"
    typed = {name: f"{TYPED} {name}" for name in form["written"]}
    page = browser.post(before.buttons[0]["formaction"], {**form["sent"], **typed, "lang": "ja"})
    assert page.status_code == 200
    assert '<html lang="ja">' in page.text
    sent = Forms(page.text).of_buttons()["sent"]
    assert {name: sent[name] for name in typed} == typed


# --- Pages to which a form came back, and the pages of the second factor ------------------------------------------


def test_a_form_that_came_back_from_an_address_of_no_page_keeps_what_is_typed_too(world, browse):
    asked = access_request(world).public_id
    browser = browse(world.manager)
    page = browser.post(f"/partner/access_requests/{asked}/approve", {"days": "none"})
    assert page.status_code == 422
    before = Forms(page.text)
    assert before.buttons[0]["formaction"] == "/partner/my_partners"
    keeps_what_is_typed(browser, page, before)
    support = browse(world.support)
    page = support.post(f"/requests/{world.request.reference}/messages", {"body": ""})
    before = Forms(page.text)
    assert (page.status_code, before.buttons[0]["formaction"]) == (422, f"/requests/{world.request.reference}")
    keeps_what_is_typed(support, page, before)


def test_a_page_that_holds_what_was_refused_is_not_left_for_another_language(world, browse):
    body = {"body": "Nothing of this may be lost."}
    page = browse(world.look).post(f"/requests/{world.request.reference}/messages", body)
    assert page.status_code == 403
    assert body["body"] in page.text
    assert Forms(page.text).buttons == []


PAGE = "/preferences/second_factor"


def test_the_picture_for_the_app_stays_the_same_and_so_does_the_password_page_before_it(world, browse):
    browser = browse(with_password(world.own))
    Session.update(confirmed_at=None).execute()
    before = browser.get(PAGE).text
    asked = browser.post(PAGE, {"next": hidden(before, "next"), "confirm_password": PASSWORD, "lang": "ja"}).text
    assert PASSWORD not in asked
    assert (hidden(asked, "next"), 'action="/preferences/confirm"' in asked) == (PAGE, True)
    browser.post("/preferences/confirm", {"next": PAGE, "confirm_password": PASSWORD})
    before = browser.get(PAGE).text
    after = browser.post(PAGE, {"offer": hidden(before, "offer"), "code": "12", "lang": "es"}).text
    assert shown_secret(after) == shown_secret(before)
    assert 'value="12"' in after
    form = {"offer": hidden(after, "offer"), "code": code_now(shown_secret(after).replace(" ", ""))}
    assert len(shown_codes(browser.post(PAGE, form).text)) == 10


def test_recovery_codes_are_shown_once_more_in_another_language(world, browse, settings):
    with_factor(with_password(world.own), settings)
    browser = browse(world.own)
    page = browser.post(f"{PAGE}/codes", {"confirm_password": PASSWORD}).text
    codes = shown_codes(page)
    assert len(codes) == 10
    buttons = Forms(page).buttons
    assert (buttons[0]["formaction"], buttons[0]["form"]) == (PAGE, "codes-form")
    after = browser.post(PAGE, {"shown": codes, "lang": "ja"}).text
    assert '<html lang="ja">' in after
    assert shown_codes(after) == codes


def test_the_code_typed_at_sign_in_stays_in_its_own_field(world, browse, settings):
    with_factor(with_password(world.own), settings)
    browser = browse()
    enter_password(browser, world.own)
    with browser.client.session_transaction() as kept:
        kept["csrf_token"] = browser.nonce
    page = browser.post("/login/code", {"code": "123", "lang": "es"}).text
    assert len(re.findall(r'name="code"[^>]* value="123"|value="123"[^>]* name="code"', page)) == 1
    assert page.index('value="123"') < page.index('id="recovery_code"')
