"""Connections shared fairly among workers: whoever has more of them open than another worker leaves the next one to it.

The system wakes all workers for a connection and gives it to whoever asks first. So one of two would have seven of eight
at times, and seven people would wait for one process beside an idle one.
"""

import mmap
import time

LEAVES_SECONDS = 0.05  # then a worker takes it after all: the others are busy, or hang
TRUSTS_AGAIN = 1.0  # seconds in which nobody waited, after the others did not come
LOOKS_AGAIN = 0.002  # seconds, as long as somebody waits

_AWAY = 2**32 - 1  # takes nobody in: it begins, ends, or has died


class FairShares:
    """One share for each of `workers`, in memory that all of them see. To be made before they begin."""

    def __init__(self, workers):
        numbers = memoryview(mmap.mmap(-1, 2 * 4 * workers)).cast("I")
        self.each = [Share(numbers[:workers], numbers[workers:], place) for place in range(workers)]


class Share:
    """What the worker at `place` has. `opened` holds how many connections are open at each worker, `taken` how many ever.

    `clock` is time.monotonic().
    """

    def __init__(self, opened, taken, place, clock=time.monotonic):
        self._opened, self._taken, self._place, self._clock = opened, taken, place, clock
        self._left_since = self._left_last = 0.0
        self._taken_by_others = None
        self.end()

    def has(self, connections):
        """Say how many `connections` are open: from the first time on the worker takes people in."""
        self._opened[self._place] = connections

    def took(self):
        """Say that the worker took a connection."""
        self._taken[self._place] = (self._taken[self._place] + 1) % 2**32

    def end(self):
        """Let nobody be left to this worker any more, nor by it."""
        self._opened[self._place] = _AWAY
        self._looks_at = 0.0

    def leaves(self):
        """Return whether somebody who waits is to be left to a worker that has fewer connections."""
        if not _AWAY > self._opened[self._place] > min(self._opened):
            return False
        now, others = self._clock(), [taken for place, taken in enumerate(self._taken) if place != self._place]
        if others != self._taken_by_others or now - self._left_last > TRUSTS_AGAIN:
            self._taken_by_others, self._left_since = others, now
        self._left_last = now
        if now - self._left_since > LEAVES_SECONDS:
            return False
        self._looks_at = now + LOOKS_AGAIN
        return True

    def looks_away(self):
        """Return whether it is too soon to look again at whoever was left to the others."""
        return self._clock() < self._looks_at
