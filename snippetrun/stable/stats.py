"""Figures of docker stats: their order stays, their digits do not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from snippetrun.stable.chance import number

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([kKMGT]?i?B)")
_DECIMAL = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_BINARY = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SHARE = re.compile(r"(\d+\.\d\d)%")
_MUCH = 0.15
"""A share of the memory that is no small one."""
_MEMORY = "MEM USAGE / LIMIT"


def cell(headings: Sequence[str], row: Sequence[str], at: int, *words: object) -> str:
    """Return what a cell of docker stats becomes; `words` say where it stands."""
    heading, field = headings[at], row[at]
    if heading == "CPU %" and (share := _SHARE.fullmatch(field)):
        return f"{round(float(share[1]) / 100) * 100:.2f}%"
    if heading in {"NET I/O", "BLOCK I/O"}:
        return _SIZE.sub(lambda found: _about(found, _DECIMAL, 3, heading, found.start() > 0, *words), field)
    if heading == _MEMORY:
        used, _, limit = field.partition(" / ")
        full = size(used) / size(limit) if size(limit) > 0 else 0.0
        if full >= _MUCH:  # how full it is, is what such a page is about
            return f"{_shown(size(limit) * round(full * 0.99, 1), _BINARY, 4)} / {limit}"
        return _SIZE.sub(lambda found: _about(found, _BINARY, 4, *words), field, count=1)
    if heading == "MEM %" and _MEMORY in headings:
        sizes = [_bytes(found) for found in _SIZE.finditer(cell(headings, row, headings.index(_MEMORY), *words))]
        return f"{100 * sizes[0] / sizes[1]:.2f}%" if len(sizes) == 2 and sizes[1] else field
    return field


def _about(found: re.Match[str], units: dict[str, int], digits: int, *words: object) -> str:
    """Return a size of the same order; 0 stays."""
    real, order = _bytes(found), 10.0
    if not real:
        return found[0]
    while order * 1.5 < real:
        order *= 10
    new = order * (0.4 + number(800, *words) / 1000)
    return _shown(new, units, digits)


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
