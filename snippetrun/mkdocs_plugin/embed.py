"""What became of the pages of a site, as the blocks that take the places of their fences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snippetrun import render, runner
from snippetrun.config import SiteConfig
from snippetrun.model import Result
from snippetrun.plan import rules


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a page shows."""

    snippets: tuple[str, ...]
    """The HTML of each of its snippets."""
    foot: str
    """What it ran on; empty for a page on which nothing ran."""


def blocks(site: SiteConfig, result: Result) -> Blocks:
    """Return what a page shows of what became of it."""
    varies = runner.varying(result, rules(site, result.page))
    recorded = result.recording.snippets if result.recording else ()
    snippets = tuple(
        render.snippet(snippet, _at(recorded, index), result.verdicts[index], _at(varies, index))
        for index, snippet in enumerate(result.page.snippets)
    )
    foot = render.footer(result.recording, varies=any(map(any, varies))) if result.recording else ""
    return Blocks(snippets, foot)


def _at(parts: Sequence[Sequence[Any]], index: int) -> Sequence[Any]:
    return parts[index] if index < len(parts) else ()
