"""Jobs -> recordings: the sandboxes of several pages at a time, and in each the page's commands in order."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from snippetrun import __version__
from snippetrun.compare import judge
from snippetrun.config import SiteConfig, cache_folder
from snippetrun.errors import InfrastructureError
from snippetrun.model import (
    Command,
    Ending,
    Environment,
    Job,
    Outcome,
    Page,
    Recorded,
    Recording,
    Result,
    Snippet,
    Verdict,
)
from snippetrun.plan import plan
from snippetrun.sandbox.interface import Sandbox
from snippetrun.terminal import screen

OpenSandbox = Callable[[Job], AbstractContextManager[Sandbox]]
"""Starts the sandbox of a page."""


class Watcher(Protocol):
    """Who wants to know how far the work has come; called from several threads."""

    def say(self, line: str) -> None:
        """Take note: something is being prepared."""

    def begin(self, jobs: Sequence[Job]) -> None:
        """Take note: all is prepared, and these pages will run."""

    def command(self, page: Page, command: Command) -> None:
        """Take note: this command of the page runs now."""

    def end(self, result: Result) -> None:
        """Take note: the page has come to its end."""


@contextmanager
def live_sandboxes(site: SiteConfig, say: Callable[[str], None]) -> Iterator[OpenSandbox]:
    """Prepare the host's engine and the site's images, and yield what starts a page's sandbox on them.

    Raises EngineError, ImageError or SandboxError if that cannot be done.
    """
    # Imported here: a build that replays what was recorded must not pay for the docker SDK.
    from snippetrun.engine import images
    from snippetrun.engine.base import base
    from snippetrun.engine.find import host_engine
    from snippetrun.engine.locks import locked
    from snippetrun.sandbox.live import IMAGE_FOLDER, sandbox, specification
    from snippetrun.sandbox.store import store

    with host_engine(say) as engine:
        with locked(cache_folder() / "preparing", waiting=lambda: say("waiting for another run to prepare the images")):
            debian = base(engine, say)
            sandbox_image, _ = images.build(engine, IMAGE_FOLDER, debian, say, what="sandbox")
            provided = [images.provide(engine, source, debian, say) for source in site.images]
            filled = store(engine, str(site.root), sandbox_image, provided, say)

        def start(job: Job) -> AbstractContextManager[Sandbox]:
            facts = [fact for fact in filled.facts if fact.name in job.images]
            spec = specification(sandbox_image, filled.volume, page=job.page.path, images=job.images)
            return sandbox(engine, spec, facts)

        yield start


def run(
    site: SiteConfig,
    pages: Sequence[Page],
    watcher: Watcher,
    *,
    known: Callable[[Job], Recording | None] = lambda _: None,
    sandboxes: Callable[[SiteConfig, Callable[[str], None]], AbstractContextManager[OpenSandbox]] = live_sandboxes,
) -> tuple[Result, ...]:
    """Run the pages and return a result for each, in their order.

    `known` may already have the recording of a job; with one for each, no engine is asked for. Raises UsageError for
    what cannot be planned, and InfrastructureError if an engine, an image or a sandbox fails us: then nothing of what
    we started is left either.
    """
    jobs = plan(site, pages)
    recordings = {job.page.path: recording for job in jobs if (recording := known(job))}
    missing = [job for job in jobs if job.page.path not in recordings]
    if missing:
        with sandboxes(site, watcher.say) as start:
            watcher.begin(missing)
            recordings |= _run_all(missing, start, watcher, site.jobs)
    return tuple(result(page, recordings.get(page.path)) for page in pages)


def result(page: Page, recording: Recording | None) -> Result:
    """Judge a page by its recording."""
    return Result(page, recording, judge(page, recording.snippets if recording else ()))


def _run_all(jobs: Sequence[Job], start: OpenSandbox, watcher: Watcher, at_a_time: int) -> dict[str, Recording]:
    live: set[Sandbox] = set()

    def one(job: Job) -> Recording:
        recording = run_page(job, start, watcher, live)
        watcher.end(result(job.page, recording))
        return recording

    pool = ThreadPoolExecutor(at_a_time, thread_name_prefix="page")
    try:
        futures = {job.page.path: pool.submit(one, job) for job in jobs}
        wait(futures.values(), return_when=FIRST_EXCEPTION)
        done = [future for future in futures.values() if future.done()]
        for future in done:
            future.result()  # raises what went wrong
        return {path: future.result() for path, future in futures.items()}
    finally:
        # After an error or Ctrl-C: what has not begun never will, and what waits in a sandbox loses it and ends.
        pool.shutdown(wait=False, cancel_futures=True)
        for sandbox in tuple(live):
            sandbox.close()
        pool.shutdown(wait=True)


def run_page(job: Job, start: OpenSandbox, watcher: Watcher, live: set[Sandbox] | None = None) -> Recording:
    """Run one page's commands, up to the first that does not do what was expected.

    `live` is told of the page's sandbox while there is one. Raises InfrastructureError, with the page's path and the
    line, if the sandbox fails.
    """
    began = time.monotonic()
    page, live = job.page, set() if live is None else live
    snippets: list[tuple[Recorded, ...]] = []
    line = page.snippets[0].line
    try:
        with start(job) as sandbox:
            live.add(sandbox)
            try:
                for snippet in page.snippets:
                    line = snippet.line
                    snippets.append(_run_snippet(job, snippet, sandbox, watcher))
                    if any(v.outcome is Outcome.FAILED for v in _verdicts(page, snippets)):
                        break
            finally:
                live.discard(sandbox)
            environment = Environment(sandbox.engine_version, sandbox.kernel, __version__, sandbox.images)
            boot = sandbox.boot_seconds
    except InfrastructureError as error:
        raise type(error)(
            *(dataclasses.replace(p, path=p.path or page.path, line=p.line or line) for p in error.problems)
        ) from error
    when = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    seconds = time.monotonic() - began
    return Recording(page.path, job.key, environment, when, boot, seconds, tuple(snippets))


def _verdicts(page: Page, snippets: Sequence[tuple[Recorded, ...]]) -> Iterator[Verdict]:
    for verdicts in judge(page, snippets):
        yield from verdicts


def _run_snippet(job: Job, snippet: Snippet, sandbox: Sandbox, watcher: Watcher) -> tuple[Recorded, ...]:
    if snippet.options.file is not None:
        sandbox.write(snippet.options.file, snippet.content)
    if snippet.options.skip is not None:
        return ()
    recorded: list[Recorded] = []
    for command in snippet.commands:
        watcher.command(job.page, command)
        timeout = snippet.options.timeout or job.timeout
        exchange = sandbox.run(command.text, timeout=timeout, limit=job.output_limit)
        recorded.append(
            Recorded(
                line=command.line,
                command=command.text,
                output=screen.text(exchange.output),
                status=exchange.status,
                seconds=exchange.seconds,
                ending=exchange.ending,
                cut=exchange.cut,
            )
        )
        if exchange.ending is not Ending.EXITED or exchange.status != command.status:
            break
    return tuple(recorded)
