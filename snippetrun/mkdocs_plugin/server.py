"""The server of `mkdocs serve`: what makes it build again, and how it has browsers load a page once more.

MkDocs has no way to say that a page has changed without a build of the whole site, to ask for such a build but by a
file that changes, or to build one page. What does it here is what its own server does at the end of a build, when a
file has changed (mkdocs/livereload/__init__.py), and in a build (mkdocs/commands/build.py).
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.commands import build
from mkdocs.structure.files import InclusionLevel
from watchdog.events import FileSystemEvent, FileSystemEventHandler

if TYPE_CHECKING:
    from jinja2 import Environment
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.toc import AnchorLink

_PAUSE_SECONDS, _LONG_SECONDS = 2.0, 20.0
"""Without a change after a page was shown; then the rest of the site follows. The second if little of it is missed."""
_EDITORS = (".*.sw?", "*~", "4913", ".#*", "#*#")
"""The names of files that editors make beside a page; they are none of the site's."""
_State = dict[str, dict[str, tuple[int, int]]]
"""By what is watched, when each file was written, and its size."""


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """What MkDocs has made in a build, and a page is made of."""

    config: MkDocsConfig
    files: Files
    nav: Navigation
    env: Environment

    def page_at(self, path: str) -> File | None:
        """Return the page that a file is, if it is one."""
        files = self.files.documentation_pages(inclusion=InclusionLevel.is_in_serve)
        return next((f for f in files if f.page and f.abs_src_path and Path(f.abs_src_path) == Path(path)), None)

    def read(self, file: File) -> None:
        """Read a page once more, with all plugins."""
        assert file.page  # noqa: S101 - see page_at
        build._populate_page(file.page, self.config, self.files)  # noqa: SLF001 - see above

    def write(self, file: File) -> None:
        """Write a page, with all plugins."""
        assert file.page  # noqa: S101 - see page_at
        pages = self.files.documentation_pages(inclusion=InclusionLevel.is_in_serve)
        excluded = file.inclusion.is_excluded()  # type: ignore[no-untyped-call] # MkDocs
        build._build_page(file.page, self.config, pages, self.nav, self.env, excluded=excluded)  # noqa: SLF001


