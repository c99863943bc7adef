"""What authors write for what differs from run to run: wildcards in output, and names that are bound there.

In a line of output `<...>` stands for anything, and `<web>` for a word, which it names: everywhere else on the page
the same name is the same word. Upper case, `-` and `_` make no difference, so that `<containerId>` and
`<container-id>` are one name. A whole line `...` is any number of lines, as are `[...]`, `<snip>` and the like; `...`
between blanks and at the end of a line is anything. A line of `^C` and the like is a key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby

from snippetrun.model import Match
from snippetrun.support import regex

# <web>, <имя>
PLACEHOLDER = re.compile(r"<([^\W\d_][\w-]*)>")
ANY_LINES = "..."
# ...  ......  . . .  [...]  (…)  # ...  |  ...snip...  <snip>  -- snip --  (output omitted)  [... 20 more lines ...]
_ELISION = re.compile(
    r"(?:(?:#|//) ?)?(?:[\[(]? ?(?:\.{3,}|\.(?: \.){2,}|[…⋮]) ?[\])]?"
    r"|[-.…=*~<(\[{][-.…=*~<(\[{ ]*(?:\w+ ){0,5}(?:snip(?:ped)?|omitted|truncated|elided|cut|more)(?: \w+){0,3}"
    r"[-.…=*~>)\]} ]*[-.…=*~>)\]}])",
    re.IGNORECASE,
)
_LONGEST_ELISION = 100
# ^C, ^P^Q
KEYS = re.compile(r"(?:\^[@-_?])+")
r"""Control keys as they are written: `^C`, `^D`, `^\`, `^P^Q`."""
# <...>, <web>
WILDCARD = re.compile(rf"<\.\.\.>|{PLACEHOLDER.pattern}")
# the same, and the dots of `a  ...  b`, of `a [...] b` and of `sha256:3f2a...`
_OPEN = re.compile(rf"{WILDCARD.pattern}|(?<!\S)[\[(]?(?:\.{{3,}}|…)[\])]?(?!\S)\s*|(?<!\.)\.{{3,}}$")
# 3f2a1b4c5d6e, or the 64 digits of which these are the first, with sha256: or without
_ID = re.compile("(?:sha256:)?([0-9a-f]{12})[0-9a-f]{0,52}")
# 3 minutes ago, Less than a second ago; 3f2a1b4c5d6e; happy_morse: what is another one in every row of every run
_OTHERS = re.compile(
    r"(?:(?:[Aa]bout|[Ll]ess than) )?(?:an?|\d+) (?:second|minute|hour|day|week|month|year)s?(?: ago)?"
    r"|(?<!\S)(?:[0-9a-f]{12}|[a-z]+_[a-z]+\d?)(?!\S)"
)
# what stands between the cells of a row
_GAP = re.compile(r"\s{2,}")
_WORD = r"([^\s\v\x1c-\x1f\x85\p{Z}]+?)"
r"""What a name stands for. It is Python's `\S`, in the language of RE2."""
_EFFORT = 100_000
"""Lines that may be compared to match an output, besides each of its own twice; a long line counts as several."""


def canonical(name: str) -> str:
    """Return the one spelling of a name."""
    return name.replace("-", "").replace("_", "").lower()


def is_elision(line: str, match: Match) -> bool:
    """Tell whether a written line stands for any number of lines."""
    line = line.strip()
    if match is Match.PATTERN and len(line) <= _LONGEST_ELISION:
        return bool(_ELISION.fullmatch(line))
    return match is Match.REGEX and line == ANY_LINES


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
        first = _OPEN.search(pattern)
        if not first or not text.startswith(pattern[: first.start()].rstrip()):
            return False
        new: list[str] = []
        groups = _fullmatch(self._pattern(pattern, new), text)
        if groups is None:
            return False
        words: dict[str, list[str]] = {name: [] for name in new}
        for name, word in zip(new, groups, strict=True):
            words[name].append(word)
        if all(len(set(candidates)) == 1 for candidates in words.values()):
            self.words |= {name: candidates[0] for name, candidates in words.items()}
            return True
        # A name stands here several times, for different words. It may be one of these in all of its places.
        for nth in range(max(map(len, words.values()))):
            tried = {
                name: candidates[min(nth, len(candidates) - 1)]
                for name, candidates in words.items()
                if len(candidates) > 1
            }
            trial = Names(self.words | tried)
            if trial.bind(pattern, text):
                self.words |= trial.words
                return True
        return False

    def _pattern(self, pattern: str, new: list[str]) -> str:
        """Return the regular expression of a line; each name that is not bound is a group, in the order of `new`."""
        parts, at = [], 0
        for wildcard in _OPEN.finditer(pattern):
            literal = pattern[at : wildcard.start()]
            literal = literal if wildcard[0].startswith("<") else literal.rstrip()  # blanks around dots mean nothing
            parts += [regex.escape(literal), self._wildcard(wildcard[1], new)]
            at = wildcard.end()
        return "".join([*parts, regex.escape(pattern[at:])])

    def _wildcard(self, written: str | None, new: list[str]) -> str:
        if written is None:
            return ".*?"
        name = canonical(written)
        if name not in self.words:
            new.append(name)
            return _WORD
        word = self.words[name]
        if identifier := _ID.fullmatch(word):  # the engine prints an id whole or cut to 12 digits, and means the same
            return f"(?:sha256:)?{identifier[1]}[0-9a-f]*"
        return regex.escape(word)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Where written output and what came out part."""

    written: int
    """The index of the first written line that does not match; their number where something came out after them all."""
    shown: int
    """The index of the line that came out in its place; the number of lines where none did."""
    gave_up: bool = False
    """Whether there were too many places where the written lines could have stood to try them all."""


class _TooMuchError(Exception):
    """The effort that matching may take is spent."""


@dataclass(slots=True)
class _Matching:
    """One way to match lines, and how many may still be compared: that depends on the texts alone, not on a machine."""

    match: Match = Match.PATTERN
    effort: int = _EFFORT

    def meets(self, names: Names, written: str, shown: str) -> bool:
        """Tell whether a line that came out is what is written, and bind its names if it is.

        Raises _TooMuchError once all effort is spent.
        """
        self.effort -= 1 + len(written) * len(shown) // 2000
        if self.effort < 0:
            raise _TooMuchError
        if self.match is Match.PATTERN:
            return names.bind(written, shown)
        written, shown = written.rstrip(), shown.rstrip()
        return written == shown if self.match is Match.EXACT else _fullmatch(written, shown) is not None

    def tried(self, known: Names, written: Sequence[str], shown: Sequence[str], start: int) -> Names | int:
        """Hold lines against those from `start` on.

        Returns the names, with those in the lines bound, if all lines match; else the index of the first that does not.
        """
        names = known
        for index, line in enumerate(written):
            if start + index >= len(shown):
                return index
            if names is known and WILDCARD.search(line):
                names = Names(dict(known.words))
                self.effort -= len(known.words) // 20
            if not self.meets(names, line, shown[start + index]):
                return index
        return names


def match_lines(
    names: Names, written: Sequence[str], shown: Sequence[str], match: Match = Match.PATTERN
) -> Mismatch | None:
    """Match written output with the lines that came out, and bind the names in it; None if all of it matches.

    Between two lines `...` each run of written lines is taken at the first place where it matches. Where something
    differs nothing is bound.
    """
    if match is Match.NONE:
        return None
    bound, matching = Names(dict(names.words)), _Matching(match, _EFFORT + 2 * len(shown))
    gaps = [is_elision(line, match) for line in written]
    parts = [(gap, list(at)) for gap, at in groupby(range(len(written)), gaps.__getitem__)]
    here, after_gap = 0, False
    for number, (gap, indices) in enumerate(parts):
        if gap:
            after_gap = True
            continue
        lines = [written[index] for index in indices]
        last = max(here, len(shown) - len(lines))
        first = last if after_gap and number == len(parts) - 1 else here  # what nothing may follow stands at the end
        closest, matched = (-1, 0), None
        try:
            for start in range(first, (last if after_gap else here) + 1):
                miss = matching.tried(bound, lines, shown, start)
                if isinstance(miss, Names):
                    matched = start, miss
                    break
                closest = max(closest, (miss, -start))  # the place that comes closest
        except _TooMuchError:
            return Mismatch(indices[0] + max(closest[0], 0), max(closest[0], 0) - closest[1], gave_up=True)
        if matched is None:
            return Mismatch(indices[0] + closest[0], closest[0] - closest[1])
        here, bound, after_gap = matched[0] + len(lines), matched[1], False
    if here < len(shown) and not after_gap:
        return Mismatch(len(written), here)
    names.words |= bound.words
    return None


def bind_loosely(names: Names, written: Sequence[str], shown: Sequence[str]) -> None:
    """Bind the names in written output that is not what came out, each line where it matches first.

    A row of a table matches where only its ages, its ids and the names that Docker makes up are others.
    """
    at, matching = 0, _Matching(effort=_EFFORT + 2 * len(shown))
    rows = [_GAP.sub("  ", line) for line in shown]
    with suppress(_TooMuchError):
        for line in written:
            if PLACEHOLDER.search(line) and not is_elision(line, Match.PATTERN):
                row = _GAP.sub("  ", _OTHERS.sub("<...>", line))
                places = (
                    index
                    for pattern, lines in ((line, shown), (row, rows))
                    for index in range(at, len(shown))
                    if matching.meets(names, pattern, lines[index])
                )
                at = next(places, at - 1) + 1


def _fullmatch(pattern: str, text: str) -> tuple[str, ...] | None:
    """Return the groups of a match of the whole text; None if there is none, or if the pattern cannot be used."""
    try:
        match = regex.compile(pattern).fullmatch(text)
    except regex.PatternError:
        return None
    return tuple(match.groups("")) if match else None
