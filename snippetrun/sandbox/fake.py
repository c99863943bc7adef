"""The in-memory twin of a live sandbox, for whatever needs the seam and not the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from snippetrun.model import Ending, ImageFact
from snippetrun.sandbox.interface import Exchange

Answer = str | tuple[str, int] | Ending
"""What a command does: its output, its output and exit status, or how else it ends."""


@dataclass(slots=True, eq=False)
class FakeSandbox:
    """Answers from a table; a command that is not in it is `not found`, with status 127, as in a shell."""

    answers: Mapping[str, Answer] | Callable[[str], Answer] = field(default_factory=dict)
    engine_version: str = "26.1.5"
    kernel: str = "6.12.0"
    images: tuple[ImageFact, ...] = ()
    boot_seconds: float = 0.5
    commands: list[str] = field(default_factory=list)
    """What was run, in order."""
    files: dict[str, str] = field(default_factory=dict)
    """What was written, by path."""
    closed: bool = False

    def run(self, command: str, *, timeout: float, limit: int) -> Exchange:
        """As `Sandbox.run`."""
        self.commands.append(command)
        if callable(self.answers):
            answer = self.answers(command)
        else:
            answer = self.answers.get(command, (f"bash: {command.split(maxsplit=1)[0]}: command not found\n", 127))
        if isinstance(answer, Ending):
            return Exchange(b"", None, answer, timeout if answer is Ending.TIMED_OUT else 0.0)
        text, status = (answer, 0) if isinstance(answer, str) else answer
        output = text.replace("\n", "\r\n").encode()
        return Exchange(output[:limit], status, Ending.EXITED, 0.01, max(0, len(output) - limit))

    def write(self, path: str, content: str) -> None:
        """As `Sandbox.write`."""
        self.files[path] = content

    def close(self) -> None:
        """As `Sandbox.close`."""
        self.closed = True
