"""What the owner of a page tells `adopt` about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the owner has said about a page; lines are those of the page as it stands."""

    skip: Mapping[int, str] = field(default_factory=dict)
    """Lines of fences that are shown and not run, with the reason."""
    accept: frozenset[int] = frozenset()
    """Lines of commands, or of output, where what came out is what is meant."""
    asks: bool = False
    """Whether the owner is shown what an example no longer shows, and agrees to it or not."""
