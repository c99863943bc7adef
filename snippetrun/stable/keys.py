"""Certificates and public keys, which whoever makes them draws by lot: a swarm has its own."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from snippetrun.stable.chance import choice
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit

_LETTERS = string.ascii_letters + string.digits
_OF_A_SWARM = re.compile(r"\bdocker (?:swarm|node|info|system info)\b")
"""A command that shows them; what an author or an image has brought along stays."""
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_QUOTED = re.compile(rf"{_BEGIN}\\n(?P<value>(?:[0-9A-Za-z+/=]+\\n)+){_END}")
"""As a text of JSON."""
_KEY = re.compile(r"\bMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE(?P<value>[0-9A-Za-z+/]{86})==")
"""That of an elliptic curve, after what all of these begin with: RFC 5480, section 2.2."""
_WIDTH, _REST = 64, "{:.43}="
"""The letters of a line (RFC 7468, section 2), and the last line, which is not always as long."""


class Keys:
    """Those of a page; equal ones stay equal."""

    def __init__(self) -> None:
        """Know none."""
        self._given: dict[str, tuple[object, ...]] = {}

    def edits(self, lines: Sequence[str], place: Place) -> Iterator[tuple[int, Edit]]:
        """Find them in an output; yield the index of the line as well."""
        begun = 0
        for index, line in enumerate(lines if _OF_A_SWARM.search(place.command) else ()):
            if line == _BEGIN:
                begun = index + 1
            elif line == _END and begun:
                for at, new in enumerate(self._certificate(lines[begun:index], place), begun):
                    yield at, Edit(0, len(lines[at]), new)
                begun = 0
            for found in _QUOTED.finditer(line):
                made = self._certificate(found["value"].split(r"\n")[:-1], place)
                yield index, Edit(*found.span("value"), "".join(rf"{each}\n" for each in made))
            for found in _KEY.finditer(line):
                yield index, Edit(*found.span("value"), self._letters(found["value"], 86, place))

    def _certificate(self, lines: Sequence[str], place: Place) -> list[str]:
        """Return as many lines."""
        new = "MIIB" + self._letters("".join(lines), _WIDTH * len(lines), place)
        wrapped = [new[at : at + _WIDTH] for at in range(0, _WIDTH * len(lines), _WIDTH)]
        return [*wrapped[:-1], *(_REST.format(last) for last in wrapped[-1:])]

    def _letters(self, real: str, length: int, place: Place) -> str:
        words = self._given.setdefault(real, place.next("key"))
        return "".join(choice(_LETTERS, *words, index) for index in range(length))
