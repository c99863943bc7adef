"""What recordings still tell: all of a page that has not changed, and of another one all up to the change."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from itertools import chain, repeat

from snippetrun.model import Job, Mode, Outcome, Recording, Result, Verdict
from snippetrun.recordings import Reading, Store
from snippetrun.runner.judge import result
from snippetrun.support.fingerprint import fingerprints, unchanged


def fresh(readings: Mapping[str, Reading], mode: Mode, say: Callable[[str], None]) -> dict[str, Recording]:
    """Return the recordings that can be shown as they are, by page.

    One that is damaged is said and left out, as its page can run again; where none may, it raises RecordingError.
    """
    for path, reading in readings.items():
        if reading.error and mode is Mode.REPLAY:
            raise reading.error
        if reading.error:
            problem = reading.error.problems[0]
            say(f"running {path} again: {problem.where}: {problem.message}")
    return {path: reading.fresh for path, reading in readings.items() if reading.fresh}


def stale(job: Job, store: Store, reading: Reading) -> Result:
    """Return a page with as much of its stale recording as still holds; the first command that does not is marked.

    Raises RecordingError for a recording that cannot be read.
    """
    page, stored = job.page, reading.stored
    if stored is None or stored is reading.first:
        if reading.error:
            raise reading.error
        return _marked(result(page, None, job.match), "it has not been recorded yet")
    same = unchanged(fingerprints(page), stored.fingerprints)
    if same == (len(page.snippets), 0) and len(stored.fingerprints) == len(page.snippets):
        shown = result(page, store.shown(job, stored), job.match)
        return _marked(shown, "an image, a setting or the sandbox has changed since it was recorded", all_of_it=True)
    shown = result(page, store.shown(job, stored, same), job.match)
    return _marked(shown, "it has changed since it was recorded", "what is above it has changed since it was recorded")


def _marked(shown: Result, why: str, below: str = "", *, all_of_it: bool = False) -> Result:
    """Mark what was not reached as stale, or `all_of_it`: the first with `why`, the rest with what holds `below`."""
    reasons = chain([why], repeat(below or why))

    def mark(verdict: Verdict) -> Verdict:
        if verdict.outcome is Outcome.SKIPPED or (not all_of_it and verdict.outcome is not Outcome.NOT_REACHED):
            return verdict
        return dataclasses.replace(verdict, outcome=Outcome.STALE, message=next(reasons), hint="")

    return dataclasses.replace(shown, verdicts=tuple(tuple(map(mark, snippet)) for snippet in shown.verdicts))
