"""The lines of two outputs, in pairs: those that are the same, those that have moved, and those that are much alike.

There are `mine` and `its`: the recorded lines, and those of another run. A pair is an index of each. What has no
partner is `missing` if it is recorded, and `extra` if it is the other run's. With `a b c` and `a c x`:

- `align` pairs `a` with `a`, and `c` with `c`; `left_over` leaves `b` missing and `x` extra
- `find_...` then looks for pairs among these two, each time in a wider sense, and takes them out
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from snippetrun.sameness.lines import Line

_Pairs = list[tuple[int, int]]
"""Indices of lines on both sides."""
ALIKE = 0.6
"""How much of two lines has to be the same for them to be much alike."""
_MOST = 40_000
"""So many pairs of lines are compared one by one. Where there are more, equal text and equal shapes decide first."""
_FEW = 10
"""Lines of its own shape that a line is compared with where there are more pairs than that."""


def align(mine: Sequence[Line], its: Sequence[Line]) -> _Pairs:
    """Return the pairs of lines that are the same and stand in the same sequence on both sides."""
    begin, most = 0, min(len(mine), len(its))
    while begin < most and mine[begin].meets(its[begin]):
        begin += 1
    end = 0
    while end < most - begin and mine[-1 - end].meets(its[-1 - end]):
        end += 1
    middle = _aligned_within(mine[begin : len(mine) - end], its[begin : len(its) - end])
    return [
        *((n, n) for n in range(begin)),
        *((begin + a, begin + b) for a, b in middle),
        *((len(mine) - n, len(its) - n) for n in range(end, 0, -1)),
    ]


def _aligned_within(mine: Sequence[Line], its: Sequence[Line]) -> _Pairs:
    """As `align`; where there are many lines, those of equal text come first, and then what is between these."""
    if not mine or not its:
        return []
    if len(mine) * len(its) <= _MOST:
        return _longest(mine, its)
    blocks = SequenceMatcher(a=[line.text for line in mine], b=[line.text for line in its]).get_matching_blocks()
    anchors = [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]
    if not anchors:
        return [(n, n) for n, (a, b) in enumerate(zip(mine, its, strict=False)) if a.meets(b)]
    inside = [
        (a.start + one, b.start + two)
        for a, b in between(anchors, len(mine), len(its))
        for one, two in align(mine[a.start : a.stop], its[b.start : b.stop])
    ]
    return sorted(anchors + inside)


def _longest(mine: Sequence[Line], its: Sequence[Line]) -> _Pairs:
    """Return the longest common subsequence: the most pairs that do not cross each other."""
    same = [[a.meets(b) is not None for b in its] for a in mine]
    best = [[0] * (len(its) + 1) for _ in range(len(mine) + 1)]
    for a in range(len(mine) - 1, -1, -1):
        for b in range(len(its) - 1, -1, -1):
            best[a][b] = best[a + 1][b + 1] + 1 if same[a][b] else max(best[a + 1][b], best[a][b + 1])
    pairs, a, b = [], 0, 0
    while a < len(mine) and b < len(its):
        if same[a][b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif best[a + 1][b] >= best[a][b + 1]:
            a += 1
        else:
            b += 1
    return pairs


def between(aligned: Sequence[tuple[int, int]], mine: int, its: int) -> Iterator[tuple[range, range]]:
    """Yield the gaps between aligned lines, on both sides; `mine` and `its` are how many lines there are.

    With `a b c` and `a c x` these are `b` with nothing beside it, and nothing with `x` beside it.
    """
    here = there = 0
    for a, b in [*aligned, (mine, its)]:
        if (here, there) != (a, b):
            yield range(here, a), range(there, b)
        here, there = a + 1, b + 1


def left_over(aligned: Sequence[tuple[int, int]], mine: int, its: int) -> tuple[list[int], list[int]]:
    """Return what is missing, and what is extra."""
    gaps = list(between(aligned, mine, its))
    return [n for a, _ in gaps for n in a], [n for _, b in gaps for n in b]


def find_moved(mine: Sequence[Line], its: Sequence[Line], missing: list[int], extra: list[int]) -> _Pairs:
    """Take out lines that have moved: the same line stands above or below. Return the pairs."""
    moved = {}
    by_shape = defaultdict(list)
    for n in reversed(extra):
        by_shape[its[n].shape].append(n)
    few = len(missing) * len(extra) <= _MOST
    most = len(extra) if few else _FEW
    for a in missing:
        alike = by_shape[mine[a].shape]
        b = next((b for b in [*alike[: -most - 1 : -1], *(extra if few else ())] if mine[a].meets(its[b])), None)
        if b is not None:
            moved[a] = b
            by_shape[its[b].shape].remove(b)
            if few:
                extra.remove(b)
    _take_out(moved.items(), missing, extra)
    return list(moved.items())


def _take_out(pairs: Iterable[tuple[int, int]], missing: list[int], extra: list[int]) -> None:
    mine, its = {a for a, _ in pairs}, {b for _, b in pairs}
    missing[:] = [a for a in missing if a not in mine]
    extra[:] = [b for b in extra if b not in its]


def find_unknown(known: Sequence[Line], its: Sequence[Line], extra: Sequence[int]) -> list[int]:
    """Return the extra lines that are none of the known ones, which some other run had as well."""
    few = len(known) * len(extra) <= _MOST
    alike = defaultdict(list)
    for line in known:
        alike[None if few else line.shape].append(line)
    most = len(known) if few else _FEW
    return [b for b in extra if not any(line.meets(its[b]) for line in alike[None if few else its[b].shape][:most])]


def find_elsewhere(mine: Sequence[Line], its: Sequence[Line], missing: list[int], extra: list[int]) -> _Pairs:
    """Take out lines that are much alike, wherever they stand: they have moved, and vary. Return the pairs."""
    pairs = []
    for a in list(missing) if len(missing) * len(extra) <= _MOST else []:
        others = [(mine[a].likeness(its[b]), b) for b in extra if mine[a].text != its[b].text]
        likeness, best = max(others, default=(0.0, 0))
        if likeness >= ALIKE:
            pairs.append((a, best))
            missing.remove(a)
            extra.remove(best)
    return pairs


def find_alike(
    mine: Sequence[Line], its: Sequence[Line], aligned: Sequence[tuple[int, int]], missing: list[int], extra: list[int]
) -> _Pairs:
    """Take out lines of one gap that are much alike, and then its others, if both sides have as many. Return the pairs.

    Between two aligned lines stand `3 hits` and `yes`, and in the other run `4 hits` and `no`: all are in pairs.
    """
    pairs = []
    gone, new = set(missing), set(extra)
    for my_gap, its_gap in between(aligned, len(mine), len(its)):
        left, right = [a for a in my_gap if a in gone], [b for b in its_gap if b in new]
        pairs += find_elsewhere(mine, its, left, right)
        if len(left) == len(right):
            pairs += zip(left, right, strict=True)
    _take_out(pairs, missing, extra)
    return pairs


def find_crossed(pairs: Iterable[tuple[int, int]]) -> Iterator[range]:
    """Yield each group of recorded lines that another run had in another sequence.

    `a b c d` and `b a c d` have the pairs (0, 1), (1, 0), (2, 2), (3, 3). The first two cross: the group is 0 to 1.
    """
    pairs = sorted(pairs)
    lows = [b for _, b in pairs]
    for number in range(len(lows) - 2, -1, -1):  # the least from here on
        lows[number] = min(lows[number], lows[number + 1])
    begin, highest = 0, -1
    for number, (_, b) in enumerate(pairs):
        highest = max(highest, b)
        if number + 1 == len(pairs) or lows[number + 1] > highest:  # no pair above crosses one below
            if number > begin:
                yield range(pairs[begin][0], pairs[number][0] + 1)
            begin = number + 1
