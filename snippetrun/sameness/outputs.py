"""The outputs of one run of a page against those of another.

Three kinds of runs come together. One was `recorded`. When it was, `others` were seen too, and what differs in them is
known to vary. A `new` one is compared with all that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from snippetrun.model import Difference, Rules
from snippetrun.sameness.alignment import (
    ALIKE,
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
    """What the terminal showed of each command, as text with colours."""
    began: float
    """Seconds since 1970."""
    ended: float
    known: Mapping[str, str] = field(default_factory=dict)
    """Facts of the host and of the images that it has built, by name: `kernel` -> `6.12.1`, `debian:latest 2` -> the
    64 digits of a digest. The values of one name are the same, whatever they are."""


def differences(
    recorded: Run, others: Sequence[Sequence[str]], new: Run, rules: Rules = _NONE
) -> tuple[tuple[Difference, ...], ...]:
    """Return for each command the differences of a new run from the recorded one; empty where they are the same.

    `others` has for each command what it printed in the other runs.
    """
    host = Host(new.began, new.ended, new.known)
    names = _Names()
    outputs = _learned(recorded, others, rules, names)
    by_command: list[tuple[Difference, ...]] = []
    for output, text, recorded_text, seen in zip(outputs, new.outputs, recorded.outputs, others, strict=True):
        if text == recorded_text:
            names.agree(output.names())
            by_command.append(())
            continue
        different = output.against(_lines(text, host, rules), names)
        by_command.append(() if rules.words and text in seen else tuple(different))  # its names count all the same
    return tuple(by_command)


def reproduced(
    first: Sequence[Difference], second: Sequence[Difference], runs: tuple[Run, Run, Run], rules: Rules = _NONE
) -> tuple[Difference, ...]:
    """Return the differences of one run that another run has as well.

    A difference that does not come again is chance, and one that does is news. Both are of one command, against one
    recording; `runs` are that which was recorded, and those that they are of.
    """
    then, *hosts = [Host(run.began, run.ended, run.known) for run in runs]
    common = []
    for one, two in ((one, two) for one in first for two in second if _overlap(one, two)):
        if one.colours or two.colours:
            if one.colours and two.colours and sgr.spelt_colours(one.came[0]) == sgr.spelt_colours(two.came[0]):
                common.append(one)
            continue
        lines, its_lines = (
            [Line(text, host, rules) for text in difference.came]
            for difference, host in zip((one, two), hosts, strict=True)
        )
        recorded = [Line(text, then, rules) for text in dict.fromkeys([*one.recorded, *two.recorded])]
        new = tuple(a.text for a in lines if any(_is_again(a, b, recorded) for b in its_lines))
        gone = tuple(line for line in one.recorded if line in two.recorded)
        fewer = all(len(difference.recorded) > len(difference.came) for difference in (one, two))
        if new or (gone and fewer):
            common.append(Difference(one.at, gone, new))
    return tuple(common)


def _is_again(one: Line, two: Line, recorded: Sequence[Line]) -> bool:
    """Tell whether two runs agree in a new line.

    They may differ in words such as ids, if they share one that the recorded line had not: `3f2a :::80` was recorded,
    and `9b0c [::]:80` and `77aa [::]:80` come. Numbers do not count for that: two runs of one machine agree in them by
    chance. Nor does an order of words: of a set it is another one each time.
    """
    # A size that reproduces is the same to the letter; the host's free memory is another one each time.
    if one.meets(two):
        return one.sizes() == two.sizes()
    alike = [line for line in recorded if one.likeness(line) >= ALIKE <= one.likeness(two)]
    return bool(alike) and not any(one.words & two.words <= line.words for line in alike)


def _overlap(one: Difference, two: Difference) -> bool:
    return one.at <= two.at + len(two.recorded) and two.at <= one.at + len(one.recorded)


def as_seen(
    recorded: Run, others: Sequence[Sequence[str]], new: Run, rules: Rules = _NONE
) -> list[dict[str, Sequence[str]]]:
    """Return for each command a dictionary: a new line -> the lines of earlier runs that are the same.

    The recorded line is the first of these: `up 3 minutes` -> [`up 2 minutes`, `up 1 minute`]. None has colours. A line
    that is the same as none is left out.
    """
    host = Host(new.began, new.ended, new.known)
    outputs = _learned(recorded, others, rules, _Names())
    return [output.by_line(_lines(text, host, rules)) for output, text in zip(outputs, new.outputs, strict=True)]


def varying(
    recorded: Run, others: Sequence[Sequence[str]], rules: Rules = _NONE
) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Return for each command the spans of its recorded output that vary, as indices of the text without colours."""
    return tuple(tuple(output.varying()) for output in _learned(recorded, others, rules, _Names()))


def _learned(run: Run, others: Sequence[Sequence[str]], rules: Rules, names: _Names) -> list[_Output]:
    """Return the outputs of a recorded run, which know what varies in the others; `names` learns along with them."""
    host = Host(run.began, run.ended, run.known)
    later = Host(run.began, run.began + _DAY, run.known)  # nobody knows when the other runs were: soon after
    outputs = [_Output(text, host, later, rules) for text in run.outputs]
    for nth in range(max(map(len, others), default=0)):
        pairs: list[tuple[str, str]] = []
        for output, seen in zip(outputs, others, strict=True):
            if nth < len(seen):
                pairs += output.learn(seen[nth])
        names.learn(pairs)
    return outputs


