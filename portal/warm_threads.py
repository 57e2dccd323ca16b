"""The threads of a worker: the one that went to rest last is called first.

Each thread has a connection to the database, and with it pages and statements that it need not read again. Called in turn,
as waitress calls them, each would find that the others have made its pages old.
"""

import threading

from waitress.task import ThreadedTaskDispatcher


class WarmThreads(ThreadedTaskDispatcher):
    """waitress's threads, `count` of them."""

    def __init__(self, count):
        super().__init__()
        self.queue_cv = _LastFirst(self.lock)
        self.set_thread_count(count)


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
