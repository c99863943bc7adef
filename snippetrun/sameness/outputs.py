"""The outputs of one run of a page against those of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from snippetrun.model import Difference, Rules
from snippetrun.sameness.alignment import (
    align,
    between,
    find_alike,
    find_crossed,
    find_elsewhere,
    find_moved,
    find_unknown,
    left_over,
)
from snippetrun.sameness.forms import Host
from snippetrun.sameness.lines import Line
from snippetrun.support import sgr

_NONE = Rules()
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a page printed."""

    outputs: tuple[str, ...]
    """Of each command what its terminal showed, as text with colours."""
    began: float
    """Seconds since 1970."""
    ended: float
    known: Mapping[str, str] = field(default_factory=dict)
    """Facts of the host and of the images that it has built, by name: `kernel` -> `6.12.1`, `debian:latest 2` -> the
    64 digits of a digest. What has another value on another host, and the same name, is the same."""


def differences(
    recorded: Run, others: Sequence[Sequence[str]], came: Run, rules: Rules = _NONE
) -> tuple[tuple[Difference, ...], ...]:
    """Return for each command the places where what came is not the same as what was recorded; empty for the same.

    `others` has for each command what it printed in other runs that were seen when it was recorded.
    """
    host = Host(came.began, came.ended, came.known)
    names = _Names()
    outputs = _learned(recorded, others, rules, names)
    found: list[tuple[Difference, ...]] = []
    for output, text, raw, seen in zip(outputs, came.outputs, recorded.outputs, others, strict=True):
        if text == raw:
            names.agree(output.names())
            found.append(())
            continue
        different = output.against(_lines(text, host, rules), names)
        found.append(() if rules.words and text in seen else tuple(different))  # its names count all the same
    return tuple(found)


def reproduced(
    first: Sequence[Difference], second: Sequence[Difference], runs: tuple[Run, Run], rules: Rules = _NONE
) -> tuple[Difference, ...]:
    """Return the differences of one run that another run has as well: what is new in both is the same.

    Both are of the same command, against the same recording; `runs` are those that they were found in.
    """
    hosts = [Host(run.began, run.ended, run.known) for run in runs]
    found = []
    for one, two in ((one, two) for one in first for two in second if _overlap(one, two)):
        if one.colours or two.colours:
            if one.colours and two.colours and sgr.spelt_colours(one.came[0]) == sgr.spelt_colours(two.came[0]):
                found.append(one)
            continue
        lines = [[Line(text, host, rules) for text in each.came] for each, host in zip((one, two), hosts, strict=True)]
        # A size that reproduces is the same to the letter; the host's free memory is another one each time.
        came = tuple(a.text for a in lines[0] if any(a.meets(b) and a.sizes() == b.sizes() for b in lines[1]))
        gone = tuple(line for line in one.recorded if line in two.recorded)
        fewer = all(len(each.recorded) > len(each.came) for each in (one, two))
        if came or (gone and fewer):
            found.append(Difference(one.at, gone, came))
    return tuple(found)


def _overlap(one: Difference, two: Difference) -> bool:
    return one.at <= two.at + len(two.recorded) and two.at <= one.at + len(one.recorded)


def as_seen(
    recorded: Run, others: Sequence[Sequence[str]], came: Run, rules: Rules = _NONE
) -> list[dict[str, Sequence[str]]]:
    """Return for each command, by the lines that came and are the same, what earlier runs have shown in their place.

    The recorded line is the first; all are without colours.
    """
    host = Host(came.began, came.ended, came.known)
    outputs = _learned(recorded, others, rules, _Names())
    return [output.by_line(_lines(text, host, rules)) for output, text in zip(outputs, came.outputs, strict=True)]


