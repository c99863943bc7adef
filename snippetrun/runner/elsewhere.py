"""Pages on another engine than the site's first: what is different there, and was recorded so, is no failure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snippetrun.model import Difference, Ending, Job, Outcome, Position, Result, Verdict, printed
from snippetrun.plan import Plan, plan, rules
from snippetrun.recordings import Reading, Store
from snippetrun.runner.drift import News, Reference, in_lines
from snippetrun.runner.judge import before, result
from snippetrun.support.fingerprint import fingerprints

_ENDED = frozenset({Ending.EXITED, Ending.LEFT_OPEN})


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What came out of a page on another engine than the site's first."""

    name: str
    """The site's name of the engine."""
    result: Result
    """As it was recorded there."""
    news: News
    """Where the commands differ from what came out on the first engine."""

    @property
    def version(self) -> str:
        """That of the engine."""
        return self.result.recording.environment.engine if self.result.recording else ""


class OtherEngines:
    """The site's engines but the first, and what its pages came to on them; a recording is read when it is asked for.

    A page that has changed since has none; nor has one that is not shown as it was recorded on the first engine.
    """

    def __init__(self, work: Plan, results: Sequence[Result]) -> None:
        """Find out which pages are shown as the first engine's recordings say."""
        keys = {job.page.path: job.key for job in work.jobs}
        self._site = work.site
        self.shown = {r.page.path: r for r in results if r.recording and r.recording.key == keys.get(r.page.path)}
        """What is shown of these pages."""
        self._engines: list[tuple[str, Store, dict[str, Job]]] = []
        for source in work.site.engines[1:] if self.shown else ():
            there = plan(work.site.on(source.name), [shown.page for shown in self.shown.values()], work.sources)
            self._engines.append((source.name, Store(there.site), {job.page.path: job for job in there.jobs}))

    def of(self, path: str) -> Sequence[Elsewhere]:
        """Return what was recorded of a page, in the order of the engines.

        Raises RecordingError for a recording that is not as it was written.
        """
        found = []
        for name, store, jobs in self._engines:
            reading = store.own(jobs[path]) if path in jobs else Reading(None)
            if reading.error:
                raise reading.error
            if reading.fresh:
                page, first = self.shown[path].page, self.shown[path].recording
                recorded = result(page, reading.fresh, self._site.match, first)
                on_first = Reference(page, first, fingerprints(page), rules(self._site, page))
                found.append(Elsewhere(name, recorded, _news(on_first, recorded)))
        return found


def recorded_elsewhere(work: Plan, results: Sequence[Result]) -> Mapping[str, Sequence[Elsewhere]]:
    """Return by page what was recorded on the site's other engines. Raises as `OtherEngines.of`."""
    others = OtherEngines(work, results)
    return {path: others.of(path) for path in others.shown}


def all_as_recorded(work: Plan, results: Sequence[Result]) -> tuple[Result, ...]:
    """Return what pages came to that were just recorded or replayed, whatever the engine: see `as_recorded`."""
    if not work.site.other_engine:
        return tuple(results)
    readings = Store(work.site).look_all(work.jobs)
    return tuple(as_recorded(work, r, readings[r.page.path]) if r.recording else r for r in results)


def as_recorded(work: Plan, judged: Result, reading: Reading) -> Result:
    """Return what a run on another engine came to, in which it is no failure to differ as its recording says.

    What is still the news of it is one. `reading` is that of the page on the engine on which it has run.
    """
    own = reading.fresh
    if own is None or judged.recording is None:
        return judged
    page, name = judged.page, work.site.engines[0].name
    recorded = result(page, own, work.site.match, reading.last, rules(work.site, page))
    news = _news(before(page, reading.first, rules(work.site, page)), recorded)

    def judge(position: Position, verdict: Verdict) -> Verdict:
        if verdict.outcome is Outcome.FAILED and position in recorded.failed_at - judged.news.keys():
            return _different(verdict, verdict.message, news.get(position, ()))
        if verdict.outcome is Outcome.PASSED and position in news:
            return _different(verdict, f"the output is not that of {name}", news[position])
        return verdict

    verdicts = tuple(
        tuple(judge((at, number), verdict) for number, verdict in enumerate(snippet))
        for at, snippet in enumerate(judged.verdicts)
    )
    return dataclasses.replace(judged, verdicts=verdicts)


def _news(first: Reference, recorded: Result) -> News:
    """Return where commands differ from what came out on the first engine, in each of the runs that were recorded."""
    news = first.news(recorded, both_ways=True)
    return first.both(recorded, news, _last_run(recorded)) if news else news


def _last_run(recorded: Result) -> Result:
    """Return the same as it came out in the last of the runs that the recording is of."""
    if recorded.recording is None:
        return recorded
    snippets = tuple(
        tuple(dataclasses.replace(r, pieces=printed(r.others[-1])) if r.others else r for r in results)
        for results in recorded.recording.snippets
    )
    return dataclasses.replace(recorded, recording=dataclasses.replace(recorded.recording, snippets=snippets))


def _different(verdict: Verdict, why: str, differences: Sequence[Difference]) -> Verdict:
    return dataclasses.replace(verdict, outcome=Outcome.DIFFERS, message=why, hint="\n".join(in_lines(differences)))


def can_be_kept(reached: Result) -> bool:
    """Tell whether a page can be recorded although it fails: all of its commands came to their end."""
    recording = reached.recording
    if recording is None or len(recording.snippets) != len(reached.page.snippets):
        return False
    return all(
        len(results) == len(verdicts) and all(result.ending in _ENDED and not result.fault for result in results)
        for results, verdicts in zip(recording.snippets, reached.verdicts, strict=True)
    )
