"""Where files are, whatever links lead to them.

Thousands of pages stand in a few folders, and each page is asked for several times: links of a folder are followed
once, until `follow_again`.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def path_from(folder: Path, file: str | Path) -> str:
    """Return a file's path from a folder, with `/`, whatever links lead there; the file itself may be a link.

    It begins with `..` for a file that is elsewhere. `file` is as the user knows it, wherever they stand.
    """
    whole = Path.cwd() / file
    return os.path.relpath(_real(whole.parent) / whole.name, _real(folder)).replace(os.sep, "/")


def follow_again() -> None:
    """Forget where links of folders lead: in a live preview somebody may have made them anew."""
    _real.cache_clear()


@lru_cache(maxsize=1024)
def _real(folder: Path) -> Path:
    return Path(os.path.realpath(folder))
