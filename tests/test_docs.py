"""The pages under docs/ keep their word: what they tell one to type is typed, and what the code knows is compared."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from docs import generate
from portal import create_app
from tests.paper_machine import ROOT, Machine, blocks

PAGES = sorted((ROOT / "docs").glob("*.md"))
TYPED = ["docs/install.md", "docs/handbook.md", "docs/permissions.md"]  # in this order, on one machine
PASSWORD = "fifteen letters or more\n"
WITHOUT_POSTGRESQL = "without PostgreSQL"  # with it, a test of its own does
NOT_RUN = {
    "docs/install.md": [
        "root and the package index",
        "the network; `make` has the same two lines with python3 and pip",
        "a certificate is given only to a name that the internet knows",
    ],
    "docs/handbook.md": [
        "the network",
        "nobody on the machine of the test has one",
        "the journal",
        "PostgreSQL’s own account",
        WITHOUT_POSTGRESQL,
    ],
}


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


# --- What is typed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def said(machine):
    """What each block of TYPED said when it was run, by page: [(text, output)]. The service stands still again."""
    outputs = {
        page: [(text, machine.run(text, PASSWORD * 2)) for why, text in blocks(page) if why is None] for page in TYPED
    }
    machine.stop()
    return outputs


def test_an_installation_goes_as_it_is_written(said):
    outputs = [output for _, output in said["docs/install.md"]]
    assert any("Your Name of Your Desk can sign in now." in output for output in outputs)
    assert any(output.endswith("ok") for output in outputs)
    assert outputs[-1].endswith("waiting: 0\n")


def test_the_handbook_goes_as_it_is_written(said):
    outputs = "".join(output for _, output in said["docs/handbook.md"])
    assert outputs.count("The database is sound.") == 2
    assert "The database is what" in outputs
    assert "Every history is as it was written." in outputs
    assert '"level": "update"' in outputs


def test_a_level_can_be_asked_for_as_it_is_written(said):
    assert "approved by Mia Brown" in said["docs/permissions.md"][-1][1]


def test_what_the_night_is_to_do_can_be_done(said, machine):
    table = (machine.place / "etc/cron.d/partner-portal").read_text(encoding="utf-8")
    for line in table.splitlines():
        machine.run(line.split(maxsplit=6)[6].replace(r"\%", "%"))
    assert len(list((machine.place / "var/backups/partner-portal").glob("20??-??-??.backup"))) == 1


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES] + ["README.md"])
def test_only_what_is_known_is_not_run(page):
    """Whoever adds commands to another page adds it to TYPED; whoever cannot have them run says why, here too."""
    found = blocks(page)
    assert [why for why, _ in found if why] == NOT_RUN.get(page, [])
    assert page in TYPED or not [text for why, text in found if why is None]


def test_the_lines_for_python_are_those_of_the_makefile():
    made = re.sub(r"\s+--[a-z-]*quiet|\s+--disable-pip-version-check", "", text_of("Makefile"))
    assert "$(PYTHON) -m venv .venv" in made and ".venv/bin/pip install -r portal/requirements.txt" in made
    for page in ("docs/install.md", "docs/handbook.md"):
        assert "/.venv/bin/pip install -r /opt/partner-portal/portal/requirements.txt" in text_of(page)


def test_the_move_to_postgresql_goes_as_it_is_written(postgresql, said, machine):
    here, there = "postgresql://portal:password@127.0.0.1/portal", postgresql.empty_database()
    (text,) = [text for why, text in blocks("docs/handbook.md") if why == WITHOUT_POSTGRESQL]
    assert "The database is sound." in machine.run(text.replace(here, there))
    assert '"level": "update"' in machine.run("sudo portal explain ana@partner.example customer")
    assert there in (machine.place / "etc/partner-portal/settings").read_text(encoding="utf-8")
    machine.stop()


def test_the_unit_is_one_that_systemd_takes(said, machine):
    unit = machine.place / "etc/systemd/system/partner-portal.service"
    program = shutil.which("systemd-analyze")
    if program:
        done = subprocess.run([program, "verify", "--man=no", unit], capture_output=True, text=True)
        assert done.stdout + done.stderr == ""
    assert {"[Unit]", "[Service]", "[Install]"} <= set(unit.read_text(encoding="utf-8").splitlines())


def test_the_site_is_one_that_nginx_takes(said, machine):
    site = machine.place / "etc/nginx/sites-enabled/partner-portal"
    text = site.read_text(encoding="utf-8")
    assert text.count("{") == text.count("}") and f"proxy_pass http://127.0.0.1:{machine.port};" in text
    program = shutil.which("nginx")
    if program and shutil.which("openssl"):
        _certificate(machine.place / "etc/letsencrypt/live/portal.example")
        main = machine.place / "nginx.conf"
        main.write_text(f"pid {machine.place}/nginx.pid;\nevents {{}}\nhttp {{ include {site}; }}\n")
        done = subprocess.run(
            [program, "-t", "-e", "stderr", "-p", machine.place, "-c", main], capture_output=True, text=True
        )
        assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr


def _certificate(folder):
    folder.mkdir(parents=True)
    files = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=portal.example", *files]
    subprocess.run(command, check=True, capture_output=True)


# --- What is compared --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_generated_table_is_what_the_code_says(page):
    text = page.read_text(encoding="utf-8")
    assert generate.renewed(text) == text, "run .venv/bin/python -m docs.generate"


def test_each_table_that_can_be_generated_is_shown():
    shown = {found[2] for page in PAGES for found in generate.PLACES.finditer(page.read_text(encoding="utf-8"))}
    assert shown == set(generate.MADE)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_each_link_leads_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), target
        assert not heading or heading in _anchors(there), target


def _anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_page_is_in_the_index():
    index = text_of("docs/README.md")
    assert {page.name for page in PAGES} - {"README.md"} == set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def test_the_settings_in_the_reference_are_all_there_are():
    listed = re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/reference.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r'environ\.get\("([A-Z_]+)"', text_of("portal/settings.py"))))


@pytest.fixture
def commands(tmp_path):
    made = create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'portal.db'}", "SECRET_KEY": "of the pages' test"})
    return made.cli.commands


def test_the_commands_in_the_reference_are_all_there_are(commands):
    listed = dict(
        re.findall(r"^\| `flask ([a-z-]+)[^`]*` \| (.*) \|$", text_of("docs/reference.md"), flags=re.MULTILINE)
    )
    assert set(listed) == set(commands)
    for name, words in listed.items():
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"`(--[a-z-]+)", words)) <= options, name


def test_each_command_and_setting_that_a_page_names_is_there(commands):
    settings = set(re.findall(r"^\| `([A-Z_]+)` \|", text_of("docs/reference.md"), flags=re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"`(?:sudo portal|flask) ([a-z][a-z-]+)", text)) <= set(commands), page.name
        named = set(re.findall(r"(?<![\w.])([A-Z]+(?:_[A-Z]+)+)(?==|`)", text))
        assert named <= settings | {"FLASK_APP"}, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_path_that_a_page_names_is_there(page):
    for path in re.findall(r"`((?:portal|tests|docs|templates|static)/[\w./-]*)`", page.read_text(encoding="utf-8")):
        assert (ROOT / path).exists(), path
    assert Path(page).read_text(encoding="utf-8").startswith("# ")
