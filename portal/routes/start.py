"""The start page: what waits for me."""

from flask import Blueprint, current_app, g, render_template

from portal.identity import signed_in
from portal.overview import overview
from portal.words import greeting

bp = Blueprint("start", __name__)


@bp.get("/")
@signed_in
def index():
    told = overview(g.contact, g.at, mail_works=current_app.config["MAIL_LEAVES"])
    return render_template("pages/start.html", overview=told, greeting=greeting(g.contact, g.at), at=g.at)
