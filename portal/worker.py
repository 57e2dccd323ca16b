"""One worker: waitress on sockets that listen already, until it is told to stop; what is under way then is finished."""

import logging
import os
import signal
import time

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from portal import database, delivery
from portal.fair_shares import LOOKS_AGAIN
from portal.patience import Patience
from portal.warm_threads import WarmThreads

THREADS = 4
FINISH_SECONDS = 20  # requests under way; mail under way has its own time beside it
CONNECTIONS = 1000
IDLE_SECONDS = 60
HEADER_BYTES = 32 * 2**10
KEPT_IN_MEMORY = 64 * 2**10  # of each body that comes in; what is longer waits on the disk until it is complete

_log = logging.getLogger(__name__)


class Worker:
    """Serves `app`; `share` is its share of the connections, `parent` the process whose end is this worker's end too."""

    def __init__(self, app, sockets, share, parent=None):
        self._app, self._sockets, self._share, self._parent = app, sockets, share, parent
        self._told_to_stop = False
        self._open = {}  # waitress's map of all that it watches
        self._doors = []

    def run(self, ready):
        """Call `ready` once everything is in place, and serve until SIGTERM or SIGINT."""
        threads = WarmThreads() if database.is_sqlite() else ThreadedTaskDispatcher()
        threads.set_thread_count(THREADS)
        adjustments = Adjustments(sockets=self._sockets, **self._options())
        self._doors = [_Door(self._share, self._app, self._open, one, threads, adjustments) for one in self._sockets]
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, self._stop)
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        database.keep_connections()
        deliverer, patience = delivery.start_in_background(self._app), Patience()
        with database.held_open():
            self._share.has(0)
            ready()
            while not self._told_to_stop and not self._is_orphaned():
                self._turn(LOOKS_AGAIN if self._share.looks_away() else 1.0)
                channels = self._channels()
                self._share.has(len(channels))
                patience.look_at(channels, time.time())
            self._share.end()
            deliverer.tell_to_stop()
            self._finish()
            threads.shutdown(timeout=1)
        if not deliverer.stop():
            _log.error("A mail under way was not finished in time: it goes out again")

    def _options(self):
        chosen = self._app.config["PORTAL"]
        return {
            "ident": None,
            "url_scheme": "https" if chosen.secure else "http",
            # Without trusted proxies nobody may say whose address a request comes from.
            "clear_untrusted_proxy_headers": not chosen.trusted_proxies,
            # Far more than the portal takes is not even read; a little more gets its page that says so.
            "max_request_body_size": 2 * chosen.max_body,
            "max_request_header_size": HEADER_BYTES,
            "inbuf_overflow": KEPT_IN_MEMORY,
            "connection_limit": CONNECTIONS,
            "channel_timeout": IDLE_SECONDS,
            "asyncore_use_poll": True,
        }

    def _stop(self, *_signal):
        self._told_to_stop = True
        for door in self._doors:
            door.pull_trigger()

    def _is_orphaned(self):
        return self._parent is not None and os.getppid() != self._parent

    def _turn(self, seconds):
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._open, count=1)

    def _channels(self):
        return [channel for door in self._doors for channel in list(door.active_channels.values())]

    def _finish(self):
        """Take nobody in any more, and answer those who are in."""
        self._close_the_door()
        end = time.monotonic() + FINISH_SECONDS
        while self._channels() and time.monotonic() < end:
            for channel in self._channels():
                if not (channel.requests or channel.request or channel.total_outbufs_len):
                    channel.will_close = True
            self._turn(0.1)
        left = len(self._channels())
        if left:
            _log.error("%s connections were cut after %s seconds", left, FINISH_SECONDS)

    def _close_the_door(self):
        """Let in who stands before it, hear what they say, and refuse whoever comes after."""
        known = -1
        while known != len(self._channels()):
            known = len(self._channels())
            self._turn(0)
        self._turn(0)
        for door in self._doors:
            wasyncore.dispatcher.close(door)  # its own close would take its waker along


class _Door(TcpWSGIServer):
    """A listening socket, at which a worker takes no more people in than its `share`."""

    def __init__(self, share, app, watched, listening, threads, adjustments):
        self._share = share
        told = (listening.family, listening.type, listening.proto, listening.getsockname())
        kept = {"dispatcher": threads, "adj": adjustments, "sockinfo": told, "bind_socket": False}
        super().__init__(app, watched, True, listening, **kept)

    def readable(self):
        return super().readable() and not self._share.looks_away()

    def accept(self):
        taken = None if self._share.leaves() else super().accept()
        if taken is not None:
            self._share.took()
        return taken
