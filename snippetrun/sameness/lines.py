"""One line of a recording, with what other runs have shown in its place, against one that came."""

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
_LONGEST = 4_000
"""Characters of a line that is looked at word by word."""
# 3f2a1b4c5d6e, and no word such as `cafe`
_ID = re.compile(r"(?=.*\d)[0-9a-f]{4,64}")
_ENDS = set(" \t\"'`()[]{}<>,;=|")
"""What stands around a word."""
_ORDER = 10.0
"""A number that varies is the same up to so many times what was seen, and down to as little."""


@dataclass(slots=True)
class VaryingSpan:
    """A span of a line that was seen to vary."""

    start: int
    end: int
    """From which token to which; equal where something came in between."""
    seen: list[list[Token]] = field(default_factory=list)
    """What stood there in each run."""

    def pair(self, tokens: Sequence[Token]) -> list[tuple[str, str]]:
        """Return the word that stands for one thing, with that which came in its place; none if it is no such word."""
        mine = self.seen[0]
        both = len(mine) == len(tokens) == 1 and _is_name(mine[0]) and _is_name(tokens[0])
        return [(mine[0].text, tokens[0].text)] if both else []

    def takes(self, tokens: Sequence[Token]) -> bool:
        """Tell whether these may stand there: no blank where none was seen, and no number of another order."""
        if not tokens and all(self.seen):
            return False
        spaces = any(token.kind is Kind.SPACE for each in self.seen for token in each)
        if not spaces and any(token.kind is Kind.SPACE for token in tokens):
            return False
        amounts = [amount(each[0]) if len(each) == 1 else None for each in [*self.seen, list(tokens)]]
        known = [each for each in amounts[:-1] if each is not None]
        if len(known) < len(amounts) - 1:
            return True
        new = amounts[-1]
        return new is not None and min(known) <= _ORDER * max(new, 1.0) and new <= _ORDER * max(*known, 1.0)


@dataclass(slots=True)
class Meeting:
    """How a line that came is the same as a recorded one."""

    varied: bool = False
    """Whether anything but the width of columns is not to the letter."""
    moved: bool = False
    """Whether the width of a column is another."""
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """Words that stand in the place of others."""


