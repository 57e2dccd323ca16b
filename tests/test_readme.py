"""The README keeps its word: what it names is there, under that name."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from portal import create_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = sorted(set(re.findall(r"(?:^|`)flask ([a-z][a-z-]+)", README, flags=re.MULTILINE)))
TARGETS = sorted(set(re.findall(r"(?:^|`)make ([a-z]+)", README, flags=re.MULTILINE)))


@pytest.fixture
def portal(tmp_path):
    return create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'portal.db'}", "SECRET_KEY": "of the README's test"})


@pytest.fixture
def commands(portal):
    return portal.cli.commands


@pytest.mark.parametrize("name", COMMANDS)
def test_each_flask_command_is_there(commands, name):
    assert name in commands


@pytest.mark.parametrize("line", [line for block in BLOCKS for line in block.splitlines() if line.startswith("flask ")])
def test_each_command_line_is_understood(commands, line):
    _flask, name, *arguments = shlex.split(line)
    options = {option for parameter in commands[name].params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= options


def test_the_first_installation_goes_as_it_is_written(portal, tmp_path):
    run = portal.test_cli_runner().invoke
    lines = {
        line.split()[1]: shlex.split(line)[1:] for block in BLOCKS for line in block.splitlines() if "flask " in line
    }
    assert run(args=lines["migrate"]).exit_code == 0
    made = run(args=[*lines["create-contact"], "--password", "fifteen letters or more"])
    assert (made.exit_code, made.output) == (0, "Your Name of Your Desk can sign in now.\n")
    assert run(args=["export", str(tmp_path / "data")]).exit_code == 0
    assert '"level": "own"' in run(args=["explain", "you@desk.example", "desk"]).output


@pytest.mark.parametrize("target", TARGETS)
def test_each_make_target_is_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_two_commands_do_what_they_say():
    bare = {"PATH": os.environ["PATH"]}  # not what a make around this test was told
    assert [block.strip() for block in BLOCKS[:2]] == ["make preview", "make test"]
    for block, does in zip(BLOCKS, (".venv/bin/flask preview --port 8000", ".venv/bin/pytest"), strict=False):
        told = subprocess.run(
            [*block.split(), "--dry-run"], cwd=ROOT, env=bare, capture_output=True, text=True, check=True
        )
        assert told.stdout.splitlines()[-1].strip() == does


def test_each_picture_and_link_is_there():
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
