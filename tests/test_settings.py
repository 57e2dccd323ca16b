"""Settings: each bad one is a sentence that names its variable."""

import os
import stat

import pytest

from portal.settings import SettingError, from_environment

GOOD = {"SECRET_KEY": "long enough to be one"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/portal"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://portal.db"),
        ("DATABASE_URL", "SQLITE:///portal.db"),
        ("DATABASE_URL", "postgresql://portal@db"),
        ("DATABASE_URL", "postgresql://portal@db/?sslmode=require"),
        ("DATABASE_URL", "postgresql://portal@db:many/portal"),
        ("SECRET_KEY", "short"),
        ("PUBLIC_URL", "portal.example"),
        ("PUBLIC_URL", "https://[portal.example"),
        ("PUBLIC_URL", "https://portal.example:many"),
        ("PUBLIC_URL", "https://portal.example/below"),
        ("MAIL_URL", "http://mail.example"),
        ("MAIL_URL", "smtp://mail.example:many"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b.example\r\nBcc: c@d.example"),
        ("MAX_BODY", "much"),
        ("MAX_BODY", "0 MB"),
        ("LOGIN_FAILURES", "few"),
        ("LOGIN_FAILURES", "0"),
        ("MAX_DAYS", "4000"),
        ("MAX_FILES", "0"),
        ("TRUSTED_PROXIES", "yes"),
        ("TRUSTED_PROXIES", "11"),
        ("TRUSTED_PROXIES", "-1"),
        ("SECOND_FACTOR", "some"),
    ],
)
def test_a_bad_setting_is_a_sentence_that_names_it(name, value):
    with pytest.raises(SettingError, match=name) as refused:
        from_environment({**GOOD, name: value})
    assert str(refused.value).endswith(".")


def test_the_settings_of_the_specification_have_their_defaults():
    found = from_environment(GOOD)
    assert found.database_url == "sqlite:///portal.db"
    assert found.max_body == 128 * 2**20
    assert (found.login_failures, found.login_window_minutes) == (10, 15)
    assert found.max_days == 730
    assert found.max_files == 10
    assert found.mail_server is None
    assert found.trusted_proxies == 0
    assert found.second_factor == "optional"


def test_a_mail_server_is_read_whole():
    found = from_environment({**GOOD, "MAIL_URL": "smtps://port%40al:p%3Aw@mail.example:4465"}).mail_server
    assert (found.host, found.port, found.user, found.password, found.tls) == (
        "mail.example",
        4465,
        "port@al",
        "p:w",
        True,
    )


def test_without_a_secret_key_one_is_made_once_for_its_owner_alone(tmp_path):
    kept = tmp_path / "secret_key"
    first = from_environment({"SECRET_KEY_FILE": str(kept)}).secret_key
    assert from_environment({"SECRET_KEY_FILE": str(kept)}).secret_key == first
    assert len(first) >= 40
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600


def test_a_secret_file_that_cannot_be_read_is_a_sentence(tmp_path):
    with pytest.raises(SettingError, match="SECRET_KEY is not set"):
        from_environment({"SECRET_KEY_FILE": str(tmp_path)})
