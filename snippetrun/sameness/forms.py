"""A line as tokens, each of a kind. Some kinds vary by their form: times, ages, durations, sizes, facts of the host.

`3 days, 74.8MB` is a span, a sign, a blank and a size. `form_rules` says when two tokens of such a kind are the same.
Tokens of all other kinds are the same to the letter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from typing import NamedTuple

SLACK = 2.0
"""Seconds by which clocks may differ, and times may be rounded."""
_DAY = 86400
# 1d56535926ef
_ID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{64}")


class Kind(StrEnum):
    """What a token is."""

    KNOWN = "known"
    """The value of a fact of the host: `6.12.1-amd64`, or the digits of a digest."""
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
UNIT = (
    r"(?:(?:nano|micro|milli)?seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[nuµμm]s|[smhdwy])"
)
COUNT = r"\d+(?:[.,]\d+)?"
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
    rf"|[Aa]lmost|[Uu]nder) )?(?:an?|{COUNT})(?: ?{UNIT}(?:(?:, | and | )?{COUNT} ?{UNIT})*)(?!\w)",
    Kind.SIZE: rf"(?<![\w.]){COUNT} ?(?:[kKMGTP]i?[Bb]?|B|[Bb]ytes?)(?:/s)?(?!\w)",
    Kind.NUMBER: r"(?<![\w.])\d+(?:\.\d+)?(?!\w|\.\d)",
    Kind.WORD: r"(?=[a-z\d/+]*[A-Z])(?=[A-Z\d/+]*[a-z])[A-Za-z\d/+]{24,}={0,2}|\d+(?:\.\d+){2,}|\w+",
    Kind.SPACE: r"[ \t]+",
    Kind.RULE: r"(?P<c>[-=_*#~+.])(?P=c){2,}",
    Kind.OTHER: r".",
}
_FORMS_OF = {kind.value: kind for kind in _FORMS}


class Token(NamedTuple):
    """A part of a line."""

    kind: Kind
    text: str
    start: int
    """Its index in the line."""
    name: str = ""
    """The name of the fact, for a value that is known."""


@dataclass(frozen=True)
class Host:
    """When and where a run was made. The tokens of its lines are read by that."""

    began: float
    """Seconds since 1970."""
    ended: float
    known: Mapping[str, str] = field(default_factory=dict)
    """See `outputs.Run`."""

    @cached_property
    def windows(self) -> Sequence[tuple[float, float]]:
        """The spans of time that a time in the output may be of: that of the run, and that of each image's build."""
        spans = [_span(value) for name, value in self.known.items() if name.endswith(" built")]
        return [(start - SLACK, end + SLACK) for start, end in [(self.began, self.ended), *filter(None, spans)]]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """What is looked for in a line -> the name of the fact. For a digest that is its first 12 digits."""
        return {
            value[:12] if _is_digest(value) else value: name
            for name, value in self.known.items()
            if name not in COUNTED and not name.endswith(" built") and value
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
                Token(_FORMS_OF[match.lastgroup or ""], match[0], match.start())
                for match in _forms().finditer(line, at, known.start() if known else len(line))
            )
            if known:
                name = self._names.get(known[0]) or self._names[known[0][:12]]
                tokens.append(Token(Kind.KNOWN, known[0], known.start(), name))
                at = known.end()
        return tokens


@cache
def _forms() -> re.Pattern[str]:
    """Return the pattern of all forms, made when it is first needed: a build may never be."""
    return re.compile("|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS.items()))


COUNTED = {"memory", "processors"}
"""Facts that are numbers. They are looked for by their amount, and not by their text."""


def _span(value: str) -> tuple[float, float] | None:
    """Return a span of time in seconds since 1970: `2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00`."""
    try:
        start, end = (dt.datetime.fromisoformat(moment).timestamp() for moment in value.split("/"))
    except ValueError:
        return None
    return start, end


def _is_digest(text: str) -> bool:
    return bool(_ID.fullmatch(text))
