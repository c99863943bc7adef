"""Pages dealt out to several machines, so that all have done at about the same time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """One machine of several."""

    number: int
    """From 1 on."""
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse(text: str) -> Shard:
    """Read `2/5`; raise ValueError if there can be no such shard."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]) <= _MOST:
        raise ValueError(f"{text!r} is no shard: write 2/5 for the second of five")
    return Shard(int(found[1]), int(found[2]))


def deal(seconds: Sequence[float | None], of: int) -> list[int]:
    """Return the number of the shard of each page.

    The longest goes first, each to the shard with the least to do; of equals the earlier page, and the lower number. A
    page whose time nobody knows, None, counts as the mean of those that are known and more than nothing. So the same
    times are always dealt in the same way.
    """
    known = [each for each in seconds if each]
    mean = sum(known) / len(known) if known else 1.0
    times = [mean if each is None else each for each in seconds]
    loads = [0.0] * of
    numbers = [0] * len(times)
    for place in sorted(range(len(times)), key=lambda place: (-times[place], place)):
        least = loads.index(min(loads))
        loads[least] += times[place]
        numbers[place] = least + 1
    return numbers
