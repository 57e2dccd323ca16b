"""What the signed-in person may see, asked once for a page that reads, and anew at each question of one that changes."""

from flask import g, request

from portal import permissions


def sight():
    """Return the signed-in person's Sight at the instant of this request."""
    if request.method not in {"GET", "HEAD"}:
        return permissions.Sight(g.contact, g.at)
    if "sight" not in g:
        g.sight = permissions.Sight(g.contact, g.at)
    return g.sight
