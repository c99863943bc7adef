"""Pages on the workers of a Dask cluster, as whoever submits them sees it. Dask schedules them: we hand them over.

A page takes one of the `sandboxes` that a worker was started with. If a worker ends, Dask runs its pages elsewhere; one
whose engine is gone is taken out by us. A page that nobody waits for any more ends by itself.
"""

from __future__ import annotations

import platform
import queue
import secrets
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib import metadata
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.protocol import pickle

from snippetrun.config import SiteConfig
from snippetrun.errors import ClusterError, EngineError, Problem, SnippetrunError
from snippetrun.model import Result
from snippetrun.runner.carried import Carried, LackingError, carried
from snippetrun.runner.executor import PageRun
from snippetrun.runner.on_worker import TOPIC, fetch, on_worker
from snippetrun.runner.prepare import Sandboxes, live_sandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.support import patience, stopping

RESOURCE = "sandboxes"
"""What a worker is started with so many of, and of which a page takes one."""
_ANSWER_SECONDS = 10.0
_LOOK_SECONDS = 5.0
"""Between two looks at which workers there are."""
_GONE_SECONDS = 60.0
"""For a worker to come where the last one has gone: what watches over it may start it again."""
_MOST_TRIES = 10
"""Of one page, on workers that lack images or have lost their engine."""
# The scheduler looks at what it is given. As bytes it need not have snippetrun; and a function without a name travels
# whole.
_DO = lambda work: __import__("pickle").loads(work)()  # noqa: E731
Save = Callable[[Collection[str]], Iterator[bytes]]


@contextmanager
def cluster(site: SiteConfig, sandboxes: Sandboxes, watcher: Watcher) -> Iterator[_Cluster]:
    """Connect to a site's cluster, prepare its images, and yield what runs its pages there: an `Executor`.

    Raises ClusterError if the cluster is not there or is not fit, and as `live_sandboxes` for the images.
    """
    address = site.executor.removeprefix("dask://")
    with ExitStack() as held:
        try:
            # A client that finds nobody tries again and again, and is never closed.
            host, _, port = address.rpartition(":")
            seconds = patience.seconds(_ANSWER_SECONDS)
            socket.create_connection((host.strip("[]"), int(port)), seconds).close()
            client = Client(address, timeout=seconds, set_as_default=False)
        except (OSError, TimeoutError) as error:
            why = f"no Dask scheduler answers at {address}: {error}"
            raise ClusterError(Problem(why.partition("\n")[0], "Start one there: dask scheduler")) from error
        held.callback(client.close, timeout=seconds)
        _check(client, address)
        save: Save = lambda _: iter(())  # noqa: E731 - what is played has no images
        if sandboxes is live_sandboxes:
            try:
                sandboxes, save = held.enter_context(carried(site, watcher.say, fetch))
            except EngineError as error:
                why = "images are built on the machine that submits, whatever the cluster has"
                raise type(error)(*error.problems, Problem(why)) from error
        yield _Cluster(client, address, site, sandboxes, save, watcher)


def _check(client: Client, address: str) -> None:
    """Raise ClusterError if no worker takes sandboxes, or if one has other versions than we have."""
    start = f'Type, beside an engine: dask worker {address} --nthreads 2 --resources "{RESOURCE}=2"'
    workers = _workers(client)
    if not _room(workers.values()):
        lack = f"no worker with the resource {RESOURCE}" if workers else "no worker"
        raise ClusterError(Problem(f"the cluster at {address} has {lack}", start))
    ours = metadata.version("snippetrun")
    python = ".".join(platform.python_version_tuple()[:2])
    # These two functions are everywhere, also where snippetrun is not.
    theirs: dict[str, Any] = client.run(metadata.version, "snippetrun", on_error="return")
    pythons: dict[str, Any] = client.run(platform.python_version_tuple, on_error="return")
    wrong = [
        f"{worker} has {'no snippetrun' if isinstance(version, Exception) else f'snippetrun {version}'}"
        for worker, version in theirs.items()
        if version != ours
    ]
    wrong += [
        f"{worker} has Python {'.'.join(version[:2])}"
        for worker, version in pythons.items()
        if ".".join(version[:2]) != python
    ]
    if wrong:
        hint = f"Have there, with Python {python}: pip install 'snippetrun[distributed]=={ours}'"
        raise ClusterError(
            *(Problem(f"here is snippetrun {ours} with Python {python}, and {one}", hint) for one in wrong)
        )


def _workers(client: Client) -> dict[str, dict[str, Any]]:
    """Return what the scheduler knows of each worker.

    Not with `scheduler_info`: what the client asks now and then by itself comes in between, and names no worker.
    """
    scheduler: Any = client.scheduler
    workers: dict[str, dict[str, Any]] = client.sync(scheduler.identity)["workers"]
    return workers


def _room(workers: Iterable[dict[str, Any]]) -> int:
    """Return how many pages workers run at a time."""
    return int(sum(worker["resources"].get(RESOURCE, 0) for worker in workers))


