"""Build contexts: the folder of a Dockerfile as the archive that an engine takes."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

from snippetrun.errors import ConfigError, Problem
from snippetrun.support import git

LARGEST = 500_000_000
"""Bytes of a context: it is held in memory."""
_HAS_MODES = os.name != "nt"
"""Whether files say that they can be executed; else git does."""
_LEFT_OUT = frozenset({"__pycache__", ".git"})


def build_context(folder: Path) -> bytes:
    """Return a folder as a tar archive that depends on contents and modes alone.

    Raises ConfigError if it is too large.
    """
    archive = io.BytesIO()
    executables = None if _HAS_MODES else git.executables(folder)
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*"), key=lambda path: path.parts):  # on Windows paths have another order
            # What Python leaves beside its sources is no part of them, and what git keeps is nobody's business.
            if not _LEFT_OUT.isdisjoint(path.relative_to(folder).parts):
                continue
            entry = tar.gettarinfo(str(path), path.relative_to(folder).as_posix())
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            can_run = entry.mode & 0o100 if executables is None else path in executables
            entry.mode = 0o755 if entry.isdir() or can_run else 0o644  # all that git keeps of it
            if archive.tell() + entry.size > LARGEST:
                hint = "Take out what the build does not need, or let a step of the Dockerfile fetch it."
                raise ConfigError(Problem(f"is larger than {LARGEST // 1_000_000} MB", hint, str(folder)))
            with path.open("rb") if entry.isfile() else io.BytesIO() as content:
                tar.addfile(entry, content)
    return archive.getvalue()


def digest_of(folder: Path) -> str:
    """Return the hex SHA-256 of a build context."""
    return hashlib.sha256(build_context(folder)).hexdigest()