def varying(
    recorded: Run, others: Sequence[Sequence[str]], rules: Rules = _NONE
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return for each command the spans of its recorded output, without colours, that vary: from and to which index."""
    return tuple(tuple(output.varying()) for output in _learned(recorded, others, rules, _Names()))


def _learned(run: Run, others: Sequence[Sequence[str]], rules: Rules, names: _Names) -> list[_Output]:
    host = Host(run.began, run.ended, run.known)
    later = Host(run.began, run.began + _DAY, run.known)  # of the other runs nobody knows when they were: soon
    outputs = [_Output(text, host, later, rules) for text in run.outputs]
    for nth in range(max(map(len, others), default=0)):
        pairs: list[tuple[str, str]] = []
        for output, seen in zip(outputs, others, strict=True):
            if nth < len(seen):
                pairs += output.learn(seen[nth])
        names.learn(pairs)
    return outputs


class _Names:
    """Words that vary from run to run and stand for one thing each: ids, given names, made-up passwords."""

    def __init__(self) -> None:
        self._others: set[str] = set()
        """Words that two runs have shown to stand for no one thing."""
        self._known: set[str] = set()
        self._its: dict[str, str] = {}
        self._mine: dict[str, str] = {}

    def learn(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Take note of which words stood for which in another run."""
        its, mine = defaultdict(set), defaultdict(set)
        for a, b in pairs:
            its[_name(a)].add(_name(b))
            mine[_name(b)].add(_name(a))
        for a, bs in its.items():
            if len(bs) > 1 or any(len(mine[b]) > 1 for b in bs):
                self._others.add(a)
        self._known |= set(its)

    def agree(self, pairs: Sequence[tuple[str, str]]) -> bool:
        """Tell whether words stand for those that they stood for above on the page, and take note of new ones."""
        for a, b in ((_name(a), _name(b)) for a, b in pairs):
            if b in self._known and a != b:  # the words are always these, in another order
                continue
            known = a in self._known and a not in self._others
            if known and (self._its.setdefault(a, b), self._mine.setdefault(b, a)) != (b, a):
                return False
        return True


def _lines(text: str, host: Host, rules: Rules) -> list[Line]:
    return [Line(line, host, rules) for line in (sgr.lines(text) if "\x1b" in text else text.split("\n"))]


def _name(word: str) -> str:
    """Return a word as it is known everywhere: of an id the digits that the engine prints at least."""
    return word[:12] if len(word) == 64 else word


class _Output:
    """A recorded output, and what was seen to vary in it."""

    def __init__(self, text: str, host: Host, later: Host, rules: Rules) -> None:
        self._rules, self._later = rules, later
        self._lines = _lines(text, host, rules)
        self._optional: set[int] = set()
        """Lines that another run had not."""
        self._extra: list[Line] = []
        """Lines that another run had beside these."""
        self._groups: list[range] = []
        """Lines that came in any order."""

    def learn(self, text: str) -> list[tuple[str, str]]:
        """Take note of what another run has printed; return the words that stand for each other in both."""
        its = _lines(text, self._later, self._rules)
        aligned = align(self._lines, its)
        missing, extra = left_over(aligned, len(self._lines), len(its))
        found = [*find_moved(self._lines, its, missing, extra), *find_alike(self._lines, its, aligned, missing, extra)]
        self._groups += find_crossed(aligned, found)
        if self._rules.words:
            self._optional |= set(missing)
            self._extra += [its[b] for b in extra]
        return [pair for a, b in [*aligned, *found] for pair in self._lines[a].learn(its[b])]

    def against(self, came: Sequence[Line], names: _Names) -> list[Difference]:
        """Return where what came differs."""
        aligned = align(self._lines, came)
        missing, extra = left_over(aligned, len(self._lines), len(came))
        grouped = set(chain.from_iterable(self._groups))
        apart = find_moved(self._lines, came, [a for a in missing if a in grouped], extra)
        moved = self._optional | {a for a, _ in apart}
        missing = [a for a in missing if a not in moved]
        known = [*self._extra, *(self._lines[a] for a in sorted(self._optional))]
        extra = find_unknown(known, came, extra)
        met = [(a, b, m) for a, b in [*aligned, *apart] if (m := self._lines[a].meets(came[b]))]
        # Columns move where a cell has another width, and only there.
        stands = not (missing or extra or any(m.varied for _, _, m in met))
        wrong = [(a, b) for a, b, m in met if not names.agree(m.pairs) or (stands and m.moved)]
        elsewhere = find_elsewhere(self._lines, came, missing, extra)
        gaps = between(aligned, len(self._lines), len(came))
        gone, new = set(missing), set(extra)
        told = [([n for n in a if n in gone], [n for n in b if n in new], a.start) for a, b in gaps]
        told += [([a], [b], a) for a, b in [*wrong, *elsewhere]]
        found = [
            Difference(
                min(mine, default=at), tuple(self._lines[a].text for a in mine), tuple(came[b].text for b in its)
            )
            for mine, its, at in told
            if mine or its
        ]
        found += [
            Difference(a, (sgr.spelt(self._lines[a].coloured),), (sgr.spelt(came[b].coloured),), colours=True)
            for a, b, _ in met
            if (a, b) not in wrong and not self._lines[a].has_colours_of(came[b])
        ]
        return sorted(found, key=lambda each: each.at)

    def names(self) -> list[tuple[str, str]]:
        """Return its words that vary, each as standing for itself."""
        return [pair for line in self._lines if (met := line.meets(line)) for pair in met.pairs]

    def by_line(self, came: Sequence[Line]) -> dict[str, Sequence[str]]:
        """Return what was seen before, by the lines that came and are the same."""
        aligned = align(self._lines, came)
        missing, extra = left_over(aligned, len(self._lines), len(came))
        pairs = [*aligned, *find_moved(self._lines, came, missing, extra)]
        return {came[b].text: [line.text for line in self._lines[a].seen] for a, b in pairs}

    def varying(self) -> Iterator[tuple[int, int]]:
        """Yield from where to where the text varies, in order."""
        at = 0
        for number, line in enumerate(self._lines):
            if number in self._optional or any(number in group for group in self._groups):
                if line.text:
                    yield at, at + len(line.text)
            else:
                yield from ((at + start, at + end) for start, end in line.spans())
            at += len(line.text) + 1
