"""A report on what the pages of a site show, as they were recorded: on each of the site's engines."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.markdown_extension.embed import ShownPage, shown_pages
from snippetrun.model import Mode
from snippetrun.plan import Plan, plan
from snippetrun.report import Report, ReportedEngine
from snippetrun.support.version import __version__
from snippetrun.tasks import site_pages


def recorded(site: SiteConfig) -> Report:
    """Return what recordings say of all pages of a site. Raises as `site_pages.read` and `runner.run`."""
    work = plan(site, site_pages.read(site)).in_mode(Mode.REPLAY)
    return as_shown(work, shown_pages(work, partial(runner.run, watcher=runner.Watcher())))


def as_shown(work: Plan, shown: Mapping[str, ShownPage]) -> Report:
    """Return a report on the pages of a plan as they are `shown`, by their paths."""
    names = tuple(source.name for source in work.site.engines)
    pages = [shown[page.path] for page in work.pages]
    there = ((name, tuple(page.elsewhere[name] for page in pages if name in page.elsewhere)) for name in names[1:])
    return Report(
        "build",
        tuple(page.reported for page in pages if page.reported.snippets),
        __version__,
        untested=sum(not page.under_test for page in work.pages),
        engine=work.site.engine.name,
        engines=names,
        elsewhere=tuple(ReportedEngine(name, of, (), None, 0) for name, of in there),
    )
