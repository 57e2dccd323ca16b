"""How full partitions get when some customers are far bigger than others: `python -m docs.partitions` prints the figures.

Customers' sizes follow Zipf's law: the second has half as many requests as the first, the third a third. Where the
rows of a customer go is decided by dice in place of a hash. Each figure is the median of many throws with fixed seeds,
so that it is the same on each run.
"""

import random
from functools import lru_cache
from statistics import median

REQUESTS = 10_000_000
CUSTOMERS = 10_000
THROWS = 15
SERVERS = 8


@lru_cache
def sizes(skew=1.0):
    """Return how many requests each customer has, the biggest first."""
    weights = [rank**-skew for rank in range(1, CUSTOMERS + 1)]
    total = sum(weights)
    return [REQUESTS * weight / total for weight in weights]


def thrown(some_sizes, partitions, seed):
    """Return how many requests each partition holds, its customers fallen there by chance."""
    dice = random.Random(seed)
    filled = [0.0] * partitions
    for size in some_sizes:
        filled[dice.randrange(partitions)] += size
    return filled


def hashed(partitions, skew=1.0, isolated=0):
    """Return (biggest, median, biggest / median) of hashed partitions; the `isolated` biggest customers lie elsewhere."""
    rest = sizes(skew)[isolated:]
    throws = [thrown(rest, partitions, seed) for seed in range(THROWS)]
    return (
        median(max(one) for one in throws),
        median(median(one) for one in throws),
        median(max(one) / median(one) for one in throws),
    )


def dealt(seed, partitions=64):
    """Return the servers with the partitions dealt out in turn, each a list of how full its partitions are.

    The first partition of the first server is the one in which the biggest customer lies.
    """
    parts = thrown(sizes(), partitions, seed)
    biggest = random.Random(seed).randrange(partitions)  # the first throw is the biggest customer's
    parts[0], parts[biggest] = parts[biggest], parts[0]
    return [parts[number::SERVERS] for number in range(SERVERS)]


def left_as_dealt(servers):
    """Return (how full each server is, how many requests were moved to get there)."""
    return [sum(parts) for parts in servers], 0


def partition_moved(servers):
    """Move the biggest customer's whole partition to a ninth server."""
    (biggest, *rest), *others = servers
    return [sum(rest), *map(sum, others), biggest], biggest


def customer_moved(servers):
    """Give the biggest customer a partition of its own, and move that to a ninth server."""
    first, *others = map(sum, servers)
    return [first - sizes()[0], *others, sizes()[0]], sizes()[0]


def placed_anew(servers):
    """Deal the partitions out anew, the fullest first, each to the server that is emptiest then."""
    parts = sorted(((part, home) for home, some in enumerate(servers) for part in some), reverse=True)
    filled, travelled = [0.0] * SERVERS, 0
    for part, home in parts:
        place = filled.index(min(filled))
        filled[place] += part
        travelled += part if place != home else 0
    return filled, travelled


def outcome(step):
    """Return (fullest server / a fair share of the eight, requests moved) after `step`."""
    results = [step(dealt(seed)) for seed in range(THROWS)]
    fair = REQUESTS / SERVERS
    return median(max(filled) / fair for filled, _ in results), median(travelled for _, travelled in results)


# --- As the page shows them --------------------------------------------------------------------------------------


def hash_table():
    """Return the table of plain hashing: by number of partitions, for two kinds of world."""
    rows = [("partitions", "biggest holds", "median holds", "max / median", "max / median, milder world")]
    for partitions in (16, 32, 64, 128, 256):
        biggest, middle, ratio = hashed(partitions)
        milder = hashed(partitions, skew=0.8)[2]
        rows.append((f"{partitions}", _rows(biggest), _rows(middle), f"{ratio:.1f}", f"{milder:.1f}"))
    return rows


def isolation_table():
    """Return the table of giving the biggest customers a partition each: what is left in 16, 64 and 256 partitions."""
    rows = [("customers apart", "rows in them", "max / median of 16", "of 64", "of 256")]
    for isolated in (0, 1, 4, 16, 64, 256):
        apart = sum(sizes()[:isolated]) / REQUESTS
        ratios = [f"{hashed(partitions, isolated=isolated)[2]:.1f}" for partitions in (16, 64, 256)]
        rows.append((f"{isolated}", f"{apart:.0%}", *ratios))
    return rows


def server_table():
    """Return the table of 64 partitions on eight servers: how full the fullest is, and what had to travel."""
    rows = [("64 partitions on eight servers", "fullest server / fair share", "rows moved")]
    for words, step in (
        ("dealt out in turn", left_as_dealt),
        ("the biggest customer’s partition to a ninth", partition_moved),
        ("the biggest customer alone to a ninth", customer_moved),
        ("all placed anew by size, no ninth", placed_anew),
    ):
        fullest, travelled = outcome(step)
        rows.append((words, f"{fullest:.2f}", _rows(travelled)))
    return rows


def _rows(number):
    return f"{number:,.0f}"


def main():
    """Print the tables."""
    for table in (hash_table(), isolation_table(), server_table()):
        widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        for row in table:
            print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
        print()


if __name__ == "__main__":
    main()
