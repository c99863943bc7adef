"""Where pages run: on threads of this process, so many at a time, or on a cluster. Nobody else knows which."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Protocol

from snippetrun.config import LOCAL, SiteConfig
from snippetrun.errors import ClusterError, Problem
from snippetrun.model import Job, Result
from snippetrun.runner.drift import Reference
from snippetrun.runner.prepare import OpenSandbox, Sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.support import stopping


@dataclass(frozen=True, slots=True)
class PageRun:
    """A page that is to run, with all that this takes but a sandbox: it may travel to another machine."""

    job: Job
    before: Reference
    """What was recorded of it."""
    most: int = 1
    """How often it runs at most; see `reproduced`."""
    least: int = 1

    def __call__(self, start: OpenSandbox, watcher: Watcher) -> Result:
        """Run it in sandboxes that `start` opens. Raises as `reproduced`."""
        from snippetrun.runner.reproduced import reproduced  # a build that replays must not pay for it

        return reproduced(self.job, start, watcher, self.before, most=self.most, least=self.least)


class Executor(Protocol):
    """Runs pages, several at a time, on what was prepared for them."""

    def __call__(self, pages: Sequence[PageRun]) -> Generator[tuple[PageRun, Result]]:
        """Begin the pages in their order, and yield each as it ends; raise what one of them raises.

        However that comes to its end, no page runs any more, and nothing of one is left.
        """


@contextmanager
def executor(site: SiteConfig, sandboxes: Sandboxes, watcher: Watcher) -> Iterator[Executor]:
    """Prepare what the pages of a site stand on, and yield what runs them; raise InfrastructureError if that fails."""
    if site.executor == LOCAL:
        with sandboxes(site, watcher.say) as start:
            yield _Threads(site.jobs, start, watcher)
    elif find_spec("distributed") is None:
        hint = "Type: pip install 'snippetrun[distributed]'"
        raise ClusterError(Problem(f"Dask is not installed, which {site.executor} needs", hint))
    else:
        from snippetrun.runner.cluster import cluster  # whoever has no cluster must not pay for it

        with cluster(site, sandboxes, watcher) as on_workers:
            yield on_workers


@dataclass(frozen=True, slots=True)
class _Threads:
    """Runs pages on threads of this process."""

    at_a_time: int
    start: OpenSandbox
    watcher: Watcher

    def __call__(self, pages: Sequence[PageRun]) -> Generator[tuple[PageRun, Result]]:
        """As `Executor`."""
        return stopping.at_once([partial(self._run, page) for page in pages], self.at_a_time)

    def _run(self, page: PageRun) -> tuple[PageRun, Result]:
        return page, page(self.start, self.watcher)
