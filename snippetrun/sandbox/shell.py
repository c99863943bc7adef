"""A page's shell: commands go in, and marks tell what came out of each."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence

from snippetrun.engine.stream import Stream
from snippetrun.errors import Problem, SandboxError
from snippetrun.model import Ending
from snippetrun.sandbox.interface import Exchange
from snippetrun.terminal.marks import Kind, Mark, MarkScanner
from snippetrun.terminal.screen import COLUMNS, ROWS

_START_SECONDS = 30.0
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"  # xterm's bracketed paste: the shell takes it as it is

Open = Callable[[Sequence[str], Mapping[str, str]], Stream]
"""Starts a command with more environment variables, and returns its stdin and stdout."""


class PtyShell:
    """An interactive bash on a PTY of its own, driven as a person would drive it."""

    def __init__(self, start: Open) -> None:
        """Start the shell and wait for its first prompt; raise SandboxError if none comes.

        `start` has to lead to a bash whose `~/.bashrc` is ours (sandbox/image/bashrc).

        The PTY is made by `script` where the shell is, and not by whoever started it: so it belongs to the shell's
        own user, and `echo > /dev/stderr` works.
        """
        word = secrets.token_hex(8)
        command = ["script", "--quiet", "--flush", "--return", "--echo", "always", "--command", "bash", "/dev/null"]
        environment = {
            "SNIPPETRUN_MARK": word,
            "SNIPPETRUN_COLUMNS": str(COLUMNS),
            "SNIPPETRUN_ROWS": str(ROWS),
            "TERM": "xterm-256color",
        }
        self._stream = start(command, environment)
        self._scanner = MarkScanner(word)
        self._pending: list[bytes | Mark] = []
        said = b""
        deadline = time.monotonic() + _START_SECONDS
        while (piece := self._next(deadline)) != Mark(Kind.READY):
            if piece is None or piece == b"":
                self.close()
                raise SandboxError(Problem(f"the page's shell did not start: {said.decode(errors='replace')[-500:]}"))
            said += piece if isinstance(piece, bytes) else b""

    def run(self, command: str, *, timeout: float, limit: int) -> Exchange:
        """As `Sandbox.run`."""
        began = time.monotonic()
        deadline = began + timeout
        self._stream.write(_PASTE_BEGINS + command.encode() + _PASTE_ENDS + b"\r")
        output, cut = bytearray(), 0
        started = False
        status = None
        while True:
            piece = self._next(deadline)
            if piece is None:
                ending = Ending.TIMED_OUT
            elif piece == b"":
                ending = Ending.SHELL_GONE
            elif isinstance(piece, bytes):
                if started and status is None:  # before there is its echo, and afterwards the prompt's making
                    kept = piece[: limit - len(output)]
                    output += kept
                    cut += len(piece) - len(kept)
                continue
            elif piece.kind is Kind.UNFINISHED:
                ending = Ending.UNFINISHED
            elif piece.kind is Kind.STARTED:
                started = True
                continue
            elif piece.kind is Kind.ENDED:
                status = piece.status
                continue
            elif status is None:  # a prompt before the command has ended: the one that it was typed at
                continue
            else:
                ending = Ending.EXITED
            return Exchange(bytes(output), status, ending, time.monotonic() - began, cut)

    def close(self) -> None:
        """Leave the shell to its fate: what runs in it ends with the sandbox."""
        self._stream.close()

    def _next(self, deadline: float) -> bytes | Mark | None:
        """Return the next output or mark; b"" once the shell is gone, None once it is too late."""
        while not self._pending:
            data = self._stream.read(max(0.0, deadline - time.monotonic()))
            if not data:
                return data
            self._pending = self._scanner.feed(data)
        return self._pending.pop(0)
