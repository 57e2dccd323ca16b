"""The floor: the least Flask page over the same database, with one raw SQL query and a plain table."""

import sqlite3
import sys
import threading
from datetime import UTC, datetime

import psycopg
from flask import Flask, render_template_string, request
from waitress import serve

ROWS = """<!doctype html><title>Floor</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</table>"""
LIST = "SELECT reference, subject, status, severity, updated_at FROM service_request"
QUERIES = {
    "list": f"{LIST} ORDER BY updated_at DESC, id DESC LIMIT 50",
    "request": "SELECT m.created_at, m.body, m.author_id FROM message m JOIN service_request r ON r.id = m.service_request_id"
    " WHERE r.reference = ? ORDER BY m.created_at LIMIT 10",
    # The newest that hold a word in their subject; for a word in none of them the newest, as it would else read all.
    "search": f"{LIST} WHERE id > (SELECT max(id) - 500 FROM service_request) AND subject <> ?"
    " ORDER BY updated_at DESC LIMIT 50",
}
NOTES = "CREATE TABLE IF NOT EXISTS floor_note (body text, created_at text)"


def make_app(opener, sign):
    """Return the app; `opener()` gives one DB-API connection for each thread, `sign` stands for a value in its SQL."""
    app = Flask(__name__)
    local = threading.local()

    def connection():
        if not hasattr(local, "connection"):
            local.connection = opener()
        return local.connection

    @app.get("/<page>")
    def show(page):
        cursor = connection().cursor()
        wanted = request.args.get("q")
        cursor.execute(QUERIES[page].replace("?", sign), (wanted,) if wanted else ())
        return render_template_string(ROWS, rows=cursor.fetchall())

    @app.post("/submit")
    def submit():
        held = connection()
        now = datetime.now(UTC).isoformat(sep=" ")
        insert = f"INSERT INTO floor_note (body, created_at) VALUES ({sign}, {sign})"
        held.cursor().execute(insert, (request.form["body"], now))
        held.commit()
        return "", 303, {"Location": "/list"}

    return app


def open_sqlite(path):
    """Return a connection as a careful developer would open it."""
    held = sqlite3.connect(path, timeout=15)
    held.execute("PRAGMA journal_mode=wal")
    held.execute("PRAGMA synchronous=full")
    held.execute(NOTES)
    held.commit()
    return held


def open_postgresql(url):
    """Return a connection that commits each statement, as reads need no more."""
    held = psycopg.connect(url, autocommit=True)
    held.execute(NOTES)
    return held


if __name__ == "__main__":
    url, port = sys.argv[1], int(sys.argv[2])
    sqlite = url.startswith("sqlite:")
    path = url.removeprefix("sqlite:///")
    app = make_app((lambda: open_sqlite(path)) if sqlite else (lambda: open_postgresql(url)), "?" if sqlite else "%s")
    serve(app, host="127.0.0.1", port=port, threads=4, _quiet=True)
