"""The outputs of one run of a page against those of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site and a page say about what may differ: regular expressions, looked for in each line."""

    varies: tuple[str, ...] = ()
    """What a match is may differ, although two runs do not show it."""
    same: tuple[str, ...] = ()
    """A match must not differ, whatever its form and whatever two runs have shown."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a page printed."""

    outputs: tuple[str, ...]
    """Of each command what its terminal showed, as text with colours."""
    began: float
    """Seconds since 1970."""
    ended: float
    known: Mapping[str, str] = field(default_factory=dict)
    """Facts of the host and of the images that it has built, by name: `kernel` -> `6.12.1`, `debian:latest 2` -> the
    64 digits of a digest. What has another value on another host, and the same name, is the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of an output where it differs from what was recorded."""

    at: int
    """The index of the first recorded line that is concerned; the number of lines for what came after them all."""
    recorded: tuple[str, ...]
    """These lines, without colours; empty where lines came that were not there."""
    came: tuple[str, ...]
    """What came in their place; empty where lines are missing."""


def differences(
    recorded: Run, others: Sequence[Sequence[str]], came: Run, rules: Rules = Rules()
) -> tuple[tuple[Difference, ...], ...]:
    """Return for each command the places where what came is not the same as what was recorded; empty for the same.

    `others` has for each command what it printed in other runs that were seen when it was recorded.
    """
    raise NotImplementedError


def varying(
    recorded: Run, others: Sequence[Sequence[str]], rules: Rules = Rules()
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return for each command the spans of its recorded output, without colours, that vary: from and to which index."""
    raise NotImplementedError
