"""The start page: what waits for me."""

from flask import Blueprint, render_template

from portal.identity import signed_in

bp = Blueprint("start", __name__)


@bp.get("/")
@signed_in
def index():
    return render_template("pages/start.html")
