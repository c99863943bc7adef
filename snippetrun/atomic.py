"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Put a text into a file, line ends as they are, and make its folder if need be.

    Whoever reads meanwhile gets the old text or the new one. A file that is there keeps its mode. Raises OSError if it
    cannot be written; then all is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    written = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        written.chmod(mode)
        written.replace(path)
    except BaseException:
        written.unlink()
        raise
