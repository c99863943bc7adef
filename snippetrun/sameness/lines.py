"""One recorded line against a line of a new run, and what other runs have shown to vary in it.

Of `7 hits from 3f2a1b4c` another run showed `9 hits from 08d1e2ab`: the number and the id vary. A line `8 hits from
77aa01fe` is the same then, and `8 misses from 77aa01fe` is not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property
from itertools import chain, pairwise

from snippetrun.model import Rules
from snippetrun.sameness import rules
from snippetrun.sameness.form_rules import amount, same, seconds
from snippetrun.sameness.forms import Host, Kind, Token
from snippetrun.support.sgr import colours, uncoloured

_BY_FORM = {Kind.DATE, Kind.EPOCH, Kind.CLOCK, Kind.SPAN, Kind.LOAD, Kind.SIZE, Kind.RULE, Kind.SPACE}
_SAYS = {Kind.WORD, Kind.FIXED, Kind.OTHER}
_LONGEST = 4_000
"""Characters of a line that is read as tokens; a longer one is a single token."""
# 3f2a1b4c5d6e, and no word such as `cafe`
_ID = re.compile(r"(?=.*\d)[0-9a-f]{4,64}")
_ENDS = set(" \t\"'`()[]{}<>,;=|")
"""Characters that end a word."""
_FACTOR = 10.0
"""A number that varies may be larger and smaller than all that were seen, by this factor."""


@dataclass(slots=True)
class VaryingSpan:
    """A span of a line that was seen to vary."""

    start: int
    end: int
    """From which token to which, the last left out; equal where other runs have tokens between two of its own."""
    seen: list[list[Token]] = field(default_factory=list)
    """The tokens that stood there, in each run; the recorded ones first."""

    def pair(self, tokens: Sequence[Token]) -> list[tuple[str, str]]:
        """Return the recorded word and the one that is there now, if both can be names of one thing; else nothing."""
        mine = self.seen[0]
        both = len(mine) == len(tokens) == 1 and _is_name(mine[0]) and _is_name(tokens[0])
        return [(mine[0].text, tokens[0].text)] if both else []

    def takes(self, tokens: Sequence[Token]) -> bool:
        """Tell whether these may stand there: no blank where none was seen, and no number that is far off."""
        if not tokens and all(self.seen):
            return False
        spaces = any(token.kind is Kind.SPACE for tokens_seen in self.seen for token in tokens_seen)
        if not spaces and any(token.kind is Kind.SPACE for token in tokens):
            return False
        amounts = [amount(part[0]) if len(part) == 1 else None for part in [*self.seen, list(tokens)]]
        known = [number for number in amounts[:-1] if number is not None]
        if len(known) < len(amounts) - 1:
            return True
        new = amounts[-1]
        return new is not None and min(known) <= _FACTOR * max(new, 1.0) and new <= _FACTOR * max(*known, 1.0)


@dataclass(slots=True)
class Meeting:
    """How a new line is the same as a recorded one."""

    varied: bool = False
    """Whether any text differs, the width of columns left out."""
    moved: bool = False
    """Whether the width of a column differs."""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Recorded words that vary, each with the one that stands there now."""


