"""Words whose form says that they vary: times within a run, ages and durations, sizes, and what is known of the host.

A line is read as tokens. Two tokens of one form are the same where the rule of that form says so; each rule stands
beside an example of what it takes for the same, and one of what it does not. All others are the same to the letter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import NamedTuple

_SLACK = 2.0
"""Seconds by which clocks may differ, and times may be rounded."""
_ORDER = 5.0
"""The factor between two durations of one order of magnitude."""
_AT_ONCE = 2.0
"""Seconds below which all durations are of one order: a busy machine takes its time to start a process."""
_SIZES_APART = 0.1
"""By how much of itself a size may differ: an image built anew from newer packages."""
_ZONE = 1800
"""Seconds of which all offsets of time zones are multiples, but for those of a quarter of an hour."""
_DAY = 86400

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {
    "ns": 1e-9, "nanosecond": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6,
    "ms": 1e-3, "millisecond": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0, "w": 604800.0, "week": 604800.0,
    "month": 2629800.0, "y": 31557600.0, "year": 31557600.0,
}  # fmt: skip


class Kind(StrEnum):
    """What a token is."""

    KNOWN = "known"
    """A fact of the host: `6.12.1-amd64`, or the digits of a digest."""
    DATE = "date"
    """`2026-11-26`, `Thu, 26 Nov 2026`, `Nov 26`, `26/11/2026`, `20261126`, `20261126T101500`, `Thursday`."""
    EPOCH = "epoch"
    """Seconds since 1970, or thousandths, millionths or billionths: `1795687200`, `1795687200123`."""
    CLOCK = "clock"
    """`10:15`, `10:15:30.25`, `3:15 PM`."""
    SPAN = "span"
    """An age or a duration: `About a minute`, `3 days`, `1h2m3.5s`, `0.02s`, `322 ms`, `up 3 days,  2:11`."""
    LOAD = "load"
    """How busy the host is: `load average: 0.31, 0.22, 0.18`."""
    SIZE = "size"
    """`74.8MB`, `1.2 GiB/s`, `512 bytes`."""
    NUMBER = "number"
    """`17`, `3.25`."""
    WORD = "word"
    """Letters and digits, numbers with several points, and base64: `a3f9`, `172.17.0.2`, `MIIBaTCCARCgAwIBAgIULnQ/`."""
    SPACE = "space"
    """Blanks, however many."""
    FREE = "free"
    """What the site or the page says may differ."""
    FIXED = "fixed"
    """What they say must not."""
    RULE = "rule"
    """At least three times the same sign, which draws a line or a bar: `-----`."""
    OTHER = "other"
    """Any other sign."""


_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY_NAME = r"(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?)"
_UNIT = (
    r"(?:(?:nano|micro|milli)?seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[nuµμm]s|[smhdwy])"
)
_COUNT = r"\d+(?:[.,]\d+)?"
_FORMS = {
    # 26 Nov 2026, 26/Nov/2026 | Nov 26, 2026 | 2026-11-26 | 26.11.2026, 11/26/26 | Nov 26 | 26 Nov | 20261126T101500
    Kind.DATE: rf"(?<![\w.])(?:{_DAY_NAME},? +)?(?:\d{{1,2}}[-/ ]{_MONTH}[-/ ,]+\d{{4}}|{_MONTH} +\d{{1,2}},? +\d{{4}}"
    rf"|\d{{4}}(?P<a>[-/.])\d{{1,2}}(?P=a)\d{{1,2}}|\d{{1,2}}(?P<b>[/.-])\d{{1,2}}(?P=b)(?:\d{{4}}|\d{{2}})"
    rf"|{_MONTH} +\d{{1,2}}|\d{{1,2}} {_MONTH}(?! +\d)|20\d\d[01]\d[0-3]\d(?:[T_-]?[0-2]\d[0-5]\d[0-5]\d)?)"
    rf"(?:T(?=\d\d:)|Z?(?![\w:]|\.\d)|(?=:\d\d:))|\b{_DAY_NAME}\b",
    Kind.EPOCH: r"(?<![\w.])1[5-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?![\w.])",
    Kind.CLOCK: r"(?:(?<=\dT)|(?<=/\d{4}:)|(?<![\w.:]))"
    r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?: ?[AaPp][Mm]\b)?(?:Z\b)?(?![\w:])",
    Kind.LOAD: r"\bload averages?: [\d., ]+",
    Kind.SPAN: rf"\bup +(?:\d+ days?, +)?(?:\d{{1,2}}:\d\d|\d+ min)(?!\w)|(?<![\w.])(?:(?:[Aa]bout|[Ll]ess than|[Oo]ver"
    rf"|[Aa]lmost|[Uu]nder) )?(?:an?|{_COUNT})(?: ?{_UNIT}(?:(?:, | and | )?{_COUNT} ?{_UNIT})*)(?!\w)",
    Kind.SIZE: rf"(?<![\w.]){_COUNT} ?(?:[kKMGTP]i?[Bb]?|B|[Bb]ytes?)(?:/s)?(?!\w)",
    Kind.NUMBER: r"(?<![\w.])\d+(?:\.\d+)?(?!\w|\.\d)",
    Kind.WORD: r"(?=[a-z\d/+]*[A-Z])(?=[A-Z\d/+]*[a-z])[A-Za-z\d/+]{24,}={0,2}|\d+(?:\.\d+){2,}|\w+",
    Kind.SPACE: r"[ \t]+",
    Kind.RULE: r"(?P<c>[-=_*#~+.])(?P=c){2,}",
    Kind.OTHER: r".",
}
_FORMS_OF = {kind.value: kind for kind in _FORMS}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_UPTIME = re.compile(r"(\d{1,2}):(\d\d)$")  # up 3 days,  2:11
_PART = re.compile(rf"(an?|{_COUNT}) ?({_UNIT})")


class Token(NamedTuple):
    """A part of a line."""

    kind: Kind
    text: str
    start: int
    """Its index in the line."""
    name: str = ""
    """Of what is known: the name of the fact."""


@dataclass(frozen=True)
class Host:
    """When and where a run was made, which its tokens are read by."""

    began: float
    """Seconds since 1970."""
    ended: float
    known: Mapping[str, str] = field(default_factory=dict)
    """See `outputs.Run`."""

    @cached_property
    def windows(self) -> Sequence[tuple[float, float]]:
        """From when to when a time may be that means this run, or the building of one of its images."""
        spans = [_span(value) for name, value in self.known.items() if name.endswith(" built")]
        return [(start - _SLACK, end + _SLACK) for start, end in [(self.began, self.ended), *filter(None, spans)]]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """The names of facts by the text that they are looked for as; of a digest that is its first 12 digits."""
        return {
            value[:12] if _is_digest(value) else value: name
            for name, value in self.known.items()
            if name not in _COUNTED and not name.endswith(" built") and value
        }

    @cached_property
    def _known(self) -> re.Pattern[str] | None:
        texts = sorted(self._names, key=lambda text: -len(text))
        known = "|".join(re.escape(text) + ("[0-9a-f]{0,52}" if _is_digest(text) else "") for text in texts)
        return re.compile(rf"(?<!\w)(?:{known})(?!\w)") if known else None

    def read(self, line: str) -> list[Token]:
        """Return a line as tokens, none left out."""
        tokens: list[Token] = []
        at = 0
        for known in [*(self._known.finditer(line) if self._known else ()), None]:
            tokens += (  # the last group that ends is the outermost
                Token(_FORMS_OF[found.lastgroup or ""], found[0], found.start())
                for found in _forms().finditer(line, at, known.start() if known else len(line))
            )
            if known:
                name = self._names.get(known[0]) or self._names[known[0][:12]]
                tokens.append(Token(Kind.KNOWN, known[0], known.start(), name))
                at = known.end()
        return tokens

    def counts(self, text: str) -> set[str]:
        """Return which facts a number stands for: `16277744 kB` and `15.52GiB` may both be the memory."""
        value = _number(text)
        memory = float(self.known.get("memory") or 0)
        found = {"processors"} if self.known.get("processors") == text else set()
        if memory and any(abs(value * unit - memory) < memory / 50 for base in (1000, 1024) for unit in _powers(base)):
            found.add("memory")
        return found


@cache
def _forms() -> re.Pattern[str]:
    """Return the pattern of all forms, made when it is first needed: a build may never be."""
    return re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS.items()))


_COUNTED = {"memory", "processors"}


def _span(value: str) -> tuple[float, float] | None:
    """Return a span of time in seconds since 1970: `2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00`."""
    try:
        start, end = (dt.datetime.fromisoformat(each).timestamp() for each in value.split("/"))
    except ValueError:
        return None
    return start, end


def _powers(base: int) -> Iterator[int]:
    return (base**power for power in range(4))


def _is_digest(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{12}|[0-9a-f]{64}", text))


def same(before: Token, after: Token, then: Host, now: Host) -> bool:
    """Tell whether two tokens are the same, by their text or by the rule of their form."""
    if before.text == after.text:
        return True
    rule = _RULES.get(before.kind) if before.kind is after.kind else None
    return rule is not None and rule(before, after, then, now)


def amount(token: Token) -> float | None:
    """Return how much a token says: a number, bytes or seconds; None if it says no such thing."""
    match token.kind:
        case Kind.NUMBER:
            return _number(token.text)
        case Kind.SIZE:
            return _bytes(token.text)
        case Kind.SPAN:
            return seconds(token.text)
        case _:
            return None


def seconds(text: str) -> float:
    """Return the seconds of a span: `1m2.5s` -> 62.5, `About an hour` -> 3600."""
    clock = _UPTIME.search(text)
    total = int(clock[1]) * 3600.0 + int(clock[2]) * 60.0 if clock else 0.0
    for count, unit in _PART.findall(text):
        scale = _UNITS.get(unit) or _UNITS[unit.removesuffix("s")]
        total += (1.0 if count.startswith("a") else float(count.replace(",", "."))) * scale
    return total


def _number(text: str) -> float:
    found = _NUMBER.match(text)
    return float(found[0].replace(",", ".")) if found else 0.0


def _bytes(text: str) -> float:
    """Return the bytes of a size: `1.5 kB` -> 1500, `1.5KiB` and `1.5K` -> 1536."""
    unit = text[_NUMBER.match(text).end() :].strip().removesuffix("/s")  # type: ignore[union-attr] # it begins with one
    power = "kmgtp".find(unit[0].lower()) + 1
    base = 1000.0 if unit[-1:] in "Bb" and "i" not in unit else 1024.0
    return _number(text) * base**power


def of_one_order(a: float, b: float) -> bool:
    """Tell whether two durations in seconds are of one order: 0.1 and 1.9, 4 and 18; not 0.3 and 10."""
    return max(a, b) < _AT_ONCE or max(a, b) <= _ORDER * min(a, b)


def _same_span(a: float, b: float, then: Host, now: Host) -> bool:
    """`2 weeks` and, three weeks later, `5 weeks` are one moment; `2 minutes` and `3 weeks` on one day are not."""
    later = now.ended - then.ended
    rounded = max(a, b) / 4
    return of_one_order(a, b) or abs(b - a - later) <= rounded + _SLACK


def _same_number(a: str, b: str, then: Host, now: Host) -> bool:
    """`4` and `8` where they are the processors, or `2026` and `2027` where that is the year; no other numbers."""
    if then.counts(a) & now.counts(b):
        return True
    years = [{str(day.year) for day in _days(host)} for host in (then, now)]
    return a in years[0] and b in years[1]


def _days(host: Host) -> set[dt.date]:
    """Return the days on which a run was, wherever on earth."""
    days = set()
    for start, end in host.windows:
        for moment in (start - _DAY / 2, start, end, end + _DAY / 2):
            days.add(dt.datetime.fromtimestamp(moment, dt.UTC).date())
    return days


def _is_day(text: str, host: Host) -> bool:
    """Tell whether a date can be a day of a run; of digits alone nobody knows the order, so that any will do."""
    words = [word.lower()[:3] for word in re.findall(r"[A-Za-z]{3,}", text)]
    months = [MONTHS.index(word) + 1 for word in words if word in MONTHS]
    weekdays = [_DAYS.index(word) for word in words if word in _DAYS]
    numbers = re.findall(r"\d+", text)
    if numbers and len(digits := "".join(numbers)) >= 8 and len(numbers[0]) >= 8:  # 20261126, 20261126T101500
        clock = sum(int(digits[at : at + 2] or 0) * scale for at, scale in ((8, 3600), (10, 60), (12, 1)))
        if len(digits) == 14 and not _is_clock(clock, 1, host):
            return False
        numbers = [digits[:4], digits[4:6], digits[6:8]]
    given = sorted(map(int, numbers))
    for day in _days(host):
        years = (day.year, day.year % 100)
        ways = [[day.day], *([day.day, year] for year in years)] if months else [[day.day, day.month, y] for y in years]
        fits = given in map(sorted, ways) or (not given and not months)
        if fits and months in ([], [day.month]) and weekdays in ([], [day.weekday()]):
            return True
    return False


def _is_epoch(text: str, host: Host) -> bool:
    whole, _, rest = text.partition(".")
    value = float(f"{whole[:10]}.{whole[10:]}{rest}")
    return any(start <= value <= end + 1 for start, end in host.windows)


def _same_clock(a: str, b: str, then: Host, now: Host) -> bool:
    """`10:15:03` and `17:40:12` in runs at these times, in any zone; `0:01` and `0:03` of a process; not `8:00`."""
    (first, step), (second, other) = _clock(a), _clock(b)
    if _is_clock(first, step, then) and _is_clock(second, other, now):
        return True
    lasted = then.ended - then.began, now.ended - now.began
    return all(_elapsed(text) <= long + _SLACK for text, long in zip((a, b), lasted, strict=True)) and of_one_order(
        _elapsed(a), _elapsed(b)
    )


def _clock(text: str) -> tuple[float, float]:
    """Return a time of day in seconds, and how many seconds its last digit stands for."""
    parts = [float(part.replace(",", ".")) for part in re.findall(r"\d+(?:[.,]\d+)?", text)]
    return sum(part * scale for part, scale in zip(parts, (3600, 60, 1), strict=False)), 1 if len(parts) > 2 else 60


def _elapsed(text: str) -> float:
    """Return the seconds of a duration that is written as a clock: `1:02:03`, or `02:03` with minutes first."""
    time_of_day, step = _clock(text)
    return time_of_day if step == 1 else time_of_day / 60


def _is_clock(time_of_day: float, step: float, host: Host) -> bool:
    for start, end in host.windows:
        since = (time_of_day + step - start) % _ZONE
        if since <= end - start + step:
            return True
    return False


def _same_size(a: str, b: str, then: Host, now: Host) -> bool:
    """`74.8MB` and `75.1MB`, `3 MB/s` and `9 MB/s`, `15.5GiB` and `31.2GiB` where that is the memory; not `748MB`."""
    first, second = _bytes(a), _bytes(b)
    if a[-1] in "Bs" and a.rstrip("Bbytes ").isdecimal():  # 612 bytes were counted
        return False
    if a.endswith("/s") and b.endswith("/s"):
        return max(first, second) <= _ORDER * min(first, second)
    return abs(first - second) <= _SIZES_APART * max(first, second) or bool(then.counts(a) & now.counts(b))


_RULES: Mapping[Kind, Callable[[Token, Token, Host, Host], bool]] = {
    # Another digest of the same image, and not the digest of another image.
    Kind.KNOWN: lambda a, b, _then, _now: a.name == b.name,
    # Both the days of their runs, and not 2024-05-01 and 2024-06-01.
    Kind.DATE: lambda a, b, then, now: _is_day(a.text, then) and _is_day(b.text, now),
    Kind.EPOCH: lambda a, b, then, now: _is_epoch(a.text, then) and _is_epoch(b.text, now),
    Kind.CLOCK: lambda a, b, then, now: _same_clock(a.text, b.text, then, now),
    Kind.SPAN: lambda a, b, then, now: _same_span(seconds(a.text), seconds(b.text), then, now),
    Kind.SIZE: lambda a, b, then, now: _same_size(a.text, b.text, then, now),
    Kind.NUMBER: lambda a, b, then, now: _same_number(a.text, b.text, then, now),
    Kind.SPACE: lambda *_: True,
    Kind.LOAD: lambda *_: True,
    Kind.FREE: lambda *_: True,
    Kind.RULE: lambda a, b, _then, _now: a.text[0] == b.text[0],
}
