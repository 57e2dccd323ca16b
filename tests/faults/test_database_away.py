"""The database does not answer: everybody gets the page that says so, signed in or not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import OperationalError

from portal import database
from tests.people import plain


@pytest.mark.parametrize("who", ["look", "desk", None])
@pytest.mark.parametrize("path", ["/", "/requests", "/login", "/preferences"])
def test_without_a_database_there_is_503_and_a_sentence(world, browse, monkeypatch, who, path):
    browser = browse(who and getattr(world, who))

    def away(*_args, **_options):
        raise OperationalError("could not connect")

    with monkeypatch.context() as broken, ThreadPoolExecutor(1) as visitor:  # a thread has its own connection
        broken.setattr(type(database.handle.obj), "_connect", away)
        answer = visitor.submit(browser.get, path).result()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The portal is not reachable just now" in plain(answer.text)
    assert "could not connect" not in answer.text
    assert browser.get(path).status_code in {200, 303}