class Line:
    """A line of an output, and the lines that other runs had instead."""

    def __init__(self, text: str, host: Host, given: Rules) -> None:
        """Begin with the line itself; `learn` adds those of other runs."""
        self.coloured, self.text = text, uncoloured(text)
        self._host, self._rules = host, given
        self.seen = [self]
        """The line itself, and then the line of each other run."""
        self.free: list[VaryingSpan] = []
        """What varies as other runs have shown, from left to right."""
        self._by_form: set[int] = set()
        """Indices of tokens that vary by their form, and were seen to."""

    @cached_property
    def tokens(self) -> list[Token]:
        """Its parts; a line that is far too long for people has just one."""
        if len(self.text) > _LONGEST:
            return [Token(Kind.WORD, self.text, 0)]
        return rules.read(self._rules, self._host, self.text)

    @cached_property
    def shape(self) -> tuple[object, ...]:
        """What all lines have in common that are the same by form: `up 3 days` and `up 4 days` have one shape."""
        return tuple(map(_key, self.tokens))

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words and signs, without its numbers and what varies by its form."""
        return frozenset(token.text for token in self.tokens if token.kind in _SAYS)

    @cached_property
    def _words(self) -> Counter[object]:
        words = [token for token in self.tokens if token.kind is not Kind.SPACE]
        return Counter([*map(_key, words), *(token.text for token in words)])

    @cached_property
    def _lasting(self) -> list[Token]:
        """The tokens without short durations, and the blank before each: ` 0.0s` is not there in every run."""
        moments = {n for n, token in enumerate(self.tokens) if token.kind is Kind.SPAN and seconds(token.text) < 1}
        return [
            token
            for n, token in enumerate(self.tokens)
            if n not in moments and (n + 1 not in moments or token.kind is not Kind.SPACE)
        ]

    def has_colours_of(self, other: Line) -> bool:
        """Tell whether some run had it in the colours of a line that meets it.

        Where the words differ, only the sequence of the colours has to be the same.
        """
        return any(
            line.coloured == other.coloured
            or (line.text != other.text and colours(line.coloured) == colours(other.coloured))
            for line in (self.seen if self._rules.words else self.seen[:1])
        )

    def likeness(self, other: Line) -> float:
        """Return how much of two lines is the same, from 0 to 1."""
        common = (self._words & other._words).total()
        return 2 * common / max(1, self._words.total() + other._words.total())

    def learn(self, other: Line) -> list[tuple[str, str]]:
        """Take note of the line that another run had instead; return the pairs of words that stand for each other."""
        self.seen.append(other)
        if other.text == self.text:
            return []
        mine, its = self.tokens, other.tokens
        pairs: list[tuple[str, str]] = []
        matcher = SequenceMatcher(a=list(map(_key, mine)), b=list(map(_key, its)))
        alike = [token.kind for token in mine] == [token.kind for token in its]  # {'red', 'blue'} and {'blue', 'red'}
        for kind, a, b, c, d in [("equal", 0, len(mine), 0, len(its))] if alike else matcher.get_opcodes():
            if [token.kind for token in mine[a:b]] == [token.kind for token in its[c:d]]:
                for one, two in zip(range(a, b), range(c, d), strict=True):
                    if mine[one].text == its[two].text:
                        continue
                    if same(mine[one], its[two], self._host, other._host):
                        self._by_form.add(one)
                    else:
                        span = VaryingSpan(one, one + 1, [mine[one : one + 1], its[two : two + 1]])
                        pairs += span.pair(span.seen[1])
                        self._add(span)
            elif kind != "equal":
                own, others = _whole_words(mine, its, (a, b, c, d))
                span = VaryingSpan(own.start, own.stop, [mine[own.start : own.stop], its[others.start : others.stop]])
                self._add(span)
                pairs += span.pair(span.seen[1])
        return pairs

    def _add(self, new: VaryingSpan) -> None:
        """Add a span, and join it with those that it touches. What must not differ becomes no span."""
        if any(token.kind is Kind.FIXED for token in self.tokens[new.start : new.end]):
            return
        if not self._rules.words and any(map(_is_text, chain.from_iterable(new.seen))):
            return
        for old in [span for span in self.free if span.start <= new.end and new.start <= span.end]:
            if (old.start, old.end) == (new.start, new.end):
                old.seen += new.seen[1:]
                return
            self.free.remove(old)
            start, end = min(old.start, new.start), max(old.end, new.end)
            seen = [self.tokens[start:end], *old.seen[1:], *new.seen[1:]]
            new = VaryingSpan(start, end, seen)
        self.free.append(new)
        self.free.sort(key=lambda span: span.start)

    def meets(self, other: Line) -> Meeting | None:
        """Return how another line is the same; None if it is not."""
        if other.text == self.text:
            return Meeting(pairs=[pair for span in self.free for pair in span.pair(span.seen[0])])
        met = self._meets(self.tokens, other, other.tokens)
        if met is None and not self.free and len(self.tokens) != len(other.tokens):
            met = self._meets(self._lasting, other, other._lasting)
            if met:
                met.varied = True
        return met

    def _meets(self, mine: Sequence[Token], other: Line, its: Sequence[Token]) -> Meeting | None:
        """As `meets`: look for what does not vary, part by part, and see that what is between may stand there."""
        met, at, begin = Meeting(), 0, 0
        for before, span in pairwise([None, *self.free, None]):
            fixed = mine[begin : span.start if span else None]
            last = len(its) - len(fixed)
            starts = range(max(at, last) if span is None else at, (last if before else at) + 1)
            start = next((n for n in starts if self._stands(fixed, other, its[n : n + len(fixed)])), None)
            if start is None:
                return None
            if before:
                if not before.takes(its[at:start]):
                    return None
                met.varied = True
                met.pairs += before.pair(its[at:start])
            self._compare(fixed, its[start : start + len(fixed)], met)
            at, begin = start + len(fixed), span.end if span else 0
        return met

    def _stands(self, fixed: Sequence[Token], other: Line, its: Sequence[Token]) -> bool:
        """Tell whether a part that does not vary is the same as these tokens of another line."""
        return len(its) == len(fixed) and all(
            same(a, b, self._host, other._host) for a, b in zip(fixed, its, strict=True)
        )

    def sizes(self) -> list[str]:
        """Return the sizes in it, as they are written."""
        return [token.text for token in self.tokens if token.kind is Kind.SIZE]

    @staticmethod
    def _compare(fixed: Sequence[Token], its: Sequence[Token], met: Meeting) -> None:
        for a, b in zip(fixed, its, strict=True):
            if a.text != b.text:
                if a.kind in (Kind.SPACE, Kind.RULE):
                    met.moved = True
                else:
                    met.varied = True

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield the spans of its text that were seen to vary, from left to right."""
        for start, end in sorted({(span.start, span.end) for span in self.free} | {(n, n + 1) for n in self._by_form}):
            if start < end:
                last = self.tokens[end - 1]
                yield self.tokens[start].start, last.start + len(last.text)


