"""One run's use of an engine: a mark on all that it makes there, and a lock by which it is known to be alive.

A session has a folder in the cache. The lock on a file in it is held as long as the process lives, as the kernel lets
go of it however that ends: what carries the mark of a session whose lock is free is nobody's any more. A folder that is
not there proves nothing, as the run may have another cache, or be on another machine.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from snippetrun.config import cache_folder
from snippetrun.support.locks import locked, locked_if_free

_LOCK, _ABOUT = "lock", "about"


@dataclass(frozen=True, slots=True)
class Session:
    """A run on an engine."""

    mark: str
    """The value of the label on all that it makes: `<host> <pid> <random>`."""
    engine: str
    """Which engine; see `begun`."""
    folder: Path

    @property
    def scratch(self) -> Path:
        """Where its temporary files are; gone with it."""
        return self.folder / "scratch"

    def forget(self) -> None:
        """Remove its folder, as nothing is left of what it made."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def begun(engine: str) -> Iterator[Session]:
    """Yield a new session on an engine, by its address, or by a name that stays where the address does not."""
    word = secrets.token_hex(8)
    mark = f"{platform.node()} {os.getpid()} {word}"
    _sessions().mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=_sessions(), prefix="."))  # has its name once it is locked
    (new / "scratch").mkdir()
    (new / _ABOUT).write_text(f"{engine}\n{mark}\n", encoding="utf-8")
    with locked(new / _LOCK):
        yield Session(mark, engine, new.rename(_sessions() / word))


def read(folder: Path) -> Session | None:
    """Return the session that has this folder; None if it has gone."""
    try:
        engine, mark = (folder / _ABOUT).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    return Session(mark, engine, folder)


@contextlib.contextmanager
def dead(engine: str) -> Iterator[list[Session]]:
    """Yield the sessions on an engine whose processes are gone; meanwhile nobody else gets them."""
    sessions = []
    with contextlib.ExitStack() as held:
        for folder in _folders():
            if held.enter_context(locked_if_free(folder / _LOCK)):
                session = read(folder)
                if session and session.engine == engine:
                    sessions.append(session)
                if not session or folder.name.startswith("."):  # killed as it began
                    shutil.rmtree(folder, ignore_errors=True)
        yield sessions


def is_alive(mark: str) -> bool | None:
    """Tell whether the process of the session with this mark is there; None if this cache does not know."""
    folder = _sessions() / mark.rpartition(" ")[2]
    if not mark or not (folder / _LOCK).exists():
        return None
    with locked_if_free(folder / _LOCK) as free:
        return not free


def _sessions() -> Path:
    return cache_folder().absolute() / "sessions"


def _folders() -> list[Path]:
    return [folder for folder in _sessions().glob("*") if (folder / _LOCK).exists()]
