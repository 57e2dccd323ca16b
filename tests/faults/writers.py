"""People who reply for as long as the server takes it, and remember what was acknowledged."""

import http.client
import itertools
import threading
from collections import Counter
from queue import SimpleQueue


class Writers:
    """Several at once. `kept` are the texts that were acknowledged, `answers` counts what else was said."""

    def __init__(self):
        self.kept, self.sent, self.answers = [], [], Counter()
        self._acknowledged, self._threads, self._round = SimpleQueue(), [], 0
        self._stop = threading.Event()

    def start(self, served, count, steadfast=False, most=None):
        """Let `count` people write, `most` replies each at most; the steadfast go on although nobody answers."""
        self._round += 1
        self._stop.clear()
        names = [f"round {self._round} writer {one}:" for one in range(count)]
        self._threads = [threading.Thread(target=self._write, args=(served, name, steadfast, most)) for name in names]
        for thread in self._threads:
            thread.start()

    def _write(self, served, name, steadfast, most):
        for number in itertools.islice(itertools.count(), most):
            if self._stop.is_set():
                return
            body = f"{name} {number}"
            self.sent.append(body)
            try:
                status, _page = served.reply(body)
            except (OSError, http.client.HTTPException):
                self.answers["no answer"] += 1
                if not steadfast:
                    return
                continue
            self.answers[status] += 1
            if status == 303:
                self._acknowledged.put(body)

    def wait_for(self, count):
        """Wait until so many more replies were acknowledged."""
        self.kept += [self._acknowledged.get(timeout=120) for _reply in range(count)]

    def wait_for_more(self, count):
        """Wait until so many replies were acknowledged from now on."""
        self.wait_for(self._acknowledged.qsize() + count)

    def stop(self):
        """Let everybody finish what they are writing."""
        self._stop.set()
        self.join()

    def join(self):
        """Wait until everybody has stopped."""
        for thread in self._threads:
            thread.join()
        self.kept += [self._acknowledged.get() for _reply in range(self._acknowledged.qsize())]

    def lost(self, bodies):
        """Return what was acknowledged and is not there."""
        found = set(bodies)
        return [body for body in self.kept if body not in found]

    def doubled(self, bodies):
        """Return what was sent once and is there more often."""
        found = Counter(bodies)
        return [body for body in self.sent if found[body] > 1]

    def all_is_there_once(self, served, what):
        """Say how `what` went: all that was acknowledged is in the database, nothing twice, and the database is sound."""
        bodies = served.bodies()
        lost, doubled = self.lost(bodies), self.doubled(bodies)
        print(f"{what}: {self.said()}, {dict(self.answers)}, {len(lost)} lost")
        assert (lost, doubled) == ([], []), f"{lost} lost, {doubled} doubled"
        checked = served.check()
        assert checked.returncode == 0, checked.stdout + checked.stderr

    def said(self):
        """Return the figures in words."""
        return f"{len(self.sent)} sent, {len(self.kept)} acknowledged"
