"""Whether the portal is alive, for whatever watches it."""

from flask import Blueprint

from portal import database

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz():
    """Return 200 `ok` when the database answers, else 503."""
    if not database.answers():
        return "the database does not answer\n", 503, {"Content-Type": "text/plain; charset=utf-8"}
    return "ok", 200, {"Content-Type": "text/plain; charset=utf-8"}
