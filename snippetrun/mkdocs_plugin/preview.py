"""`mkdocs serve`: what changes while its server answers.

MkDocs has no way to say that a page has changed without a build of the whole site, nor to ask for such a build but by
a file that changes. What does it here is what its own server does at the end of a build, and when a file has changed
(mkdocs/livereload/__init__.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import FileSystemEvent, FileSystemEventHandler

from snippetrun.markdown_extension.marks import Marks
from snippetrun.support import atomic, stopping

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

    from snippetrun.config import SiteConfig
    from snippetrun.model import Result


class Preview:
    """The files of a site that is served, and its server once there is one."""

    def __init__(self) -> None:
        """Serve nothing yet."""
        self._server: LiveReloadServer | None = None
        self._watched: set[Path] = set()
        self._lock, self._asked = threading.Lock(), threading.Lock()
        self._marks = Marks()
        self._blocks: dict[str, tuple[str, ...]] = {}
        self._results: dict[str, tuple[SiteConfig, Result]] = {}
        """What the blocks are made of."""
        self._files: dict[Path, str] = {}
        """What is in files of the site, with marks for the blocks of pages that run."""
        self._is_built = False

    def begin(self, marks: Marks) -> None:
        """Begin a build, whose marks these are."""
        with self._lock:
            self._marks, self._files, self._is_built = marks, {}, False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Hold back all others who show blocks, from the look at what is known of pages until it is shown."""
        while not self._asked.acquire(timeout=stopping.SLICE):
            stopping.check()  # whoever builds may wait for this thread to end
        try:
            yield
        finally:
            self._asked.release()

    def changed(self, site: SiteConfig, results: Iterable[Result], running: Collection[str]) -> list[Result]:
        """Return the results of which something else is to be shown than was, and take note of them."""
        new = {result.page.path: (site, result) for result in results}
        changed = [of for path, (_, of) in new.items() if path in running or self._results.get(path) != new[path]]
        self._results |= new
        return changed

    def show(self, blocks: Mapping[str, tuple[str, ...]]) -> None:
        """Take the blocks of pages, and put them into what is built; who looks at one of these is shown it again."""
        with self._lock:
            self._blocks |= blocks
            self._marks.show(self._blocks)
            if self._is_built:
                self._write(blocks)

    def fill(self, file: Path, text: str, runs: Callable[[str], bool]) -> str:
        """Return what a file of the site shows now; one with pages that run is filled again when that changes."""
        with self._lock:
            if any(map(runs, self._marks.pages(text))):
                self._files[file] = text
            return self._marks.fill(text)

    def end(self) -> None:
        """End a build: what has changed since pages were filled is in them then."""
        with self._lock:
            self._is_built = True
            self._write(self._blocks)

    def _write(self, pages: Iterable[str]) -> None:
        changed = {file: text for file, text in self._files.items() if not self._marks.pages(text).isdisjoint(pages)}
        for file, text in changed.items():
            atomic.write(file, self._marks.fill(text))
        if changed:
            self._reload()

    def serve(self, server: LiveReloadServer) -> None:
        """Take the server, which answers from now on."""
        self._server = server

    def watch(self, folders: Iterable[Path]) -> None:
        """Build again when something changes in one of these folders."""
        if self._server is None:
            return
        for folder in folders:
            if folder not in self._watched and folder.is_dir():
                self._watched.add(folder)
                self._server.watch(str(folder))

    def watch_files(self, folder: Path | None, concerns: Callable[[Path], bool]) -> None:
        """Build again when a file of a folder changes that concerns us."""
        server = self._server
        if server is None or folder is None or folder in self._watched or not folder.is_dir():
            return
        self._watched.add(folder)

        def changed(event: FileSystemEvent) -> None:
            file = Path(str(event.src_path))
            if file.suffix == ".json" and concerns(file):
                self._results.clear()  # it may be the recording of a page on another engine
                with server._rebuild_cond:  # noqa: SLF001 - see above
                    server._want_rebuild = True  # noqa: SLF001
                    server._rebuild_cond.notify_all()  # noqa: SLF001

        handler = FileSystemEventHandler()
        handler.on_any_event = changed  # type: ignore[method-assign]
        server.observer.schedule(handler, str(folder), recursive=True)

    def _reload(self) -> None:
        """Have browsers load what they show once more, unless the end of a build is about to."""
        if (server := self._server) is None:
            return
        with server._rebuild_cond, server._epoch_cond:  # noqa: SLF001 - see above
            if server._visible_epoch == server._wanted_epoch:  # noqa: SLF001
                server._visible_epoch = server._wanted_epoch = server._wanted_epoch + 1  # noqa: SLF001
                server._epoch_cond.notify_all()  # noqa: SLF001