class Server:
    """MkDocs' own server, once there is one."""

    def __init__(self) -> None:
        """Have no server yet."""
        self.finished_later: set[str] = set()
        """The pages, by their files below docs_dir, that other plugins go on to change once all pages are read."""
        self._built: BuiltSite | None = None
        self._server: LiveReloadServer | None = None
        self._watched: set[Path] = set()
        self._state: _State = {}
        self._is_asked = False
        """Whether a build was asked for that no watched file tells of."""
        self._owed = math.inf
        """After how many seconds of a pause the rest of the site is built; infinite if it is as it should be."""

    def keep(self, config: MkDocsConfig, files: Files, nav: Navigation, env: Environment) -> None:
        """Keep what a build has made."""
        self._built, self.finished_later = BuiltSite(config, files, nav, env), set()

    def serve(self, server: LiveReloadServer, show: Callable[[BuiltSite, File], bool]) -> None:
        """Take the server, which answers from now on.

        `show` shows a page of the site as it is now, beside the others as they were built, and tells whether that can
        be done. The rest of the site follows once its author pauses: to build it keeps who edits a page waiting.
        """
        self._server, build_all = server, server.builder
        self._state = self._look()

        def build_again() -> None:
            changed = self._changed()
            own = [path for path in changed if not any(fnmatch(Path(path).name, name) for name in _EDITORS)]
            if changed and not own and not self._is_asked:
                with server._epoch_cond:  # noqa: SLF001 - nobody need load anything
                    server._wanted_epoch = server._visible_epoch  # noqa: SLF001
            elif len(own) == 1 and self._shows(own[0], show):
                self._publish()
            else:
                self._owed = 0.0
            if not math.isinf(self._owed) and not self._goes_on(self._owed):
                with server._epoch_cond:  # noqa: SLF001 - who asks for a page now waits for it
                    server._wanted_epoch = max(server._wanted_epoch, server._visible_epoch + 1)  # noqa: SLF001
                self._is_asked, self._owed = False, math.inf
                build_all()

        server.builder = build_again

    def _shows(self, path: str, show: Callable[[BuiltSite, File], bool]) -> bool:
        built = self._built
        file = built.page_at(path) if built and not self._is_asked else None
        before = _outline(file)
        if built is None or file is None or not show(built, file):
            return False
        is_missed = _outline(file) != before or file.src_uri in self.finished_later
        self._owed = min(self._owed, _PAUSE_SECONDS if is_missed else _LONG_SECONDS)
        return True

    def watch(self, folders: Iterable[Path]) -> None:
        """Build again when something changes in one of these folders."""
        for folder in folders if self._server else ():
            if self._server and folder not in self._watched and folder.is_dir():
                self._watched.add(folder)
                self._server.watch(str(folder))

    def watch_files(self, folder: Path | None, concerns: Callable[[Path], bool]) -> None:
        """Build again when a file of a folder changes that concerns us."""
        server = self._server
        if server is None or folder is None or folder in self._watched or not folder.is_dir():
            return
        self._watched.add(folder)

        def changed(event: FileSystemEvent) -> None:
            if concerns(Path(str(event.src_path))):
                with server._rebuild_cond:  # noqa: SLF001 - see above
                    self._is_asked = server._want_rebuild = True  # noqa: SLF001
                    server._rebuild_cond.notify_all()  # noqa: SLF001

        handler = FileSystemEventHandler()
        handler.on_any_event = changed  # type: ignore[method-assign]
        server.observer.schedule(handler, str(folder), recursive=True)

    def reload(self) -> None:
        """Have browsers load what they show once more, unless the end of a build is about to."""
        if (server := self._server) is None:
            return
        with server._rebuild_cond, server._epoch_cond:  # noqa: SLF001 - see above
            if server._visible_epoch == server._wanted_epoch:  # noqa: SLF001
                server._wanted_epoch += 1  # noqa: SLF001
                self._publish()

    def _publish(self) -> None:
        """Show what is built to whoever waits for it."""
        if server := self._server:
            with server._epoch_cond:  # noqa: SLF001 - see above
                server._visible_epoch = server._wanted_epoch  # noqa: SLF001
                server._epoch_cond.notify_all()  # noqa: SLF001

    def _goes_on(self, seconds: float) -> bool:
        """Wait for a pause; return whether a file changes before there is one, or the server is to end."""
        if (server := self._server) is None:
            return True
        until = time.monotonic() + seconds
        with server._rebuild_cond:  # noqa: SLF001 - see above
            while time.monotonic() < until and not (server._want_rebuild or server._shutdown):  # noqa: SLF001
                server._rebuild_cond.wait(server.shutdown_delay)  # noqa: SLF001 - Windows hears no Ctrl-C meanwhile
            return server._want_rebuild or server._shutdown  # noqa: SLF001

    def _changed(self) -> set[str]:
        """Return the files that have changed since the last look, but for those that nobody has looked at before."""
        before, self._state = self._state, self._look()
        pairs = [(before[watched], self._state[watched]) for watched in before.keys() & self._state.keys()]
        return {path for old, new in pairs for path in old.keys() | new.keys() if old.get(path) != new.get(path)}

    def _look(self) -> _State:
        watched = self._server._watched_paths if self._server else ()  # noqa: SLF001 - see above
        return {each: {path: (of.st_mtime_ns, of.st_size) for path, of in _files(each)} for each in watched}


def _outline(file: File | None) -> object:
    """Return what other pages show of a page: its title, its metadata and its headings."""
    page = file.page if file else None
    return page and (str(page.title), dict(page.meta), list(_headings(page.toc)))


def _headings(items: Iterable[AnchorLink]) -> Iterator[tuple[str, str]]:
    for item in items:
        yield item.id, item.title
        yield from _headings(item.children)


def _files(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield all files in a folder and below, or the file itself."""
    found = (os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)  # noqa: PTH118
    for each in found if os.path.isdir(path) else [path]:  # noqa: PTH112 - many files, several times a minute
        try:
            yield each, os.stat(each)  # noqa: PTH116
        except OSError:
            continue  # it has just been removed
