"""The portal's own server: waitress, and the deliverer beside it. And the deliverer alone."""

import signal
import sys
from threading import Event

import waitress
from flask_babel import gettext as _

from portal import database, delivery

THREADS = 8


def serve(app, host, port, say):
    """Serve until the process is told to stop; what is being answered or mailed then is finished. Raise OSError.

    `say` is called with a sentence once people can come in.
    """
    chosen = app.config["PORTAL"]
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        url_scheme="https" if chosen.secure else "http",
        # Without trusted proxies nobody may say whose address a request comes from.
        clear_untrusted_proxy_headers=not chosen.trusted_proxies,
        # Far more than the portal takes is not even read; a little more gets its page that says so.
        max_request_body_size=2 * chosen.max_body,
    )
    deliverer = delivery.start_in_background(app)
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    place = {"host": host, "port": port, "address": chosen.public_url}
    say(_("Serving on %(host)s, port %(port)s, for %(address)s/ (Ctrl+C ends it).", **place))
    try:
        with database.held_open():
            server.run()
    finally:
        deliverer.stop()


def watch(app):
    """Deliver until the process is told to stop; the mail under way then is finished."""
    stop = Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_signal: stop.set())
    delivery.watch(app, stop)
