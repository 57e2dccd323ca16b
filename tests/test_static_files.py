"""Our own files: hashed names that may be kept for ever, compressed once, and never a page beside them."""

import gzip
import re

import pytest

from portal import static_files
from portal.static_files import files_of, static_url
from tests.people import Browser


@pytest.fixture
def client(app):
    return app.test_client()


def address(app, name):
    with app.test_request_context("/"):
        return static_url(name)


def test_every_file_that_a_page_names_is_there_and_kept_for_ever(app, client):
    page = Browser(app).get("/login").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(named) == 5
    for path in named:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_style_sheet_names_what_it_imports_by_its_hash_too(app, client):
    sheet = client.get(address(app, "portal.css")).text
    imported = re.search(r'@import url\("([^"]+)"\)', sheet)[1]
    assert f"/static/{imported}" == address(app, "pico.min.css")
    page = Browser(app).get("/login").text
    assert f'rel="preload" href="/static/{imported}"' in page


def test_the_hash_of_a_sheet_changes_with_what_it_imports(tmp_path):
    hashes = set()
    for number, content in enumerate([b"a{}", b"b{}"]):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "zebra.css").write_bytes(content)
        (folder / "all.css").write_bytes(b'@import url("zebra.css");')
        hashes.add(files_of(folder)["all.css"].hashed_name)
    assert len(hashes) == 2


def test_what_shrinks_is_sent_compressed_to_whoever_takes_that(app, client):
    path = address(app, "portal.css")
    plain, small = client.get(path), client.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert plain.headers.get("Content-Encoding") is None
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 3
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != small.headers["ETag"]


@pytest.mark.parametrize("refusing", ["gzip;q=0", "identity", "br"])
def test_nobody_gets_a_compressed_file_unasked(app, client, refusing):
    answer = client.get(address(app, "portal.css"), headers={"Accept-Encoding": refusing})
    assert "Content-Encoding" not in answer.headers


def test_what_a_browser_has_already_is_not_sent_again(app, client):
    path = address(app, "htmx.min.js")
    etag = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Cache-Control"] == static_files.FOREVER
    other = client.get(path, headers={"If-None-Match": etag, "Accept-Encoding": "gzip"})
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["portal.css", "portal.000000000000.css"])
def test_under_another_name_a_file_is_asked_for_each_time(client, name):
    answer = client.get(f"/static/{name}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["nothing.css", "../app.py", "..%2fapp.py", "/etc/passwd", "nothing.000000000000.css", "\0", ""]
)
def test_what_is_no_file_of_ours_does_not_exist(client, name):
    assert client.get(f"/static/{name}").status_code in {404, 308}


def test_scripts_and_sheets_are_sent_as_what_they_are(app, client):
    kinds = {name: client.get(address(app, name)).headers["Content-Type"] for name in ("portal.js", "portal.css")}
    assert kinds == {"portal.js": "text/javascript; charset=utf-8", "portal.css": "text/css; charset=utf-8"}


def test_a_page_with_a_token_in_it_is_never_compressed(client):
    answer = client.get("/login", headers={"Accept-Encoding": "gzip"})
    assert b'name="csrf_token"' in answer.data
    assert "Content-Encoding" not in answer.headers


def test_static_files_ask_the_database_nothing(app, client, monkeypatch):
    from portal import database

    monkeypatch.setattr(type(database.handle.obj), "connect", lambda *_: pytest.fail("a connection was opened"))
    assert client.get(address(app, "portal.css")).status_code == 200
