"""Ways of doing the same, measured side by side, and what came out."""

from __future__ import annotations

import math
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
    peers: Sequence[str] = ()
    """The ways that are not ours."""


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

    @property
    def samples_in(self) -> str:
        """Return the unit of what each round took."""
        return "MB" if self.unit == "MB" else "s"

    @property
    def wanted(self) -> str:
        """Return what is wanted, as text."""
        return f"at {'least' if self.at_least else 'most'} {self._with_unit(f'{self.goal:g}')}"

    def shown(self, value: float) -> str:
        """Return a figure as text, with as many digits as say something."""
        return self._with_unit(f"{value:.0f}" if value >= 20 else f"{value:.2f}")

    def _with_unit(self, number: str) -> str:
        return number if self.unit == "times" else f"{number} {self.unit}"

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


_most_rounds = math.inf


def at_most(rounds: int) -> None:
    """Go no more rounds than that from now on."""
    global _most_rounds  # noqa: PLW0603 - it holds for all rows of a run
    _most_rounds = rounds


def side_by_side(ways: Mapping[str, Way], rounds: int) -> dict[str, list[float]]:
    """Go all ways in each round, each time beginning with another one; return what each took, round by round."""
    rounds = int(min(rounds, _most_rounds))
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
    """Return the median of what the first way, ours, takes, divided in each round by what the second takes."""
    samples = side_by_side(ways, rounds)
    ours, theirs = samples.values()
    return Figure(statistics.median(a / b for a, b in zip(ours, theirs, strict=True)), samples, note, list(ways)[1:])


def machine() -> str:
    """Return what everything was measured on, and how busy that was, as one line."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processors")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {system}; load {busy} at the beginning"
