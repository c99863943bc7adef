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
    match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]) <= _MOST:
        raise ValueError(f"{text!r} is no shard: write 2/5 for the second of five")
    return Shard(int(match[1]), int(match[2]))


def deal(seconds: Sequence[float | None], of: int) -> list[int]:
    """Return the number of the shard of each page.

    The longest goes first, each to the shard with the least to do; of equals the earlier page, and the lower number. A
    page whose time nobody knows, None, counts as the mean of those that are known and more than nothing. So the same
    times are always dealt in the same way.
    """
    known = [time for time in seconds if time]
    mean = sum(known) / len(known) if known else 1.0
    times = [mean if time is None else time for time in seconds]
    loads = [0.0] * of
    numbers = [0] * len(times)
    for page in sorted(range(len(times)), key=lambda page: (-times[page], page)):
        least = loads.index(min(loads))
        loads[least] += times[page]
        numbers[page] = least + 1
    return numbers
