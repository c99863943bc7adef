"""How long something took and how fast it was, as time, compose, curl, ping, dd, Tomcat and others say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from snippetrun.stable.chance import number
from snippetrun.stable.place import Place
from snippetrun.stable.text import Edit, right_aligned
from snippetrun.stable.waits import settled

Wishes = Sequence[float]
"""For how many seconds a page asks something to wait."""
_SAID = re.compile(r"\d")
_RATE = 1.7e9
"""Bytes in a second, for dd."""


def edits(line: str, place: Place, wishes: Wishes) -> Iterator[Edit]:
    """Find the durations in a line."""
    if not _SAID.search(line):
        return
    for pattern, value in _WAYS:
        for found in pattern.finditer(line):
            group = "value" if "value" in pattern.groupindex else 0
            yield right_aligned(line, *found.span(group), value(found, place, wishes))


def _of_bash(found: re.Match[str], place: Place, wishes: Wishes) -> str:
    seconds = int(found["m"]) * 60 + float(found["s"])
    words = place.words("time", found["what"], place.count(found["what"]))
    # What a program had of the processor is next to nothing, unless it is what the page is about.
    seconds = settled(seconds, wishes, *words) if found["what"] == "real" or seconds >= 1 else number(16, *words) / 1000
    minutes, seconds = divmod(seconds, 60)
    return f"{int(minutes)}m{found['blank']}{seconds:.{len(found['s'].partition('.')[2])}f}s"


def _of_posix(found: re.Match[str], place: Place, wishes: Wishes) -> str:
    seconds, what = float(found["value"]), found["what"]
    words = place.words("time", what, place.count(what))
    return f"{settled(seconds, wishes, *words) if what == 'real' or seconds >= 1 else 0.01:.2f}"


def _of_compose(found: re.Match[str], place: Place, wishes: Wishes) -> str:
    return f"{settled(float(found['seconds']), wishes, *place.next('compose')):.1f}s"


def _of_tomcat(found: re.Match[str], place: Place, wishes: Wishes) -> str:
    """Return the milliseconds of a line that may be printed again, in another log."""
    return f"{settled(int(found['value']) / 1000, wishes, place.page, found['what']) * 1000:.0f}"


def _of_curl(found: re.Match[str], _place: Place, _wishes: Wishes) -> str:
    """Return the milliseconds until curl gave up: none, or those of its time-out."""
    return str(int(found["value"]) // 1000 * 1000)


def _speed(found: re.Match[str], _place: Place, _wishes: Wishes) -> str:
    return found["value"] if found["value"] == "0" else "150k"


def _of_dd(found: re.Match[str], _place: Place, _wishes: Wishes) -> str:
    old, seconds = found["value"], int(found["bytes"]) / _RATE
    new = re.sub(r"^[\d.e-]+", f"{seconds:.6g}" if "seconds" not in old else f"{seconds:.6f}", old)
    return re.sub(r"[\d.]+( ?)[kMG]?B/s$", r"1.7\1GB/s", new)


def _of_ping(_found: re.Match[str], place: Place, _wishes: Wishes) -> str:
    return f"{_ping(place, place.count('ping')):.3f}"


def _of_pings(found: re.Match[str], place: Place, _wishes: Wishes) -> str:
    """Return the summary of the times that were shown, in its own order: least, mean, most and perhaps deviation."""
    times = [_ping(place, turn) for turn in range(max(1, place.count("ping")))]
    mean = sum(times) / len(times)
    figures = [min(times), mean, max(times), sum(abs(time - mean) for time in times) / len(times)]
    return "/".join(f"{figure:.3f}" for figure in figures[: found["value"].count("/") + 1])


def _ping(place: Place, turn: int) -> float:
    return 0.05 + number(80, *place.words("ping", turn)) / 1000


def _of_hop(found: re.Match[str], place: Place, _wishes: Wishes) -> str:
    if "traceroute" not in place.command:
        return found["value"]
    return f"{_ping(place, place.count('hop')):.3f}"


def _of_pinging(found: re.Match[str], _place: Place, _wishes: Wishes) -> str:
    return str(int(found["value"]) // 1000 * 1000 + 2)


def _of_container(found: re.Match[str], _place: Place, wishes: Wishes) -> str:
    return str(int(settled(float(found["value"]), wishes)))


_METER = r"^ *\d+ +[\d.]+[kMGTP]? +\d+ +[\d.]+[kMGTP]? +\d+ +[\d.]+[kMGTP]? +"
_TIME_LEFT = r"(?: +[\d:-]{8}){3} +"
_SPEED = r"[\d.]+[kMGTP]?"
_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Place, Wishes], str]], ...] = (
    (re.compile(r"^(?P<what>real|user|sys)\t(?P<value>(?P<m>\d+)m(?P<blank> ?)(?P<s>\d+\.\d+)s)$"), _of_bash),
    (re.compile(r"^(?P<what>real|user|sys) (?P<value>\d+\.\d\d)$"), _of_posix),
    (re.compile(r"^ (?:✔|✘|⠿) .* (?P<value>(?P<seconds>\d+\.\d)s) ?$"), _of_compose),
    (re.compile(r"(?P<what>\b[A-Za-z]{1,30} [a-z]{1,30}) in \[(?P<value>\d+)\] (?:ms|milliseconds)\b"), _of_tomcat),
    (re.compile(r"\bafter (?P<value>\d+) (?:ms|milliseconds)\b"), _of_curl),
    (re.compile(rf"{_METER}(?P<value>{_SPEED}) +{_SPEED}{_TIME_LEFT}{_SPEED}$"), _speed),
    (re.compile(rf"{_METER}{_SPEED} +{_SPEED}{_TIME_LEFT}(?P<value>{_SPEED})$"), _speed),
    (re.compile(r"\b(?P<bytes>\d+) bytes .*copied, (?P<value>[\d.e-]+ s(?:econds)?, [\d.]+ ?[kMG]?B/s)$"), _of_dd),
    (re.compile(r"\btime=(?P<value>\d+\.\d+) ms$"), _of_ping),
    (re.compile(r"(?<=  )(?P<value>\d+\.\d{3}) ms(?= |$)"), _of_hop),
    (re.compile(r"\bmin/avg/max(?:/mdev)? = (?P<value>[\d./]+) ms$"), _of_pings),
    (re.compile(r"\bpacket loss, time (?P<value>\d+)ms$"), _of_pinging),
    (re.compile(r"\bexecDuration=(?P<value>\d+)\b"), _of_container),
)
