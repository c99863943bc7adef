"""A failure or a difference counts only if it reproduces.

An engine on a busy machine now and then loses what a container has printed, with exit status 0 (seen with Docker 20.10
once in 700 containers, beside twenty busy processes). Other things vary, and nobody has seen it yet. Nothing on the
page is wrong then, and nobody could mend it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from snippetrun.compare import transcript
from snippetrun.drift import Before, News
from snippetrun.model import Job, Recorded, Recording, Result
from snippetrun.runner.judged import result
from snippetrun.runner.page import run_page
from snippetrun.runner.provide import OpenSandbox
from snippetrun.runner.watcher import Watcher


@dataclasses.dataclass(frozen=True, slots=True)
class Reproduced:
    """What several runs of a page say together."""

    result: Result
    """The first run that did what the page says, judged; if none did, the last."""
    news: News
    """Where all of these runs differ from what was recorded, and in the same way."""
    runs: int
    """How often the page ran."""


def reproduced(  # noqa: PLR0913 - what, on what, for whom, against what, how far, how often
    job: Job,
    start: OpenSandbox,
    watcher: Watcher,
    before: Before,
    *,
    upto: int | None = None,
    most: int,
    least: int = 1,
) -> Reproduced:
    """Run a page, and again in a new sandbox as long as one more run may tell that a failure does not count.

    It runs `most` times in all, and `least` times where it does not fail, so that what varies is seen. A run that fails
    as the one before it did is the last. Raises as `run_page`.
    """
    failed: list[tuple[int, int]] = []
    passed: list[Result] = []
    news: News = {}
    ran = None
    for runs in range(1, most + 1):
        if ran:
            why = _lines(failed) if failed else "it is not as it was recorded" if news else ""
            watcher.again(job.page, f"{why}, running it again to see whether that reproduces" if why else _ONCE_MORE)
        ran = result(job.page, run_page(job, start, watcher, upto=upto), job.match, job)
        earlier, failed = failed, [(verdict.line, verdict.where) for verdict in ran.failed]
        if earlier and earlier != failed:
            watcher.say(f"{job.page.path}: {_lines(earlier)} of run {runs - 1} did not reproduce")
        if failed:
            if failed == earlier:
                break
            continue
        news = before.both(passed[0], news, ran) if passed else before.news(ran)
        passed.append(ran)
        if not news and len(passed) >= least:
            break
    if passed:
        return Reproduced(_seen(passed), news, runs)
    assert ran  # noqa: S101 - it ran once at least
    return Reproduced(ran, {}, runs)


_ONCE_MORE = "running it once more, to see what varies"


def _seen(passed: list[Result]) -> Result:
    """Return the first of several runs, with what the others have shown that is not literally the same."""
    first, *others = [ran.recording for ran in passed if ran.recording]
    snippets = tuple(
        tuple(_with(came, tuple(_same_place(others, at, number))) for number, came in enumerate(snippet))
        for at, snippet in enumerate(first.snippets)
    )
    return dataclasses.replace(passed[0], recording=dataclasses.replace(first, snippets=snippets))


def _same_place(runs: list[Recording], at: int, number: int) -> Iterator[str]:
    return (transcript(run.snippets[at][number]) for run in runs)


def _with(came: Recorded, others: tuple[str, ...]) -> Recorded:
    return dataclasses.replace(came, others=tuple(dict.fromkeys(text for text in others if text != transcript(came))))


def _lines(failed: list[tuple[int, int]]) -> str:
    """Return the places that fail, in words: `a failure in line 12`."""
    lines = ", ".join(str(where or line) for line, where in failed)
    return f"a failure in line {lines}" if len(failed) == 1 else f"failures in lines {lines}"
