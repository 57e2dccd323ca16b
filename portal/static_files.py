"""Our own files: read, hashed and compressed once, kept in memory, and given with names that change as they do.

Pages themselves are not compressed: they carry the form's token beside what anybody may have them repeat, such as a
search, and the length of the compressed page would tell the one by the other (BREACH).
"""

import gzip
import mimetypes
import re
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from flask import Response, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface

FOREVER = "public, max-age=31536000, immutable"
COMPRESSED = {".css", ".js", ".svg", ".json", ".txt"}
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}  # whatever the machine believes
SMALLEST = 512  # bytes: below, compressing saves no packet
_MENTION = re.compile(rb'url\("([^":]+)"\)')
_HASHED = re.compile(r"^(.+)\.([0-9a-f]{12})(\.[^./]+)$")


class StaticFile(NamedTuple):
    """One file as it is sent."""

    hashed_name: str
    kind: str
    content: bytes
    compressed: bytes | None


def init_app(app):
    """Give `app` the static files of its folder, under the endpoint `static`."""
    files_of(app.static_folder)
    app.session_interface = _Sessions()
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=send)


class _Sessions(SecureCookieSessionInterface):
    """The sessions of pages. A file is the same for everybody: a browser would drop it with each new cookie."""

    digest_method = staticmethod(sha256)  # of what the cookie is signed with

    @lru_cache(8)  # noqa: B019 (one a process, as the app is)
    def get_signing_serializer(self, app):
        """Return what signs and reads the cookie: it is the same for each answer."""
        return super().get_signing_serializer(app)

    def save_session(self, app, session, response):
        if request.endpoint != "static":
            super().save_session(app, session, response)


def static_url(name: str) -> str:
    """Return the URL of a file of ours, which changes when the file does; raise KeyError where there is none."""
    return f"{request.script_root}/static/{_ours()[name].hashed_name}"


def _ours():
    return files_of(current_app.static_folder)


@lru_cache(maxsize=8)
def files_of(path: str) -> dict[str, StaticFile]:
    """Return {name: StaticFile} of all files in the folder `path`, as they are when this is first asked."""
    folder = Path(path)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    found: dict[str, StaticFile] = {}
    # What style sheets mention comes first, for its hash is part of theirs; a sheet that mentions sheets comes last.
    for name in sorted(names, key=lambda name: len(_mentioned(folder, name))):
        found[name] = _read(folder, name, found)
    return found


def _mentioned(folder, name):
    return _MENTION.findall((folder / name).read_bytes()) if name.endswith(".css") else []


def _read(folder, name, found):
    content = (folder / name).read_bytes()
    if name.endswith(".css"):
        content = _MENTION.sub(lambda match: _mention(match, found), content)
    stem, suffix = Path(name).stem, Path(name).suffix
    hashed = Path(name).with_name(f"{stem}.{sha256(content).hexdigest()[:12]}{suffix}").as_posix()
    kind = KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    worthwhile = suffix in COMPRESSED and len(content) >= SMALLEST
    return StaticFile(hashed, kind, content, gzip.compress(content, 9, mtime=0) if worthwhile else None)


def _mention(match, found):
    mentioned = found.get(match[1].decode())
    return b'url("%s")' % mentioned.hashed_name.encode() if mentioned else match[0]


def send(filename):
    """Return a file: under its hashed name for ever, under its plain one (or the hash of another day) until it changes.

    A page of the version before, or of an app server that is not brought up to date yet, still gets a file that way.
    """
    file, is_current = _find(filename)
    response = Response(file.content, content_type=_content_type(file.kind))
    etag = file.hashed_name.rsplit(".", 2)[1]
    if file.compressed is not None:
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            response.data = file.compressed
            response.content_encoding, etag = "gzip", f"{etag}-gzip"
    response.headers["Cache-Control"] = FOREVER if is_current else "no-cache"
    response.set_etag(etag)
    return response.make_conditional(request)


def _find(filename):
    """Return (file, whether `filename` is its hashed name); abort with 404 where there is none."""
    ours = _ours()
    match = _HASHED.match(filename)
    plain = match[1] + match[3] if match else filename
    file = ours.get(filename) or ours.get(plain)
    if file is None:
        abort(404)
    return file, file.hashed_name == filename


def _content_type(kind):
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
