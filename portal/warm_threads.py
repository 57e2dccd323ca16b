"""The threads of a worker on SQLite: the one that went to rest last is called first.

Each of them has its own connection, and with it pages of the database that it need not read again. Called in turn, as
waitress calls them, each would find that another has written since. PostgreSQL's connections belong to no thread.
"""

import threading

from waitress.task import ThreadedTaskDispatcher


class WarmThreads(ThreadedTaskDispatcher):
    """waitress's threads, called in another order."""

    def __init__(self):
        super().__init__()
        self.queue_cv = _LastFirst(self.lock)


class _LastFirst:
    """A condition for whoever holds `lock`, as threading.Condition is one: who began to wait last is woken first."""

    def __init__(self, lock):
        self._lock, self._resting = lock, []

    def wait(self):
        called = threading.Lock()
        called.acquire()
        self._resting.append(called)
        self._lock.release()
        try:
            called.acquire()
        finally:
            self._lock.acquire()

    def notify(self):
        if self._resting:
            self._resting.pop().release()

    def notify_all(self):
        while self._resting:
            self.notify()
