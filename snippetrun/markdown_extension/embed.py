"""What became of the pages of a site, as the HTML that takes the places of their fences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import repeat
from typing import Any

from snippetrun import render, runner
from snippetrun.config import SiteConfig
from snippetrun.model import Outcome, Page, Position, Recording, Result, Verdict
from snippetrun.plan import Plan, rules
from snippetrun.runner import Elsewhere
from snippetrun.support.fingerprint import digest


def all_blocks(work: Plan, results: Sequence[Result]) -> dict[str, tuple[str, ...]]:
    """Return the HTML of the snippets of pages, by page. Raises RecordingError for a recording that is damaged."""
    others = runner.elsewhere(work, results)
    return {result.page.path: blocks(work.site, result, others.get(result.page.path, ())) for result in results}


def blocks(site: SiteConfig, result: Result, others: Sequence[Elsewhere] = ()) -> tuple[str, ...]:
    """Return the HTML of each snippet of a page, and then of its foot, which is empty where nothing ran.

    `others` is what came out of the page on the site's other engines.
    """
    recording = result.recording
    if recording is None:
        return *map(render.snippet, result.page.snippets, repeat(()), result.verdicts), ""
    own = _Shown(site, result)
    engines = [(site.engine.name, recording.environment.engine), *((other.name, other.version) for other in others)]
    first, *names = render.labels(engines)
    shown = [_Shown(site, _marked(other, first)) for other in others]
    key = f"sr-{digest(site.name(result.page.path))[:8]}"
    snippets = []
    for index in range(len(result.page.snippets)):
        differing = [any(at == index for at, _ in other.news) for other in others]
        also = [name for name, differs in zip(names, differing, strict=True) if not differs]
        block = own.block(index, also if _at(recording.snippets, index) else ())
        if block and any(differing):
            tabs = [(name, s.block(index)) for name, s, differs in zip(names, shown, differing, strict=True) if differs]
            block = render.tabs(f"{key}-{index}", [(first, block), *tabs])
        snippets.append(block)
    held = [(name, len(other.news)) for name, other in zip(names, others, strict=True)]
    foot = render.footer(recording, varies=own.varies, also=held, images=_used(recording, result.page))
    return *snippets, foot


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

    def block(self, index: int, also: Sequence[str] = ()) -> str:
        """Return the block of one of its snippets."""
        snippet, verdicts = self._result.page.snippets[index], self._result.verdicts[index]
        recorded, spans = _at(self._recorded, index), _at(self._spans, index)
        return render.snippet(snippet, recorded, verdicts, spans, also, play=self._site.replay_control)


def _marked(other: Elsewhere, first: str) -> Result:
    """Return what came out on another engine, in which what its author did not expect is no failure of the page."""

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
