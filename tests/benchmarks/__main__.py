"""`python -m tests.benchmarks`: the real server beside the floor, page by page, as a table and as JSON."""

import argparse
import json
import os
import shutil
import statistics
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

from portal import create_app, database
from tests.benchmarks import servers, worlds
from tests.benchmarks.pages import SECRET, pages
from tests.counting import statements

TURNS = 6


class ServedWorld:
    """One world as it is measured: its pages, and the portal and the floor that serve them."""

    def __init__(self, url, size, workers, only):
        self.size = size
        environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET, "PUBLIC_URL": "http://127.0.0.1"}
        app = create_app(environment)
        self.pages = [page for page in pages(app) if only in page.name]
        self.statements = [count_statements(app, page) for page in self.pages]
        database.let_go()
        self.portal, self.floor = servers.portal(environment, workers), servers.floor(environment)
        self.results = []

    def stop(self):
        """Stop its servers."""
        self.portal.stop()
        self.floor.stop()


def measure(open_worlds, seconds):
    """Add to each world's results, page by page: the same page of all of them in the same minutes."""
    for place, page in enumerate(open_worlds[0].pages):
        print(f"\r{page.name:<40}", end="", file=sys.stderr, flush=True)
        took = measure_page([(world, world.pages[place]) for world in open_worlds], seconds)
        for world, result in zip(open_worlds, took, strict=True):
            result["statements"] = world.statements[place]
            world.results.append(result)
            result["growth"] = _growth(world, result, page, open_worlds, place)
    print(file=sys.stderr)


def _growth(world, result, page, open_worlds, place):
    """Return the median's ratio to that of the smallest world that holds what the page shows; None for smaller ones."""
    able = [one for one in open_worlds if one.size >= page.shown_from]
    return result["median"] / able[0].results[place]["median"] if world in able else None


def count_statements(app, page):
    """Return how many statements the second answer takes; what begins and ends a transaction is not counted."""
    client = app.test_client(use_cookies=False)
    for _ in range(2):
        path, body = page.next()
        how = {"method": "POST", "data": body} if body is not None else {}
        with statements() as sent:
            client.open(path, headers=page.headers, content_type="application/x-www-form-urlencoded", **how)
    return sum(not one.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for one in sent)


def measure_page(asked, seconds):
    """Return the figures of one page in each world, and of its floor; `asked` are (world, page)."""
    mine, least = [[] for _ in asked], [[] for _ in asked]
    for world, page in asked:
        world.portal.at_once(page, 4, 0.2)  # each thread opens its connection, each template is read
    for _ in range(TURNS):  # in turns, so that all meet the same weather
        for place, (world, page) in enumerate(asked):
            mine[place] += world.portal.timed(page, seconds / TURNS)
            least[place] += world.floor.timed(page.below, seconds / TURNS)
    return [
        figures(page, mine[place], least[place], world.portal.at_once(page, 8, seconds), seconds)
        for place, (world, page) in enumerate(asked)
    ]


def figures(page, mine, least, together, seconds):
    """Return what is said of the milliseconds of one page, of its floor, and of eight connections at once."""
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


def report(engine, size, results, memory):
    """Print the table of one world."""
    print(f"\n{engine}, {size:,} requests: the workers take {memory:.0f} MiB (PSS). Milliseconds.", flush=True)
    print("  ".join(f"{heading:{'<' if place == 0 else '>'}{WIDTHS[place]}}" for place, heading in enumerate(HEADINGS)))
    for one in results:
        cells = (one["median"], one["p95"], one["per_second"], one["floor"], one["ratio"], one["statements"])
        cells += (one["together_median"], one["together_p95"], one["together_per_second"])
        formats = (".1f", ".1f", ".0f", ".1f", ".1f", "d", ".1f", ".1f", ".0f")
        said = [f"{cell:>{WIDTHS[place + 1]}{formats[place]}}" for place, cell in enumerate(cells)]
        growth = "-" if one["growth"] is None else f"{one['growth']:.2f}"
        print("  ".join([f"{one['page']:<{WIDTHS[0]}}", *said, f"{growth:>{WIDTHS[-1]}}"]), flush=True)


def prepare(url, size, fresh):
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
    with ExitStack() as stack:
        figures = run(chosen, stack)
    for size, one in figures.items():
        report(chosen.engine, size, one["pages"], one["memory"])
    if chosen.json:
        chosen.json.write_text(json.dumps({"engine": chosen.engine, "worlds": figures}, indent=1))


def run(chosen, stack):
    """Return {number of requests: its memory and pages}; what was started for it is left to the stack."""
    cluster = servers.PostgreSQL() if chosen.engine == "postgresql" else None
    if cluster:
        stack.callback(cluster.stop)
    stack.callback(database.let_go)
    open_worlds = []
    for size in sorted(chosen.requests):
        path = chosen.folder / f"world-{size}.db"
        path.parent.mkdir(parents=True, exist_ok=True)
        url = cluster.url(f"world{size}") if cluster else f"sqlite:///{path}"
        prepare(url, size, fresh=bool(cluster) or not path.exists())
        used = stack.enter_context(_as_it_was(url, path))
        open_worlds.append(ServedWorld(used, size, chosen.workers, chosen.only))
        stack.callback(open_worlds[-1].stop)
    measure(open_worlds, chosen.seconds)
    return {one.size: {"memory": one.portal.memory(), "pages": one.results} for one in open_worlds}


if __name__ == "__main__":
    main()