class _Names:
    """Words that vary from run to run and each stand for one thing: ids, given names, made-up passwords.

    If `3f2a` was recorded in two lines, and a new run has `9b0c` in the one, then it has to have `9b0c` in the other.
    """

    def __init__(self) -> None:
        self._others: set[str] = set()
        """Recorded words that stand for no one thing: another run had two words for one of them, or one for two."""
        self._known: set[str] = set()
        """All recorded words that vary."""
        self._its: dict[str, str] = {}
        """A recorded word -> what the new run has for it, as far as it has been read."""
        self._mine: dict[str, str] = {}
        """The same the other way round."""

    def learn(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Take note of pairs: a recorded word, and what another run had instead."""
        its, mine = defaultdict(set), defaultdict(set)
        for a, b in pairs:
            its[_name(a)].add(_name(b))
            mine[_name(b)].add(_name(a))
        for a, bs in its.items():
            if len(bs) > 1 or any(len(mine[b]) > 1 for b in bs):
                self._others.add(a)
        self._known |= set(its)

    def agree(self, pairs: Sequence[tuple[str, str]]) -> bool:
        """Tell whether pairs of a recorded and a new word fit those above on the page, and take note of them."""
        for a, b in ((_name(a), _name(b)) for a, b in pairs):
            if b in self._known and a != b:  # the words are always the same ones, dealt out anew
                continue
            known = a in self._known and a not in self._others
            if known and (self._its.setdefault(a, b), self._mine.setdefault(b, a)) != (b, a):
                return False
        return True


def _lines(text: str, host: Host, rules: Rules) -> list[Line]:
    return [Line(line, host, rules) for line in (sgr.lines(text) if "\x1b" in text else text.split("\n"))]


def _name(word: str) -> str:
    """Return a word as it is known everywhere: an id of 64 digits by the 12 that `docker ps` prints."""
    return word[:12] if len(word) == 64 else word


class _Output:
    """A recorded output, and what varies in it, as other runs have shown."""

    def __init__(self, text: str, host: Host, later: Host, rules: Rules) -> None:
        self._rules, self._later = rules, later
        self._lines = _lines(text, host, rules)
        self._optional: set[int] = set()
        """Indices of recorded lines that another run had not."""
        self._extra: list[Line] = []
        """Lines of other runs that were not recorded."""
        self._unordered: set[int] = set()
        """Indices of recorded lines that may come in any sequence."""

    def learn(self, text: str) -> list[tuple[str, str]]:
        """Take note of what another run has printed; return the pairs of words that stand for each other."""
        its = _lines(text, self._later, self._rules)
        aligned = align(self._lines, its)
        missing, extra = left_over(aligned, len(self._lines), len(its))
        pairs = [*aligned, *find_moved(self._lines, its, missing, extra)]
        pairs += find_alike(self._lines, its, aligned, missing, extra)
        self._unordered.update(*find_crossed(pairs))
        if self._rules.words:
            self._optional |= set(missing)
            self._extra += [its[b] for b in extra]
        return [pair for a, b in pairs for pair in self._lines[a].learn(its[b])]

    def against(self, new: Sequence[Line], names: _Names) -> list[Difference]:
        """Return the differences of the lines of a new run."""
        aligned = align(self._lines, new)
        missing, extra = left_over(aligned, len(self._lines), len(new))
        moved = find_moved(self._lines, new, [a for a in missing if a in self._unordered], extra)
        excused = self._optional | {a for a, _ in moved}
        missing = [a for a in missing if a not in excused]
        known = [*self._extra, *(self._lines[a] for a in sorted(self._optional))]
        extra = find_unknown(known, new, extra)
        met = [(a, b, m) for a, b in [*aligned, *moved] if (m := self._lines[a].meets(new[b]))]
        # Columns move where a cell has another width, and only there.
        same_cells = not (missing or extra or any(m.varied for _, _, m in met))
        wrong = [(a, b) for a, b, m in met if not names.agree(m.pairs) or (same_cells and m.moved)]
        elsewhere = find_elsewhere(self._lines, new, missing, extra)
        gone, unknown = set(missing), set(extra)
        gaps = between(aligned, len(self._lines), len(new))
        unlike = [([n for n in a if n in gone], [n for n in b if n in unknown], a.start) for a, b in gaps]
        unlike += [([a], [b], a) for a, b in [*wrong, *elsewhere]]
        differences = [
            Difference(min(mine, default=at), tuple(self._lines[a].text for a in mine), tuple(new[b].text for b in its))
            for mine, its, at in unlike
            if mine or its
        ]
        differences += [
            Difference(a, (sgr.spelt(self._lines[a].coloured),), (sgr.spelt(new[b].coloured),), colours=True)
            for a, b, _ in met
            if (a, b) not in wrong and not self._lines[a].has_colours_of(new[b])
        ]
        return sorted(differences, key=lambda difference: difference.at)

    def names(self) -> list[tuple[str, str]]:
        """Return its words that vary, as pairs of each with itself."""
        return [pair for line in self._lines if (met := line.meets(line)) for pair in met.pairs]

    def by_line(self, new: Sequence[Line]) -> dict[str, Sequence[str]]:
        """As `as_seen`, for the lines of one command."""
        aligned = align(self._lines, new)
        missing, extra = left_over(aligned, len(self._lines), len(new))
        pairs = [*aligned, *find_moved(self._lines, new, missing, extra)]
        return {new[b].text: [line.text for line in self._lines[a].seen] for a, b in pairs}

    def varying(self) -> Iterator[tuple[int, int]]:
        """Yield the spans of the text that vary, from the first to the last."""
        at = 0
        for number, line in enumerate(self._lines):
            if number in self._optional or number in self._unordered:
                if line.text:
                    yield at, at + len(line.text)
            else:
                yield from ((at + start, at + end) for start, end in line.spans())
            at += len(line.text) + 1
