"""The portal's own server: waitress in one process or several, and the deliverer beside it. And the deliverer alone."""

import gc
import logging
import resource
import signal
import socket
from threading import Event

from flask_babel import gettext as _

from portal import database, delivery
from portal.fair_shares import FairShares
from portal.worker import Worker
from portal.workers import WATCHED, Workers

_log = logging.getLogger(__name__)

OPEN_FILES = 8192  # a slow client costs one, and one more while its body is on the disk


def serve(app, host, port, workers, say):
    """Serve until the process is told to stop; what is being answered or mailed then is finished. Raise OSError.

    `workers` is the number of processes; one serves in this very process. `say` is called with a sentence once people
    can come in.
    """
    sockets = _listen(host, port)
    _allow_open_files()
    _make_ready(app)
    # From here on nobody is cut short: who is to stop hears of it as soon as they can.
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    place = {"host": host, "port": port, "address": app.config["PORTAL"].public_url}
    sentence = _("Serving on %(host)s, port %(port)s, for %(address)s/ (Ctrl+C ends it).", **place)
    if workers == 1:
        Worker(app, sockets, *FairShares(1).each).run(lambda: say(sentence))
    else:
        several = Workers(workers, lambda share, parent, ready: Worker(app, sockets, share, parent).run(ready))
        several.run(lambda: say(sentence), lambda: [one.close() for one in sockets])


def _listen(host, port):
    """Return the listening sockets of all addresses that `host` stands for."""
    sockets = []
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _name, address in dict.fromkeys(found):
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(1024)
        sockets.append(made)
    return sockets


def _allow_open_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _make_ready(app):
    """Do once what every worker would do for itself, and hold nothing open that a fork must not inherit."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait for a thread is no news
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
    with database.opened():
        if not database.syncs():
            _log.warning("PostgreSQL runs with fsync = off: a power cut may take what was saved")
    database.let_go()
    gc.collect()
    gc.freeze()  # what stands now stays: the workers share its memory as long as nobody writes to it


def watch(app):
    """Deliver until the process is told to stop; the mail under way then is finished."""
    stop = Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_signal: stop.set())
    delivery.watch(app, stop)
