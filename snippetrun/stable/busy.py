"""How busy the machine is that a page happens to run on, as /proc and the head of top show it: it is at rest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snippetrun.stable.chance import number
from snippetrun.stable.host import MEMORY, PROCESSES
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, right_aligned

_LOADS = r"\d+\.\d\d \d+\.\d\d \d+\.\d\d \d+/\d+ \d+"
_LOAD = re.compile(rf"^(?:Load average: )?(?P<value>{_LOADS})$")
"""In /proc/loadavg, and in busybox' top."""
_AT_REST = f"0.08 0.03 0.01 1/{PROCESSES} 12"
_SECONDS_UP = re.compile(r"^\d+\.\d\d \d+\.\d\d$")
_UP = "4021.07 15873.44"
"""For how long, and how many seconds its processors have had nothing to do."""

_MEMINFO = re.compile(r"^(?P<what>(?!MemTotal|VmallocTotal|Huge)[A-Z][\w()]+): *(?P<value>\d+) kB$")
_SHARES = {"MemFree": 0.52, "MemAvailable": 0.82, "Shmem": 0.01, "SwapTotal": 0.0, "SwapFree": 0.0, "SwapCached": 0.0}
"""Of the memory, in /proc/meminfo; of the rest there is little."""
_MEMORY_IN_TOP = re.compile(r"^(?:(?P<unit>[KMG])iB (?P<what>Mem |Swap): +\d+\.\d |Mem: \d+K used,)")
_PART_OF_MEMORY = re.compile(
    r"(?<![\d.])(?P<value>\d+(?:\.\d+)?)K? (?P<what>total|free|used|buff/cache|shrd|buff|cached|avail Mem)\b"
)
_SHARES_IN_TOP = {"total": 1.0, "used": 0.14, "free": 0.52, "shrd": 0.01, "buff": 0.02, "cached": 0.32}
_SHARES_IN_TOP |= {"buff/cache": 0.34, "avail Mem": 0.82}

_PROCESSORS = re.compile(r"^(?:%Cpu\(s\):(?: *\d+\.\d [a-z]{2},?)+|CPU:(?: +\d+% [a-z]+)+) *$")
_PART_OF_PROCESSORS = re.compile(r"(?<![\d.])(?P<value>\d+(?:\.\d)?)%? (?P<what>[a-z]+)\b")


def edits(line: str, place: Place) -> Iterator[Edit]:
    """Find what a line says of the machine's work."""
    if load := _LOAD.match(line):
        yield Edit(*load.span("value"), _AT_REST)
    elif head := _MEMORY_IN_TOP.match(line):
        swap, unit = head["what"] == "Swap", 1024 ** " KMG".index(head["unit"] or "K")
        for found in _PART_OF_MEMORY.finditer(line):
            share = 0.0 if swap and found["what"] != "avail Mem" else _SHARES_IN_TOP[found["what"]]
            yield _like(line, found, MEMORY * share / unit)
    elif _PROCESSORS.match(line):
        for found in _PART_OF_PROCESSORS.finditer(line):
            yield _like(line, found, 100.0 if found["what"] in {"id", "idle"} else 0.0)
    elif "meminfo" in place.command and (amount := _MEMINFO.match(line)):
        share = _SHARES.get(amount["what"], number(100, "meminfo", amount["what"]) / 1000)
        yield _like(line, amount, MEMORY // 1024 * share)
    elif "uptime" in place.command and _SECONDS_UP.match(line):
        yield Edit(0, len(line), _UP)


def _like(line: str, found: re.Match[str], value: float) -> Edit:
    """Write a value with as many digits after the point as another has."""
    return right_aligned(line, *found.span("value"), f"{value:.{len(found['value'].partition('.')[2])}f}")
