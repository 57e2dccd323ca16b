"""The log: one JSON object a line, and one line a request. What people typed, tokens and addresses never get into it."""

import json
import logging
import os
import re
import secrets
import select
import sqlite3
import sys
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime

import psycopg
from flask import current_app, g, has_request_context, request

LEVELS = ("info", "warning", "error")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
HEADER = "X-Request-Id"
LONGEST = 1000  # characters of what a line says: looking for addresses in more takes ever longer
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_ADDRESS = re.compile(r"[^\s<>\"'=,;:(]+@[^\s<>\"',;:)]+")
_log = logging.getLogger(__name__)


def init_app(app):
    """Give each request of `app` an id, its answer the header, and the log its line. Call it before all others."""
    app.before_request(_begin)
    app.after_request(_note)


def to_stderr(level):
    """Write what this process logs to standard error: our own from `level` (of LEVELS) on, others' warnings."""
    handler = NeverWaiting(sys.stderr)
    handler.setFormatter(JSONLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("portal").setLevel(level.upper())
    logging.captureWarnings(True)


def request_id():
    """Return the id of this request: on its error page, in its answer's headers, and on each of its lines."""
    if "request_id" not in g:
        g.request_id = _given_id() or _made_id()
    return g.request_id


def is_request_id(text):
    """Return whether `text` has the form of such an id."""
    return bool(_WELL_FORMED.fullmatch(text))


def _given_id():
    """Return the id that a trusted proxy gave; nobody else is heard."""
    given = request.headers.get(HEADER, "") if current_app.config["PORTAL"].trusted_proxies else ""
    return given if _WELL_FORMED.fullmatch(given) else None


def _made_id():
    letters = "".join([_LETTERS[byte % len(_LETTERS)] for byte in secrets.token_bytes(8)])
    return f"{letters[:4]}-{letters[4:]}"


def _begin():
    g.began = time.monotonic()
    request_id()


def _note(response):
    response.headers[HEADER] = request_id()
    contact = g.get("contact")
    facts = {
        "method": request.method if request.method in METHODS else "other",
        # The rule, never the path: links carry their tokens there.
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.monotonic() - g.get("began", time.monotonic())) * 1000, 1),
        "contact": contact.public_id if contact is not None else None,
    }
    _log.info("request", extra={"facts": facts})
    return response


class NeverWaiting(logging.StreamHandler):
    """Writes each line at once or not at all: a reader who has stopped reading must not stop the portal, too."""

    def emit(self, record):
        """Write the record's line, as far as whoever reads the log has room for it."""
        try:
            place = self.stream.fileno()
        except OSError:  # no file at all, but something that stands for one
            return super().emit(record)
        line = f"{self.format(record)}\n".encode()
        with suppress(OSError):  # a full disk, a reader who has gone
            for start in range(0, len(line), select.PIPE_BUF):
                if not select.select([], [place], [], 0)[1]:
                    return None
                os.write(place, line[start : start + select.PIPE_BUF])
        return None


class JSONLines(logging.Formatter):
    """A record as one line: when, how grave, what, in which request; of an error the places it passed."""

    def format(self, record):
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": _ADDRESS.sub("[address]", _event(record)[:LONGEST]),
        }
        if not _is_ours(record):
            line["at"] = f"{record.pathname}:{record.lineno}"
        if has_request_context():
            line["request"] = request_id()
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[1] is not None:
            line["errors"] = list(_chain(record.exc_info[1]))
        return json.dumps(line, ensure_ascii=True)


def _event(record):
    """Return what a record says. Other people's code may put anything into its values, so these are left out there."""
    if _is_ours(record):
        return record.getMessage()
    return f"{record.name}: {record.msg if isinstance(record.msg, str) and record.args else 'a message'}"


def _is_ours(record):
    return record.name == "portal" or record.name.startswith("portal.")


def _chain(error):
    """Yield each error that led to this one, the last first: its kind and the lines it passed.

    Its own words are left out: a refused row or a number that is none tells what was typed.
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        passed = [_place(frame) for frame in traceback.extract_tb(error.__traceback__)]
        yield {"kind": _kind(error), "said": said(error), "at": passed}
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _place(frame):
    return f"{frame.filename}:{frame.lineno} {frame.name}"


def said(error):
    """Return why a database or the system did not do it, as far as no value of a row can stand in it; else ""."""
    while error is not None:
        if isinstance(error, sqlite3.Error):
            return getattr(error, "sqlite_errorname", "")
        if isinstance(error, psycopg.OperationalError):  # a connection that failed has no state, only words
            return error.sqlstate or " ".join(str(error).split())
        if isinstance(error, psycopg.Error):
            return error.sqlstate or ""
        if isinstance(error, OSError):
            return error.strerror or ""
        error = error.__cause__ or error.__context__
    return ""
