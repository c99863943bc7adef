"""Locks between processes of this machine: files, so that the kernel lets go of those of a killed process."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


class Lock:
    """A lock that is held; see `locked`."""

    def __init__(self, descriptor: int) -> None:
        """Take over an open, locked file."""
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor; a child process that inherits it holds the lock with us."""
        return self._descriptor

    def nobody_else(self) -> bool:
        """Tell whether no other process holds the lock; if so, none can take it until we let go."""
        return _try(self._descriptor, fcntl.LOCK_EX)


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False, waiting: Callable[[], None] = lambda: None) -> Iterator[Lock]:
    """Hold the lock on a file, which is made if need be; `waiting` is called if somebody else has it first."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _try(descriptor, kind):
            waiting()
            fcntl.flock(descriptor, kind)
        yield Lock(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock on a file that is there, and yield whether that was to be had."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _try(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
