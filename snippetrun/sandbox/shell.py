"""A terminal of a page: commands go in as a person would type them, and marks tell what came out of each."""

from __future__ import annotations

import contextlib
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from snippetrun.engine.stream import Stream
from snippetrun.errors import Problem, SandboxError
from snippetrun.model import CommandResult, Ending, Piece, PieceKind
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.support.masks import masked, masked_end
from snippetrun.terminal import screen, timings
from snippetrun.terminal.dialogue import OUTER_PROMPT, Dialogue
from snippetrun.terminal.marks import Kind, Mark, MarkScanner
from snippetrun.terminal.moments import moments
from snippetrun.terminal.session import MOST_DROPPED, Session
from snippetrun.terminal.transcript import Transcript

_START_SECONDS = 120.0
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"  # xterm's bracketed paste: the shell takes it as it is
# whether the line editor takes what is pasted: ESC [?2004h, ESC [?2004l
_TAKES_PASTE = re.compile(rb"\x1b\[\?2004([hl])")

Open = Callable[[Sequence[str], Mapping[str, str]], Stream]
"""Starts a command with more environment variables, and returns its stdin and stdout."""


class PtyShell:
    """An interactive bash on a PTY of its own; see `interface.Terminal`."""

    def __init__(
        self, start: Open, clock: Callable[[], float] = time.monotonic, rests: Callable[[], bool] = lambda: True
    ) -> None:
        """Start the shell and wait for its first prompt; raise SandboxError if none comes.

        `start` has to lead to a bash whose `~/.bashrc` is ours (sandbox/image/bashrc); `rests` is as `Sandbox.rests`.

        The PTY is made by `script` where the shell is, and not by whoever started it: so it belongs to the shell's
        own user, and `echo > /dev/stderr` works.
        """
        word = secrets.token_hex(8)
        command = ["script", "--quiet", "--flush", "--return", "--echo", "always", "--command", "bash", "/dev/null"]
        environment = {
            "SNIPPETRUN_SIZE": f"{screen.COLUMNS}x{screen.ROWS}",
            "TERM": "xterm-256color",
        }
        self._stream = start(command, environment)
        self._stream.write(word.encode() + b"\n")
        self._clock, self._rests = clock, rests
        self._scanner = MarkScanner(word)
        self._pending: list[bytes | Mark] = []
        self._tail = b""  # the last bytes of output
        self._takes_paste = False
        self._hooked = True  # whether the shell still says when a command has ended
        self._open = 0  # the line of the command that is open
        self._waits = False  # whether that was left at its prompt
        self._prompts: frozenset[str] = frozenset()  # at which something was typed into it
        output = b""
        deadline = self._deadline = clock() + _START_SECONDS
        while (piece := self._next(deadline)) != Mark(Kind.READY):
            if piece is None or piece == b"":
                self.close()
                raise SandboxError(Problem(f"the page's shell did not start: {output.decode(errors='replace')[-500:]}"))
            output += piece if isinstance(piece, bytes) else b""

    def run(self, request: TerminalCommand) -> CommandResult:
        """As `Terminal.run`."""
        began = self._clock()
        result = partial(CommandResult, request.line, masked(request.command))
        if not request.command and not self._open:
            return result((), None, 0.0, waited_for="a command that is open in this terminal; none is")
        deadline = self._deadline = began + request.timeout
        late = ""
        if request.command and self._open:
            earlier = self._open
            # A program that waits at its prompt goes on to do so, but for what another terminal does to it.
            patience = timings.LATE if self._waits else math.inf
            ended = self._await_earlier(min(deadline, began + patience), request.limit)
            if isinstance(ended, Ending):
                waiting = f"the command of line {earlier} to end in this terminal"
                return result((), None, self._clock() - began, ended, waited_for=waiting)
            late = ended
        goes_on = bool(self._open)
        transcript = Transcript(request.limit)
        self._type_command(request.command, transcript)
        self._open = self._open or request.line
        dialogue = Dialogue(
            request.command,
            request.written,
            request.names,
            request.until,
            request.match,
            goes_on,
            request.goes_on_below,
            request.stays_open,
            known=self._prompts if goes_on else frozenset(),
        )
        session = Session(dialogue, transcript, request.written_line, self._clock())
        ending = self._follow(session, deadline)
        self._prompts = dialogue.known | dialogue.prompts
        if ending is Ending.EXITED:
            self._open = 0
        self._waits = ending is Ending.LEFT_OPEN and request.until is None
        waiting = dialogue.waits_for(request.written_line) if ending is Ending.TIMED_OUT or dialogue.until else ""
        pieces = transcript.pieces()
        if request.command and goes_on and pieces and pieces[0].kind is PieceKind.INPUT:
            pieces = pieces[1:]  # the command's own echo
        if dialogue.prompt_alone is not None:
            pieces = (*pieces, Piece(PieceKind.INPUT, "", request.written_line + dialogue.prompt_alone))
        hide = masked_end if transcript.truncated_bytes else masked
        pieces = tuple(replace(piece, text=hide(piece.text)) for piece in pieces)
        return result(
            pieces,
            session.status,
            self._clock() - began,
            ending,
            transcript.truncated_bytes,
            masked(late),
            masked(waiting),
            moments=moments(transcript, pieces),
        )

    def hand_over(self, columns: int, rows: int) -> Stream:
        """Give the shell, with a prompt to be seen, to a person at a terminal of this size and to nobody else."""
        size = f"stty cols {columns} rows {rows}"
        plain = "bind 'set show-mode-in-prompt off'; PS0= PROMPT_COMMAND= PS1='\\w \\$ '"
        self._stream.write(f" {plain}; {size}; clear\r".encode())
        return self

    def read(self, timeout: float) -> bytes | None:
        """As `Stream.read`, without our marks."""
        deadline = self._clock() + timeout
        while isinstance(piece := self._next(deadline), Mark):
            pass
        return piece

    def write(self, data: bytes, timeout: float = math.inf) -> None:
        """As `Stream.write`."""
        self._stream.write(data, timeout)

    def _send(self, data: bytes) -> None:
        """Type something; what nobody has read by the command's deadline is dropped."""
        if not data:
            return
        with contextlib.suppress(TimeoutError):
            self._stream.write(data, max(0.0, self._deadline - self._clock()))

    def close(self) -> None:
        """Leave the shell to its fate: what runs in it ends with the sandbox."""
        self._stream.close()

    def _type_command(self, command: str, transcript: Transcript) -> None:
        """Type a command at the shell's own prompt, or at that of the program that is open."""
        if command and self._open:
            transcript.type(command, 0)
            self._send(command.replace("\n", "\r").encode() + b"\r")
        elif command and self._takes_paste:
            self._send(_PASTE_BEGINS + command.encode() + _PASTE_ENDS + b"\r")
        elif command:  # the page has a shell without line editing
            self._send(command.replace("\n", "\r").encode() + b"\r")

    def _follow(self, session: Session, deadline: float) -> Ending:
        """Read and type until the command has ended, is left open, or its time is up."""
        while session.ending is None and self._clock() < deadline:
            piece = self._next(min(deadline, session.wakes))
            now = self._clock()
            if piece == b"":
                return Ending.SHELL_GONE
            if isinstance(piece, bytes):
                self._send(session.hear(piece, now))
            elif isinstance(piece, Mark):
                if not session.note(piece, now):
                    self._put_back(piece)
            elif move := session.look(now):
                if self._is_quiet(session.silent):
                    self._send(session.act(move, self._clock()))
                else:
                    session.wait(self._clock())
        self._put_back(session.rest)
        return session.ending or Ending.TIMED_OUT

    def _await_earlier(self, deadline: float, limit: int) -> str | Ending:
        """Wait until the open command has ended or its program is at a prompt like ours; return what it still printed.

        Return the ending if that does not come about.
        """
        late = Transcript(limit)
        ended, heard = False, self._clock()
        while self._clock() < deadline:
            piece = self._next(min(deadline, self._clock() + timings.PROMPT))
            heard = heard if piece is None else self._clock()
            match piece:
                case None if late.prompt() == OUTER_PROMPT and self._is_quiet(heard):
                    late.take_back(late.start_of_line)
                    return late.text()
                case b"":
                    return Ending.SHELL_GONE
                case bytes() if not ended:
                    late.feed(piece)
                    if late.truncated_bytes > MOST_DROPPED:
                        return Ending.TOO_MUCH
                case Mark(Kind.ENDED):
                    ended = True
                case Mark(Kind.READY) if ended:
                    self._open = 0
                    return late.text()
                case _:
                    pass
        return Ending.TIMED_OUT

    def _is_quiet(self, since: float) -> bool:
        """Tell whether silence since then means that nothing more comes before something is typed."""
        if self._clock() < since + timings.BUSY and not self._rests():
            return False
        if piece := self._next(0.0):
            self._put_back(piece)  # it came while that was found out
        return not piece

    def _put_back(self, piece: bytes | Mark) -> None:
        """Keep output, or a mark, for whoever reads next."""
        if isinstance(piece, Mark):
            self._pending.insert(0, replace(piece, answer=b""))  # that has been typed
        elif piece:
            self._pending.insert(0, piece)

    def _next(self, deadline: float) -> bytes | Mark | None:
        """Return the next output or mark; b"" once the shell is gone, None once it is too late."""
        while not self._pending:
            data = self._stream.read(max(0.0, deadline - self._clock()))
            if not data:
                return data
            self._pending = self._scanner.feed(data)
        piece = self._pending.pop(0)
        self._note(piece)
        return piece

    def _note(self, piece: bytes | Mark) -> None:
        """Let the shell show its prompt once a command has ended, and see to it that it says so."""
        if isinstance(piece, bytes):
            self._tail = (self._tail + piece)[-len(b"\x1b[?2004h") - len(piece) :]
            for toggle in _TAKES_PASTE.finditer(self._tail):
                self._takes_paste = toggle[1] == b"h"
            return
        if piece.kind is Kind.READY and not self._hooked:
            self._send(self._scanner.key)
        self._hooked = piece.kind is not Kind.STARTED
        self._send(piece.answer)
