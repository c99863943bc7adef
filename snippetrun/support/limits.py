"""What a page may take of the host at most, and how to tell that it has come to a limit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from snippetrun.support import units

HIGHEST_USER = 0x90000 - 1
"""The highest id of a user or group in a sandbox: a host has enough ids for 4,095 sandboxes."""
# chown: /data: Invalid argument
# unable to setup user: invalid argument
# failed to Lchown "/data" for UID 1000620000, GID 0: lchown /data: invalid argument
_NO_USER = re.compile(
    r"\b(?:(?:l?chown|chgrp)\b.{0,1000}|setup user|set[ug]id.{0,1000}): invalid argument", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one page may take; the site's configuration says so, and no page."""

    memory: int = 2_000_000_000
    """Bytes, the files in memory that it makes included."""
    cpus: float = 2.0
    """Processors; no more than the host has."""
    processes: int = 2000
    """Processes and threads."""
    disk: int = 10_000_000_000
    """Bytes of files, those of its images not included."""
    files: int = 500_000
    """Files and folders."""
    time: float = 900.0
    """Seconds from the page's first command to its last."""

    def exceeded(self, name: str, who: str = "the page") -> str:
        """Return what to say of somebody who has come to a limit, by the name of its field."""
        match name:
            case "memory":
                return f"{who} ran out of memory, of which it has {units.size_text(self.memory)}"
            case "processes":
                return f"{who} has more processes than it may: {self.processes}"
            case "disk":
                return f"{who}'s disk is full: it has {units.size_text(self.disk)}"
            case "files":
                return f"{who} has more files than it may: {self.files}"
            case _:
                return f"{who}'s time is up: it has {units.duration_text(self.time)}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a sandbox says of its limits."""

    memory: int = 0
    """How often it has run out of memory."""
    processes: int = 0
    """How often a process was not started, as there were too many."""
    disk: int = 1 << 62
    """Blocks of 4096 bytes that are free."""
    files: int = 1 << 62
    """Files that can still be made."""
    ended: bool = False
    """Whether the sandbox has come to its end."""


_FULL = {"disk": 256, "files": 8}
"""With less than this left, most programs have failed already."""


def used_up(before: Usage, now: Usage) -> str:
    """Return the limit that was come to between two moments: the name of a field of both; "" if none was.

    A disk that is full is full also if it was so before: whatever fails then fails for that.
    """
    if now.memory > before.memory:
        return "memory"
    if now.processes > before.processes:
        return "processes"
    return next((name for name, left in _FULL.items() if getattr(now, name) < left), "")


def beyond_users(output: str) -> str:
    """Return what to do about a user whom the sandbox has not got; "" if the output speaks of none."""
    if not _NO_USER.search(output):
        return ""
    return f"The ids of users and groups in a sandbox go up to {HIGHEST_USER}: take a lower one."
