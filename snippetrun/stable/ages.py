"""Ages, as docker says them: `Up 3 seconds`, `Exited (0) About a minute ago`, `2 weeks ago`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from snippetrun.facts import Facts
from snippetrun.stable.clock import SECOND, Clock
from snippetrun.stable.lives import Lives
from snippetrun.stable.text import Edit, aligned

_HOUR = 3600
_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": _HOUR,
    "day": 24 * _HOUR,
    "week": 7 * 24 * _HOUR,
    "month": 30 * 24 * _HOUR,
    "year": 365 * 24 * _HOUR,
}
_ODD = {(0, "second"): "Less than a second", (1, "minute"): "About a minute", (1, "hour"): "About an hour"}
_PHRASE = rf"(?:{'|'.join(_ODD.values())}|\d{{1,3}} (?:{'|'.join(_UNITS)})s?)"
_AGE = re.compile(
    rf"\b(?:Up (?P<up>{_PHRASE})|(?:Exited|Restarting) \(\d+\) (?P<gone>{_PHRASE}) ago|(?P<made>{_PHRASE}) ago)\b"
)
_PAGES_OWN = 2
"""The age in seconds of what the page itself has made, nobody knows when."""
_MARGIN = 3.0
"""Seconds by which what is younger than the page's engine may seem older."""
_WORD = re.compile(r"[\w.-]+")


def phrase(seconds: float) -> str:
    """Say a duration as docker does: https://pkg.go.dev/github.com/docker/go-units#HumanDuration."""
    minutes, hours = int(seconds / 60), int(seconds / _HOUR + 0.5)
    ways = (
        (seconds < 60, int(seconds), "second"),
        (minutes < 60, minutes, "minute"),
        (hours < 2 * 24, hours, "hour"),
        (hours < 2 * 7 * 24, hours // 24, "day"),
        (hours < 2 * 30 * 24, hours // 24 // 7, "week"),
        (hours < 2 * 365 * 24, hours // 24 // 30, "month"),
        (True, int(seconds) // _UNITS["year"], "year"),
    )
    count, unit = next((count, unit) for fits, count, unit in ways if fits)
    return _ODD.get((count, unit)) or f"{count} {unit}" + ("" if count == 1 else "s")


def least(said: str) -> int:
    """Return about the fewest seconds for which docker says so."""
    odd = next((count * _UNITS[unit] // 2 for (count, unit), words in _ODD.items() if words == said), None)
    if odd is not None:
        return odd
    count, unit = said.split()
    return int(count) * _UNITS[unit.removesuffix("s")]


class Ages:
    """The ages on a page."""

    def __init__(self, facts: Iterable[Facts], clock: Clock, lives: Lives) -> None:
        """Know when the page's engine began, and when the images were made that it began with."""
        facts = tuple(facts)
        self._clock, self._lives = clock, lives
        self._began = min((each.began for each in facts if each.ended), default=0.0)
        self._made = sorted({made for each in facts for image in each.stored for made in image.created}, reverse=True)

    def edits(self, line: str) -> Iterator[Edit]:
        """Find the ages in a line of no table; the container's id or name may stand there too, as it really is."""
        ages = list(_AGE.finditer(line))
        container = self._lives.container(*_WORD.findall(line)) if ages else None
        for found in ages:
            kind = found.lastgroup or ""
            # `ago` goes with it, so that what is right of it finds its column again.
            rest = found[0][found.end(kind) - found.start() :]
            yield aligned(line, found.start(kind), found.end(), self._age(kind, found[kind], container) + rest)

    def of_container(self, said: str, container: str | None) -> str:
        """Return what a column says of a container."""
        return _AGE.sub(lambda found: self._in(found, container), said)

    def of_image(self, said: str, digest: str, name: str) -> str:
        """Return what a column says of an image, whose digest and name are on its left."""
        found = _AGE.fullmatch(said)
        if not found or not self._began:
            return said
        age = self._lives.image(digest, name)
        return f"{self._age('made', found['made'], None) if age is None else phrase(age)} ago"

    def of_layer(self, said: str, digest: str) -> str:
        """Return what docker history says of a layer of an image."""
        found = _AGE.fullmatch(said)
        new = found and self._began and self._is_new(found["made"])
        return self.of_image(said, digest, "") if new else self.of_container(said, None)

    def _in(self, found: re.Match[str], container: str | None) -> str:
        kind = found.lastgroup or ""
        start, end = (at - found.start() for at in found.span(kind))
        return found[0][:start] + self._age(kind, found[kind], container) + found[0][end:]

    def _age(self, kind: str, said: str, container: str | None) -> str:
        """Return an age in place of one."""
        if not self._began:
            return said
        if not self._is_new(said):
            return self._old(said)
        ages = {"up": self._lives.up, "gone": self._lives.gone, "made": self._lives.made}
        known = ages[kind](container) if container else None
        return phrase(_PAGES_OWN if known is None else known)

    def _is_new(self, said: str) -> bool:
        """Whether something of this age has been made on the page."""
        return least(said) <= self._since_engine()

    def _since_engine(self) -> float:
        return self._clock.real - self._began + _MARGIN

    def _old(self, said: str) -> str:
        """Return the age of something that was made long before the page, which grows in truth and not on the page."""
        now = self._clock.real
        made = next((made for made in self._made if said in {phrase(now - made), phrase(now - _MARGIN - made)}), None)
        return said if made is None else phrase(max(0.0, self._clock.began() / SECOND - made))
