"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import time
from io import BufferedWriter
from pathlib import Path

from snippetrun.errors import FileError, Problem

_STALE_SECONDS = 60.0
"""After which a file that was to be renamed is one that somebody has left who was killed."""


def write(path: Path, text: str) -> None:
    """Put a text into a file, line ends as they are, and make its folder if need be.

    Whoever reads meanwhile gets the old text or the new one. A file that is there keeps its mode. Raises FileError if
    it cannot be written; then all is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, text.encode())
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        hint = "Make room on that disk, and type the same command once more." if full else ""
        raise FileError(Problem(f"cannot be written: {error.strerror}", hint, _shown(path))) from error


def _write(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    written = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    # An editor that has the file open may have one beside it, too: `.page.md.swp`.
    for old in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}"):
        with contextlib.suppress(FileNotFoundError):  # its own writer, or another one, was quicker
            if old.stat().st_mtime < time.time() - _STALE_SECONDS:
                old.unlink()
    try:
        if not _write_unnamed(written, data, mode):
            with open(written, "xb", opener=_private) as file:
                _fill(file, data)
            written.chmod(mode)
        written.replace(path)
    finally:
        with contextlib.suppress(OSError):
            written.unlink(missing_ok=True)


def _write_unnamed(path: Path, data: bytes, mode: int) -> bool:
    """Write a file that has no name before it is whole: the kernel removes it if we are killed.

    Return False where there are no such files: with some file systems, and elsewhere than on Linux.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with os.fdopen(os.open(path.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600), "wb") as file:
            _fill(file, data)
            os.fchmod(file.fileno(), mode)
            # The descriptor of the folder is what makes Python follow the link in /proc.
            os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder)
    except OSError as error:
        if error.errno not in {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL}:  # as file systems say that cannot do it
            raise
        return False
    finally:
        os.close(folder)
    return True


def _fill(file: BufferedWriter, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _shown(path: Path) -> str:
    """Return a path as a user would type it."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
