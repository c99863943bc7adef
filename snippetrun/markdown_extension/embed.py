"""What became of the pages of a site, as the HTML that takes the places of their fences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snippetrun import render, runner
from snippetrun.config import SiteConfig
from snippetrun.model import Result
from snippetrun.plan import rules


def blocks(site: SiteConfig, result: Result) -> tuple[str, ...]:
    """Return the HTML of each snippet of a page, and then of its foot, which is empty where nothing ran."""
    varies = runner.varying(result, rules(site, result.page))
    recorded = result.recording.snippets if result.recording else ()
    snippets = (
        render.snippet(snippet, _at(recorded, index), result.verdicts[index], _at(varies, index))
        for index, snippet in enumerate(result.page.snippets)
    )
    return *snippets, render.footer(result.recording, varies=any(map(any, varies))) if result.recording else ""


def _at(parts: Sequence[Sequence[Any]], index: int) -> Sequence[Any]:
    return parts[index] if index < len(parts) else ()
