"""What became of the pages of a site, as the HTML that takes the places of their fences."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from snippetrun import render, report, runner
from snippetrun.config import SiteConfig
from snippetrun.config.kept import Kept
from snippetrun.errors import Problem
from snippetrun.model import Mode, Outcome, Page, Position, Recording, Result, Stage, Verdict
from snippetrun.plan import Plan, rules
from snippetrun.recordings import Store
from snippetrun.render.markup import Html
from snippetrun.report import ReportedPage
from snippetrun.support.fingerprint import digest

if TYPE_CHECKING:
    from snippetrun.runner import Elsewhere

_CONCERNED = {
    Stage.RUNS: {Outcome.STALE, Outcome.NOT_REACHED},
    Stage.CONFIRMED: {Outcome.PASSED, Outcome.FAILED},
}
"""What of a page may become something else, by its stage."""
_ALL_HAVE_RUN: Mapping[str, Stage | None] = {}


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as it is shown."""

    reported: ReportedPage
    """What a report says of it."""
    blocks: tuple[str, ...]
    """The HTML of each of its snippets, and then of its foot."""
    elsewhere: Mapping[str, ReportedPage]
    """What a report says of it on the site's other engines, by their names, where that was recorded."""


def shown_pages(work: Plan, run: Callable[[Plan], Sequence[Result]]) -> dict[str, ShownPage]:
    """Return the pages of a plan as they are shown, by their paths.

    A page is shown as an earlier build has shown its recordings, if all that decides about it is the same. `run`
    returns the results of the others. Raises RecordingError for a recording that is damaged.
    """
    kept, deciders = Kept(work.site, "recorded", ShownPage), _Deciders(work)
    keys = {page.path: kept.key(deciders.of(page)) for page in work.pages if work.site.mode is not Mode.RUN}
    looked = ((path, kept.look(path, key)) for path, key in keys.items())
    known = {path: page for path, page in looked if page}
    rest = work.only([page.path for page in work.pages if page.path not in known])
    if not rest.pages:
        return known
    results, jobs = run(rest), {job.page.path: job.key for job in rest.jobs}
    others = runner.OtherEngines(rest, results)
    for result in results:
        page, recording = result.page, result.recording
        known[page.path] = _shown(work.site, result, others.of(page.path))
        is_recorded = page.path not in jobs or (recording and recording.key == jobs[page.path] and not result.runs)
        if is_recorded and kept.key(deciders.of(page)) == keys.get(page.path):  # nobody has recorded it meanwhile
            kept.keep(page.path, keys[page.path], known[page.path])
    return {page.path: known[page.path] for page in work.pages}


def shown(
    work: Plan, results: Sequence[Result], stages: Mapping[str, Stage | None] = _ALL_HAVE_RUN
) -> dict[str, ShownPage]:
    """Return pages with these results as they are shown, by their paths; those that have a stage run now.

    Raises RecordingError for a recording that is damaged.
    """
    kept, deciders, others = Kept(work.site, "results", ShownPage), _Deciders(work), runner.OtherEngines(work, results)

    def of(result: Result) -> ShownPage:
        path, stage = result.page.path, stages.get(result.page.path)
        key = kept.key(deciders.of(result.page), repr(result), stage)
        if (page := kept.look(path, key)) is None:
            page = _shown(work.site, result, others.of(path), stage)
            kept.keep(path, key, page)
        return page

    return {result.page.path: of(result) for result in results}


def _shown(site: SiteConfig, result: Result, others: Sequence[Elsewhere], stage: Stage | None = None) -> ShownPage:
    elsewhere = {other.name: report.page(marked(other, site.engine.name)) for other in others}
    return ShownPage(report.page(result), blocks(site, result, others, stage), elsewhere)


class _Deciders:
    """What decides how a page of a plan is shown, beside the site's settings."""

    def __init__(self, work: Plan) -> None:
        site = work.site
        self._sources = work.sources
        self._stores = [Store(site.on(engine.name)) for engine in site.engines] or [Store(site)]

    def of(self, page: Page) -> tuple[object, ...]:
        return page, self._sources, [store.data(page) for store in self._stores]


def problem_box(problems: Sequence[Problem]) -> str:
    """Return the HTML of what is wrong with a page, for its top; "" if nothing is."""
    if not problems:
        return ""
    texts = (Html("<pre>{}</pre>").format(report.diagnostic(problem)) for problem in problems)
    return str(Html('<div class="admonition failure snippetrun-wrong">{}</div>\n').format(Html().join(texts)))


