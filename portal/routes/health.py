"""Whether the portal is alive, for whatever watches it."""

from flask import Blueprint
from peewee import PeeweeException

from portal.database import handle

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz():
    """Return 200 `ok` when the database answers, else 503."""
    try:
        handle.execute_sql("SELECT 1").fetchone()
    except PeeweeException:
        return "the database does not answer\n", 503, {"Content-Type": "text/plain"}
    return "ok\n", 200, {"Content-Type": "text/plain"}
