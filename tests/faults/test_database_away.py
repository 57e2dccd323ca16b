"""The database does not answer: everybody gets the page that says so, signed in or not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import OperationalError

from portal import database
from portal.models import Message
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


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("swap", [False, True])
def test_where_the_connection_breaks_in_the_commit_nobody_is_told_that_nothing_was_saved(
    world, browse, monkeypatch, swap
):
    """The answer of the database is lost, not what it did."""
    browser, commit = browse(world.support), type(database.handle.obj).commit

    def breaking(handle):
        commit(handle)
        if handle.transaction_depth() == 0 and not broken_once:
            broken_once.append(True)
            handle.connection().close()
            raise OperationalError("server closed the connection unexpectedly")

    broken_once = []
    path = f"/requests/{world.request.reference}/messages"
    with monkeypatch.context() as broken, ThreadPoolExecutor(1) as visitor:
        broken.setattr(type(database.handle.obj), "commit", breaking, raising=False)
        answer = visitor.submit(browser.post, path, {"body": "is it there?"}, swap=swap).result()
    assert (answer.status_code, bool(broken_once)) == (503, True)
    assert "Look whether it is there before you send it again." in plain(answer.text)
    assert "Nothing was saved" not in answer.text
    assert swap or "is it there?" in answer.text, "what was typed is handed back"
    assert [one.body for one in Message.select()].count("is it there?") == 1


@pytest.mark.engine("postgresql")
def test_where_it_breaks_before_the_commit_nothing_was_saved(world, browse, monkeypatch):
    browser, sent = browse(world.support), []

    def breaking(found, *_args, **_options):
        sent.append(found)
        database.handle.connection().close()
        return Message.select().count()

    with monkeypatch.context() as broken, ThreadPoolExecutor(1) as visitor:
        broken.setattr("portal.models.request_changes.reply", breaking)
        path = f"/requests/{world.request.reference}/messages"
        answer = visitor.submit(browser.post, path, {"body": "is it there?"}).result()
    assert (answer.status_code, len(sent)) == (503, 1)
    assert "Nothing was saved. Try again in a minute." in plain(answer.text)
