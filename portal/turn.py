"""Whose turn it is to deliver: one process at a time, over all workers and app servers."""

import logging
import os
import secrets
import socket

from portal import clock, database
from portal.models import leases

DELIVERER = "deliverer"

_log = logging.getLogger(__name__)


class Turn:
    """One process's claim to be the deliverer, until `stop` (an Event) is set or another has taken over."""

    def __init__(self, stop):
        self._stop = stop
        self._had = False
        self.holder = f"{socket.gethostname()[:150]} {os.getpid()} {secrets.token_hex(8)}"

    def is_mine(self):
        """Return whether this process is the deliverer now; it is one for some seconds more then."""
        with database.opened():
            mine = leases.take(DELIVERER, self.holder, clock.now())
        if mine != self._had:
            _log.info("This process %s", "delivers from now on" if mine else "delivers no more: another does")
        self._had = mine
        return mine

    def is_set(self):
        """Return whether to end the round after the mail under way: asked before each mail."""
        return self._stop.is_set() or not self.is_mine()

    def give_up(self):
        """Let another take over at once."""
        if self._had:
            with database.opened():
                leases.give_up(DELIVERER, self.holder)
