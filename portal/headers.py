"""The security headers of every answer."""

from flask import g, request

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    ]
)


def init_app(app):
    """Add the headers to all that `app` answers."""
    app.after_request(_protect)


def _protect(response):
    put = response.headers.setdefault
    put("Content-Security-Policy", POLICY)
    put("X-Content-Type-Options", "nosniff")
    put("Referrer-Policy", "same-origin")
    put("Cross-Origin-Opener-Policy", "same-origin")
    put("Cross-Origin-Resource-Policy", "same-origin")
    put("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
    put("X-Frame-Options", "DENY")
    if request.endpoint != "static":
        response.vary.update(["Cookie", "HX-Request"])
        if g.get("contact") is not None or request.method == "POST":
            response.headers["Cache-Control"] = "no-store"
        else:
            put("Cache-Control", "no-cache")
    return response
