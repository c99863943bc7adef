r"""One command in a terminal, from its typing to its end: a state machine without I/O, and without a clock of its own.

Whoever has the terminal tells it what comes, and when, and types what it returns.

    TYPED     the command is typed; what comes is its echo
       | the shell starts it
    RUNNING   what comes is its output, and lines and keys are typed into it
       | the text of `until` has come            | its program is at a prompt, and nothing is left to type
    FOUND     the end of that line may come      |
       | the line has ended, or it is quiet      |
    LEFT      the command stays open  <----------'

    TYPED, RUNNING, FOUND  -- the shell says its exit status -->  ENDED  -- the shell's next prompt -->  OVER
"""

from __future__ import annotations

import math
import re
from enum import Enum, auto

from snippetrun.model import Ending
from snippetrun.terminal import timings
from snippetrun.terminal.dialogue import Dialogue, Leave, Move, PressEnter
from snippetrun.terminal.inputs import asks_for_secret
from snippetrun.terminal.marks import Kind, Mark
from snippetrun.terminal.transcript import Transcript

MOST_DROPPED = 100_000_000
"""Bytes beyond its limit after which a command is stopped."""
# ESC [6n: a program asks where the cursor is (ECMA-48, 8.3.35); busybox's shell does
WHERE = re.compile(rb"\x1b\[6n")
_MOST_ANSWERS = 100
"""To what comes at once: who asks more often than that wants no answer, and each takes a look at the whole row."""
_ACCEPTED = b"\x1b[?2004l\r"
"""What bash says when Enter is pressed; behind that is what it says of a command that it cannot parse."""
_MOST_ECHO = 100_000


class State(Enum):
    """How far a command has come."""

    TYPED = auto()
    RUNNING = auto()
    FOUND = auto()
    ENDED = auto()
    LEFT = auto()
    OVER = auto()


