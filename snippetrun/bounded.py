"""YAML that anybody may have written, looked at before it is read: neither deep enough nor large enough to do harm.

a: &a [x, x]
b: &b [*a, *a]      what names itself so thirty times over is a billion things
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import ComposerError

_DEEPEST = 100
"""Levels: PyYAML calls itself for each, and the one in C ends the process where the stack does."""
_LARGEST = 1_000_000
"""Nodes, with those that aliases stand for counted each time."""
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML has it


def check(text: str) -> None:
    """Raise a YAMLError, with its place, if a text is no YAML, or nested too deeply, or too large once it is read."""
    sizes: dict[str | None, int] = {}
    opened: list[tuple[str | None, int]] = []  # the anchors of what is open, and what was counted before
    nodes = 0
    for event in yaml.parse(text, _Loader):
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
