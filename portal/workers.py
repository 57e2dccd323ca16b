"""Several workers, each a process of its own: begun, replaced when one dies, and told to stop together."""

import logging
import os
import signal
import sys
import time

from portal.fair_shares import FairShares

STOP_SECONDS = 60  # then a worker is killed
LOOK_AGAIN = 0.02  # seconds, while workers are starting
AN_HOUR = 3600
SHORTEST_LIFE = 1.0  # seconds: whoever dies sooner is not replaced any faster

WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
_log = logging.getLogger(__name__)


class Workers:
    """`count` processes of which each calls `work(share, parent, ready)`: `parent` is the id of this process.

    A worker calls `ready()` once it serves. `share` is its share of the connections.
    """

    def __init__(self, count, work):
        self._count, self._work = count, work
        self._shares = FairShares(count).each
        self._began = {}  # (when, share) by process
        self._to_hear, self._to_tell = os.pipe()  # one byte from each worker that is ready
        os.set_blocking(self._to_hear, False)

    def run(self, all_ready, ending):
        """Keep `count` workers alive until SIGTERM or SIGINT, then let them finish. WATCHED are blocked already.

        `all_ready` is called once as many workers as were asked for serve, `ending` when no more will be begun.
        """
        for share in self._shares:
            self._begin(share)
        missing, told = self._count, None
        while told in {None, signal.SIGCHLD}:
            found = signal.sigtimedwait(WATCHED, LOOK_AGAIN if missing > 0 else AN_HOUR)
            told = found and found.si_signo
            if told == signal.SIGCHLD:
                self._replace_the_dead()
            if missing > 0:
                missing -= self._became_ready()
                if missing <= 0:
                    all_ready()
        ending()
        self._end_all()

    def _became_ready(self):
        try:
            return len(os.read(self._to_hear, 1024))
        except BlockingIOError:
            return 0

    def _begin(self, share):
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._be_a_worker(share, parent)
        self._began[pid] = time.monotonic(), share

    def _be_a_worker(self, share, parent):
        status = 1
        try:
            self._work(share, parent, lambda: os.write(self._to_tell, b"."))
            status = 0
        except Exception:
            _log.exception("A worker failed")
        finally:
            os._exit(status)

    def _replace_the_dead(self):
        for pid, status in self._reaped():
            began, share = self._began.pop(pid)
            share.end()
            _log.error("Worker %s ended with %s; another takes its place", pid, os.waitstatus_to_exitcode(status))
            if time.monotonic() - began < SHORTEST_LIFE:
                time.sleep(SHORTEST_LIFE)
            self._begin(share)

    def _reaped(self):
        """Return (pid, status) of each worker that has ended since this was asked."""
        found = []
        for pid in list(self._began):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                found.append((pid, status))
        return found

    def _end_all(self):
        self._tell_all(signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while self._began and time.monotonic() < end:
            for pid, _status in self._reaped():
                del self._began[pid]
            if self._began:
                signal.sigtimedwait({signal.SIGCHLD}, 1)
        if self._began:
            _log.error("%s workers were killed: they did not finish in time", len(self._began))
            self._tell_all(signal.SIGKILL)

    def _tell_all(self, told):
        for pid in self._began:
            os.kill(pid, told)
