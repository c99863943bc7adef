"""A terminal of a page: commands go in as a person would type them, and marks tell what came out of each."""

from __future__ import annotations

import contextlib
import math
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from snippetrun.engine.stream import Stream
from snippetrun.errors import Problem, SandboxError
from snippetrun.model import Ending, Piece, PieceKind
from snippetrun.sandbox.interface import CommandResult, TerminalCommand
from snippetrun.support.masks import masked, masked_end
from snippetrun.terminal import screen
from snippetrun.terminal.dialogue import OUTER_PROMPT, PROMPT_QUIET, Dialogue, Leave, PressEnter
from snippetrun.terminal.inputs import Input, asks_for_secret
from snippetrun.terminal.marks import Kind, Mark, MarkScanner
from snippetrun.terminal.transcript import Transcript

_START_SECONDS = 120.0
_BUSY_SECONDS = 3.0
"""Seconds of silence after which it counts also while something runs: a page may have started what never rests."""
_MOST_DROPPED = 100_000_000
"""Bytes beyond its limit after which a command is stopped."""
_LINE_QUIET = 1.0
"""Seconds without output after which a line is taken to be all that comes of it for now, as a prompt is."""
_PASTE_BEGINS, _PASTE_ENDS = b"\x1b[200~", b"\x1b[201~"  # xterm's bracketed paste: the shell takes it as it is
_TAKES_PASTE = b"\x1b[?2004h"
_WHERE = re.compile(rb"\x1b\[6n")  # a program asks where the cursor is (ECMA-48, 8.3.35); busybox's shell does

Open = Callable[[Sequence[str], Mapping[str, str]], Stream]
"""Starts a command with more environment variables, and returns its stdin and stdout."""


