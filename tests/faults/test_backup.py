"""A backup under load: what is restored from it is the portal at one instant."""

import re

from portal.models import Message, ServiceRequest
from tests.faults.serving import Served
from tests.faults.writers import Writers


def test_a_backup_under_load_is_the_portal_at_one_instant(engine, database_url, tmp_path):
    served, writers, copy = Served(database_url), Writers(), tmp_path / "copy"
    served.start()
    writers.start(served, 3)
    try:
        writers.wait_for(20)
        before = list(writers.kept)
        made = served.command("backup", copy)
        writers.wait_for_more(5)
    finally:
        writers.stop()
        served.kill()
    assert made.returncode == 0, made.stderr
    restored = served.elsewhere(
        f"sqlite:///{tmp_path / 'new.db'}" if engine.name == "sqlite" else engine.empty_database()
    )
    for words in (("restore", copy), ("check",)):
        done = restored.command(*words)
        assert done.returncode == 0, done.stdout + done.stderr
    bodies = restored.bodies()
    lost = sorted(set(before) - set(bodies))
    print(f"{engine.name}: {len(before)} acknowledged before the backup, {len(bodies)} in it, {len(lost)} lost")
    assert lost == gaps(bodies) == []
    assert len(bodies) < len(served.bodies()), "the portal went on"
    assert is_of_one_instant(restored)


def gaps(bodies):
    """Return what is missing before the last reply of each writer: each wrote one after another."""
    numbers = {}
    for name, number in re.findall(r"^(round \d+ writer \d+:) (\d+)$", "\n".join(bodies), re.M):
        numbers.setdefault(name, set()).add(int(number))
    missing = {name: set(range(max(found))) - found for name, found in numbers.items()}
    return [(name, found) for name, found in missing.items() if found]


def is_of_one_instant(restored):
    """Return whether the request and its thread are of one transaction: each reply changes both."""
    with restored.looked_into():
        request = ServiceRequest.by_reference(restored.reference)
        last = Message.select().where(Message.service_request == request).order_by(Message.created_at.desc()).first()
        return request.updated_at == last.created_at