class _Cluster:
    """Runs pages on a cluster; see `Executor`."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it stands on
        self, client: Client, address: str, site: SiteConfig, sandboxes: Sandboxes, save: Save, watcher: Watcher
    ) -> None:
        self._client, self._address, self._site, self._watcher = client, address, site, watcher
        self._sandboxes, self._save = sandboxes, save
        self._pieces: list[Future[Any]] = []
        self._run = secrets.token_hex(8)
        self._at_a_time, self._looked, self._seen = 0, 0.0, time.monotonic()

    def __call__(self, pages: Sequence[PageRun]) -> Generator[tuple[PageRun, Result]]:
        """As `Executor`, but what runs when that comes to its end does so a moment longer."""
        waiting, tries = deque(pages), Counter[str]()
        running: dict[Future[Any], PageRun] = {}
        ended: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._client.subscribe_topic(TOPIC, self._hear)
        try:
            while waiting or running:
                self._look()
                while waiting and len(running) < self._at_a_time:
                    page = waiting.popleft()
                    tries[page.job.page.path] += 1
                    future = self._submit(page)
                    running[future] = page
                    future.add_done_callback(ended.put)
                future = stopping.awaited(ended, self._look)
                page = running.pop(future)
                reached = self._reached(page, future, last=tries[page.job.page.path] == _MOST_TRIES)
                if reached:
                    yield page, reached
                else:
                    waiting.appendleft(page)
        except (OSError, CancelledError) as error:  # it was asked for something as it ended
            raise self._gone() from error
        finally:
            if self._client.status == "running":
                with suppress(OSError, CancelledError):
                    self._client.unsubscribe_topic(TOPIC)
                    self._client.cancel(list(running), force=True)

    def _submit(self, page: PageRun) -> Future[Any]:
        work = pickle.dumps(partial(on_worker, self._sandboxes, self._site, self._run, page))
        key = f"{TOPIC}-{secrets.token_hex(16)}"  # for Dask what stands before that is the kind of work
        return self._client.submit(_DO, work, key=key, pure=False, resources={RESOURCE: 1})

    def _reached(self, page: PageRun, future: Future[Any], *, last: bool) -> Result | None:
        """Return what a page has come to; None if it has to run on another worker, or again on one that is ready now.

        Raises what it has raised, and ClusterError if the cluster is at fault.
        """
        path = page.job.page.path
        try:
            worker, outcome = future.result()
        except CancelledError as error:
            raise self._gone() from error
        except KilledWorker as error:
            count, worker = error.allowed_failures + 1, error.last_worker.address
            message = f"{path}: {count} workers ended while they ran it; the last was {worker}"
            raise ClusterError(
                Problem(message, "Their logs, or their system's, say why: too little memory?")
            ) from error
        except Exception as error:
            raise ClusterError(
                Problem(f"{path}: the cluster cannot run it: {type(error).__name__}: {error}")
            ) from error
        if isinstance(outcome, Result):
            return outcome
        if last and not isinstance(outcome, SnippetrunError):
            raise ClusterError(Problem(f"{path}: {_MOST_TRIES} workers could not run it; the last was {worker}"))
        if isinstance(outcome, LackingError):
            self._send(outcome)
        elif isinstance(outcome, EngineError) and not last:
            self._take_out(worker, outcome)
        elif isinstance(outcome, SnippetrunError):
            raise type(outcome)(
                *(replace(p, message=f"{p.message} (on the worker {worker})") for p in outcome.problems)
            )
        return None

    def _gone(self) -> ClusterError:
        message = f"the Dask scheduler at {self._address} has ended, or does not know this run any more"
        return ClusterError(Problem(message, "Type the same command once more."))

    def _send(self, lacking: LackingError) -> None:
        """Put the images that an engine lacks within reach of all workers, unless that has been done meanwhile."""
        carried_ = self._sandboxes
        if isinstance(carried_, Carried) and carried_.pieces == lacking.pieces:
            names = carried_.archived | lacking.names
            self._watcher.say(f"sending {len(names)} images to the cluster")
            self._pieces = [self._client.scatter(piece, hash=False) for piece in self._save(names)]
            keys = tuple(str(future.key) for future in self._pieces)
            self._sandboxes = replace(carried_, archived=names, pieces=keys)

    def _take_out(self, worker: str, error: EngineError) -> None:
        """Send a worker away whose engine is gone; raise ClusterError if it is the last one."""
        workers = _workers(self._client)
        if not _room(facts for address, facts in workers.items() if address != worker):
            message = f"the cluster at {self._address} has no worker left with an engine; the last is {worker}"
            raise ClusterError(Problem(message, "Start its engine, or other workers."), *error.problems)
        if worker in workers:
            self._watcher.say(f"the worker {worker} is taken out: {error.problems[0].message}")
            self._client.retire_workers([worker])
            self._looked = 0.0

    def _look(self) -> None:
        """Look now and then at how many pages have room; raise ClusterError if there is no worker any more."""
        if self._client.status != "running":
            raise self._gone()
        now = time.monotonic()
        if now < self._looked + _LOOK_SECONDS:
            return
        self._looked = now
        workers = _workers(self._client).values()
        room = _room(workers)
        if room:
            self._seen = now
            self._at_a_time = room + len(workers)  # each worker has the next one at hand
        elif now > self._seen + patience.seconds(_GONE_SECONDS):
            raise ClusterError(Problem(f"the cluster at {self._address} has no worker left", "Start another."))

    def _hear(self, event: tuple[float, Any]) -> None:
        run, line = event[1]
        if run == self._run:
            self._watcher.say(line)
