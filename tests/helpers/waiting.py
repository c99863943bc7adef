"""Waiting for what is to happen, however slow the machine is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def wait_for(what: Callable[[], bool], seconds: float = 120.0, why: Callable[[], str] = str) -> None:
    """Look again and again until something is so; fail, and say why, if it still is not after so many seconds."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, why()
        time.sleep(0.05)


def runs(command: str) -> bool:
    """Whether a process of this machine, in a sandbox or not, has exactly these arguments."""
    listed = subprocess.run(["ps", "axo", "args"], capture_output=True, text=True, check=True).stdout
    return command in map(str.strip, listed.splitlines())
