"""Downloads: always as a file to save, never as a page of ours."""

import unicodedata
from urllib.parse import quote

from flask import Blueprint, Response, g, request

from portal import files, permissions
from portal.file_names import clean_name
from portal.identity import signed_in
from portal.models.reading import note_download

bp = Blueprint("attachments", __name__)


@bp.get("/attachments/<public_id>")
@signed_in
def download(public_id):
    attachment, one = permissions.load_attachment(g.contact, public_id, g.at)
    if one.standing.grant and request.method == "GET":
        note_download(attachment, g.contact, g.at, one.standing.grant)
    response = Response(files.contents(attachment), content_type=files.served_type(attachment))
    response.content_length = attachment.size
    response.headers["Content-Disposition"] = disposition(clean_name(attachment.name))
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def disposition(name):
    """Return the header's value for a cleaned name: in ASCII for old programs, and exactly (RFC 6266, RFC 8187)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().replace('"', "").replace("%", "_")
    plain = plain.strip(" .") if plain.strip(" .") and not plain.startswith(".") else f"file{plain.strip(' ')}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
