"""`python -m tests.benchmarks`: the real server beside the floor, page by page, as a table and as JSON."""

import argparse
import json
import os
import shutil
import statistics
from contextlib import contextmanager
from pathlib import Path

from portal import create_app, database
from tests.benchmarks import servers, worlds
from tests.benchmarks.pages import SECRET, pages
from tests.counting import statements

TURNS = 3


def measure(url, seconds, workers, only):
    """Return (results of all pages, memory of the workers in MiB) on the world at `url`."""
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_URL": "http://127.0.0.1"}
    app = create_app(environment)
    chosen = [page for page in pages(app) if only in page.name]
    counts = [count_statements(app, page) for page in chosen]
    database.let_go()
    portal, floor = servers.portal(environment, workers), servers.floor(environment)
    try:
        results = [measure_page(portal, floor, page, seconds) for page in chosen]
        memory = portal.memory()
    finally:
        portal.stop()
        floor.stop()
    for result, count in zip(results, counts, strict=True):
        result["statements"] = count
    return results, memory


def count_statements(app, page):
    """Return how many statements the second answer takes; what begins and ends a transaction is not counted."""
    client = app.test_client(use_cookies=False)
    for _ in range(2):
        path, body = page.next()
        how = {"method": "POST", "data": body} if body is not None else {}
        with statements() as sent:
            client.open(path, headers=page.headers, content_type="application/x-www-form-urlencoded", **how)
    return sum(not one.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for one in sent)


def measure_page(portal, floor, page, seconds):
    """Return the figures of one page, and of its floor in the same minutes."""
    mine, least = [], []
    portal.at_once(page, 4, 0.2)  # each thread opens its connection, each template is read
    for _ in range(TURNS):  # in turns, so that both meet the same weather
        mine += portal.timed(page, seconds / TURNS)
        least += floor.timed(page.below, seconds / TURNS)
    together = portal.at_once(page, 8, seconds)
    median, below = statistics.median(mine), statistics.median(least)
    return {
        "page": page.name,
        "median": median,
        "p95": percentile(mine, 95),
        "per_second": 1000 / statistics.mean(mine),
        "floor": below,
        "ratio": median / below,
        "together_median": statistics.median(together),
        "together_p95": percentile(together, 95),
        "together_per_second": len(together) / seconds,
    }


def percentile(values, percent):
    """Return the value that `percent` of all do not pass."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


HEADINGS = ("page", "median", "95%", "/s", "floor", "ratio", "SQL", "8: median", "8: 95%", "8: /s", "to smallest")
WIDTHS = (30, 8, 8, 7, 7, 7, 5, 10, 8, 7, 12)


def report(engine, size, results, memory, smallest):
    """Print the table of one world; the last column is the median's ratio to that of the smallest world."""
    print(f"\n{engine}, {size:,} requests: the workers take {memory:.0f} MiB (PSS). Milliseconds.", flush=True)
    print("  ".join(f"{heading:{'<' if place == 0 else '>'}{WIDTHS[place]}}" for place, heading in enumerate(HEADINGS)))
    first = {one["page"]: one["median"] for one in smallest}
    for one in results:
        cells = (one["median"], one["p95"], one["per_second"], one["floor"], one["ratio"], one["statements"])
        cells += (one["together_median"], one["together_p95"], one["together_per_second"])
        cells += (one["median"] / first[one["page"]],)
        formats = (".1f", ".1f", ".0f", ".1f", ".1f", "d", ".1f", ".1f", ".0f", ".2f")
        said = [f"{cell:>{WIDTHS[place + 1]}{formats[place]}}" for place, cell in enumerate(cells)]
        print("  ".join([f"{one['page']:<{WIDTHS[0]}}", *said]), flush=True)


def world(url, size, fresh):
    """Bind the world at `url`, brought up to date, and filled where it is new."""
    database.use(url)
    database.migrate()
    if fresh:
        worlds.fill(size)
    with database.opened() as handle:
        handle.execute_sql("ANALYZE")


@contextmanager
def _as_it_was(url, path):
    """Lend a copy of SQLite's world: what a run writes would stand before all else in the lists of the next one."""
    if not url.startswith("sqlite:"):
        yield url
        return
    database.let_go()
    used = path.with_suffix(".used.db")
    shutil.copyfile(path, used)
    try:
        yield f"sqlite:///{used}"
    finally:
        database.let_go()
        for left in path.parent.glob(f"{used.name}*"):
            left.unlink()


def main():
    """Measure the worlds that the command line names, on the engines that it names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--requests", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="how long each page is asked for, alone and together"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="pages with this in their name")
    parser.add_argument(
        "--folder", type=Path, default=servers.ROOT / "build" / "benchmarks", help="for SQLite's worlds"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    chosen = parser.parse_args()
    cluster = servers.PostgreSQL() if chosen.engine == "postgresql" else None
    figures = {}
    try:
        for size in sorted(chosen.requests):
            path = chosen.folder / f"world-{size}.db"
            path.parent.mkdir(parents=True, exist_ok=True)
            url = cluster.url(f"world{size}") if cluster else f"sqlite:///{path}"
            world(url, size, fresh=bool(cluster) or not path.exists())
            with _as_it_was(url, path) as used:
                results, memory = measure(used, chosen.seconds, chosen.workers, chosen.only)
            figures[size] = {"memory": memory, "pages": results}
            report(chosen.engine, size, results, memory, figures[min(figures)]["pages"])
            if chosen.json:
                chosen.json.write_text(json.dumps({"engine": chosen.engine, "worlds": figures}, indent=1))
    finally:
        if cluster:
            database.let_go()
            cluster.stop()


if __name__ == "__main__":
    main()
