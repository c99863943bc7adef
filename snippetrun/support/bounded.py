"""What anybody may have put into a repository: nothing of it is read that is deep or large enough to do harm.

a: &a [x, x]
b: &b [*a, *a]      YAML: what names itself so thirty times over is a billion things
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import ComposerError

_DEEPEST = 100
"""Levels: PyYAML calls itself for each, and the one in C ends the process where the stack does."""
_LARGEST = 1_000_000
"""Nodes, with those that aliases stand for counted each time."""
LARGEST_FILE = 50_000_000
"""Bytes of a page, a recording, or anything else that is read as a whole."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Not to wait for who fills a pipe; and bytes as they are, on Windows too."""
SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML has it


def read_bytes(path: Path) -> bytes:
    """Return what is in a file; raise OSError also for what is none, such as `/dev/zero`, and for what is too large.

    A link in a repository may lead to a device, which has no end, or to a pipe, which nobody fills.
    """
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no file", str(path))
        if status.st_size > LARGEST_FILE:
            raise OSError(errno.EFBIG, f"it has more than {LARGEST_FILE // 1_000_000} MB", str(path))
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:  # it has grown, or belongs to a file system that knows no sizes
        raise OSError(errno.EFBIG, f"it has more than {LARGEST_FILE // 1_000_000} MB", str(path))
    return data


def check(text: str) -> None:
    """Raise a YAMLError, with its place, if a text is no YAML, or nested too deeply, or too large once it is read."""
    sizes: dict[str | None, int] = {}
    opened: list[tuple[str | None, int]] = []  # the anchors of what is open, and what was counted before
    nodes = 0
    for event in yaml.parse(text, SafeLoader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            sizes[anchor] = nodes - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in opened):
                raise ComposerError(None, None, f"*{event.anchor} stands within what it names", mark)
            nodes += sizes.get(event.anchor, 1)
        nodes += isinstance(event, yaml.NodeEvent)
        if len(opened) > _DEEPEST:
            raise ComposerError(None, None, "nested too deeply", mark)
        if nodes > _LARGEST:
            raise ComposerError(None, None, "too large with all that its aliases stand for", mark)
