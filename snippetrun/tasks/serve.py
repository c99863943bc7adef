"""Pages that run as soon as they are edited, beside a program that shows the site, such as `zensical serve`."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path

from watchdog.events import DirModifiedEvent, FileClosedNoWriteEvent, FileOpenedEvent, FileSystemEvent
from watchdog.events import FileSystemEventHandler as Handler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from snippetrun import config, report, runner
from snippetrun.config import PREVIEW, SiteConfig, shown_path
from snippetrun.errors import InfrastructureError, PageError, Problem, SnippetrunError, UsageError
from snippetrun.extract import files
from snippetrun.model import Mode
from snippetrun.plan import Plan, plan
from snippetrun.support import stopping
from snippetrun.tasks import included, site_pages

_TOGETHER_SECONDS = 0.1
"""Editors write a file in several steps."""
_END_SECONDS = 5.0
_LIMITS = "See how many files may be watched: sysctl fs.inotify"


def serve(
    config_file: Path | None,
    command: Sequence[str],
    watcher: runner.Watcher,
    tell: Callable[[Iterable[Problem]], None],
    sandboxes: runner.Sandboxes = runner.live_sandboxes,
) -> int:
    """Run the pages that are new or have changed, then a program, and pages again whenever somebody edits them.

    What is wrong with a page goes to `tell`, and ends nothing. Return the exit status of the program once it ends.
    Raises UsageError if it cannot be started, ConfigError if there is no site, and InfrastructureError if its folders
    cannot be watched.
    """
    site = config.load(config_file)
    if shutil.which(command[0]) is None:
        raise _cannot_start(command[0], "there is no such program")
    changed = threading.Event()
    changes = _Changes(changed)
    with ExitStack() as held:
        observer = Observer()
        observer.start()
        held.callback(observer.stop)
        _watch(site, observer, changes)
        _run(site, watcher, tell, sandboxes)
        try:
            program = subprocess.Popen(command, env=os.environ | {PREVIEW: "1"})
        except OSError as error:
            raise _cannot_start(command[0], str(error.strerror)) from error
        held.callback(_end, program)
        while program.poll() is None:
            stopping.check()
            if not changed.wait(stopping.SLICE):
                continue
            while changed.is_set():
                changed.clear()
                changed.wait(_TOGETHER_SECONDS)
            try:
                site = config.load(config_file)
                _watch(site, observer, changes)
                _run(site, watcher, tell, sandboxes)
            except SnippetrunError as error:
                tell(error.problems)
        # As a shell has it: 137 if it was killed.
        return program.returncode if program.returncode >= 0 else 128 - program.returncode


def _cannot_start(name: str, why: str) -> UsageError:
    hint = "Name the program that serves the site: snippetrun serve -- zensical serve"
    return UsageError(Problem(f"cannot start {name}: {why}", hint))


def _watch(site: SiteConfig, observer: BaseObserver, changes: Handler) -> None:
    """Hear of changes in the folders that a site has now: some may be gone, and others there again."""
    observer.unschedule_all()
    for folder, recursive in _folders(site).items():
        try:
            observer.schedule(changes, str(folder), recursive=recursive)
        except OSError as error:
            message = f"cannot be watched: {error.strerror}"
            raise InfrastructureError(Problem(message, _LIMITS, shown_path(folder))) from error


def _run(
    site: SiteConfig,
    watcher: runner.Watcher,
    tell: Callable[[Iterable[Problem]], None],
    sandboxes: runner.Sandboxes,
) -> None:
    """Run what is not as it was recorded, once: whoever writes waits for it."""
    try:
        work = _work(replace(site, mode=Mode.AUTO, runs=1, most_runs=1), tell)
        results = runner.run(work, watcher, sandboxes=sandboxes)
    except SnippetrunError as error:
        tell(error.problems)
        return
    pages = [report.page(result) for result in results]
    tell(chain(*(page.findings for page in work.pages), *map(report.failures, pages)))


def _work(site: SiteConfig, tell: Callable[[Iterable[Problem]], None]) -> Plan:
    """Return what there is to do for all pages that can be used; a mistake in one does not stop the others."""
    try:
        return plan(site, site_pages.read(site))
    except PageError as error:
        wrong = {Path(problem.path).resolve() for problem in error.problems}
        paths = [path for path in files.find(site) if path.resolve() not in wrong]
        if site.makers or not paths:
            raise
        tell(error.problems)
        return plan(site, site_pages.read(site, paths))


def _folders(site: SiteConfig) -> dict[Path, bool]:
    """Return the folders in which somebody may change what a page prints, and whether what is below them counts too."""
    parts = [folder for folder in included.folders(site) if folder.resolve() != site.root]
    below = [site.docs, *parts, *(image.folder for image in site.images if image.folder)]
    folders = dict.fromkeys((site.root, *(file.parent for file in site.files)), False) | dict.fromkeys(below, True)
    return {folder: recursive for folder, recursive in folders.items() if folder.is_dir()}


def _end(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


class _Changes(Handler):
    """Hears of what somebody writes, and not of what is only read."""

    def __init__(self, changed: threading.Event) -> None:
        self._changed = changed

    def on_any_event(self, event: FileSystemEvent) -> None:
        if not isinstance(event, FileOpenedEvent | FileClosedNoWriteEvent | DirModifiedEvent):
            self._changed.set()
