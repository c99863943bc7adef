"""When two tokens of one form are the same. Beside each rule stands an example of what is, and of what is not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping

from snippetrun.sameness.forms import COUNT, SLACK, UNIT, Host, Kind, Token

_ORDER = 5.0
"""Two durations, or two rates, may differ by this factor."""
_AT_ONCE = 2.0
"""Seconds below which all durations are the same: a busy machine takes its time to start a process."""
_SIZES_APART = 0.1
"""A size may differ by this part of itself: an image is built anew from newer packages."""
_ZONE = 1800
"""Seconds: time zones differ by multiples of half an hour. Those of a quarter of an hour are left out."""

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {
    "ns": 1e-9, "nanosecond": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6,
    "ms": 1e-3, "millisecond": 1e-3, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
    "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0, "w": 604800.0, "week": 604800.0,
    "month": 2629800.0, "y": 31557600.0, "year": 31557600.0,
}  # fmt: skip
# 17, 3.25, 3,25
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
# Nov, of `27 Nov 2026`
_WORD = re.compile(r"[A-Za-z]{3,}")
_DIGITS = re.compile(r"\d+")
_UPTIME = re.compile(r"(\d{1,2}):(\d\d)$")  # up 3 days,  2:11
# 3 days, an hour, 1.5s
_PART = re.compile(rf"(an?|{COUNT}) ?({UNIT})")
_DAY = 86400


def _powers(base: int) -> Iterator[int]:
    return (base**power for power in range(4))


def same(before: Token, after: Token, then: Host, now: Host) -> bool:
    """Tell whether two tokens are the same, by their text or by the rule of their form."""
    if before.text == after.text:
        return True
    rule = _RULES.get(before.kind) if before.kind is after.kind else None
    return rule is not None and rule(before, after, then, now)


def amount(token: Token) -> float | None:
    """Return the amount of a token: a number, bytes or seconds; None if it is of another kind."""
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
    match = _NUMBER.match(text)
    return float(match[0].replace(",", ".")) if match else 0.0


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
    return of_one_order(a, b) or abs(b - a - later) <= rounded + SLACK


def _same_number(a: str, b: str, then: Host, now: Host) -> bool:
    """`4` and `8` where they are the processors, or `2026` and `2027` where that is the year; no other numbers."""
    if _counts(then, a) & _counts(now, b):
        return True
    years = [{str(day.year) for day in _days(host)} for host in (then, now)]
    return a in years[0] and b in years[1]


def _days(host: Host) -> set[dt.date]:
    """Return the days of a run, in all time zones."""
    days = set()
    for start, end in host.windows:
        for moment in (start - _DAY / 2, start, end, end + _DAY / 2):
            days.add(dt.datetime.fromtimestamp(moment, dt.UTC).date())
    return days


def _is_day(text: str, host: Host) -> bool:
    """Tell whether a date can be a day of a run: `Nov 26`, or `26/11/2026` and `11/26/2026`, as nobody knows which."""
    words = [word.lower()[:3] for word in _WORD.findall(text)]
    months = [MONTHS.index(word) + 1 for word in words if word in MONTHS]
    weekdays = [_DAYS.index(word) for word in words if word in _DAYS]
    numbers = _DIGITS.findall(text)
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
    return all(_elapsed(text) <= long + SLACK for text, long in zip((a, b), lasted, strict=True)) and of_one_order(
        _elapsed(a), _elapsed(b)
    )


def _clock(text: str) -> tuple[float, float]:
    """Return a time of day in seconds, and how many seconds its last digit stands for."""
    parts = [float(part.replace(",", ".")) for part in _NUMBER.findall(text)]
    return sum(part * scale for part, scale in zip(parts, (3600, 60, 1), strict=False)), 1 if len(parts) > 2 else 60


def _elapsed(text: str) -> float:
    """Return the seconds of a duration that is written as a clock: `1:02:03`, or `02:03` with minutes first."""
    time_of_day, step = _clock(text)
    return time_of_day if step == 1 else time_of_day / 60


def _is_clock(time_of_day: float, step: float, host: Host) -> bool:
    """Tell whether a time of day, in seconds and exact to `step`, can be a time of a run in some time zone."""
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
    return abs(first - second) <= _SIZES_APART * max(first, second) or bool(_counts(then, a) & _counts(now, b))


def _counts(host: Host, text: str) -> set[str]:
    """Return the facts that a number can be: `16277744 kB` and `15.52GiB` may both be the memory."""
    value = _number(text)
    memory = float(host.known.get("memory") or 0)
    facts = {"processors"} if host.known.get("processors") == text else set()
    if memory and any(abs(value * unit - memory) < memory / 50 for base in (1000, 1024) for unit in _powers(base)):
        facts.add("memory")
    return facts


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
