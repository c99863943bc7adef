"""Durations, sizes and counts as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BYTES = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


def duration(value: object) -> float:
    """Return the seconds of `60`, `60s`, `500ms`, `2m` or `1h`; raise ValueError for anything else, and for zero."""
    return _number(value, _SECONDS, "a duration, e.g. 60s, 500ms or 2m")


def size(value: object) -> int:
    """Return the bytes of `4096`, `64kB` or `1MB`; raise ValueError for anything else, and for zero."""
    return int(_number(value, _BYTES, "a size, e.g. 64kB or 1MB"))


def began(ended: str, seconds: float) -> datetime:
    """Return when something began that took some seconds; its end is in ISO 8601. Raises ValueError if that is none."""
    return datetime.fromisoformat(ended).astimezone(UTC) - timedelta(seconds=round(seconds))


def duration_text(seconds: float) -> str:
    """Return a duration as people write it: `15 min`, `90 s`."""
    return f"{seconds / 60:g} min" if seconds >= 120 and not seconds % 60 else f"{seconds:g} s"


def size_text(size: int) -> str:
    """Return a size as people write it: `2 GB`, `1.5 MB`, `512 bytes`."""
    for name, unit in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


def counted(number: int, noun: str) -> str:
    """Return a count as people write it: `1 page`, `2 pages`, `1,340 tests`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def listed(names: Sequence[str]) -> str:
    """Return names as people list them: `26`, `26 and 28`, `26, 28 and 29`."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _number(value: object, units: dict[str, float] | dict[str, int], noun: str) -> float:
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([A-Za-z]*)", str(value).strip())
    if not match or match[2] not in units or not float(match[1]):
        raise ValueError(f"{value!r} is not {noun}")
    return float(match[1]) * units[match[2]]
