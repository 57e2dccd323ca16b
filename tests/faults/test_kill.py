"""The server is killed in the middle of its work: every reply that it acknowledged is there afterwards."""

import http.client
import threading
from collections import Counter
from queue import SimpleQueue

from tests.faults.serving import Served

KILLED_AFTER = (7, 18, 31)  # acknowledged replies, each time


def submit(served, name, acknowledged, sent):
    """Reply until the server is gone."""
    for number in range(10_000):
        body = f"{name} {number}"
        sent.append(body)
        try:
            status, _page = served.reply(body)
        except (OSError, http.client.HTTPException):
            return
        if status == 303:
            acknowledged.put(body)


def test_every_acknowledged_reply_survives_kill_minus_nine(tmp_path):
    served, kept, sent = Served(tmp_path / "portal.db"), [], []
    for round_number, count in enumerate(KILLED_AFTER):
        served.start()
        acknowledged = SimpleQueue()
        writers = [
            threading.Thread(target=submit, args=(served, f"round {round_number} writer {one}:", acknowledged, sent))
            for one in range(3)
        ]
        for writer in writers:
            writer.start()
        kept += [acknowledged.get(timeout=120) for _reply in range(count)]
        served.kill()
        for writer in writers:
            writer.join()
        kept += [acknowledged.get() for _reply in range(acknowledged.qsize())]
    served.start()
    status, page = served.get(f"/requests/{served.reference}")
    served.kill()
    found = Counter(served.bodies())
    lost = [body for body in kept if not found[body]]
    print(f"{len(KILLED_AFTER)} kills: {len(sent)} sent, {len(kept)} acknowledged, {len(lost)} lost")
    assert lost == []
    assert status == 200 and kept[-1] in page
    assert [body for body in sent if found[body] > 1] == []
    checked = served.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr
