"""The security headers of every answer."""

from flask import current_app, g, request

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
# Two years, as browsers ask of whoever is to be on their list of hosts that are never asked without TLS.
ONLY_HTTPS = f"max-age={2 * 365 * 24 * 3600}; includeSubDomains"


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
    if current_app.config["PORTAL"].secure:
        put("Strict-Transport-Security", ONLY_HTTPS)
    if request.endpoint != "static":
        response.vary.update(["Cookie", "HX-Request"])
        if g.get("contact") is not None or request.method == "POST":
            response.headers["Cache-Control"] = "no-store"
        else:
            put("Cache-Control", "no-cache")
    return response
