"""The machine that a page happens to run on, as docker info, uname and free show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count, islice

from snippetrun.facts import Facts
from snippetrun.stable.chance import HEX, choice
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, aligned, right_aligned

_KERNEL = "6.12.48+deb13-amd64"
_VERSION = "#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)"
_BUILD = (
    f"Linux version {_KERNEL} (debian-kernel@lists.debian.org) "
    "(x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) " + _VERSION
)
_PROCESSORS = 4
MEMORY = 8_322_781_184
_UUID = (8, 4, 4, 4, 12)
_COUNTED = re.compile(r'(?:^\s*CPUs: |"NCPU": ?)(?P<value>\d+)')
_ALONE = re.compile(r"\b(?P<value>\d+)\b")
_UPTIME = re.compile(r"\bup +(?P<up>(?:\d+ days?, +)?(?:\d+:\d\d|\d+ min))(?=,)")
_LOAD = re.compile(r"load average: (?P<value>\d+\.\d\d, \d+\.\d\d, \d+\.\d\d)")
_FREE = re.compile(r"^Mem:(?: +\d+){3,6}$")
_PROC = re.compile(r"^dr.{8} +(?P<links>\d+) .*\bproc$")
"""/proc in a listing, which has a link for every process of the machine."""
PROCESSES = 172
_BUILDER = re.compile(r"\.containerd\.uuid: +(?P<value>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
"""In docker buildx inspect."""
_SHARES = (1.0, 0.14, 0.52, 0.01, 0.34, 0.82)
"""Of the memory: all of it, used, free, shared, buffers, available."""


class TheHost:
    """What stands in for the machine."""

    def __init__(self, facts: Iterable[Facts], page: str) -> None:
        """Know the machine."""
        self._hosts = {each.host for each in facts}
        self._builder = _uuid(page, "builder")
        words: dict[str, str] = {}
        for host in self._hosts:
            words |= {host.build: _BUILD, host.build[host.build.find("#") :]: _VERSION, host.kernel: _KERNEL}
            words |= {host.id: _uuid(page, "engine"), _gibibytes(host.memory): _gibibytes(MEMORY)}
            words |= {str(host.memory): str(MEMORY), f"{host.memory // 1024} kB": f"{MEMORY // 1024} kB"}
        self._words = {word: new for word, new in words.items() if len(word) > 5}
        longest_first = sorted(map(re.escape, self._words), key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)") if longest_first else None

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find what a line says of the machine."""
        for found in self._pattern.finditer(line) if self._pattern else ():
            yield aligned(line, *found.span(), self._words[found[0]])
        asks = "nproc" in place.command or "NCPU" in place.command
        counted = (_ALONE if asks else _COUNTED).search(line)
        if counted and int(counted["value"]) in {host.processors for host in self._hosts}:
            yield Edit(*counted.span("value"), str(_PROCESSORS))
        if proc := _PROC.match(line):
            yield right_aligned(line, *proc.span("links"), str(PROCESSES))
        if up := _UPTIME.search(line):
            yield Edit(*up.span("up"), "1:07")
            if load := _LOAD.search(line):
                yield Edit(*load.span("value"), "0.08, 0.03, 0.01")
        if builder := _BUILDER.search(line):
            yield Edit(*builder.span("value"), self._builder)
        memory = max((host.memory for host in self._hosts), default=0)
        if memory and "free" in place.command and _FREE.match(line):
            yield from self._free(line, memory)

    def _free(self, line: str, memory: int) -> Iterator[Edit]:
        """Yield what becomes of the figures of `free`, in whatever unit they are."""
        figures = list(_ALONE.finditer(line))
        total = int(figures[0][0]) * MEMORY / memory
        for figure, share in zip(figures, _SHARES, strict=False):
            yield right_aligned(line, *figure.span(), str(round(total * share)))


def _uuid(*words: object) -> str:
    digits = (choice(HEX, *words, index) for index in count())
    return "-".join("".join(islice(digits, length)) for length in _UUID)


def _gibibytes(size: int) -> str:
    """Return a size as docker info writes it."""
    return f"{size / (1 << 30):.4g}GiB"
