"""What came out against what was recorded: a page that still passes may say something else than it did."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from itertools import islice
from shlex import quote

from snippetrun.fingerprint import Fingerprint, fingerprints
from snippetrun.model import Outcome, Page, Recorded, Recording, Result, Verdict
from snippetrun.sgr import uncoloured

_DIFF_LINES = 30
_Place = tuple[int, int]
"""A snippet of a page, and a command of it."""


def drift(result: Result, recorded: Recording | None, then: Sequence[Fingerprint] = ()) -> Result:
    """Return the result with a failure for each command that passed but does not say what its recording says.

    `then` are the fingerprints of the page when it was recorded.
    """
    if result.recording is None:
        return result
    before = _unchanged(result.page, recorded, then) if recorded else {}
    verdicts = (
        tuple(
            _judged(result, (at, number), verdict, before) if verdict.outcome is Outcome.PASSED else verdict
            for number, verdict in enumerate(snippet)
        )
        for at, snippet in enumerate(result.verdicts)
    )
    judged = dataclasses.replace(result, verdicts=tuple(verdicts))
    if recorded is None or judged.failed:
        return judged
    if wrong := _foot(result.recording, recorded):
        return blamed(judged, wrong, _accept(result.page))
    return dataclasses.replace(judged, confirmed=recorded.checksum)


def blamed(result: Result, message: str, hint: str) -> Result:
    """Return the result with a failure at the first command that passed, for what is wrong with all of them."""
    left = iter([message])
    verdicts = (
        tuple(
            _failed(verdict, why, hint) if verdict.outcome is Outcome.PASSED and (why := next(left, "")) else verdict
            for verdict in snippet
        )
        for snippet in result.verdicts
    )
    return dataclasses.replace(result, verdicts=tuple(verdicts))


def _foot(came: Recording, recorded: Recording) -> str:
    """Return what the foot of the page would say wrongly; "" if nothing can be told from true."""
    engine = recorded.environment.engine
    if came.environment.engine != engine:
        return f"it ran with Docker Engine {came.environment.engine}, and {engine} was recorded"
    if came.when[:10] < recorded.when[:10]:
        return f"it was recorded on {recorded.when[:10]}, a day that is still to come"
    return ""


def _unchanged(page: Page, recorded: Recording, then: Sequence[Fingerprint]) -> dict[_Place, Recorded]:
    """Return what was recorded of the commands that are still what they were."""
    return {
        (at, number): ran
        for at, (new, old, snippet) in enumerate(zip(fingerprints(page), then, recorded.snippets, strict=False))
        for number, (mark, old_mark, ran) in enumerate(zip(new.commands, old.commands, snippet, strict=False))
        if (new.snippet, mark) == (old.snippet, old_mark)
    }


def _judged(result: Result, place: _Place, verdict: Verdict, before: Mapping[_Place, Recorded]) -> Verdict:
    accept = _accept(result.page)
    old = before.get(place)
    came = result.recording.snippets[place[0]][place[1]] if result.recording else None
    if old is None or came is None:
        return _failed(verdict, "nobody has recorded it as it stands here", accept)
    if came.status != old.status:
        return _failed(verdict, f"exit status {came.status}, and {old.status} was recorded", accept)
    if _says(came) == _says(old):
        return verdict
    diff = difflib.unified_diff(_lines(old), _lines(came), "recorded", "came out", lineterm="", n=1)
    return _failed(verdict, "the output is not what was recorded", "\n".join([*islice(diff, _DIFF_LINES), accept]))


def _accept(page: Page) -> str:
    return f"To accept it: snippetrun update {quote(page.path)}"


def _says(recorded: Recorded) -> object:
    return recorded.command, recorded.pieces, recorded.late, recorded.cut, recorded.ending


def _lines(recorded: Recorded) -> list[str]:
    typed = [f"$ {line}" for line in recorded.command.split("\n")] if recorded.command else []
    return [*uncoloured(recorded.late).splitlines(), *typed, *uncoloured(recorded.output).splitlines()]


def _failed(verdict: Verdict, message: str, hint: str) -> Verdict:
    return dataclasses.replace(verdict, outcome=Outcome.FAILED, message=message, hint=hint)
