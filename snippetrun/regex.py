r"""Regular expressions that pages and sites have written: run by RE2, whose time is linear in the text.

Python's own engine needs years for `(a+)+c` on forty letters. RE2 lacks what would need that: look-arounds such as
`(?=...)` and backreferences such as `\1` within a pattern. In a replacement `\1` works as ever.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import cast

import re2

_MEMORY = 1 << 17
"""Bytes for a compiled pattern: a few thousand steps, for each of which RE2 may have to look at each character."""
_GROUP = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w+)>|(.)|$)", re.DOTALL)
_ESCAPES = {"\\": "\\", "n": "\n", "t": "\t"}
LACKS = "(RE2 has no look-arounds and no backreferences)"
SYNTAX = f"See https://github.com/google/re2/wiki/Syntax {LACKS}."
"""What to tell somebody whose pattern is refused."""


class PatternError(ValueError):
    """A text is no regular expression, or one that is too large; the message says why."""


class TooSlowError(Exception):
    """A pattern takes more time than it was given."""


def compile(pattern: str) -> re.Pattern[str]:  # noqa: A001 - as `re.compile`
    """Return what works like a compiled pattern of `re`; raise PatternError if RE2 cannot use it."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return cast("re.Pattern[str]", re2.compile(pattern, options))
    except re2.error as error:
        said = error.args[0]
        raise PatternError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None
    except UnicodeEncodeError:
        raise PatternError("it holds half of a character") from None


def escape(text: str) -> str:
    """Return the pattern of a text that stands for itself."""
    return str(re2.escape(text))


class Template:
    r"""What takes the place of a match: text with `\1` and `\g<name>` for groups, and `\\`, `\n` and `\t`."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        """Read it; raise PatternError if it names a group that the pattern has not."""
        self._parts: list[str | int] = []
        at = 0
        for found in _GROUP.finditer(text):
            self._parts += [text[at : found.start()], _part(found, pattern)]
            at = found.end()
        self._parts.append(text[at:])

    def of(self, match: re.Match[str]) -> str:
        """Return it with the groups of a match; one that took no part is empty."""
        return "".join(part if isinstance(part, str) else match[part] or "" for part in self._parts)


def _part(found: re.Match[str], pattern: re.Pattern[str]) -> str | int:
    number, name, escaped = found.groups()
    if escaped in _ESCAPES:
        return _ESCAPES[escaped]
    group = pattern.groupindex.get(name) if name and not name.isdecimal() else int(number or name or -1)
    if group is None or not 0 <= group <= pattern.groups:
        raise PatternError(f"there is no group {found[0]}" if number or name else f"{found[0]} has no meaning")
    return group


class Patience:
    """So much of the processor's time as the patterns of one page may take.

    One match is linear in the text, but to find all of them is not: where `a(.*b)?` finds one letter, it has looked at
    all the rest of the line.
    """

    def __init__(self, seconds: float) -> None:
        """Begin with so many seconds."""
        self._left = seconds

    def all(self, pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
        """Yield each match of a pattern; raise TooSlowError once the time is up."""
        began = time.thread_time()
        try:
            for found in pattern.finditer(text):
                if time.thread_time() - began > self._left:
                    raise TooSlowError(pattern.pattern)
                yield found
        finally:
            self._left -= time.thread_time() - began
