"""Which line of an output stands in the place of which of another: the same, moved, or much alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from snippetrun.sameness.lines import Line

_Pairs = list[tuple[int, int]]
"""Indices of lines on both sides."""
_ALIKE = 0.6
"""How much of two lines has to be the same for one to stand in the place of the other."""
_MOST = 40_000
"""Pairs of lines that are held against each other to find out which belong together; of more, first by their text."""
_FEW = 10
"""Lines of one shape that a line is held against where there are more pairs than that."""


def align(mine: Sequence[Line], its: Sequence[Line]) -> _Pairs:
    """Return which lines are the same, as pairs of their indices, in an order that both have."""
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
    """Return the most pairs that can be had in order (the longest common subsequence)."""
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
    """Yield the lines between those that are aligned, of both sides; `mine` and `its` are how many there are."""
    here = there = 0
    for a, b in [*aligned, (mine, its)]:
        if (here, there) != (a, b):
            yield range(here, a), range(there, b)
        here, there = a + 1, b + 1


def left_over(aligned: Sequence[tuple[int, int]], mine: int, its: int) -> tuple[list[int], list[int]]:
    """Return the lines of both sides that are not aligned."""
    gaps = list(between(aligned, mine, its))
    return [n for a, _ in gaps for n in a], [n for _, b in gaps for n in b]


def find_moved(mine: Sequence[Line], its: Sequence[Line], missing: list[int], extra: list[int]) -> _Pairs:
    """Take out lines that are the same at another place; return them as pairs."""
    found = {}
    places = defaultdict(list)
    for n in reversed(extra):
        places[its[n].shape].append(n)
    few = len(missing) * len(extra) <= _MOST
    most = len(extra) if few else _FEW
    for a in missing:
        alike = places[mine[a].shape]
        b = next((b for b in [*alike[: -most - 1 : -1], *(extra if few else ())] if mine[a].meets(its[b])), None)
        if b is not None:
            found[a] = b
            places[its[b].shape].remove(b)
            if few:
                extra.remove(b)
    _take_out(found.items(), missing, extra)
    return list(found.items())


def _take_out(found: Iterable[tuple[int, int]], missing: list[int], extra: list[int]) -> None:
    mine, its = {a for a, _ in found}, {b for _, b in found}
    missing[:] = [a for a in missing if a not in mine]
    extra[:] = [b for b in extra if b not in its]


def find_unknown(known: Sequence[Line], its: Sequence[Line], extra: Sequence[int]) -> list[int]:
    """Return the extra lines that are none of those which other runs had beside the recorded ones."""
    few = len(known) * len(extra) <= _MOST
    alike = defaultdict(list)
    for line in known:
        alike[None if few else line.shape].append(line)
    most = len(known) if few else _FEW
    return [b for b in extra if not any(line.meets(its[b]) for line in alike[None if few else its[b].shape][:most])]


def find_elsewhere(mine: Sequence[Line], its: Sequence[Line], missing: list[int], extra: list[int]) -> _Pairs:
    """Take out lines that are much alike, wherever they stand; return them as pairs: one has moved, and varies."""
    found = []
    for a in list(missing) if len(missing) * len(extra) <= _MOST else []:
        others = [(mine[a].likeness(its[b]), b) for b in extra if mine[a].text != its[b].text]
        likeness, best = max(others, default=(0.0, 0))
        if likeness >= _ALIKE:
            found.append((a, best))
            missing.remove(a)
            extra.remove(best)
    return found


def find_alike(
    mine: Sequence[Line], its: Sequence[Line], aligned: Sequence[tuple[int, int]], missing: list[int], extra: list[int]
) -> _Pairs:
    """Take out lines between the same aligned ones that are much alike, or as many; return them as pairs."""
    found = []
    gone, new = set(missing), set(extra)
    for ours, others in between(aligned, len(mine), len(its)):
        left, right = [a for a in ours if a in gone], [b for b in others if b in new]
        found += find_elsewhere(mine, its, left, right)
        if len(left) == len(right):
            found += zip(left, right, strict=True)
    _take_out(found, missing, extra)
    return found


def find_crossed(aligned: Sequence[tuple[int, int]], found: Sequence[tuple[int, int]]) -> Iterator[range]:
    """Yield the lines that another run had in another order: from the first to the last that changed places."""
    pairs = sorted([*aligned, *found])
    lows = [b for _, b in pairs]
    for number in range(len(lows) - 2, -1, -1):  # the least that comes from there on
        lows[number] = min(lows[number], lows[number + 1])
    begin, highest = 0, -1
    for number, (_, b) in enumerate(pairs):
        highest = max(highest, b)
        if number + 1 == len(pairs) or lows[number + 1] > highest:  # what is above is in order with what is below
            if number > begin:
                yield range(pairs[begin][0], pairs[number][0] + 1)
            begin = number + 1
