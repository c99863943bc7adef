"""Ways of doing the same, measured side by side, and what came out."""

from __future__ import annotations

import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Way = Callable[[], float]
"""Does something once, and returns what it took."""


@dataclass(frozen=True)
class Figure:
    """What was measured in one row of the table."""

    value: float
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By way, what each round took."""
    note: str = ""


@dataclass(frozen=True)
class Row:
    """One row of the table: what is measured, and what is wanted of it."""

    name: str
    what: str
    goal: float
    measure: Callable[[], Figure]
    unit: str = "times"
    """`times` for a ratio; or s, MB."""
    at_least: bool = False
    """Whether more is better."""

    def met(self, value: float) -> bool:
        """Tell whether a figure is as good as is wanted."""
        return value >= self.goal if self.at_least else value <= self.goal


def say(line: str) -> None:
    """Show progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that something takes by the clock."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def side_by_side(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
    """Go all ways in each round, each time beginning with another one; return what each took, round by round."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            samples[name].append(ways[name]())
        took = ", ".join(f"{name} {samples[name][-1]:.2f}" for name in names)
        say(f"  round {number + 1} of {rounds}: {took}")
    return samples


def ratio(ways: Mapping[str, Way], rounds: int, note: str = "") -> Figure:
    """Return the median of what the first way takes, divided in each round by what the second takes."""
    samples = side_by_side(ways, rounds)
    ours, theirs, *_ = samples.values()
    return Figure(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), samples, note)


def machine() -> str:
    """Return what everything was measured on, and how busy that was, as one line."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processors")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {system}; load {busy} at the beginning"