@dataclass(slots=True)
class _Talk:
    """One order while it is carried out."""

    order: TerminalCommand
    dialogue: Dialogue
    transcript: Transcript
    deadline: float
    started: bool
    """Whether what comes is the command's output, and not the echo of its own text."""
    heard: float
    """When output came last, or something in the sandbox was running last."""
    silent: float
    """When output came last."""
    quiet: float = PROMPT_QUIET
    """Seconds without output after which there may be something to do."""
    status: int | None = None
    """The command's exit status; None until it has ended."""
    found: float | None = None
    """When the text of `until` came; None if it has not."""
    searched: int = 0
    """The bytes among which the text of `until` is known not to begin."""


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
        self._said = b""  # the last bytes of output
        self._takes_paste = False
        self._open = 0  # the line of the command that is open
        said = b""
        deadline = self._deadline = clock() + _START_SECONDS
        while (piece := self._next(deadline)) != Mark(Kind.READY):
            if piece is None or piece == b"":
                self.close()
                raise SandboxError(Problem(f"the page's shell did not start: {said.decode(errors='replace')[-500:]}"))
            said += piece if isinstance(piece, bytes) else b""

    def run(self, order: TerminalCommand) -> CommandResult:
        """As `Terminal.run`."""
        began = self._clock()
        if not order.command and not self._open:
            return CommandResult(
                (), None, Ending.EXITED, 0.0, waited_for="a command that is open in this terminal; none is"
            )
        deadline = self._deadline = began + order.timeout
        late = ""
        if order.command and self._open:
            earlier = self._open
            settled = self._settle(deadline, order.limit)
            if isinstance(settled, Ending):
                waiting = f"the command of line {earlier} to end in this terminal"
                return CommandResult((), None, settled, self._clock() - began, waited_for=waiting)
            late = settled
        goes_on = bool(self._open)
        transcript = Transcript(order.limit)
        self._type_command(order.command, transcript)
        self._open = self._open or order.line
        dialogue = Dialogue(
            order.command, order.written, order.names, order.until, order.match, goes_on, order.goes_on_below
        )
        now = self._clock()
        talk = _Talk(order, dialogue, transcript, deadline, started=goes_on, heard=now, silent=now)
        ending = self._follow(talk)
        if ending is Ending.EXITED:
            self._open = 0
        waiting = dialogue.waits_for(order.written_line) if ending is Ending.TIMED_OUT or dialogue.until else ""
        pieces = transcript.pieces()
        if order.command and goes_on and pieces and pieces[0].kind is PieceKind.INPUT:
            pieces = pieces[1:]  # the command's own echo
        if dialogue.prompt_alone is not None:
            pieces = (*pieces, Piece(PieceKind.INPUT, "", order.written_line + dialogue.prompt_alone))
        hide = masked_end if transcript.truncated_bytes else masked
        pieces = tuple(replace(piece, text=hide(piece.text)) for piece in pieces)
        return CommandResult(
            pieces,
            talk.status,
            ending,
            self._clock() - began,
            transcript.truncated_bytes,
            masked(late),
            masked(waiting),
        )

    def hand_over(self, columns: int, rows: int) -> Stream:
        """Give the shell, with a prompt to be seen, to a person at a terminal of this size and to nobody else."""
        size = f"stty cols {columns} rows {rows}"
        self._stream.write(f" PS0= PROMPT_COMMAND= PS1='\\w \\$ '; {size}; clear\r".encode())
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
        """Type something; what nobody has read by the order's deadline is dropped."""
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

    def _follow(self, talk: _Talk) -> Ending:
        """Read and type until the command has ended, is left open, or its time is up."""
        while self._clock() < talk.deadline:
            piece = self._next(min(talk.deadline, talk.heard + talk.quiet))
            if piece is None:
                ending = self._look(talk)
            elif isinstance(piece, bytes):
                ending = self._hear(piece, talk) if piece else Ending.SHELL_GONE
            elif talk.found is not None and talk.dialogue.until is not None:
                self._pending.insert(0, piece)  # the command has ended within that line: the next order hears of it
                ending = self._leave(talk, len(talk.transcript))
            else:
                ending = _note(piece, talk)
            if ending:
                return ending
        return Ending.TIMED_OUT

    def _hear(self, data: bytes, talk: _Talk) -> Ending | None:
        """Take output; leave the command open if the text has come that its fence waits for."""
        if not talk.started or talk.status is not None:  # its echo, or the making of the next prompt
            return None
        talk.heard = talk.silent = self._clock()
        talk.quiet = PROMPT_QUIET
        transcript, dialogue = talk.transcript, talk.dialogue
        if dialogue.nudged and not len(transcript):
            data = data.lstrip(b"\r\n")
        transcript.feed(data)
        if transcript.truncated_bytes > _MOST_DROPPED:
            return Ending.TOO_MUCH
        if _WHERE.search(data):
            row, column = transcript.cursor()
            self._send(b"\x1b[%d;%dR" % (row, column))
        if dialogue.until is None:
            return None
        end = transcript.end_of(talk.order.names.substitute(dialogue.until), talk.searched)
        if end is None:
            talk.searched = max(0, len(transcript) - len(data) - 16 * len(dialogue.until))
            return None
        talk.found = talk.heard if talk.found is None else talk.found
        if transcript.is_within_line(end) and talk.heard < talk.found + _LINE_QUIET:
            return None  # the end of the line is about to come; if it is not, `_look` is next
        return self._leave(talk, end)

    def _leave(self, talk: _Talk, end: int) -> Ending | None:
        """Leave the command open, as the text has come that its fence waits for, in a line that ends at byte `end`."""
        transcript, dialogue = talk.transcript, talk.dialogue
        dialogue.until = None
        rest = transcript.take_back(end)
        if dialogue.left and not dialogue.has_all_come(transcript):
            transcript.feed(rest)
            return None
        # What comes behind that line is shown where it ends, so that a page does not depend on how quickly it came.
        self._put_back(rest)
        return Ending.LEFT_OPEN

    def _look(self, talk: _Talk) -> Ending | None:
        """Look at the screen, as nothing has come for a while, and type what there is to type."""
        if talk.status is not None:
            talk.quiet = math.inf
        now = self._clock()
        if now < talk.heard + talk.quiet:
            return None
        quiet = max(talk.quiet, now - talk.heard)  # the difference alone may be a hair less
        transcript, dialogue = talk.transcript, talk.dialogue
        found = talk.found is not None and dialogue.until is not None
        move = (
            _LINE_QUIET
            if found and quiet < _LINE_QUIET
            else Leave()
            if found
            else dialogue.next_move(transcript, quiet)
        )
        if isinstance(move, float):
            talk.quiet = move
            return None
        if not self._is_quiet(talk.silent):
            talk.heard, talk.quiet = self._clock(), PROMPT_QUIET
            return None
        return self._leave(talk, len(transcript)) if found else self._act(talk, move, quiet)

    def _act(self, talk: _Talk, move: Input | Leave | PressEnter, quiet: float) -> Ending | None:
        """Do what a person would do now."""
        transcript, dialogue = talk.transcript, talk.dialogue
        if isinstance(move, Leave):
            self._put_back(transcript.take_back(transcript.start_of_line))
            return Ending.LEFT_OPEN
        if isinstance(move, PressEnter):
            dialogue.nudged = True
            self._send(b"\r")
            talk.quiet = quiet + PROMPT_QUIET
            return None
        prompt = transcript.prompt()
        dialogue.typed(move, prompt, transcript)
        text = talk.order.names.substitute(move.text)
        transcript.type(text, talk.order.written_line + move.index, secret=asks_for_secret(prompt))
        self._send(move.data(text))
        talk.quiet = quiet + PROMPT_QUIET
        return None

    def _settle(self, deadline: float, limit: int) -> str | Ending:
        """Wait until the open command has ended or its program is at a prompt like ours; return what it still printed.

        Return the ending if that does not come about.
        """
        late = Transcript(limit)
        ended, heard = False, self._clock()
        while self._clock() < deadline:
            piece = self._next(min(deadline, self._clock() + PROMPT_QUIET))
            heard = heard if piece is None else self._clock()
            match piece:
                case None if late.prompt() == OUTER_PROMPT and self._is_quiet(heard):
                    late.take_back(late.start_of_line)
                    return late.text()
                case b"":
                    return Ending.SHELL_GONE
                case bytes() if not ended:
                    late.feed(piece)
                    if late.truncated_bytes > _MOST_DROPPED:
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
        if self._clock() < since + _BUSY_SECONDS and not self._rests():
            return False
        if piece := self._next(0.0):
            self._pending.insert(0, piece)  # it came while that was found out
        return not piece

    def _put_back(self, data: bytes) -> None:
        """Keep output for the next order; what it asks about the cursor has been answered."""
        if data := _WHERE.sub(b"", data):
            self._pending.insert(0, data)

    def _next(self, deadline: float) -> bytes | Mark | None:
        """Return the next output or mark; b"" once the shell is gone, None once it is too late."""
        while not self._pending:
            data = self._stream.read(max(0.0, deadline - self._clock()))
            if not data:
                return data
            self._pending = self._scanner.feed(data)
            for piece in self._pending:
                self._note_prompt(piece)
        return self._pending.pop(0)

    def _note_prompt(self, piece: bytes | Mark) -> None:
        """Let the shell show its prompt once a command has ended, and see what it says before that."""
        if isinstance(piece, bytes):
            self._said = (self._said + piece[-len(_TAKES_PASTE) :])[-len(_TAKES_PASTE) :]
        elif piece.kind is Kind.READY:
            self._takes_paste = self._said == _TAKES_PASTE
        elif piece.answer:
            self._send(piece.answer)


def _note(mark: Mark, talk: _Talk) -> Ending | None:
    """Take a mark of the shell's."""
    match mark.kind:
        case Kind.UNFINISHED:
            return Ending.UNFINISHED
        case Kind.STARTED:
            talk.started = True
        case Kind.ENDED if talk.status is None:  # without `started` if bash could not parse it
            talk.status = mark.status  # a key that came too late may bring about another mark
        case Kind.READY if talk.status is not None:
            return Ending.EXITED
        case _:  # the prompt that the command was typed at
            pass
    return None
