"""Dates and times that lie in the page's run, in the formats of the programs that a page shows.

Any other time is left alone: it is no news, and the same tomorrow. Only what the site's images brought along from the
day on which they were built gets the day that all of them have.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from snippetrun.facts import Facts
from snippetrun.stable.clock import IMAGES_MADE, SECOND, Clock
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAME = {"a": f"(?P<a>{'|'.join(DAYS)})", "b": f"(?P<b>{'|'.join(MONTHS)})"}
_MINUTE = r"(?P<H>[01]\d|2[0-3]):(?P<M>[0-5]\d)"
_SECOND = rf"{_MINUTE}:(?P<S>[0-5]\d)(?:[.,](?P<f>\d{{1,9}}))?"
_DATE = r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
# Groups are named as in strftime; `e` is a day with a blank for its zero, `f` any part of a second, `z` a time zone,
# `s` the seconds since 1970, and `u` smaller parts that follow these without a point.
_FORMATS = tuple(
    re.compile(rf"(?<![\w.:/-]){pattern}(?![\w:])", re.ASCII)
    for pattern in (
        rf"{_DATE}[T ]{_SECOND}(?: ?(?P<z>Z|UTC|GMT|[+-]\d\d:?\d\d))?",
        rf"{_DATE}[T ]{_MINUTE}",
        _DATE,
        rf"(?P<d>\d\d)/{_NAME['b']}/(?P<Y>\d{{4}}):{_SECOND} (?P<z>[+-]\d{{4}})",
        rf"(?P<Y>\d{{4}})/(?P<m>\d\d)/(?P<d>\d\d) {_SECOND}",
        rf"(?P<d>\d\d)-{_NAME['b']}-(?P<Y>\d{{4}}) {_SECOND}",
        rf"{_NAME['a']} {_NAME['b']} (?P<e>[ 0-3]\d) {_SECOND}(?: (?P<z>[A-Za-z]{{2,5}}|[+-]\d\d))? (?P<Y>\d{{4}})",
        rf"{_NAME['a']}, (?P<d>\d\d) {_NAME['b']} (?P<Y>\d{{4}}) {_SECOND} (?P<z>UTC|GMT|[+-]\d{{4}})",
        rf"{_NAME['b']} (?P<e>[ 0-3]\d) {_SECOND}",
        rf"{_NAME['b']} (?P<e>[ 0-3]\d) {_MINUTE}",
        _SECOND,
        r"(?P<s>[12]\d{9})(?:\.(?P<f>\d{1,9})|(?P<u>\d{9}|\d{6}|\d{3}))?",
    )
)
_HINT = re.compile(r"\d\d:\d\d|\d-\d\d-\d|\d{10}")
"""What is in every line with a time; most lines have none."""
_OF_A_FILE = re.compile(r"\s*(?:Access|Modify|Change|Birth): \d{4}-")
"""The kernel counts these in steps so wide that two of them may be the same or not."""
_EXACT = 6
"""Digits after the point from which on the same time means the same event, if they are not all 0."""
_OF_GO = re.compile(r"\d\.\d{4,9}(?:Z(?!\s+\[?[A-Za-z])| \+0000 UTC)")
"""A time as Go writes it: without the zeros at the end of nine digits. Before a word it may be of some other log."""
_UP_TO_A_QUOTE = re.compile(r"[^\"\\]{0,200}")
_TELLING = 20
"""The least length of a message by which an event is known again, in whatever log it stands."""
_LEAST_GAP = 0.3
"""Seconds below which two events follow each other at once, whatever was asked for."""
_SAME_LINE = 10.0
"""Seconds by which the times of one event may differ in one line."""
_REPLAYS = re.compile(r"\blogs\b")
"""A command that prints what has been before."""
_ASKS = re.compile(r"\b(?:date|start)\b")
"""A command that prints what is just happening."""
_ZONES = [timedelta(minutes=15 * quarter) for quarter in range(-56, 57)]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A time in a line."""

    found: re.Match[str]
    real: float
    digits: int
    """After the point of its seconds."""
    zone: timedelta

    @property
    def exact(self) -> int:
        """The microsecond, if it tells one event from another; else 0."""
        return round(self.real * 1_000_000) if self.digits >= _EXACT and self.real % 1 else 0

    @property
    def grain(self) -> float:
        """For how many seconds it would be the same."""
        fields = self.found.groupdict()
        if fields.get("s") or fields.get("S"):
            return float(10**-self.digits)
        return 60.0 if fields.get("M") else 86400.0


