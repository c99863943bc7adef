"""The in-memory twin of a live sandbox: a shell that plays programs from a table, behind the same terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from snippetrun.model import Ending, Fact, ImageFact
from snippetrun.sandbox.shell import PtyShell
from snippetrun.support.limits import Usage

Program = Generator[str, str, tuple[str, int]]
"""What runs: it yields what it prints, gets what was typed then, and returns its last output and its exit status."""
Answer = str | tuple[str, int] | Ending | Callable[[], Program]
"""What a command does: its output, its output and exit status, another way to end, or a program that listens."""

# what a terminal pastes: ESC [200~ docker ps ESC [201~ and Enter
_PASTED = re.compile(rb"\x1b\[200~(.*?)\x1b\[201~\r", re.DOTALL)
_SILENT = "assword: "


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
    knows: tuple[Fact, ...] = ()
    """What is known of its machine and its images."""
    settled: list[int] = field(default_factory=list)
    """How many commands had run whenever somebody waited for the engine."""
    used: Usage = field(default_factory=Usage)
    """What it has used of its limits."""
    busy: int = 0
    """How often its processes still run when somebody asks whether they rest."""
    closed: bool = False
    now: float = 0.0
    """Its own time, in seconds: it goes on only while somebody waits."""
    shell: type[PtyShell] = PtyShell
    """What its terminals are."""
    terminals: dict[str, PtyShell] = field(default_factory=dict)

    def terminal(self, name: str = "") -> PtyShell:
        """As `Sandbox.terminal`."""
        if name not in self.terminals:
            self.terminals[name] = self.shell(lambda *_: _FakeShell(self), lambda: self.now, self.rests)
        return self.terminals[name]

    def write(self, path: str, content: str) -> None:
        """As `Sandbox.write`."""
        self.files[path] = content

    def facts(self) -> tuple[Fact, ...]:
        """As `Sandbox.facts`."""
        return self.knows

    def rests(self) -> bool:
        """As `Sandbox.rests`."""
        self.busy -= 1
        return self.busy < 0

    def wait_until_listed(self) -> None:
        """As `Sandbox.wait_until_listed`."""
        self.settled.append(len(self.commands))

    def usage(self) -> Usage:
        """As `Sandbox.usage`."""
        return self.used

    def close(self) -> None:
        """As `Sandbox.close`."""
        self.closed = True

    def answer(self, command: str) -> Answer:
        """Return what a command does."""
        self.commands.append(command)
        if callable(self.answers):
            return self.answers(command)
        return self.answers.get(command, (f"bash: {command.split(maxsplit=1)[0]}: command not found\n", 127))


class _FakeShell:
    """The bytes of a shell with our marks; see `snippetrun.engine.stream.Stream`."""

    def __init__(self, sandbox: FakeSandbox) -> None:
        self._sandbox = sandbox
        self._word = self._out = b""
        self._answer = b""
        self._gone = False
        self._program: Program | None = None
        self._line = ""

    def read(self, timeout: float) -> bytes | None:
        data, self._out = self._out, b""
        if data:
            return data
        if self._gone:
            return b""
        self._sandbox.now += timeout
        return None

    def write(self, data: bytes, _timeout: float = 0.0) -> None:
        if not self._word:
            self._word = data.strip()
            self._end(0)
        elif self._answer:  # what was typed before the prompt is dropped
            if data == self._answer:
                self._answer = b""
                self._out += b"\x1b[?2004h" + self._mark("ready")
        elif pasted := _PASTED.fullmatch(data):
            self._start(pasted[1].decode())
        elif self._program:
            text = data.decode()
            line = text.removesuffix("\r")
            silent = self._line.endswith(_SILENT)
            echo = "" if silent else "^C" if text == "\x03" else "" if text == line else line
            self._print(echo + ("\n" if text != line else ""))
            self._resume(line)

    def close(self) -> None:
        self._gone = True

    def _start(self, command: str) -> None:
        self._out += command.encode() + b"\r\n" + self._mark("started")
        answer = self._sandbox.answer(command)
        if answer is Ending.UNFINISHED:
            self._out += self._mark("unfinished")
        elif answer is Ending.SHELL_GONE:
            self._gone = True
        elif callable(answer):
            self._program = answer()
            self._resume(None)
        elif not isinstance(answer, Ending):
            text, status = (answer, 0) if isinstance(answer, str) else answer
            self._print(text)
            self._end(status)

    def _resume(self, typed: str | None) -> None:
        assert self._program  # noqa: S101 - there is one while it is resumed
        try:
            self._print(next(self._program) if typed is None else self._program.send(typed))
        except StopIteration as stop:
            self._program = None
            text, status = stop.value
            self._print(text)
            self._end(status)

    def _print(self, text: str) -> None:
        self._out += text.replace("\n", "\r\n").encode()
        self._line = (self._line + text).rpartition("\n")[2]

    def _end(self, status: int) -> None:
        self._out += self._mark(f"ended {status}:1")
        self._answer = self._word + f":{status}:1\n".encode()

    def _mark(self, says: str) -> bytes:
        return b"\x1b]7717;" + self._word + f";{says}\a".encode()


def program(*steps: str, status: int = 0) -> Callable[[], Program]:
    """Return a program that prints each step and waits for something to be typed, but ends after the last."""

    def play() -> Program:
        yield from (step for step in steps[:-1])  # a generator, as what is typed is sent to it
        return steps[-1], status

    return play
