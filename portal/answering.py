"""How a route answers: a page, a fragment for a swap, a redirect without HTMX, or a form that comes back."""

from flask import redirect, render_template, request


def wants_fragment():
    """Return whether HTMX asks, and so wants a fragment rather than a redirect."""
    return request.headers.get("HX-Request") == "true"


def swap(partial, back_to, status=200, **values):
    """Answer a change: the partial with HTMX, else a 303 to `back_to`."""
    if wants_fragment():
        return render_template(f"partials/{partial}", swapped=True, **values), status
    return redirect(back_to, 303)


def go_to(address):
    """Answer a change by leading to another page: 303, or HX-Redirect for a swap."""
    if wants_fragment():
        return "", 204, {"HX-Redirect": address}
    return redirect(address, 303)
