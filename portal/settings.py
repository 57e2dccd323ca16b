"""Environment -> settings, checked at start; each error names its variable."""

import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from portal.logs import LEVELS

SECOND_FACTOR = ("optional", "managers", "everyone")  # who must have one


class SettingError(Exception):
    """A setting that cannot be used; its text is a sentence that names the variable."""


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool


@dataclass(frozen=True)
class Settings:
    database_url: str
    secret_key: str
    public_url: str
    mail_server: MailServer | None
    mail_from: str
    max_body: int
    max_files: int
    login_failures: int
    login_window_minutes: int
    max_days: int
    trusted_proxies: int
    second_factor: str
    log_level: str

    @property
    def secure(self) -> bool:
        """Whether people reach the portal over https."""
        return self.public_url.startswith("https://")


def from_environment(environ=os.environ) -> Settings:
    """Return the settings that `environ` describes; raise SettingError with a sentence for the first bad one."""
    public_url = _public_url(environ.get("PUBLIC_URL") or "http://127.0.0.1:8000")
    failures, minutes = _login_failures(environ.get("LOGIN_FAILURES") or "10 in 15 minutes")
    return Settings(
        database_url=database_url(environ.get("DATABASE_URL") or "sqlite:///portal.db"),
        secret_key=_secret_key(environ),
        public_url=public_url,
        mail_server=_mail_server(environ.get("MAIL_URL") or ""),
        mail_from=_mail_from(environ.get("MAIL_FROM") or f"portal@{urlsplit(public_url).hostname}"),
        max_body=_size("MAX_BODY", environ.get("MAX_BODY") or "128 MB"),
        max_files=_whole_number("MAX_FILES", environ.get("MAX_FILES") or "10", 1, 100),
        login_failures=failures,
        login_window_minutes=minutes,
        max_days=_whole_number("MAX_DAYS", environ.get("MAX_DAYS") or "730", 1, 3650),
        trusted_proxies=_whole_number("TRUSTED_PROXIES", environ.get("TRUSTED_PROXIES") or "0", 0, 10),
        second_factor=_one_of("SECOND_FACTOR", environ.get("SECOND_FACTOR") or "optional", SECOND_FACTOR),
        log_level=_one_of("LOG_LEVEL", environ.get("LOG_LEVEL") or "info", LEVELS),
    )


def _parts(name, value):
    """Return the parts of an address whose host and port can be read."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise SettingError(f"{name} is no address that can be read: {error}.") from None
    return parts


def database_url(value):
    """Return the address of a database as it stands; raise SettingError where it cannot be one."""
    parts = _parts("DATABASE_URL", value)
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise SettingError("DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if value in {"sqlite:///", "sqlite:///:memory:"}:
        raise SettingError("DATABASE_URL names no file: write sqlite:///portal.db, for instance.")
    if parts.scheme != "sqlite" and not parts.path.strip("/"):
        raise SettingError(
            "DATABASE_URL names no database: write postgresql://user:password@host/portal, for instance."
        )
    return value


def _secret_key(environ):
    value = environ.get("SECRET_KEY")
    if value:
        if len(value) < 16:
            raise SettingError("SECRET_KEY is too short: use 16 characters or more.")
        return value
    return _kept_secret(Path(environ.get("SECRET_KEY_FILE") or "secret_key"))


def _kept_secret(path):
    """Make the key once; the file is readable by its owner alone."""
    try:
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_kept_secret(path)
    except OSError as error:
        raise SettingError(f"SECRET_KEY is not set and {path} cannot be written: {error.strerror}.") from error
    secret = secrets.token_urlsafe(48)
    with os.fdopen(made, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def _read_kept_secret(path):
    for _ in range(50):  # another process may be between creating the file and filling it
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(f"SECRET_KEY is not set and {path} cannot be read: {error}.") from None
        if secret:
            return secret
        time.sleep(0.02)
    raise SettingError(f"SECRET_KEY is not set and {path} is empty: remove the file or set SECRET_KEY.")


def _public_url(value):
    parts = _parts("PUBLIC_URL", value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingError("PUBLIC_URL must be the address people use, such as https://portal.example.")
    if parts.path not in {"", "/"}:
        raise SettingError("PUBLIC_URL must have no path: the portal lives at the root of its host.")
    return f"{parts.scheme}://{parts.netloc}"


def _mail_server(value):
    if not value:
        return None
    parts = _parts("MAIL_URL", value)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SettingError("MAIL_URL must look like smtp://user:password@host:port or smtps://host.")
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
    )


def _mail_from(value):
    if not re.fullmatch(r"(?:[^<>\r\n]*<[^@\s<>]+@[^@\s<>]+>|[^@\s<>]+@[^@\s<>]+)", value):
        raise SettingError("MAIL_FROM must be an address, such as support@firm.example.")
    return value


def _size(name, value):
    found = re.fullmatch(r"\s*(\d+)\s*(KB|MB|GB)?\s*", value, re.IGNORECASE)
    if not found or not int(found[1]):
        raise SettingError(f"{name} must be a size, such as 128 MB.")
    return int(found[1]) * {"": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30}[(found[2] or "").upper()]


def _login_failures(value):
    found = re.fullmatch(r"\s*(\d+)(?:\s+in\s+(\d+)\s+minutes?)?\s*", value)
    if not found or not int(found[1]) or found[2] == "0":
        raise SettingError("LOGIN_FAILURES must be a number, such as 10, or 10 in 15 minutes.")
    return int(found[1]), int(found[2] or 15)


def _one_of(name, value, words):
    if value.strip() not in words:
        raise SettingError(f"{name} must be one of {', '.join(words)}.")
    return value.strip()


def _whole_number(name, value, least, most):
    if not value.strip().isdecimal() or not least <= int(value) <= most:
        raise SettingError(f"{name} must be a whole number from {least} to {most}.")
    return int(value)
