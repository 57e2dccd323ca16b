"""The floor: the least Flask page over the same file, with one raw SQL query and a plain table."""

import sqlite3
import sys
import threading
from datetime import UTC, datetime

from flask import Flask, render_template_string, request
from waitress import serve

ROWS = """<!doctype html><title>Floor</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>
{% endfor %}</tr>{% endfor %}</table>"""
QUERIES = {
    "list": "SELECT reference, subject, status, severity, updated_at FROM service_request ORDER BY updated_at DESC, id DESC LIMIT 50",
    "request": "SELECT m.created_at, m.body, m.author_id FROM message m JOIN service_request r ON r.id = m.service_request_id"
    " WHERE r.reference = ? ORDER BY m.created_at LIMIT 10",
    "search": "SELECT reference, subject, status, severity, updated_at FROM service_request WHERE subject LIKE ?"
    " ORDER BY updated_at DESC LIMIT 50",
}


def make_app(opener):
    """Return the app; `opener()` gives one DB-API connection for each thread."""
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
        cursor.execute(QUERIES[page], (wanted,) if wanted else ())
        return render_template_string(ROWS, rows=cursor.fetchall())

    @app.post("/submit")
    def submit():
        held = connection()
        now = datetime.now(UTC).isoformat(sep=" ")
        held.execute("INSERT INTO floor_note (body, created_at) VALUES (?, ?)", (request.form["body"], now))
        held.commit()
        return "", 303, {"Location": "/list"}

    return app


def open_sqlite(path):
    """Return a connection as a careful developer would open it."""
    held = sqlite3.connect(path, timeout=15)
    held.execute("PRAGMA journal_mode=wal")
    held.execute("PRAGMA synchronous=full")
    held.execute("CREATE TABLE IF NOT EXISTS floor_note (id INTEGER PRIMARY KEY, body TEXT, created_at TEXT)")
    held.commit()
    return held


if __name__ == "__main__":
    path, port = sys.argv[1], int(sys.argv[2])
    serve(make_app(lambda: open_sqlite(path)), host="127.0.0.1", port=port, threads=8, _quiet=True)
