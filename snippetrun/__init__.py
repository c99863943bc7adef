"""Run the docker commands of Markdown pages in throwaway engines, and show what really came out.

What `__all__` lists is for everybody. All else may change with every version.

    page text -> read_pages -> make_plan -> run, or replay -> results -> render_page

Every function raises a SnippetrunError for what cannot be used, and for an engine that fails; it says where, and what
to do next. A command that does not do what its page says is no error but a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snippetrun.support.version import __version__

if TYPE_CHECKING:
    from snippetrun.config import SiteConfig
    from snippetrun.errors import Problem, SnippetrunError
    from snippetrun.model import (
        Command,
        CommandResult,
        Ending,
        Environment,
        Outcome,
        Page,
        Piece,
        Recording,
        Result,
        Snippet,
        Verdict,
    )
    from snippetrun.plan import Plan
    from snippetrun.runner import Watcher

__all__ = [
    "Command", "CommandResult", "Ending", "Environment", "Outcome", "Page", "Piece", "Plan", "Problem", "Recording",
    "Result", "SiteConfig", "Snippet", "SnippetrunError", "Verdict", "Watcher", "__version__", "judge", "make_plan",
    "read_pages", "read_site", "render_page", "replay", "run",
]  # fmt: skip
_MODULES = ("errors", "model", "config", "plan", "runner")
"""Where our classes are, the quickest to import first."""


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of our classes
    """Import a class when somebody asks for it: pytest imports this file in every session."""
    from importlib import import_module

    for module in _MODULES if name in __all__ else ():
        if hasattr(home := import_module(f"snippetrun.{module}"), name):
            return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def read_site(mkdocs_yml: str | Path | None = None) -> SiteConfig:
    """Return what a site's mkdocs.yml says; without a path, that of this folder, or of the nearest one above it."""
    from snippetrun.config import load

    return load(Path(mkdocs_yml) if mkdocs_yml else None)


def read_pages(site: SiteConfig, paths: Iterable[str | Path] = ()) -> tuple[Page, ...]:
    """Return the pages among `paths`, files or folders, as they are written; without any, all pages of the site."""
    from snippetrun.tasks import site_pages

    return site_pages.read(site, [Path(path) for path in paths])


def make_plan(site: SiteConfig, pages: Sequence[Page]) -> Plan:
    """Return what there is to do for pages. The folders of the site's images are read for it, and nothing runs."""
    from snippetrun.plan import plan

    return plan(site, pages)


def run(plan: Plan, watcher: Watcher | None = None) -> tuple[Result, ...]:
    """Run the pages of a plan, record those that pass, and return a result for each page, in their order.

    The host needs a Docker engine, or what it takes to start one of our own. `watcher` is told how far it has come. A
    page that fails runs again, as a failure counts only if it reproduces.
    """
    from snippetrun import runner
    from snippetrun.model import Mode

    return runner.run(plan.in_mode(Mode.RUN), watcher or runner.Watcher())


def replay(plan: Plan) -> tuple[Result, ...]:
    """Return a result for each page from what was recorded, without an engine; what has changed since then is stale."""
    from snippetrun import runner
    from snippetrun.model import Mode

    return runner.run(plan.in_mode(Mode.REPLAY), runner.Watcher())


def judge(site: SiteConfig, page: Page, recording: Recording) -> Result:
    """Hold what came out of a run of a page against what its author has written, as the site matches output."""
    from snippetrun import runner
    from snippetrun.plan import rules

    return runner.result(page, recording, site.match, rules=rules(site, page))


def render_page(result: Result) -> tuple[str, ...]:
    """Return for each snippet of a page the HTML that stands where its fence stood; empty for one that is hidden.

    The style sheet comes with the package: `snippetrun/render/assets/snippetrun.css`.
    """
    from snippetrun import render

    recorded = result.recording.snippets if result.recording else ()
    return tuple(
        render.snippet(snippet, recorded[at] if at < len(recorded) else (), result.verdicts[at])
        for at, snippet in enumerate(result.page.snippets)
    )
