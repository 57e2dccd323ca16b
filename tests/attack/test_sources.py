"""What is not in the code cannot be attacked: nothing executes, unpacks or trusts what comes from outside."""

import ast
import base64
import re
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer

from portal import bodies, file_names, guessable, passwords, sealing, signing
from portal.forms import access, ask, typed
from tests.test_docs import text_of

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted((ROOT / "portal").rglob("*.py"))
SCRIPT = (ROOT / "static/portal.js").read_text(encoding="utf-8")
HTMX = (ROOT / "static/htmx.min.js").read_text(encoding="utf-8")
EXECUTING = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "subprocess.getoutput"}
UNPACKING = {"pickle", "marshal", "shelve", "yaml", "xml", "lxml", "jsonpickle", "zipfile", "tarfile"}
WEAK = {"hashlib.md5", "hashlib.sha1", "hashlib.new", "random.random", "random.choice", "random.randint"}


def calls(path):
    """Yield (name as written, node) of each call."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_executed_or_unpacked_that_could_come_from_outside(path):
    for name, node in calls(path):
        assert name not in EXECUTING, name
        assert name not in WEAK, name
        assert not any(one.arg == "shell" and ast.unparse(one.value) != "False" for one in node.keywords), name
        assert not name.endswith("render_template_string"), name
    assert set(imported(path)) & UNPACKING == set()


def test_every_token_of_ours_is_signed_in_one_room_and_with_sha_256():
    assert {path.name for path in SOURCES if "itsdangerous" in imported(path)} == {"signing.py"}
    made = signing.signer("a secret key of many letters", "a kind")
    weaker = URLSafeSerializer("a secret key of many letters", salt="a kind")
    assert made.loads(made.dumps("a token")) == "a token"
    for other in (weaker.dumps("a token"), signing.signer("a secret key of many letters", "another").dumps("a token")):
        with pytest.raises(signing.BadData):
            made.loads(other)


def test_the_only_programs_that_are_run_are_postgresqls_without_a_shell():
    running = {path.name for path in SOURCES for name, _node in calls(path) if name.startswith("subprocess.")}
    assert running == {"backup.py"}


def test_no_script_of_ours_writes_markup_or_hears_other_windows():
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "postMessage"):
        assert word not in SCRIPT, word
    assert not re.search(r"""addEventListener\(["']message""", SCRIPT)
    for script in (SCRIPT, HTMX):
        assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie", script)


def test_no_page_goes_beyond_what_our_own_two_scripts_can():
    named = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"([\w.-]+\.js)\b", path.read_text("utf-8"))
    }
    assert named == {"htmx.min.js", "portal.js"}


@pytest.mark.parametrize("name", ["requirements.txt", "portal/requirements.txt"])
def test_every_part_of_others_is_pinned_to_one_version(name):
    lines = [line.partition("#")[0].strip() for line in text_of(name).splitlines()]
    parts = [line for line in lines if line and not line.startswith("-r ")]
    assert parts
    assert [part for part in parts if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", part)] == []
    assert not re.search(r"--(?:extra-)?index-url|git\+|https?://", text_of(name))


def test_nginx_is_told_to_speak_only_the_tls_of_today():
    site = text_of("docs/install.md")
    assert re.findall(r"ssl_protocols ([^;]+);", site) == ["TLSv1.2 TLSv1.3"]
    assert "return 301 https://portal.example$request_uri;" in site
    assert 'Strict-Transport-Security "max-age=63072000; includeSubDomains" always;' in site


# --- What docs/asvs.md says ----------------------------------------------------------------------------------------


def test_what_is_taken_is_what_the_page_says():
    taken = dict(
        re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text_of("docs/asvs.md").partition("## What is taken")[2], re.M)
    )
    said = {
        name: [int(one.replace(",", "")) for one in re.findall(r"\d[\d,]*", words)] for name, words in taken.items()
    }
    assert said["an e-mail address"] == [typed.LONGEST_ADDRESS]
    assert said["a subject"] == [1, ask.LONGEST_SUBJECT]
    assert said["the text of a question or reply"] == [ask.LONGEST_TEXT]
    assert said["the reason of a request for access"] == [access.LONGEST_REASON]
    assert said["a password"] == [passwords.LEAST_LENGTH, passwords.LEAST_WITH_FACTOR, passwords.MOST_LENGTH]
    assert said["a file’s name"] == [file_names.LONGEST]
    assert said["a form besides its files"] == [bodies.MOST_TEXT // 2**20, bodies.MOST_PARTS]
    assert len(taken) == 13  # with its heading


def test_the_list_of_common_passwords_is_long_enough_for_each_length():
    """ASVS 6.2.4: the 3000 most common of those that the rules would take; of 15 characters, what is made of others."""
    common = guessable._common()
    assert len(common) >= 30_000
    assert sum(len(one) >= passwords.LEAST_WITH_FACTOR for one in common) >= 3000
    joined = {one + other for one in sorted(common)[:3000] for other in ("sunshine", "12345678")}
    assert all(guessable.is_common(one) for one in sorted(joined)[:3000])


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_secrets_are_sealed_by_aes_gcm_and_any_change_is_seen(place):
    sealed = sealing.seal("a secret", "kept:ana", "a secret key of many letters")
    content = bytearray(base64.urlsafe_b64decode(sealed))
    assert len(content) == 12 + len("a secret") + 16  # the nonce and the tag of AES-GCM
    assert sealed != sealing.seal("a secret", "kept:ana", "a secret key of many letters"), "a nonce is used once"
    assert sealing.unseal(sealed, "kept:ana", "a secret key of many letters") == "a secret"
    content[place] ^= 1
    changed = base64.urlsafe_b64encode(content).decode()
    assert sealing.unseal(changed, "kept:ana", "a secret key of many letters") is None


def test_nobody_is_asked_a_secret_question():
    fields = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'(?:name="|fields\.\w+\(")([\w-]+)"', path.read_text("utf-8"))
    }
    assert {"password", "email"} <= fields
    assert not {name for name in fields if re.search(r"hint|question|maiden|pet", name)}
