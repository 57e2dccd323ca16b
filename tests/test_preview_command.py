"""`flask preview`: it heeds no setting, says why it cannot listen, and leaves nothing behind."""

import os
import socket

import pytest
from click.testing import CliRunner

from portal.preview import command
from tests.people import Browser


def test_the_portal_itself_knows_no_preview(app):
    assert not [rule.rule for rule in app.url_map.iter_rules() if "preview" in rule.rule]
    assert "Preview" not in Browser(app).get("/login").text


@pytest.mark.parametrize(
    "arguments",
    [["flask", "preview"], ["flask", "--app", "app", "preview", "--port", "1"], ["flask", "--debug", "preview"]],
)
def test_no_setting_of_the_environment_reaches_the_preview(arguments):
    assert set(command.environment_of(arguments, {"DATABASE_URL": "nonsense"})) == {"SECRET_KEY"}


@pytest.mark.parametrize(
    "arguments", [["flask", "import", "preview"], ["flask", "--app", "preview", "serve"], ["pytest"]]
)
def test_every_other_command_heeds_the_environment(arguments):
    environ = {"DATABASE_URL": "sqlite:///portal.db"}
    assert command.environment_of(arguments, environ) is environ


def test_a_taken_port_is_told_in_a_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(command.preview, ["--port", str(port)])
    assert result.exit_code == 1
    assert f"Cannot listen on 127.0.0.1, port {port}" in result.output


def test_the_place_is_thrown_away_unless_it_is_to_be_kept(tmp_path):
    with command._place(None) as folder:
        assert os.path.isdir(folder)
    assert not os.path.exists(folder)
    with command._place(str(tmp_path / "kept")) as folder:
        pass
    assert os.path.isdir(folder)
