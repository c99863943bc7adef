"""The seam at which I/O begins: what a runner asks of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from snippetrun.engine.stream import Stream
from snippetrun.model import CommandResult, Fact, ImageFact, Match
from snippetrun.support.limits import Usage
from snippetrun.support.patterns import Names


@dataclass(frozen=True, slots=True)
class TerminalCommand:
    """One command for a terminal, and what a person at its keyboard would do until it has ended."""

    command: str
    """What is typed; empty to go on with the command that is open in the terminal."""
    line: int = 0
    """Where it stands in the page."""
    written: tuple[str, ...] = ()
    """What its author wrote under it: output to come, and lines to type once their prompt is there."""
    written_line: int = 0
    """Where the first of these stands."""
    until: str | None = None
    """The text after which the command is left open; "" for silence."""
    goes_on_below: bool = False
    """Whether the page goes on with the command in a later fence, so that it may be left open while it is idle."""
    stays_open: bool = False
    """Whether it may be left at the first prompt of the shell that it opens, as the page types nothing into that."""
    match: Match = Match.PATTERN
    """How written output is held against what comes out."""
    names: Names = field(default_factory=Names)
    """The page's names; those that the dialogue needs are bound on the way."""
    timeout: float = 60.0
    """Seconds that it may take."""
    limit: int = 1_000_000
    """Bytes of its output that are kept, a line counting for at least 50; it is stopped after 100 MB more."""


class Terminal(Protocol):
    """One shell of a page on a PTY of its own."""

    def run(self, request: TerminalCommand) -> CommandResult:
        """Carry out a command to its end, at most for its time.

        After any ending but `exited` and `left open` the terminal is of no more use. Raises SandboxError if the sandbox
        is gone.
        """

    def hand_over(self, columns: int, rows: int) -> Stream:
        """Give the shell, with a prompt to be seen, to a person at a terminal of this size and to nobody else."""


class Sandbox(Protocol):
    """One live throwaway engine."""

    engine_version: str
    kernel: str
    images: tuple[ImageFact, ...]
    boot_seconds: float
    """From asking for it until its engine answered."""

    def terminal(self, name: str = "") -> Terminal:
        """Return the terminal of that name, which is opened when it is first asked for; raise SandboxError if it fails.

        Each has a shell in the page's folder.
        """

    def write(self, path: str, content: str) -> None:
        """Write a file below the page's folder, and the folders it needs; raise SandboxError if that fails."""

    def facts(self) -> tuple[Fact, ...]:
        """Return what is known of the machine and of the site's images; of the machine nothing if the engine is gone.

        Never raises SandboxError.
        """

    def rests(self) -> bool:
        """Tell whether nothing of the page is running or about to: all of its processes wait for something.

        While that is not so, a silent terminal may only be slow. Never raises SandboxError.
        """

    def wait_until_listed(self) -> None:
        """Wait, not for long, until containers that have ended are listed as ended. Never raises SandboxError."""

    def usage(self) -> Usage:
        """Return what has been used of what is limited, also if the sandbox has ended. Never raises SandboxError."""

    def close(self) -> None:
        """Remove the sandbox and everything in it; closing twice does no harm."""