class Session:
    """A command in its terminal; `dialogue` says what is typed into it, `transcript` has what was seen."""

    def __init__(self, dialogue: Dialogue, transcript: Transcript, written_line: int, now: float) -> None:
        """Begin; `written_line` is the line of the page where the dialogue's first line stands."""
        self.dialogue, self.transcript = dialogue, transcript
        self._written_line = written_line
        self.state = State.RUNNING if dialogue.goes_on else State.TYPED
        self.status: int | None = None
        """The command's exit status; None until it has ended."""
        self.ending: Ending | None = None
        """How it ended; None until then."""
        self._answer = 0, b""
        """Where the last answer was given, and how it looks where nobody has asked for it but a terminal."""
        self._echo = b""
        """What came before the shell started it, or the end of that."""
        self._echo_due = b""
        """What the terminal may still show of what was typed: a shell without a terminal for errors says at its prompt
        already that it starts something, and edits no line, so the terminal is quick or the shell is."""
        self.rest = b""
        """What came after the line at which it was left: it is shown where the command ends."""
        self._started = self.silent = now
        """When it was started, and when output came last."""
        self._heard = now
        """The same, or when something in the sandbox was running last."""
        self._typed = now
        """When something was typed last."""
        self._quiet = timings.PROMPT
        """Seconds without output after which there may be something to do."""
        self._searched = 0
        """The bytes among which the text of `until` is known not to begin."""
        self._found = math.inf
        """When that text came."""

    @property
    def wakes(self) -> float:
        """The moment at which it wants to look at the screen if nothing comes before."""
        return self._heard + self._quiet

    def hear(self, data: bytes, now: float) -> bytes:
        """Take output; return what a terminal answers to it."""
        if self.state is State.TYPED:
            self._echo = (self._echo + data)[-_MOST_ECHO:]
        if self.state in (State.TYPED, State.ENDED):  # the echo of the command, or the making of the next prompt
            return b""
        self.silent = self._heard = now
        self._quiet = timings.PROMPT
        if self.dialogue.nudged and not len(self.transcript):
            data = data.lstrip(b"\r\n")
        start = len(self.transcript)
        if self._echo_due:
            data, self._echo = self._echo + data, b""
            if len(data) < len(self._echo_due) and self._echo_due.startswith(data):
                self._echo = data
                return b""
            data, self._echo_due = data.removeprefix(self._echo_due), b""
        self.transcript.feed(data)
        self.transcript.note(now - self._started)
        if self.transcript.truncated_bytes > MOST_DROPPED:
            self._end(Ending.TOO_MUCH)
            return b""
        questions = [match.start() for match in WHERE.finditer(data)][-_MOST_ANSWERS:]
        places = [self.transcript.cursor(start + at) for at in questions]
        answer = b"".join(b"\x1b[%d;%dR" % place for place in places)
        if self.transcript.drop(*self._answer):
            self._answer = 0, b""
        if answer:
            self._answer = len(self.transcript), answer.replace(b"\x1b", b"^[")
        if self.dialogue.until:
            self._search(self.dialogue.until, len(data), now)
        return answer

    def note(self, mark: Mark, now: float) -> bool:
        """Take a mark of the shell's; return False if the next command has to hear of it instead."""
        if self.state is State.FOUND:  # the command has ended within the line that it is left at
            self._leave(len(self.transcript))
            return False
        match mark.kind:
            case Kind.UNFINISHED if self.state is State.TYPED:
                self._end(Ending.UNFINISHED)
            case Kind.STARTED if self.state is State.TYPED:
                self.state, self._quiet = State.RUNNING, timings.PROMPT
                self._started = self._heard = now
                if not self._echo:
                    self._echo_due = self.dialogue.command.encode().replace(b"\n", b"\r\n") + b"\r\n"
            case Kind.ENDED if self.state is not State.ENDED:
                if self._echo_due:
                    self.transcript.feed(self._echo)
                elif self.state is State.TYPED:  # bash could not parse it
                    self.transcript.feed(self._echo.rpartition(_ACCEPTED)[2] if _ACCEPTED in self._echo else b"")
                self.state, self.status = State.ENDED, mark.status  # a key that came too late may bring another mark
            case Kind.READY if self.state is State.ENDED:
                self._end(Ending.EXITED)
            case _:  # the prompt that the command was typed at
                pass
        return True

    def look(self, now: float) -> Move | None:
        """Return what a person would do now, once nothing more comes; None if it is to be looked at again later."""
        if self.state in (State.TYPED, State.ENDED):
            self._quiet = math.inf
        if now < self.wakes:
            return None
        quiet = max(self._quiet, now - self._heard)  # the difference alone may be a hair less
        if self.state is not State.FOUND:
            move = self.dialogue.next_move(self.transcript, quiet, now - self._typed)
        else:
            move = Leave() if quiet >= timings.LINE else timings.LINE
        if isinstance(move, float):
            self._quiet = move
            return None
        return move

    def wait(self, now: float) -> None:
        """Wait for something in the sandbox that runs: more may come, although it was quiet."""
        self._heard, self._quiet = now, timings.PROMPT

    def act(self, move: Move, now: float) -> bytes:
        """Do what a person would do; return what is typed for it."""
        quiet = max(self._quiet, now - self._heard)
        if isinstance(move, Leave):
            self._leave(len(self.transcript) if self.state is State.FOUND else self.transcript.start_of_line)
            return b""
        self._quiet, self._typed = quiet + timings.PROMPT, now
        if isinstance(move, PressEnter):
            self.dialogue.nudged = True
            return b"\r"
        prompt = self.transcript.prompt()
        self.dialogue.typed(move, prompt, self.transcript)
        text = self.dialogue.names.substitute(move.text)
        self.transcript.type(text, self._written_line + move.index, secret=asks_for_secret(prompt))
        return move.data(text)

    def _search(self, until: str, new: int, now: float) -> None:
        """Look for the text that the fence waits for, of which the last `new` bytes may be the end."""
        end = self.transcript.end_of(self.dialogue.names.substitute(until), self._searched)
        if end is None:
            self._searched = max(0, len(self.transcript) - new - 16 * len(until))
            return
        if self.state is not State.FOUND:
            self.state, self._found = State.FOUND, now
        if not self.transcript.is_within_line(end) or now >= self._found + timings.LINE:
            self._leave(end)

    def _leave(self, end: int) -> None:
        """Leave the command open behind byte `end`; if its text has come and keys are left to press, go on instead."""
        rest = self.transcript.take_back(end)
        if self.state is State.FOUND:
            self.dialogue.until = None
            if self.dialogue.left and not self.dialogue.has_all_come(self.transcript):
                self.transcript.feed(rest)
                self.state = State.RUNNING
                return
        # What comes behind that line is shown where it ends, so that a page does not depend on how quickly it came.
        self.rest = WHERE.sub(b"", rest)
        self._end(Ending.LEFT_OPEN)

    def _end(self, ending: Ending) -> None:
        self.state = State.LEFT if ending is Ending.LEFT_OPEN else State.OVER
        self.ending = ending
