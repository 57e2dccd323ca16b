"""Which of several workers runs what: each begins with tests that take long, so that none is alone with one at the end."""

import itertools

# What takes long, by who begins with it: a browser and a preview are started once, an installation is made once.
LONG = (
    ("tests/browser/",),
    ("tests/faults/",),
    (
        "tests/test_docs.py",
        "tests/canaries/",
        "tests/test_cli.py",
        "tests/test_copy_database.py",
        "tests/test_database.py",
        "tests/test_logs.py",
        "tests/test_query_plans.py",
        "tests/test_random_world.py",
        "tests/test_reminders.py",
        "tests/test_rules.py",
        "tests/attack/test_bodies.py",
        "tests/attack/test_fuzz.py",
    ),
)


def dealt(items, workers):
    """Return the tests in an order whose equal parts, one for each worker, begin with what takes long."""
    shares = [[] for _worker in range(workers)]
    for number, places in enumerate(LONG):
        shares[number % workers] += [item for item in items if item.nodeid.startswith(places)]
    rest = iter([item for item in items if not item.nodeid.startswith(sum(LONG, ()))])
    order = []
    for number, share in enumerate(shares):
        size = (len(items) - len(order)) // (workers - number)  # as --dist worksteal divides them
        order += share
        order += itertools.islice(rest, max(0, size - len(share)))
    return order