def blocks(
    site: SiteConfig, result: Result, others: Sequence[Elsewhere] = (), stage: Stage | None = None
) -> tuple[str, ...]:
    """Return the HTML of each snippet of a page, and then of its foot, which is empty where nothing ran.

    `others` is what came out of the page on the site's other engines; `stage` is that of a page that runs now.
    """
    result = _explained(result)
    recording = result.recording
    states = [_state(stage, verdicts) for verdicts in result.verdicts]
    if recording is None:
        every = zip(result.page.snippets, result.verdicts, states, strict=True)
        return *(render.snippet(snippet, (), verdicts, state=state) for snippet, verdicts, state in every), ""
    own = _Shown(site, result)
    engines = [(site.engine.name, recording.environment.engine), *((other.name, other.version) for other in others)]
    first, *names = render.labels(engines)
    shown = [_Shown(site, marked(other, first)) for other in others]
    key = f"sr-{digest(site.name(result.page.path))[:8]}"
    snippets = []
    for index in range(len(result.page.snippets)):
        differing = [any(at == index for at, _ in other.news) for other in others]
        also = [name for name, differs in zip(names, differing, strict=True) if not differs]
        block = own.block(index, also if _at(recording.snippets, index) else (), states[index])
        if block and any(differing):
            tabs = [(name, s.block(index)) for name, s, differs in zip(names, shown, differing, strict=True) if differs]
            block = render.tabs(f"{key}-{index}", [(first, block), *tabs])
        snippets.append(block)
    held = [(name, len(other.news)) for name, other in zip(names, others, strict=True)]
    foot = render.footer(recording, varies=own.varies, also=held, images=_used(recording, result.page))
    return *snippets, foot


def _state(stage: Stage | None, verdicts: Sequence[Verdict]) -> str:
    """Return what a block says of a page that runs; "" if none of its commands is concerned."""
    return stage if stage and any(verdict.outcome in _CONCERNED[stage] for verdict in verdicts) else ""


def _used(recording: Recording, page: Page) -> set[str]:
    """Return the images that a page's fences name: `nginx` or `nginx:latest`, and not `bee/nginx` or `nginx.conf`."""
    text = "\n".join(snippet.content for snippet in page.snippets)
    names = [image.name for image in recording.environment.images]
    return {name for name in names if re.search(rf"(?<![\w./-]){_name(name)}(?![\w/-]|[.:]\w)", text)}


def _name(image: str) -> str:
    return re.escape(image.removesuffix(":latest")) + ("(?::latest)?" if image.endswith(":latest") else "")


class _Shown:
    """A page as it is shown of one engine."""

    def __init__(self, site: SiteConfig, result: Result) -> None:
        self._site, self._result = site, result
        self._recorded = result.recording.snippets if result.recording else ()

    @cached_property
    def _spans(self) -> Sequence[Sequence[Any]]:
        return runner.varying(self._result, rules(self._site, self._result.page))

    @property
    def varies(self) -> bool:
        """Whether something on it varies from run to run."""
        return any(map(any, self._spans))

    def block(self, index: int, also: Sequence[str] = (), state: str = "") -> str:
        """Return the block of one of its snippets."""
        snippet, verdicts = self._result.page.snippets[index], self._result.verdicts[index]
        recorded, spans, play = _at(self._recorded, index), _at(self._spans, index), self._site.replay_control
        return render.snippet(snippet, recorded, verdicts, spans, also, state=state, play=play)


def _explained(result: Result) -> Result:
    """Return a result in which what failed says in its message what an author needs to know."""
    if not result.failed:
        return result
    of = report.page(result)
    advice = [[report.advice_on(of, command) for command in snippet.commands] for snippet in of.snippets]
    verdicts = tuple(
        tuple(
            replace(verdict, message=f"{verdict.message}\n{text}".strip())
            if verdict.outcome is Outcome.FAILED
            else verdict
            for verdict, text in zip(snippet, texts, strict=True)
        )
        for snippet, texts in zip(result.verdicts, advice, strict=True)
    )
    return replace(result, verdicts=verdicts)


def marked(other: Elsewhere, first: str) -> Result:
    """Return what came out on another engine than the `first`; what its author did not expect is no failure there."""

    def mark(position: Position, verdict: Verdict) -> Verdict:
        if position in other.news:
            return replace(verdict, outcome=Outcome.DIFFERS, message=f"other than on {first}")
        return replace(verdict, outcome=Outcome.PASSED) if verdict.outcome is Outcome.FAILED else verdict

    verdicts = tuple(
        tuple(mark((at, number), verdict) for number, verdict in enumerate(snippet))
        for at, snippet in enumerate(other.result.verdicts)
    )
    return replace(other.result, verdicts=verdicts)


def _at(parts: Sequence[Sequence[Any]], index: int) -> Sequence[Any]:
    return parts[index] if index < len(parts) else ()
