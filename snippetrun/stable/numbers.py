"""What the kernel counts up or draws by lot: namespaces, inodes, hardware addresses, interfaces, ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from snippetrun.stable.chance import HEX, LETTERS, choice, number
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, aligned

_NAMESPACE = re.compile(r"(?<![\d.])40265[3-9]\d{4}(?![\d.])")
_KERNELS = 4026531841
"""The last of the numbers that the kernel's own namespaces have; see include/linux/proc_ns.h."""
_FIRST_NAMESPACE = 4026532177
_INODE = re.compile(r"\bInode: (?P<value>\d+)")
_DEVICE = re.compile(r"\bDevice: (?P<value>\d+,\d+)")
_MAC = re.compile(r"(?<![0-9a-f:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![0-9a-f:])")
_PLAIN_MAC = re.compile(r"(?:(?:00|ff):){5}(?:00|ff)|02:42:(?:ac:1[0-9a-f]|c0:a8):.*|33:33:.*|01:00:5e:.*")
"""Those of nobody and of all, and those that the engine makes from a private IP address of its networks."""
_LINK_LOCAL = re.compile(
    r"(?<![0-9a-f:])fe80::(?P<a>[0-9a-f]{1,4}):(?P<b>[0-9a-f]{0,2})ff:fe(?P<c>[0-9a-f]{2}):(?P<d>[0-9a-f]{1,4})(?![0-9a-f:])"
)
"""The address that an interface gives itself, made from its MAC: RFC 4291, appendix A."""
_VETH = re.compile(r"\bveth(?P<value>[0-9a-f]{7})\b")
_TEMPORARY = re.compile(r"/tmp/tmp\.(?P<value>[0-9A-Za-z]{6,10})\b")  # noqa: S108 - somebody else's
"""What mktemp makes, six letters or ten."""
_PORT = re.compile(r"(?:\d\.\d{1,3}|\]):(?P<value>[3-6]\d{4})(?!\d|->)")
_EPHEMERAL = range(33_300, 61_000)
"""The ports that the kernel gives to connections; the engine publishes those below."""


class Numbers:
    """Such numbers on a page; equal ones stay equal."""

    def __init__(self, written: Iterable[str] = ()) -> None:
        """Leave alone what the author wrote."""
        words = [word for word in written if word.isalnum()]
        self._given: dict[tuple[str, str], str] = {("port", word): word for word in words if word.isdigit()}
        self._given |= {("tmp", word): word for word in words}

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find such numbers in a line."""
        if "40265" in line:
            yield from self._edits(_NAMESPACE, line, self._namespace)
        yield from self._edits(_TEMPORARY, line, lambda real: self._of("tmp", real, place, _letters(len(real))))
        if ":" not in line and "veth" not in line:
            return
        yield from self._edits(_INODE, line, lambda real: self._of("inode", real, place, _inode))
        yield from self._edits(_DEVICE, line, lambda real: self._of("device", real, place, _device))
        yield from self._edits(_VETH, line, lambda real: self._of("veth", real, place, lambda *words: _hex(7, *words)))
        yield from self._edits(_MAC, line, lambda real: self._mac(real, place))
        yield from self._edits(_PORT, line, lambda real: self._port(real, place))
        for found in _LINK_LOCAL.finditer(line):
            yield Edit(*found.span(), _link_local(self._mac(_mac_in(found), place)))

    def _edits(self, pattern: re.Pattern[str], line: str, value: Callable[[str], str]) -> Iterator[Edit]:
        for found in pattern.finditer(line):
            group = "value" if "value" in pattern.groupindex else 0
            yield aligned(line, *found.span(group), value(found[group]))

    def _of(self, kind: str, real: str, place: Place, value: Callable[..., str]) -> str:
        if (kind, real) not in self._given:
            self._given[kind, real] = value(*place.next(kind))
        return self._given[kind, real]

    def _namespace(self, real: str) -> str:
        if int(real) <= _KERNELS:
            return real
        count = sum(kind == "namespace" for kind, _ in self._given)
        return self._given.setdefault(("namespace", real), str(_FIRST_NAMESPACE + 61 * count))

    def _port(self, real: str, place: Place) -> str:
        return self._of("port", real, place, _port) if int(real) in _EPHEMERAL else real

    def _mac(self, real: str, place: Place) -> str:
        if _PLAIN_MAC.fullmatch(real):
            return real
        # The engine's bridges begin like its containers; an interface of the kernel's has any address made up here.
        start = "02:42" if real.startswith("02:42") else ""
        return self._of("mac", real, place, lambda *words: _mac(start, *words))


def _letters(length: int) -> Callable[..., str]:
    return lambda *words: "".join(choice(LETTERS, *words, index) for index in range(length))


def _hex(length: int, *words: object) -> str:
    return "".join(choice(HEX, *words, index) for index in range(length))


def _mac(start: str, *words: object) -> str:
    start = start or choice("26ae", *words, "first") + "e:" + _hex(2, *words, "second")
    return ":".join([start, *(_hex(2, *words, index) for index in "3456")])


def _inode(*words: object) -> str:
    return str(1_000_000 + number(9_000_000, *words))


def _device(*words: object) -> str:
    return f"0,{40 + number(60, *words)}"


def _port(*words: object) -> str:
    return str(40_000 + 2 * number(10_000, *words))


def _mac_in(found: re.Match[str]) -> str:
    """Return the MAC of which an address was made."""
    first, last = int(found["a"], 16) ^ 0x0200, int(found["d"], 16)
    parts = [first >> 8, first & 0xFF, int(found["b"] or "0", 16), int(found["c"], 16), last >> 8, last & 0xFF]
    return ":".join(f"{part:02x}" for part in parts)


def _link_local(mac: str) -> str:
    """Return the address that is made of a MAC."""
    a, b, c, d, e, f = (int(part, 16) for part in mac.split(":"))
    return f"fe80::{(a << 8 | b) ^ 0x0200:x}:{c << 8 | 0xFF:x}:fe{d:02x}:{e << 8 | f:x}"
