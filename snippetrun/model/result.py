"""What became of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from snippetrun.model.page import Page
from snippetrun.model.recording import Recording

Position: TypeAlias = tuple[int, int]
"""The index of a snippet on its page, and of a command in it."""


class Outcome(StrEnum):
    """How a command did against what its author expected."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_REACHED = "not reached"
    """A command before it on the page failed, and has left no terminal to type it into."""
    STALE = "stale"
    """It is not what was recorded, and was not run."""
    DIFFERS = "differs"
    """It does otherwise than on the first of the site's engines, as was recorded on this one."""


class Stage(StrEnum):
    """How far a page is that runs beside a live preview, in words for its author."""

    RUNS = "Running now"
    """What it shows is of an earlier run."""
    CONFIRMED = "Being confirmed"
    """What it shows has just come out, in a run with a pause in it; the page runs once more, without one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one command."""

    outcome: Outcome
    line: int
    command: str
    message: str = ""
    """What is wrong, or why it was skipped; empty when it passed."""
    hint: str = ""
    """What to type or change next."""
    where: int = 0
    """The line under the command that is not met; 0 if it is the command itself."""
    until: bool = False
    """Whether it is the `until` of its fence that is not met."""
    differs: bool = False
    """Whether it has done what the page says, and yet is not as it was recorded."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place of an output where it differs from what was recorded."""

    at: int
    """The index of the first recorded line that is concerned; the number of lines for what came after them all."""
    recorded: tuple[str, ...]
    """These lines; empty where lines came that were not there. Colours are spelt if they alone differ: `\\e[32mok`."""
    came: tuple[str, ...]
    """What came in their place; empty where lines are missing."""
    colours: bool = False
    """Whether these alone are others."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one page."""

    page: Page
    recording: Recording | None
    """None for a page on which nothing ran."""
    verdicts: tuple[tuple[Verdict, ...], ...]
    """One entry for each snippet, with one verdict for each of its commands."""
    confirmed: str | None = None
    """The checksum of its recording, if a run has just shown that it is true."""
    runs: int = field(default=0, compare=False)
    """How often the page has just run; 0 for one that is replayed."""
    news: Mapping[Position, Sequence[Difference]] = field(default_factory=dict, compare=False)
    """Where its commands differ from its recording; all runs have shown that."""
    varied: frozenset[Position] = field(default=frozenset(), compare=False)
    """The commands in which these runs did not agree, though nothing had told that they vary."""

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The commands that did not do what their author expected."""
        return tuple(v for snippet in self.verdicts for v in snippet if v.outcome is Outcome.FAILED)

    @property
    def failed_at(self) -> frozenset[Position]:
        """Where these commands are."""
        return frozenset(
            (at, number)
            for at, snippet in enumerate(self.verdicts)
            for number, verdict in enumerate(snippet)
            if verdict.outcome is Outcome.FAILED
        )
