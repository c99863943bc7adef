"""A failure or a difference counts only if it reproduces.

An engine on a busy machine now and then loses what a container has printed, with exit status 0 (seen with Docker 26.1
once in 720 containers, twelve at a time beside three busy processes). Other things vary, and nobody has seen it yet.
Nothing on the page is wrong then, and nobody could mend it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from snippetrun.model import CommandResult, Job, Outcome, Recording, Result
from snippetrun.runner.drift import News, Reference, in_order_alone
from snippetrun.runner.judge import result
from snippetrun.runner.page import run_page
from snippetrun.runner.prepare import OpenSandbox
from snippetrun.runner.varied import varied
from snippetrun.runner.watcher import Watcher
from snippetrun.sameness.expected import ends_wrong, judge, pasted, run_of

IN_ORDER = 2
"""More runs where lines came in another order, and nothing else is new."""
_ONCE_MORE = "running it once more, to see what varies"


def reproduced(  # noqa: PLR0913 - what, on what, for whom, against what, and how often
    job: Job,
    start: OpenSandbox,
    watcher: Watcher,
    before: Reference,
    *,
    upto: int | None = None,
    most: int,
    least: int = 1,
) -> Result:
    """Run a page, and again in a new sandbox as long as one more run may tell that a failure or a difference is none.

    It runs `most` times in all, and `least` times even if nothing is wrong, so that what varies is seen. Returns the
    first run that did what the page says, with what all of these runs have shown, and where they all differ from what
    was recorded. A run whose failures the one before it had too is the last, and is returned. Raises as `run_page`.
    """
    failed: list[tuple[int, int]] = []
    every: list[Result] = []
    whole: list[Result] = []
    passed: list[Result] = []
    news: News = {}
    latest: Result | None = None
    while latest is None or (len(every) < _allowed(most, news) and (failed or news or len(passed) < least)):
        if latest:
            why = _lines(failed) if failed else "it is not as it was recorded" if news else ""
            watcher.again(job.page, f"{why}, running it again to see whether that reproduces" if why else _ONCE_MORE)
        latest = result(job.page, run_page(job, start, watcher, upto=upto), job.match, job.last, job.rules)
        every.append(latest)
        earlier, failed = failed, [(verdict.line, verdict.where) for verdict in latest.failed]
        if gone := [place for place in earlier if place not in failed]:
            watcher.say(f"{job.page.path}: {_lines(gone)} of run {len(every) - 1} did not reproduce")
        if not any(map(ends_wrong, latest.failed)):
            whole.append(latest)
        if not failed:
            news = before.both(passed[0], news, latest) if passed else before.news(latest)
            passed.append(latest)
        elif set(failed) <= set(earlier):
            news = news or before.both(every[-2], before.news(every[-2]), latest)
            break
    shown = passed or [latest, *(other for other in whole if other is not latest)]
    seen = dataclasses.replace(_seen(job, shown), news=news, runs=len(every))
    return dataclasses.replace(seen, varied=varied(job, before, every, seen))


def _allowed(most: int, news: News) -> int:
    """Return how often a page may run; orders of lines agree by chance more often than lines do."""
    return most + IN_ORDER if news and all(map(in_order_alone, news.values())) else most


def _seen(job: Job, runs: Sequence[Result]) -> Result:
    """Return the first of several runs, with what the others have shown that is not literally the same."""
    first, *others = [run.recording for run in runs if run.recording]
    before = _pasted(job, first)
    snippets = tuple(
        tuple(
            _with(command, [*before.get(command.line, ()), *(run.snippets[at][number].output for run in others)])
            for number, command in enumerate(snippet)
        )
        for at, snippet in enumerate(first.snippets)
    )
    recording = dataclasses.replace(first, snippets=snippets, runs=len(runs))
    return dataclasses.replace(runs[0], recording=recording)


def _with(result: CommandResult, others: Sequence[str]) -> CommandResult:
    return dataclasses.replace(result, others=tuple(dict.fromkeys(text for text in others if text != result.output)))


def _pasted(job: Job, recording: Recording) -> dict[int, Sequence[str]]:
    """Return, by the line of the command, the recorded output that is pasted in the page: it has to match for ever."""
    source = pasted(job.page, job.last, run_of(recording), job.rules)
    if source is None:
        return {}
    alone = judge(job.page, recording.snippets, job.match)
    also = judge(job.page, recording.snippets, job.match, source)
    return {
        a.line: (source.commands[a.line].output, *source.commands[a.line].others)
        for one, two in zip(alone, also, strict=True)
        for a, b in zip(one, two, strict=True)
        if a.outcome is Outcome.FAILED and b.outcome is Outcome.PASSED
    }


def _lines(failed: Sequence[tuple[int, int]]) -> str:
    """Return the places that fail, in words: `a failure in line 12`."""
    lines = ", ".join(str(where or line) for line, where in failed)
    return f"a failure in line {lines}" if len(failed) == 1 else f"failures in lines {lines}"
