"""Attacks by the size of what is posted: memory stays bounded, nothing is changed, and honest forms come through."""

import io
import re
import tempfile

import pytest

from portal import bodies
from portal.models import Attachment, Message, ServiceRequest
from tests.faults.serving import Served
from tests.people import plain

EDGE = "edge"
GROWTH = 64 * 2**20  # bytes that a request may cost at its worst


def part(name, value, filename=None):
    named = f'; filename="{filename}"' if filename else ""
    return f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + value + b"\r\n"


def multipart(*parts):
    return b"".join(parts) + f"--{EDGE}--\r\n".encode()


MULTIPART = f"multipart/form-data; boundary={EDGE}"
LARGE = 100 * 2**20
FLOODS = {
    "one giant field": (bodies.TYPED, lambda: b"body=" + b"x" * LARGE),
    "a million fields": (bodies.TYPED, lambda: b"a=&" * (bodies.MOST_TEXT // 3)),
    "one giant field among parts": (MULTIPART, lambda: multipart(part("body", b"x" * LARGE))),
    "a hundred thousand parts": (MULTIPART, lambda: multipart(*(part(f"f{one}", b"x") for one in range(100_000)))),
    "many long fields": (MULTIPART, lambda: multipart(*[part("f", b"x" * 3 * 2**20)] * 33)),
    "many files just too small for the disk": (
        MULTIPART,
        lambda: multipart(*[part("files", b"x" * 490_000, "a.bin")] * 200),
    ),
    "a giant header": (MULTIPART, lambda: f"--{EDGE}\r\nX: ".encode() + b"x" * LARGE),
    "a giant preamble": (MULTIPART, lambda: b"x" * LARGE),
    "a giant epilogue": (MULTIPART, lambda: multipart(part("body", b"x")) + b"x" * LARGE),
    "a giant body of no kind": ("text/plain", lambda: b"x" * LARGE),
}


@pytest.fixture(scope="module")
def served(engine, tmp_path_factory):
    """A portal on a database of its own: other tests empty theirs meanwhile."""
    folder = tmp_path_factory.mktemp("bodies")
    made = Served(f"sqlite:///{folder}/portal.db" if engine.name == "sqlite" else engine.empty_database())
    made.start()
    yield made
    made.kill()


@pytest.mark.parametrize("name", FLOODS)
def test_whatever_floods_a_form_is_refused_with_bounded_memory(served, name):
    kind, make = FLOODS[name]
    body, before = make(), served.memory()
    served.forget_peak()
    status, page = served.post(f"/requests/{served.reference}/messages", body, kind)
    grown = served.peak() - before
    print(f"{name}: {len(body) / 2**20:.0f} MB, {status}, {grown / 2**20:.0f} MB more memory")
    # Files that are many and not large are read, to find that the form's token is not among them.
    assert status == (400 if "just too small" in name else 413)
    assert "Nothing was saved" in page or status == 400
    assert grown < GROWTH
    assert served.get("/requests")[0] == 200


def test_a_hundred_megabytes_of_file_are_taken_with_bounded_memory(served):
    before = served.memory()
    served.forget_peak()
    status, _page = served.reply("with a large file", b"x" * LARGE)
    grown = served.peak() - before
    print(f"a file of {LARGE / 2**20:.0f} MB: {status}, {grown / 2**20:.0f} MB more memory")
    assert (status, grown < GROWTH) == (303, True)


def test_a_megabyte_of_subject_comes_back_as_typed(served):
    from urllib.parse import urlencode

    form = {"csrf_token": served.people["support"][1], "organization": "kitahama", "category": "technical"}
    form |= {"severity": "3", "subject": "long " * 200_000, "description": "x"}
    for kind, body in (
        (bodies.TYPED, urlencode(form).encode()),
        (MULTIPART, multipart(*(part(name, value.encode()) for name, value in form.items()))),
    ):
        status, page = served.post("/ask", body, kind)
        assert status == 422
        assert "long " * 199_999 in page


def test_a_form_of_many_languages_is_as_long_as_any(world, browse):
    text = "申請書 " * 4000
    answer = browse(world.support).post(f"/requests/{world.request.reference}/messages", {"body": text})
    assert answer.status_code == 303
    assert Message.select().order_by(Message.id.desc()).get().body == text.strip()


def test_too_much_text_is_a_sentence_that_says_how_much(world, browse):
    before = Message.select().count()
    answer = browse(world.support).post(
        f"/requests/{world.request.reference}/messages", {"body": "x" * (bodies.MOST_TEXT + 1)}
    )
    assert answer.status_code == 413
    assert re.search(r"A form takes up to 4\.\d MB of text", plain(answer.text))
    assert Message.select().count() == before


def test_what_is_left_over_after_a_refusal_is_not_read_as_a_form(world, browse):
    """The rest of a body that was given up in its middle may look like a form of its own."""
    flood = multipart(*[part("files", b"x" * 70_000, "a.bin")] * 2100, part("subject", b"from the rest"))
    before = ServiceRequest.select().count()
    answer = browse(world.support).client.post("/ask", data=flood, content_type=MULTIPART)
    assert answer.status_code == 413
    assert "from the rest" not in answer.text
    assert (ServiceRequest.select().count(), Attachment.select().count()) == (before, 0)


def test_a_refused_body_gives_its_room_on_the_disk_back_at_once(world, browse, monkeypatch):
    made, new_file = [], bodies._Metered.new_file
    monkeypatch.setattr(bodies._Metered, "new_file", lambda body, **about: made.append(new_file(body)) or made[-1])
    flood = multipart(*[part("files", b"x" * 70_000, "a.bin")] * 20, part("body", b"x" * (bodies.MOST_TEXT + 1)))
    answer = browse(world.support).client.post("/ask", data=flood, content_type=MULTIPART)
    assert (answer.status_code, len(made)) == (413, 20)
    assert all(file.closed for file in made)


def test_a_file_lies_on_the_disk_from_its_first_bytes_on():
    with bodies._Metered(io.BytesIO()).new_file() as kept:
        kept.write(b"x" * (bodies.IN_MEMORY + 1))
        assert isinstance(kept, tempfile.SpooledTemporaryFile)
        assert kept._rolled
