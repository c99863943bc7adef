"""A page on a worker of a Dask cluster: what the page stands on there, and who is told how far it has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from distributed import Worker, get_worker
from distributed.utils import sync
from distributed.utils_comm import gather_from_workers

from snippetrun.config import SiteConfig
from snippetrun.errors import SnippetrunError
from snippetrun.model import Page, Result
from snippetrun.runner.carried import Carried, LackingError
from snippetrun.runner.executor import PageRun
from snippetrun.runner.prepare import OpenSandbox, Sandboxes, SharedSandboxes
from snippetrun.runner.watcher import Watcher
from snippetrun.support import patience, stopping

TOPIC = "snippetrun"
"""Of the events that tell how far pages have come: `[run, line]`."""
_PIECE_SECONDS = 60.0


class _Telling(Watcher):
    """Tells whoever has asked for a page how far it has come, a line each."""

    def __init__(self, worker: Worker, run: str) -> None:
        self._worker, self._run = worker, run

    def say(self, line: str) -> None:
        self._worker.log_event(TOPIC, [self._run, f"{line} (on {self._worker.name})"])

    def again(self, page: Page, why: str) -> None:
        self.say(f"{page.path}: {why}")


def on_worker(sandboxes: Sandboxes, site: SiteConfig, run: str, page: PageRun) -> tuple[str, Result | BaseException]:
    """Run a page on this worker; return the worker's address, and what the page has come to or has raised."""
    worker = get_worker()
    key = worker.get_current_task()
    telling = _Telling(worker, run)

    def is_unwanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled" or worker.status.name in {"closing", "closed", "failed"}

    telling.say(f"{page.job.page.path} begins")
    try:
        with stopping.once(is_unwanted), _prepared(sandboxes, site, telling.say) as start:
            return worker.address, page(start, telling)
    except (SnippetrunError, LackingError, KeyboardInterrupt) as error:
        return worker.address, error  # a KeyboardInterrupt that is raised would end the worker


def fetch(key: str) -> bytes:
    """Return a piece of an archive from whichever worker has it; raise LookupError if none has."""
    worker = get_worker()
    try:
        piece = sync(worker.loop, _gather, worker, key, callback_timeout=patience.seconds(_PIECE_SECONDS))
    except (TimeoutError, OSError) as error:
        raise LookupError(key) from error
    return bytes(piece)


async def _gather(worker: Worker, key: str) -> bytes:
    holders = await worker.scheduler.who_has(keys=[key])
    pieces, *_ = await gather_from_workers(holders, rpc=worker.rpc)
    return pieces[key]  # type: ignore[return-value] # what was scattered


@dataclass(slots=True)
class _Ready:
    shared: SharedSandboxes
    users: int = 0


_ready: WeakKeyDictionary[Worker, dict[str, _Ready]] = WeakKeyDictionary()
"""What pages of a worker of this process stand on, by the images; it is kept until others are needed."""
_preparing = threading.Lock()


@contextmanager
def _prepared(sandboxes: Sandboxes, site: SiteConfig, say: Callable[[str], None]) -> Iterator[OpenSandbox]:
    """Yield what starts a page's sandbox, prepared by the first page on this worker."""
    key = sandboxes.key if isinstance(sandboxes, Carried) else repr(sandboxes)
    with _preparing:
        mine = _ready.setdefault(get_worker(), {})
        for other in [name for name, ready in mine.items() if name != key and not ready.users]:
            mine.pop(other).shared.close()
        ready = mine.get(key) or _Ready(SharedSandboxes(sandboxes, say))
        start = ready.shared.start(site)
        mine[key] = ready  # what has failed is tried again
        ready.users += 1
    try:
        yield start
    finally:
        with _preparing:
            ready.users -= 1
