"""When to type the next line into a running command, and when to leave it alone: decided by what the screen shows.

Nobody sleeps: a line is typed once its prompt stands on the screen, a key that stands alone once the output written
above it has come, and both only when the program has said nothing for a moment, so that half a line is no prompt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from snippetrun.model import Match
from snippetrun.support.patterns import Names, is_elision, match_lines
from snippetrun.terminal import timings
from snippetrun.terminal.inputs import (
    Input,
    asks_for_secret,
    is_keys,
    is_shells_own,
    keys_at,
    looks_like_shell,
    may_be_typed,
    typed_at,
)
from snippetrun.terminal.transcript import Transcript

OUTER_PROMPT = "$ "
"""A prompt that authors cannot tell from the page's own shell's."""
# docker attach, docker container attach
_ATTACH = re.compile(r"docker\s+(?:container\s+)?attach\b")


@dataclass(frozen=True, slots=True)
class Leave:
    """The program waits at its prompt, and nothing is left to type: go on with the page."""


@dataclass(frozen=True, slots=True)
class PressEnter:
    """Press Enter, so that a shell shows its prompt again.

    `docker attach` makes the terminal larger and smaller again for that, but a shell that learns of both at once sees
    nothing to do, and a person presses Enter.
    """


Move = Input | Leave | PressEnter


@dataclass(slots=True)
class Dialogue:
    """What is written under one command, and how much of it has been typed."""

    command: str
    written: Sequence[str]
    names: Names
    until: str | None = None
    """The text that has to come before keys that stand alone are pressed, "" for silence; None once it has."""
    match: Match = Match.PATTERN
    goes_on: bool = False
    """Whether it continues a command that was opened before."""
    goes_on_below: bool = False
    """Whether it will be continued, so that it may be left while it is idle."""
    stays_open: bool = False
    """Whether it opens a shell into which nothing is typed, so that it may be left at its prompt."""
    at: int = 0
    """The next line that may be typed."""
    prompts: set[str] = field(default_factory=set)
    """The prompts that were answered."""
    known: frozenset[str] = frozenset()
    """Those that were answered in earlier fences."""
    nudged: bool = False
    """Whether Enter was pressed for a prompt."""
    prompt_alone: int | None = None
    """The last line, if it is a prompt that was waited for and nothing else."""

    @property
    def left(self) -> bool:
        """Whether any line may still have to be typed."""
        return may_be_typed(self.written[self.at :])

    def has_all_come(self, transcript: Transcript) -> bool:
        """Whether all that is left has come as output, so that nothing of it is to be typed."""
        shown = [*transcript.since(), *filter(None, [transcript.prompt()])]
        return self.match is not Match.NONE and self._matches(self.written[self.at :], shown)

    def next_move(self, transcript: Transcript, quiet: float, since_typed: float) -> Move | float:
        """Return what to do after `quiet` seconds without output, when so many have passed since something was typed.

        A number is how many seconds it has to be quiet until there may be more to do.
        """
        self.prompt_alone = None
        if not transcript.answered and quiet < timings.SILENT:  # the prompt on screen is still the last one
            return timings.SILENT
        needed, move = next(self._moves(transcript, since_typed), (math.inf, Leave()))
        return move if quiet >= needed else needed

    def _moves(self, transcript: Transcript, since_typed: float) -> Iterator[tuple[float, Move]]:
        """Yield what could be done, the most wanted first, with the seconds for which it has to be quiet before."""
        prompt = transcript.prompt()
        line = typed_at(self.written, self.at, prompt, self.names) if prompt.strip() else None
        if line and not line.text and not may_be_typed(self.written[line.index + 1 :]):
            self.prompt_alone = line.index
            yield timings.PROMPT, Leave()
        elif line:
            yield self._quiet_before(prompt), line
        if self.until is not None:
            if not self.until:
                yield timings.SILENT, Leave()
            return
        keys = keys_at(self.written, self.at)
        if keys and self._has_come(self.written[self.at : keys.index], transcript):
            yield timings.KEY if self.goes_on or len(transcript) else timings.SILENT, keys
        if not self.left and self._is_prompt(prompt, transcript):
            yield timings.PROMPT if prompt in self.prompts else timings.NEW_PROMPT, Leave()
        elif transcript.answered and self._is_known(prompt):
            # Nothing that is left starts with it: the rest is output that has not come.
            yield (timings.SILENT, keys) if keys else (timings.NEW_PROMPT, Leave())
        if self.goes_on_below and not keys and len(transcript):
            settled = since_typed >= timings.LATE or self._has_settled(transcript, prompt)
            yield timings.IDLE if settled else timings.LATE, Leave()
        if self.left and not keys and not self.nudged and not len(transcript) and _ATTACH.search(self.command):
            yield timings.SILENT, PressEnter()

    def typed(self, what: Input, prompt: str, transcript: Transcript) -> None:
        """Take note that it is typed now, and bind the names in the output above it."""
        match_lines(self.names, self.written[self.at : what.index], transcript.since(), self.match)
        if what.prompt:
            self.prompts.add(prompt)
        self.at = what.index + 1

    def waits_for(self, first_line: int) -> str:
        """Return in words what has not come; `first_line` is where the first line stands. "" if nothing is missing."""
        if self.until:
            return f"the text `{self.until}`"
        for index in range(self.at, len(self.written)):
            if is_keys(self.written[index]):
                return f"the output above line {first_line + index}, so that its key can be pressed"
            if may_be_typed(self.written[index : index + 1]):
                return f"what line {first_line + index} starts with, so that it can be typed"
        return ""

    def _quiet_before(self, prompt: str) -> float:
        if asks_for_secret(prompt):
            return timings.SECRET
        return timings.PROMPT if looks_like_shell(prompt) else timings.QUESTION

    def _has_come(self, written: Sequence[str], transcript: Transcript) -> bool:
        return not _says_something(written, self.match) or self._matches(written, transcript.since())

    def _has_settled(self, transcript: Transcript, prompt: str) -> bool:
        """Whether the program has said what is written; where nothing is, one that was answered has to ask again."""
        if self.match is Match.NONE or not _says_something(self.written[self.at :], self.match):
            return not self.prompts or prompt != ""
        return self.has_all_come(transcript)

    def _matches(self, written: Sequence[str], shown: Sequence[str]) -> bool:
        return match_lines(Names(dict(self.names.words)), written, shown, self.match) is None

    def _is_prompt(self, prompt: str, transcript: Transcript) -> bool:
        if prompt == OUTER_PROMPT or prompt in self.prompts:
            return True
        if self.stays_open and is_shells_own(prompt):
            return True
        return (transcript.typed or self.goes_on) and looks_like_shell(prompt)

    def _is_known(self, prompt: str) -> bool:
        """Whether a prompt is one at which something was typed, or that of the same shell in another folder."""
        ends = {answered[-2:] for answered in self.prompts | self.known if looks_like_shell(answered)}
        return prompt in self.prompts or (looks_like_shell(prompt) and prompt[-2:] in ends)


def _says_something(written: Sequence[str], match: Match) -> bool:
    return any(line.strip() and not is_elision(line, match) for line in written)
