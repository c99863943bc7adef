"""What one run of a page left behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from snippetrun.model.environment import Environment


class Ending(StrEnum):
    """How the wait for a command ended."""

    EXITED = "exited"
    """The command ended by itself and left an exit status."""
    TIMED_OUT = "timed out"
    """It was still running when its time was up."""
    UNFINISHED = "unfinished"
    """The shell was still waiting for the rest of it: a quote or a heredoc that nothing closes."""
    SHELL_GONE = "shell gone"
    """The page's shell ended before the command did."""
    TOO_MUCH = "too much output"
    """It was stopped, as it printed far more than is kept."""
    LEFT_OPEN = "left open"
    """It goes on, as its fence wants it to: its text has come, or its program waits at a prompt."""
    NOT_RUN = "not run"
    """It was never typed: its terminal takes no more commands, or nothing has said what a name in it is."""


class PieceKind(StrEnum):
    """Who is behind a piece of a transcript."""

    OUTPUT = "output"
    """Programs."""
    INPUT = "input"
    """The keyboard: a line, with Enter at its end."""
    KEYS = "keys"
    """The keyboard: keys such as `^C`, as they are written."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what a terminal showed."""

    kind: PieceKind
    text: str
    """Of all control sequences only colours (SGR) remain."""
    line: int = 0
    """The line of the page that was typed; 0 for output."""


def printed(text: str) -> tuple[Piece, ...]:
    """Return the transcript of a command into which nothing was typed."""
    return (Piece(PieceKind.OUTPUT, text),) if text else ()


MOST_MOMENTS = 100
"""Of one command."""
MOST_DRAWN = 10_000
"""Characters that were drawn over, in all moments of one command."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What of a command's output stood on the screen from a moment on."""

    seconds: float
    """Since the command was started."""
    shown: int
    """How many characters of what is left of its output, without colours and what was typed."""
    drawn: str = ""
    """What stood behind them, and was drawn over or erased later."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came out of one command."""

    line: int
    """The line of its prompt when it ran."""
    command: str
    """As it was typed, with the words of names in their place."""
    pieces: tuple[Piece, ...]
    """What a person would have been left looking at, stdout and stderr in the order of their arrival."""
    status: int | None
    """The exit status; None unless the ending is `exited`."""
    seconds: float
    ending: Ending = Ending.EXITED
    truncated_bytes: int = 0
    """Bytes that were dropped because the output passed the limit."""
    output_before: str = ""
    """What the command before it in its terminal, left open by its fence, still printed before this one was typed."""
    waited_for: str = ""
    """What it was waited for in vain, in words; empty if nothing was."""
    fault: str = ""
    """What became of the page's sandbox, in words, such as that it is out of memory; empty if nothing did."""
    others: tuple[str, ...] = ()
    """The whole transcript, all pieces joined, of each other run that left another one."""

    moments: tuple[Moment, ...] = field(default=(), compare=False)
    """When its output came, with all of it at the last; empty where nothing came, or nobody knows when."""

    @property
    def output(self) -> str:
        """The whole of it as text."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything that one run of one page left behind."""

    page: str
    key: str
    environment: Environment
    when: str
    """ISO 8601, UTC, whole seconds."""
    boot_seconds: float
    """From asking for the sandbox until its engine answered."""
    seconds: float
    """The whole page, boot and removal included."""
    snippets: tuple[tuple[CommandResult, ...], ...] = field(default=())
    """One entry for each snippet of the page, in order; commands that were not reached are absent."""
    runs: int = 1
    """How many runs have shown what varies; the recording is the first of them."""
    checksum: str = field(default="", compare=False)
    """That of its file; empty where it has none yet."""

    @property
    def timed(self) -> bool:
        """Whether it knows when its output came."""
        results = [result for snippet in self.snippets for result in snippet]
        return any(result.moments for result in results) or not any(result.output for result in results)