class _Begun:
    """A line that begins with a time."""

    def __init__(self, line: str, seen: _Seen, *, log: bool) -> None:
        self.text, self.real, self.grain = seen.found[0], seen.real, seen.grain
        self.kind = "log" if log and seen.exact else line[seen.found.end() :]
        """The same for lines that may be of one loop."""


@dataclass(frozen=True, slots=True)
class _Window:
    """From when to when, by the engine's clock."""

    began: float
    ended: float

    def holds(self, real: float, grain: float) -> bool:
        """Whether a time that is exact to `grain` seconds may lie in it."""
        return self.began - 1 <= real + grain and real <= self.ended + 1


class Times:
    """The times of a page."""

    def __init__(self, facts: Iterable[Facts], clock: Clock, wishes: Sequence[float] = ()) -> None:
        """Know when the page ran, when its images were built, and for how many seconds something waits on it."""
        facts = tuple(facts)
        self._clock, self._wishes = clock, wishes
        self._gaps: dict[str, float] = {}
        self._counts: Counter[str] = Counter()
        self._known: dict[tuple[str, float], list[tuple[int, str]]] = defaultdict(list)
        """By message and time as they are: the events that turned up, and the commands at which they did."""
        self._runs = [_Window(each.began, each.ended) for each in facts if each.ended]
        self._built = [_Window(*span) for each in facts for image in each.stored for span in image.built]

    def edits(self, line: str, place: Place) -> Iterator[Edit]:
        """Find the times in a line that are this run's, or its images'."""
        if not self._runs or not _HINT.search(line):
            return
        seen = sorted(self._all(line), key=lambda each: each.found.start())
        ours = [each for each in seen if self._is_ours(each)]
        for each, instant in zip(ours, self._instants(line, ours, place), strict=True):
            yield Edit(*each.found.span(), _filled(each, instant))
        for each in seen:
            if not self._is_ours(each) and any(built.holds(each.real, each.grain) for built in self._built):
                yield Edit(*each.found.span(), _filled(each, IMAGES_MADE * SECOND))

    def _instants(self, line: str, seen: Sequence[_Seen], place: Place) -> list[int]:
        """Return when each of these times is on the page's clock."""
        if not seen:
            return []
        if _OF_A_FILE.match(line):
            return [self._clock.instant(("file", place.number))] * len(seen)
        first = next((each for each in seen if each.exact), seen[0])
        message, turn = ("", first.exact) if first.exact else self._event(line, seen, place)
        gap = self._gaps.get(first.found[0], 0.0)
        instants = []
        for index, each in enumerate(seen):
            key: Hashable = each.exact or (message, turn, index)
            if each is first or (not each.exact and abs(each.real - first.real) < _SAME_LINE):
                key = message, turn
            instants.append(self._clock.instant(key, gap))
        return instants

    def look(self, lines: Sequence[str], place: Place) -> None:
        """Look for loops in an output: lines that begin with the time, and come as far apart as was asked for."""
        self._gaps = {}
        if not self._runs:
            return
        log = bool(_REPLAYS.search(place.command))
        begun = [_Begun(line, seen, log=log) for line in lines if (seen := self._first(line))]
        for _, group in groupby(begun, key=lambda each: each.kind):
            first, *others = group
            if not others:
                continue
            pace, blur = (others[-1].real - first.real) / len(others), others[-1].grain / len(others)
            wishes = (w for w in self._wishes if w >= _LEAST_GAP and w * 0.9 - blur <= pace <= w * 1.3 + blur)
            gap = min(wishes, key=lambda wish: abs(wish - pace), default=0.0)
            self._gaps |= dict.fromkeys((each.text for each in others), gap)

    def _first(self, line: str) -> _Seen | None:
        """Return the time that a line begins with, if it is of the run."""
        seen = min(self._all(line), key=lambda each: each.found.start(), default=None) if _HINT.search(line) else None
        return seen if seen and not seen.found.start() and self._is_ours(seen) else None

    def _is_ours(self, seen: _Seen) -> bool:
        return any(run.holds(seen.real, seen.grain) for run in self._runs)

    def _event(self, line: str, seen: Sequence[_Seen], place: Place) -> tuple[str, int]:
        """Return what tells the event of a line from others, whose times may be the same in one run and not in another.

        These are the lines with the same message, in the order of the page. A command may repeat what earlier ones have
        shown, in their order, unless it asks for the time.
        """
        parts, at, message, real = [], 0, "", seen[0].real
        for each in seen:
            parts.append(line[at : each.found.start()])
            at = each.found.end()
            after = _UP_TO_A_QUOTE.match(line, each.found.end())
            if after and len(after[0].strip()) > max(_TELLING, len(message)):
                message, real = after[0].strip(), each.real
        message = message or "".join([*parts, line[at:]])
        known, turn = self._known[message, real], place.count(f"{real} {message}")
        if replays := bool(_REPLAYS.search(place.command)):
            container = place.command.split()[-1]
            known = [event for event in known if container in event[1]] or known
        if turn < len(known) and (replays or not _ASKS.search(place.command)):
            return message, known[turn][0]
        self._known[message, real].append((self._counts[message], place.command))
        self._counts[message] += 1
        return message, self._counts[message] - 1

    def _all(self, line: str) -> Iterator[_Seen]:
        """Yield all times in a line, whenever they were; where two formats fit, the longer one counts."""
        taken = bytearray(len(line))
        for pattern in _FORMATS:
            for found in pattern.finditer(line):
                start, end = found.span()
                if not any(taken[start:end]):
                    taken[start:end] = b"x" * (end - start)
                    yield from self._read(found)

    def _read(self, found: re.Match[str]) -> Iterator[_Seen]:
        fields = found.groupdict()
        fraction = fields.get("f") or ""
        if fields.get("s"):
            fraction = fraction or fields["u"] or ""
            yield _Seen(found, int(fields["s"]) + float(f"0.{fraction or 0}"), len(fraction), timedelta())
            return
        digits = 9 if fraction and _OF_GO.match(found.string, found.start("f") - 2) else len(fraction)
        today = datetime.fromtimestamp(self._runs[-1].ended, UTC)
        month = MONTHS.index(fields["b"]) + 1 if fields.get("b") else int(fields.get("m") or today.month)
        day = int(fields.get("d") or fields.get("e") or today.day)
        hour, minute, second = (int(fields.get(unit) or 0) for unit in "HMS")
        try:
            naive = datetime(int(fields.get("Y") or today.year), month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:  # 31 February
            return
        real = naive.timestamp() + float(f"0.{fraction or 0}")
        zone = self._zone(fields.get("z") or "", real)
        yield _Seen(found, real - zone.total_seconds(), digits, zone)

    def _zone(self, text: str, real: float) -> timedelta:
        """Return how far a time zone is ahead of UTC; of those that are only named, what makes it a time of the run."""
        if text in ("", "Z", "UTC", "GMT"):
            return timedelta()
        if text[0] in "+-":
            minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
            return timedelta(minutes=-minutes if text[0] == "-" else minutes)
        fitting = (z for z in _ZONES if any(run.holds(real - z.total_seconds(), 1) for run in self._runs))
        return next(fitting, timedelta())


def _filled(seen: _Seen, instant: int) -> str:
    """Return the text of a time with another time in it."""
    seconds, rest = divmod(instant, SECOND)
    at = datetime.fromtimestamp(seconds, UTC) + seen.zone
    fraction = f"{rest:09}"[: 9 if seen.digits > 6 else 6 if seen.digits > 3 else 3]
    if seen.digits >= _EXACT and not seen.exact:  # somebody fills up whole seconds
        fraction = "0" * seen.digits
    values = {
        "Y": f"{at.year:04}",
        "m": f"{at.month:02}",
        "d": f"{at.day:02}",
        "e": f"{at.day:2}",
        "a": DAYS[at.weekday()],
        "b": MONTHS[at.month - 1],
        "H": f"{at.hour:02}",
        "M": f"{at.minute:02}",
        "S": f"{at.second:02}",
        "s": f"{seconds}",
        "f": fraction,
        "u": fraction,
    }
    found = seen.found
    text, start = found[0], found.start()
    for name, value in sorted(values.items(), key=lambda item: _start(found, item[0]), reverse=True):
        if _start(found, name) >= 0:
            text = text[: found.start(name) - start] + value + text[found.end(name) - start :]
    return text


def _start(found: re.Match[str], name: str) -> int:
    return found.start(name) if name in found.re.groupindex else -1
