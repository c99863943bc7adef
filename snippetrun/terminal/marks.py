"""The marks that tell where a command's output begins and ends.

The page's shell prints them as OSC control strings, which a terminal ignores (ECMA-48, 8.3.89); the number 7717 is
ours, and the word after it is new for each shell, so that no output is taken for a mark by chance. Root of a page can
find the word out, and then forge the output and the status of its own page, as it can by other means. In the order in
which they come:

    ready               a prompt: the shell reads a command
    started             the command is complete and starts; all that follows is its output
    ended STATUS:TIME   it ended; STATUS is `$?`. The prompt is not shown before `WORD:STATUS:TIME` is typed
    unfinished          instead of `started`: the shell waits for the rest of the command

A shell that is ready and has not said that the command ended has lost what says so: a key brings that back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a mark says."""

    READY = "ready"
    STARTED = "started"
    ENDED = "ended"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark in the stream."""

    kind: Kind
    status: int = 0
    """The exit status, for `ended`."""
    answer: bytes = b""
    """What has to be typed, for `ended`."""


class MarkScanner:
    """Splits a shell's byte stream into output and marks, however the bytes are cut into pieces."""

    def __init__(self, word: str) -> None:
        """Look for marks with this word only."""
        self._word = word.encode()
        self._opening = b"\x1b]7717;" + self._word
        # What `set -v` shows of the shell's PROMPT_COMMAND.
        self._hook = b"{ _%s; } 3>&2 >/dev/null 2>&1\r\n" % self._word
        says = rb";(ready|started|ended|unfinished)(?: (\d{1,3}):([\d.,]{1,24}))?\x07"  # `;ended 3:1764183.250`
        self._mark = re.compile(re.escape(self._opening) + says + b"|" + re.escape(self._hook))
        self._longest = len(self._opening) + len(b";unfinished 255:\x07") + 24
        self._held = b""

    @property
    def key(self) -> bytes:
        """The key that makes the shell say again what it has to."""
        return b"\x1b]7717;%s~" % self._word

    def feed(self, data: bytes) -> list[bytes | Mark]:
        """Return output and marks in order; bytes that may be the beginning of a mark are held back."""
        pieces: list[bytes | Mark] = []
        data = self._held + data
        at = 0
        for match in self._mark.finditer(data):
            pieces += [data[at : match.start()]] if match.start() > at else []
            at = match.end()
            if not match[1]:
                continue
            answer = b"%s:%s:%s\n" % (self._word, match[2], match[3]) if match[2] else b""
            pieces.append(Mark(Kind(match[1].decode()), int(match[2] or 0), answer))
        rest = data[at:]
        keep = self._start_of_mark(rest)
        self._held = rest[keep:]
        return pieces + ([rest[:keep]] if keep else [])

    def _start_of_mark(self, data: bytes) -> int:
        """Return where a mark that is not complete yet begins, or the length of the data."""
        at = data.rfind(b"\x1b", max(0, len(data) - self._longest))
        if at >= 0 and (self._opening.startswith(data[at:]) or data[at:].startswith(self._opening)):
            return at
        at = data.rfind(self._hook[:4], max(0, len(data) - len(self._hook)))  # a brace alone is output
        return at if at >= 0 and self._hook.startswith(data[at:]) else len(data)
