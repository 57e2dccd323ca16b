"""Marks of pages for sentences that are made in Python: the same macros as in templates."""

from flask import current_app


def level(code, overruled=False):
    """Return the Markup of a level: its key and its word in the reader's language."""
    return current_app.jinja_env.get_template("partials/_marks.html").module.level(code, overruled=overruled)