def _is_text(token: Token) -> bool:
    """Tell whether a token is a word of a sentence, and no id: `passed`, not `3f2a1b4c5d6e`."""
    return token.kind is Kind.WORD and not _ID.fullmatch(token.text)


def _is_name(token: Token) -> bool:
    """Tell whether a word that varies can be the name of one thing: `3f2a1b4c5d6e`, or the port 32768; not `17`."""
    return token.kind is Kind.WORD or (token.kind is Kind.NUMBER and len(token.text) > 3 and "." not in token.text)


def _key(token: Token) -> object:
    """Return what two tokens have in common that may be the same: a form, or the text itself."""
    if token.kind is Kind.RULE:
        return token.kind, token.text[0]
    return token.kind if token.kind in _BY_FORM else (token.kind, token.name or token.text)


def _whole_words(mine: Sequence[Token], other: Sequence[Token], span: tuple[int, int, int, int]) -> tuple[range, range]:
    """Return a span on both sides, grown to whole words: a password varies as a whole, and in JSON one value does.

    Of `xq-7-a` and `xq-kk` all varies, and not only what is behind `xq-`.
    """
    a, b, c, d = span
    here, there = mine[a:b], other[c:d]
    if not any(part and part[0].text[0] in _ENDS for part in (here, there)):
        while a > 0 and c > 0 and mine[a - 1].text[0] not in _ENDS and other[c - 1].text[0] not in _ENDS:
            a, c = a - 1, c - 1
    if not any(part and part[-1].text[0] in _ENDS for part in (here, there)):
        while b < len(mine) and d < len(other) and mine[b].text[0] not in _ENDS and other[d].text[0] not in _ENDS:
            b, d = b + 1, d + 1
    return range(a, b), range(c, d)
