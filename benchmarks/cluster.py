"""Pages on 1, 2 and 4 workers of a Dask cluster on this machine, and ten thousand pages by simulation.

Measured: how long the same pages take, where each worker has an engine of its own; how long it takes until all engines
have the images; and what a page costs that does nothing, on its way there and back. Simulated: workers that run pages
as one does that is alone here, behind a scheduler and a submitter that take their time for one page after the other.

    PYTHONPATH=tests .venv/bin/python benchmarks/cluster.py            needs root, and dockerd
    PYTHONPATH=tests .venv/bin/python benchmarks/cluster.py --quick    simulates with the figures of the last time
"""

from __future__ import annotations

import argparse
import dataclasses
import heapq
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import LocalCluster
from helpers.runs import SITE, console, page
from helpers.workers import PROGRAMS, cluster

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.model import Job
from snippetrun.plan import plan
from snippetrun.sandbox.fake import FakeSandbox

REPOSITORY = Path(__file__).parent.parent
PAGES, NOTHING = 12, 500
PAGE = "# P\n\n```console\n$ docker run --rm busybox echo {n}\n$ docker ps -a\n$ docker images\n```\n"
MANY = 10_000


@dataclasses.dataclass(frozen=True)
class Costs:
    """Seconds."""

    page: float
    """On a worker that has this machine for itself."""
    way: float
    """Of a page there and back, in which scheduler and submitter do one after the other."""
    images: float
    """Until an engine that lacks them has all images, and its store is filled."""


def measured() -> Costs:
    """Print what is measured on 1, 2 and 4 workers; return what the simulation needs."""
    page_seconds = images = 0.0
    for workers in (1, 2, 4):
        with tempfile.TemporaryDirectory(prefix="snippetrun-", ignore_cleanup_errors=True) as folder:
            site = a_site(Path(folder))
            (Path(folder) / "workers").mkdir()
            with cluster(Path(folder) / "workers", workers) as made:
                command = [PROGRAMS / "snippetrun", "check", "--executor", f"dask://{made.address}"]
                seconds = []
                for name in ("run", "check", "check"):
                    command[1] = name
                    began = time.monotonic()
                    running = made.submit(site, *map(str, command))
                    said, _ = running.communicate()
                    if running.returncode:
                        raise SystemExit(said)
                    seconds.append(time.monotonic() - began)
        first, *later = seconds
        best = min(later)
        print(f"{workers} workers: {best:.1f} s for {PAGES} pages, {best / PAGES:.2f} s a page", end="")
        print(f"; {first:.1f} s the first time")
        if workers == 1:
            page_seconds, images = best / PAGES, first - 2 * best  # the first time each page runs twice
    way = on_the_way()
    print(f"a page that does nothing: {1000 * way:.1f} ms there and back")
    return Costs(page_seconds, way, max(images, 0.0))


def a_site(folder: Path) -> Path:
    """Make a site of some pages."""
    site = folder / "site"
    (site / "docs").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "images" / "busybox", site / "images" / "busybox")
    images = "{busybox: {build: images/busybox}}"
    (site / "mkdocs.yml").write_text(f"site_name: Many\nplugins:\n  - snippetrun:\n      images: {images}\n")
    for n in range(PAGES):
        (site / "docs" / f"p{n}.md").write_text(PAGE.format(n=n))
    return site


@contextmanager
def nothing(_site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
    """Play an engine that answers at once."""

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox({"docker ps": "CONTAINER ID\n" * 20})

    yield start


def on_the_way() -> float:
    """Return what a page costs that does nothing."""
    pages = [page(console("$ docker ps"), f"docs/{n}.md") for n in range(NOTHING)]
    settings = {"n_workers": 2, "threads_per_worker": 2, "dashboard_address": None, "resources": {"sandboxes": 2}}
    with tempfile.TemporaryDirectory() as folder, LocalCluster(**settings) as made:
        os.environ["SNIPPETRUN_CACHE"] = folder
        site = dataclasses.replace(
            SITE, executor=f"dask://{made.scheduler_address.removeprefix('tcp://')}", recordings=Path(folder) / "r"
        )
        runner.run(plan(site, pages[:10]), runner.Watcher(), sandboxes=nothing)
        began = time.monotonic()
        runner.run(plan(site, pages), runner.Watcher(), sandboxes=nothing)
        return (time.monotonic() - began) / NOTHING


def simulated(costs: Costs, workers: int, pages: int = MANY) -> float:
    """Return how long so many pages take where each worker runs one at a time."""
    free = [costs.images] * workers
    at = 0.0
    for _ in range(pages):
        at = max(at + costs.way, free[0])  # handed over once it has its turn, and a worker is free
        heapq.heapreplace(free, at + costs.page)
    return max(free)


def main() -> None:
    """Measure, and simulate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    costs = Costs(1.65, 0.0092, 15.0) if parser.parse_args().quick else measured()
    way, images = 1000 * costs.way, costs.images
    print(f"\n{MANY} pages of {costs.page:.1f} s, {way:.0f} ms each on the way, {images:.0f} s for images")
    for workers in (1, 4, 16, 64, 128, 256, 1024):
        seconds = simulated(costs, workers)
        busy = (MANY * costs.page) / (workers * seconds)
        print(f"{workers:5} sandboxes: {seconds / 60:7.1f} min, of which they work {busy:.0%}")
    print(f"more than {costs.page / costs.way:.0f} sandboxes find no work: one page after the other is handed over")


if __name__ == "__main__":
    main()
