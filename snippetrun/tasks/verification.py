"""A report on what the pages of a site show, as they were recorded: on each of the site's engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.markdown_extension.embed import marked
from snippetrun.model import Mode, Result
from snippetrun.plan import Plan, plan
from snippetrun.report import Report, ReportedEngine
from snippetrun.support.version import __version__
from snippetrun.tasks import site_pages


def recorded(site: SiteConfig) -> Report:
    """Return what recordings say of all pages of a site. Raises as `site_pages.read` and `runner.run`."""
    work = plan(site, site_pages.read(site)).in_mode(Mode.REPLAY)
    results = runner.run(work, runner.Watcher())
    return as_shown(work, results, runner.elsewhere(work, results))


def as_shown(work: Plan, results: Sequence[Result], others: Mapping[str, Sequence[runner.Elsewhere]]) -> Report:
    """Return a report on what pages show; `others` is what came out of them on the site's other engines, by page."""
    site = work.site
    names = tuple(source.name for source in site.engines)
    there = [other for result in results for other in others.get(result.page.path, ())]
    elsewhere = (
        tuple(report.page(marked(other, site.engine.name)) for other in there if other.name == name)
        for name in names[1:]
    )
    return Report(
        "build",
        tuple(report.page(result) for result in results if result.page.snippets),
        __version__,
        untested=sum(not result.page.under_test for result in results),
        engine=site.engine.name,
        engines=names,
        elsewhere=tuple(ReportedEngine(name, of, (), None, 0) for name, of in zip(names[1:], elsewhere, strict=True)),
    )
