"""What earlier builds of a site have made of its pages: to see that nothing has changed is quicker than to make it."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from snippetrun.config.settings import SiteConfig, cache_folder
from snippetrun.support.fingerprint import digest
from snippetrun.support.masks import hides_something

_PACKAGE = Path(__file__).parents[1]
_LIBRARIES = ("markdown_it", "markdown", "pymdownx", "msgspec", "re2", "wcwidth", "yaml")
"""Those that decide how a page is read, compared and shown."""
_OLD_SECONDS = 30 * 86400.0
"""Since a site has changed; then it may be gone."""

T = TypeVar("T")


class Kept(Generic[T]):
    """One thing for each page of a site, in a file that is replaced when the page changes.

    It is plain data, which is checked when it is read: a file that somebody else has written can run nothing. Where
    values are to be masked nothing is kept: others may be in the environment of the next build.
    """

    def __init__(self, site: SiteConfig, what: str, form: type[T]) -> None:
        """Read nothing yet. `what` names the things, whose type `form` is."""
        self._folder = cache_folder() / "kept" / digest(os.path.realpath(site.root))[:16] / what
        self._site, self._decoder = repr(site), msgspec.msgpack.Decoder(form)

    def key(self, *deciders: object) -> str:
        """Return what stands for all that decides: values of the model, the site's settings, our code and libraries."""
        return hashlib.sha256(msgspec.msgpack.encode((_code(), self._site, deciders))).hexdigest()

    def look(self, page: str, key: str) -> T | None:
        """Return what was kept of a page, named by its path; None if there is none, or if it had another key."""
        if hides_something():
            return None
        try:
            data = self._file(page).read_bytes()
            return self._decoder.decode(data[len(key) :]) if data.startswith(key.encode()) else None
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, page: str, key: str, made: T) -> None:
        """Keep what was made of a page."""
        if hides_something():
            return
        file = self._file(page)
        # Who cannot write there makes it each time, and so does who has half a character in a page.
        with suppress(OSError, UnicodeEncodeError):
            if not file.parent.is_dir():
                file.parent.mkdir(parents=True)
                _remove_old(file.parents[2])
            # Nothing is lost with such a file, so that nobody waits for the disk.
            written = file.with_name(f".{secrets.token_hex(8)}")
            written.write_bytes(key.encode() + msgspec.msgpack.encode(made))
            written.replace(file)

    def _file(self, page: str) -> Path:
        return self._folder / digest(page)[:24]


def _remove_old(sites: Path) -> None:
    for folder in sites.iterdir():
        if max(each.stat().st_mtime for each in (folder, *folder.iterdir())) < time.time() - _OLD_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@cache
def _code() -> str:
    """Return what stands for the code that decides; whoever works on ours changes it from build to build."""
    return digest(sys.version, sorted(_files(str(_PACKAGE))), [_installed(name) for name in _LIBRARIES])


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_file():
            written = entry.stat()
            yield entry.path, written.st_mtime_ns, written.st_size
        elif entry.name != "__pycache__":
            yield from _files(entry.path)


def _installed(library: str) -> tuple[str, int]:
    """Return where a library is, and when something was installed there."""
    spec = find_spec(library)
    folder = os.path.dirname(os.path.dirname(spec.origin)) if spec and spec.origin else ""  # noqa: PTH120 - a few for each build
    return folder, os.stat(folder).st_mtime_ns if folder else 0  # noqa: PTH116
