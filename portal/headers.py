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
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
# Two years, as browsers ask of whoever is to be on their list of hosts that are never asked without TLS.
ONLY_HTTPS = f"max-age={2 * 365 * 24 * 3600}; includeSubDomains"


def init_app(app):
    """Add the headers to all that `app` answers."""
    app.after_request(_protect)


def _protect(response):
    headers = response.headers
    there = {name.lower() for name in headers.keys()}  # noqa: SIM118 (of pairs, not of names)
    wanted = dict(ALWAYS)
    if current_app.config["PORTAL"].secure:
        wanted["Strict-Transport-Security"] = ONLY_HTTPS
    if request.endpoint != "static":
        response.vary.update(["Cookie", "HX-Request"])
        if g.get("contact") is not None or request.method == "POST":
            headers["Cache-Control"] = "no-store"
        else:
            wanted["Cache-Control"] = "no-cache"
    headers.extend((name, value) for name, value in wanted.items() if name.lower() not in there)
    return response