class Line:
    """A line of an output, and what other runs have shown in its place."""

    def __init__(self, text: str, host: Host, given: Rules) -> None:
        """Take it as it is: nothing else was seen in its place yet."""
        self.coloured, self.text = text, uncoloured(text)
        self._host, self._rules = host, given
        self.seen = [self]
        """What stood in its place, in each run."""
        self.free: list[VaryingSpan] = []
        self._by_form: set[int] = set()
        """The tokens that were seen to differ as their form says that they do."""

    @cached_property
    def tokens(self) -> list[Token]:
        """Its parts; a line that is far too long for people has just one."""
        if len(self.text) > _LONGEST:
            return [Token(Kind.WORD, self.text, 0)]
        return rules.read(self._rules, self._host, self.text)

    @cached_property
    def shape(self) -> tuple[object, ...]:
        """What it has in common with all lines that are the same by form."""
        return tuple(map(_key, self.tokens))

    @cached_property
    def _words(self) -> Counter[object]:
        words = [token for token in self.tokens if token.kind is not Kind.SPACE]
        return Counter([*map(_key, words), *(token.text for token in words)])

    @cached_property
    def _lasting(self) -> list[Token]:
        """Leave out durations that are hardly any, and the blank before each: ` 0.0s`, which not every run tells."""
        moments = {n for n, token in enumerate(self.tokens) if token.kind is Kind.SPAN and seconds(token.text) < 1}
        return [
            token
            for n, token in enumerate(self.tokens)
            if n not in moments and (n + 1 not in moments or token.kind is not Kind.SPACE)
        ]

    def has_colours_of(self, other: Line) -> bool:
        """Tell whether it was seen in the colours of a line that meets it: where the words vary, in their order."""
        return any(
            each.coloured == other.coloured
            or (each.text != other.text and colours(each.coloured) == colours(other.coloured))
            for each in (self.seen if self._rules.words else self.seen[:1])
        )

    def likeness(self, other: Line) -> float:
        """Return how much of two lines is the same, from 0 to 1."""
        common = (self._words & other._words).total()
        return 2 * common / max(1, self._words.total() + other._words.total())

    def learn(self, other: Line) -> list[tuple[str, str]]:
        """Take note of what another run has shown in its place; return the words that stand for each other there."""
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
        """Add a span, made one with those that it touches or lies across; what must not differ is none."""
        if any(token.kind is Kind.FIXED for token in self.tokens[new.start : new.end]):
            return
        if not self._rules.words and any(map(_is_text, chain.from_iterable(new.seen))):
            return
        for old in [each for each in self.free if each.start <= new.end and new.start <= each.end]:
            if (old.start, old.end) == (new.start, new.end):
                old.seen += new.seen[1:]
                return
            self.free.remove(old)
            start, end = min(old.start, new.start), max(old.end, new.end)
            seen = [self.tokens[start:end], *old.seen[1:], *new.seen[1:]]
            new = VaryingSpan(start, end, seen)
        self.free.append(new)
        self.free.sort(key=lambda each: each.start)

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

    def _meets(self, mine: Sequence[Token], other: Line, came: Sequence[Token]) -> Meeting | None:
        met, at, begin = Meeting(), 0, 0
        for before, span in pairwise([None, *self.free, None]):
            fixed = mine[begin : span.start if span else None]
            last = len(came) - len(fixed)
            places = range(max(at, last) if span is None else at, (last if before else at) + 1)
            place = next((n for n in places if self._stands(fixed, other, came[n : n + len(fixed)])), None)
            if place is None:
                return None
            if before:
                if not before.takes(came[at:place]):
                    return None
                met.varied = True
                met.pairs += before.pair(came[at:place])
            self._compare(fixed, came[place : place + len(fixed)], met)
            at, begin = place + len(fixed), span.end if span else 0
        return met

    def _stands(self, fixed: Sequence[Token], other: Line, came: Sequence[Token]) -> bool:
        """Tell whether a part that does not vary is this one."""
        return len(came) == len(fixed) and all(
            same(*each, self._host, other._host) for each in zip(fixed, came, strict=True)
        )

    def sizes(self) -> list[str]:
        """Return the sizes in it, as they are written."""
        return [token.text for token in self.tokens if token.kind is Kind.SIZE]

    @staticmethod
    def _compare(fixed: Sequence[Token], came: Sequence[Token], met: Meeting) -> None:
        for a, b in zip(fixed, came, strict=True):
            if a.text != b.text:
                if a.kind in (Kind.SPACE, Kind.RULE):
                    met.moved = True
                else:
                    met.varied = True

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield from where to where its text was seen to vary, in order."""
        for start, end in sorted({(each.start, each.end) for each in self.free} | {(n, n + 1) for n in self._by_form}):
            if start < end:
                last = self.tokens[end - 1]
                yield self.tokens[start].start, last.start + len(last.text)


def _is_text(token: Token) -> bool:
    """Tell whether a token is a word that a sentence could be of, and no id: `passed`, not `3f2a1b4c5d6e`."""
    return token.kind is Kind.WORD and not _ID.fullmatch(token.text)


def _is_name(token: Token) -> bool:
    """Tell whether a word that varies can be the name of one thing: `3f2a1b4c5d6e`, or the port 32768; not `17`."""
    return token.kind is Kind.WORD or (token.kind is Kind.NUMBER and len(token.text) > 3 and "." not in token.text)


def _key(token: Token) -> object:
    """Return what makes two tokens candidates for each other; for a form that is the form."""
    if token.kind is Kind.RULE:
        return token.kind, token.text[0]
    return token.kind if token.kind in _BY_FORM else (token.kind, token.name or token.text)


def _whole_words(mine: Sequence[Token], other: Sequence[Token], span: tuple[int, int, int, int]) -> tuple[range, range]:
    """Return a span made as long as the words that it is in: of a password all varies, of a JSON line one value."""
    a, b, c, d = span
    here, there = mine[a:b], other[c:d]
    if not any(each and each[0].text[0] in _ENDS for each in (here, there)):
        while a > 0 and c > 0 and mine[a - 1].text[0] not in _ENDS and other[c - 1].text[0] not in _ENDS:
            a, c = a - 1, c - 1
    if not any(each and each[-1].text[0] in _ENDS for each in (here, there)):
        while b < len(mine) and d < len(other) and mine[b].text[0] not in _ENDS and other[d].text[0] not in _ENDS:
            b, d = b + 1, d + 1
    return range(a, b), range(c, d)
