"""Figures of docker stats: their order stays, their digits do not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from snippetrun.stable.chance import number
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit

_SIZE = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)([kKMGT]?i?B)")
_PAIR = re.compile(rf"{_SIZE.pattern} / {_SIZE.pattern}")
_ASKED = re.compile(r"\bdocker (?:container )?stats\b")
_SHARES = re.compile(r"\.(CPU|Mem)Perc\b")
_DECIMAL = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SHARE = re.compile(r"\b(\d+\.\d\d)%")
_MUCH = 0.15
"""A share of the memory that is no small one."""
_MEMORY = "MEM USAGE / LIMIT"


def cell(headings: Sequence[str], row: Sequence[str], at: int, *words: object) -> str:
    """Return what a cell of docker stats becomes; `words` say where it stands."""
    heading, field = headings[at], row[at]
    if heading == "CPU %" and (share := _SHARE.fullmatch(field)):
        return f"{round(float(share[1]) / 100) * 100:.2f}%"
    if heading in {"NET I/O", "BLOCK I/O"}:
        return _SIZE.sub(lambda found: _io(found, heading, found.start() > 0, *words), field)
    if heading == _MEMORY:
        used, _, limit = field.partition(" / ")
        full = size(used) / size(limit) if size(limit) > 0 else 0.0
        if full >= _MUCH:  # how full it is, is what such a page is about
            return f"{_shown(size(limit) * round(full * 0.99, 1), _BINARY, 4)} / {limit}"
        return _SIZE.sub(lambda found: _memory(found, *words), field, count=1)
    if heading == "MEM %" and _MEMORY in headings:
        sizes = [_bytes(found) for found in _SIZE.finditer(cell(headings, row, headings.index(_MEMORY), *words))]
        return f"{100 * sizes[0] / sizes[1]:.2f}%" if len(sizes) == 2 and sizes[1] else field
    return field


def edits(line: str, place: Place) -> Iterator[Edit]:
    """Find such figures in a line of an author's own format, which is in no table."""
    if not _ASKED.search(place.command):
        return
    words, memory = place.words("stats", place.count("stats")), ""
    for found in _PAIR.finditer(line):
        memory, heading = (found[0], _MEMORY) if found[4] in _BINARY and found[4] != "B" else (memory, "NET I/O")
        yield Edit(*found.span(), cell([heading], [found[0]], 0, *words))
    for found, asked in zip(_SHARE.finditer(line), _SHARES.findall(place.command), strict=False):
        if asked == "Mem" and not memory:
            new = f"{round(float(found[1]), -1):.2f}%"
        else:
            new = cell(["CPU %" if asked == "CPU" else "MEM %", _MEMORY], [found[0], memory], 0, *words)
        yield Edit(*found.span(), new)


def _io(found: re.Match[str], *words: object) -> str:
    """Return what passed: a network greets whoever joins it with a kilobyte or two. None stays none."""
    return _about(found, 1000.0, 5.0, _DECIMAL, 3, *words)


def _memory(found: re.Match[str], *words: object) -> str:
    return _about(found, 10.0, 1.5, _BINARY, 4, *words)


def _about(found: re.Match[str], least: float, most: float, units: dict[str, int], digits: int, *words: object) -> str:
    """Return a size of the order of the real one, which is up to `most` times an order, and that at least `least`."""
    real, order = _bytes(found), least
    if not real:
        return found[0]
    while order * most < real:
        order *= 10
    return _shown(order * (0.4 + number(800, *words) / 1000), units, digits)


def _shown(count: float, units: dict[str, int], digits: int) -> str:
    """Write a number of bytes as docker does."""
    unit, scale = max((item for item in units.items() if item[1] <= count), key=lambda item: item[1])
    return f"{count / scale:.{digits}g}{unit}"


def size(text: str) -> float:
    """Return the bytes of a size as docker writes it; less than nothing for anything else."""
    found = _SIZE.match(text)
    return _bytes(found) if found else -1.0


def _bytes(found: re.Match[str]) -> float:
    return float(found[1]) * (_DECIMAL | _BINARY).get(found[2], 1)
