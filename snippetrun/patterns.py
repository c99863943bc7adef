"""What authors write for what differs from run to run: wildcards in output, and names that are bound there.

In a line of output `<...>` stands for anything, and `<web>` for a word, which it names: everywhere else on the page
the same name is the same word. Upper case, `-` and `_` make no difference, so that `<containerId>` and
`<container-id>` are one name. A whole line `...` is any number of lines, and one of `^C` and the like is a key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby

PLACEHOLDER = re.compile(r"<([A-Za-z][\w-]*)>")
ANY_LINES = "..."
KEYS = re.compile(r"(?:\^[@-_?])+")
r"""Control keys as they are written: `^C`, `^D`, `^\`, `^P^Q`."""
WILDCARD = re.compile(rf"<\.\.\.>|{PLACEHOLDER.pattern}")
_ID = re.compile("(?:sha256:)?([0-9a-f]{12})[0-9a-f]{0,52}")


class Match(StrEnum):
    """How written output is held against what came out."""

    PATTERN = "pattern"
    """With `...`, `<...>` and names."""
    EXACT = "exact"
    """To the letter; blanks at the end of a line count for nothing."""
    REGEX = "regex"
    """Each line as a regular expression (Python's `re`) of the whole line; `...` is any number of lines."""
    NONE = "none"
    """Not at all: the output is there for those who read the source."""


def canonical(name: str) -> str:
    """Return the one spelling of a name."""
    return name.replace("-", "").replace("_", "").lower()


@dataclass(slots=True)
class Names:
    """The words that a page's names are bound to so far."""

    words: dict[str, str] = field(default_factory=dict)

    def substitute(self, text: str) -> str:
        """Put the words of known names into a text; other `<...>` stay, as they may be redirections or mark-up."""
        return PLACEHOLDER.sub(lambda match: self.words.get(canonical(match[1]), match[0]), text)

    def bind(self, pattern: str, text: str) -> bool:
        """Tell whether a line of pattern is the whole of `text`, and if so bind its new names.

        Blanks at the end count for nothing. A line that stands there to the letter binds nothing.
        """
        pattern, text = pattern.rstrip(), text.rstrip()
        if pattern == text:
            return True
        first = WILDCARD.search(pattern)
        if not first or not text.startswith(pattern[: first.start()]):
            return False
        parts, new, at = [], list[str](), 0
        for found in WILDCARD.finditer(pattern):
            parts += [re.escape(pattern[at : found.start()]), self._wildcard(found[1], new)]
            at = found.end()
        matched = re.fullmatch("".join([*parts, re.escape(pattern[at:])]), text)
        if matched:
            self.words |= zip(new, matched.groups(), strict=True)
        return bool(matched)

    def _wildcard(self, written: str | None, new: list[str]) -> str:
        """Return the regular expression of a wildcard; a name that is not bound yet becomes a group of its own."""
        if written is None:
            return ".*?"
        name = canonical(written)
        if name in new:
            return rf"(?:\{new.index(name) + 1})"
        if name not in self.words:
            new.append(name)
            return r"(\S+?)"
        word = self.words[name]
        if identifier := _ID.fullmatch(word):  # the engine prints an id whole or cut to 12 digits, and means the same
            return f"(?:sha256:)?{identifier[1]}[0-9a-f]*"
        return re.escape(word)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where written output and what came out part."""

    written: int
    """The index of the first written line that does not match; their number where something came out after them all."""
    shown: int
    """The index of the line that came out in its place; the number of lines where none did."""


def match_lines(
    names: Names, written: Sequence[str], shown: Sequence[str], match: Match = Match.PATTERN
) -> Mismatch | None:
    """Match written output with the lines that came out, and bind the names in it; None if all of it matches.

    Between two lines `...` each run of written lines is taken at the first place where it matches. Where something
    differs nothing is bound.
    """
    if match is Match.NONE:
        return None
    bound = replace(names, words=dict(names.words))
    gaps = [match is not Match.EXACT and line.strip() == ANY_LINES for line in written]
    parts = [(gap, list(at)) for gap, at in groupby(range(len(written)), gaps.__getitem__)]
    here, after_gap = 0, False
    for number, (gap, places) in enumerate(parts):
        if gap:
            after_gap = True
            continue
        lines = [written[place] for place in places]
        last = max(here, len(shown) - len(lines))
        first = last if after_gap and number == len(parts) - 1 else here  # what nothing may follow stands at the end
        misses = []
        for start in range(first, (last if after_gap else here) + 1):
            trial = replace(bound, words=dict(bound.words))
            miss = _first_miss(trial, lines, shown[start : start + len(lines)], match)
            if miss is None:
                break
            misses.append((miss, -start))
        else:
            miss, start = max(misses)  # the place that comes closest
            return Mismatch(places[0] + miss, miss - start)
        bound, here, after_gap = trial, start + len(lines), False
    if here < len(shown) and not after_gap:
        return Mismatch(len(written), here)
    names.words |= bound.words
    return None


def bind_loosely(names: Names, written: Sequence[str], shown: Sequence[str]) -> None:
    """Bind the names in written output that is not what came out, each line where it matches first."""
    at = 0
    for line in written:
        if PLACEHOLDER.search(line):
            met = next((index for index in range(at, len(shown)) if names.bind(line, shown[index])), None)
            at = at if met is None else met + 1


def _first_miss(names: Names, lines: Sequence[str], shown: Sequence[str], match: Match) -> int | None:
    """Return the index of the first line that does not match the one in its place; None if all do."""
    for index, line in enumerate(lines):
        if index >= len(shown) or not _is_met(names, line.rstrip(), shown[index].rstrip(), match):
            return index
    return None


def _is_met(names: Names, line: str, shown: str, match: Match) -> bool:
    if match is Match.PATTERN:
        return names.bind(line, shown)
    return line == shown if match is Match.EXACT else bool(re.fullmatch(line, shown))
