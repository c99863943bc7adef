"""What takes long to make, and is made once for all workers of a test run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from snippetrun.support.locks import locked


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that is made by whoever needs it first; nobody writes to it afterwards."""
    top = factory.getbasetemp()
    folder = (top.parent if "PYTEST_XDIST_WORKER" in os.environ else top) / name
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            # Whoever fails half-way leaves nothing that another would take for the whole.
            making = folder.with_suffix(f".{os.getpid()}")
            make(making)
            making.rename(folder)
    return folder
