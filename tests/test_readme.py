"""The README keeps its word: what it names is there, under that name."""

import re
import shlex
from pathlib import Path

import pytest

from portal import create_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = sorted(set(re.findall(r"(?:^|`)flask ([a-z][a-z-]+)", README, flags=re.MULTILINE)))
SETTINGS = re.findall(r"^\| `([A-Z_]+)` \|", README, flags=re.MULTILINE)


@pytest.fixture
def portal(tmp_path):
    return create_app({"DATABASE_URL": f"sqlite:///{tmp_path / 'portal.db'}", "SECRET_KEY": "of the README's test"})


@pytest.fixture
def commands(portal):
    return portal.cli.commands


@pytest.mark.parametrize("name", COMMANDS)
def test_each_flask_command_is_there(commands, name):
    assert name in commands


def test_each_flask_command_that_is_there_is_named(commands):
    assert set(COMMANDS) == set(commands)


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


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z]+)", README, flags=re.MULTILINE))))
def test_each_make_target_is_there(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_the_settings_table_is_complete():
    source = (ROOT / "portal" / "settings.py").read_text(encoding="utf-8")
    assert set(SETTINGS) == set(re.findall(r"""environ\.get\("([A-Z_]+)"\)""", source))


@pytest.mark.parametrize("path", re.findall(r"^([\w./]+(?:/|\.py)) {2,}", README, flags=re.MULTILINE))
def test_each_room_on_the_map_is_there(path):
    assert (ROOT / path).exists()


def test_each_picture_and_link_is_there():
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
