"""The blocks that an earlier build has made of pages: to compare the runs of a page takes longer than to render it."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from snippetrun.config import SiteConfig, cache_folder
from snippetrun.model import Result
from snippetrun.support.fingerprint import digest
from snippetrun.support.masks import hides_something

_PACKAGE = Path(__file__).parents[1]
_OLD_SECONDS = 30 * 86400.0
"""Since a site has changed; then it may be gone."""


class BlockCache:
    """A site's blocks, in a file for each page, which is replaced when the page changes."""

    def __init__(self, site: SiteConfig) -> None:
        """Read nothing yet."""
        self._site = site
        self._folder = cache_folder() / "blocks" / digest(str(site.root))[:16]

    def blocks(self, result: Result, others: object, make: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
        """Return the blocks of a page, and make them unless they are known.

        They are if all is the same: the site's settings, the page, what came out of it, `others`, which is what was
        recorded on other engines, and this package. Where values are to be masked all are made: others may be in the
        environment of the next build.
        """
        if hides_something():
            return make()
        file = self._folder / digest(result.page.path)[:24]
        key = digest(_package(), repr(self._site), repr(result), repr(others))
        blocks = _read(file, key)
        if blocks is None:
            blocks = make()
            with suppress(OSError):  # who cannot write there makes them each time
                self._write(file, json.dumps([key, *blocks]))
        return blocks

    def _write(self, file: Path, text: str) -> None:
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True)
            for other in self._folder.parent.iterdir():
                if other.stat().st_mtime < time.time() - _OLD_SECONDS:
                    shutil.rmtree(other, ignore_errors=True)
        # Nothing is lost with such a file, so that nobody waits for the disk.
        written = file.with_name(f".{secrets.token_hex(8)}")
        written.write_text(text, encoding="utf-8")
        written.replace(file)


def _read(file: Path, key: str) -> tuple[str, ...] | None:
    try:
        known, *blocks = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, TypeError, ValueError):
        return None
    return tuple(blocks) if known == key else None


@cache
def _package() -> str:
    """Return what stands for the code of this package; whoever works on it changes it from build to build."""
    files = [(str(file), file.stat()) for file in sorted(_PACKAGE.rglob("*.py"))]
    return digest([(file, written.st_mtime_ns, written.st_size) for file, written in files])
