"""Durations: those that were asked for are kept, all others say no more than how long something like it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from snippetrun.stable.chance import number

_ASKED = re.compile(
    r"(?:\bsleep|\btimeout|\s-t|\s-w|\s--time(?:out)?|\s--wait-timeout)[ =](\d{1,4}(?:\.\d+)?)(?=[\s;)'\"&|]|s\b|$)"
)
_STOPS = re.compile(r"\b(?:stop|restart|down)\b")
_GRACE = 10.0
"""Seconds that docker gives a container to end by itself."""
_ORDERS = ((5.0, 0.2), (50.0, 12.0), (500.0, 100.0), (5000.0, 1200.0))
"""Below how many seconds something is replaced by how many, or up to twice as many."""


def asked(text: str) -> tuple[float, ...]:
    """Return the seconds for which a command, or a file that it may use, says to wait."""
    seconds = tuple(float(found[1]) for found in _ASKED.finditer(text))
    return (*seconds, _GRACE) if _STOPS.search(text) else seconds


def waited(seconds: float, wishes: Iterable[float]) -> float:
    """Return which of the wishes a duration is due to; 0 for none."""
    return max((wish for wish in wishes if 1 <= wish <= seconds < wish + max(1.5, wish / 4)), default=0.0)


def settled(seconds: float, wishes: Iterable[float], *words: object) -> float:
    """Return a duration that stands for `seconds` and does not depend on how busy the machine was.

    `words` say what took that long; see `chance`.
    """
    if wish := waited(seconds, wishes):
        return wish + 0.1 + number(150, *words) / 1000
    usual = next((usual for limit, usual in _ORDERS if seconds < limit), 10_000.0)
    return usual * (1 + number(1000, *words) / 1000)
