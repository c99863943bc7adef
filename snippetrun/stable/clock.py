"""The page's own time: it begins at the same instant in every build, and goes on by the same steps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from snippetrun.stable.chance import number

SECOND = 1_000_000_000
"""In nanoseconds, in which all times of a page are counted: since 1970."""
IMAGES_MADE = int(datetime(2026, 11, 2, tzinfo=UTC).timestamp())
"""When the images that a site builds itself were made, as their configuration says; seconds since 1970."""
_FIRST_HOUR = int(datetime(2026, 11, 16, 8, tzinfo=UTC).timestamp())
"""When the first page may begin: a fortnight and some hours later."""
_HOURS = 10 * 3600
"""The seconds among which a page begins."""
_STEP = 2 * SECOND
"""What a command takes that waits for nothing."""
_TICK = 40_000_000
"""The least time between two things that are shown with their times; it may be twice as much."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the page as it really was."""

    text: str
    """As its author wrote it, and what was typed into it."""
    ended: float
    """When it ended, by the engine's clock; seconds since 1970."""
    waited: float = 0.0
    """For how many seconds it waited because it was asked to."""


@dataclass(slots=True)
class Clock:
    """What time it is on the page."""

    page: str
    steps: Sequence[Step] = ()
    now: int = field(init=False)
    _starts: list[int] = field(default_factory=list)
    _instants: dict[Hashable, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.now = (_FIRST_HOUR + number(_HOURS, self.page, "begins")) * SECOND

    def begin(self) -> None:
        """Let the next command begin, as soon as the one before has ended."""
        if self._starts:
            waited = self.steps[self.count - 1].waited
            self.now = max(self.now, self._starts[-1] + _STEP + int(waited * SECOND))
        self._starts.append(self.now)

    @property
    def count(self) -> int:
        """How many commands have begun."""
        return len(self._starts)

    @property
    def real(self) -> float:
        """When the command that began last really ended."""
        return self.steps[self.count - 1].ended

    def instant(self, key: Hashable, gap: float = 0.0) -> int:
        """Return when something was that turns up now; the same key means the same thing.

        `gap` is the least number of seconds from the last that was new.
        """
        if key not in self._instants:
            self.now += int(gap * SECOND) + _TICK + number(_TICK, self.page, len(self._instants)) // 10 * 10 + 1
            self._instants[key] = self.now
        return self._instants[key]

    def command_at(self, real: float) -> int:
        """Return which command ran at a time of the engine's clock, of those that have begun."""
        found = bisect_left(self.steps, real, key=lambda step: step.ended)
        return min(found, self.count - 1)

    def began(self, command: int = -1) -> int:
        """Return when a command began, by its number; the last if there is none."""
        return self._starts[command]
