"""How much of a site is under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from snippetrun import extract
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.extract import files
from snippetrun.model import Page
from snippetrun.report.reported import Count
from snippetrun.tasks import site_pages


@dataclass(frozen=True, slots=True)
class PageStatus:
    """A page that runs something, or has something that looks so."""

    path: str
    """As the user types it."""
    under_test: bool
    """Whether the baseline leaves it out."""
    snippets: Count
    """With at least one command, as far as the page can be read."""
    commands: Count
    """Of these, all that are not skipped."""
    problems: Count
    """What keeps the page from being read, or looks as if it should run and does not."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many there are."""

    pages: Count
    snippets: Count
    commands: Count


@dataclass(frozen=True, slots=True)
class Status:
    """How much of a site is under test."""

    pages: tuple[PageStatus, ...]
    """In the order of the site; also the baseline itself, if it names pages that are not there."""
    under_test: Amount
    """What the pages under test have."""
    all: Amount
    """What all these pages have."""


def status(site: SiteConfig) -> Status:
    """Read all pages, and count. Raises as `site_pages.read`; what is wrong with a page of the baseline is counted."""
    pages = tuple(_counted(site, site_pages.read(site)))
    return Status(pages, _amount(page for page in pages if page.under_test), _amount(pages))


def as_it_stands(site: SiteConfig, path: str) -> tuple[Page, tuple[Problem, ...]]:
    """Return a page as it would be under test, as far as it can be read, and what is wrong with it."""
    try:
        page, problems = extract.look(path, files.text(Path(path)), site.dialect)
    except PageError as error:
        return Page(path, ()), error.problems
    return page, tuple(problems) or page.findings


def _counted(site: SiteConfig, pages: Iterable[Page]) -> Iterator[PageStatus]:
    for page in pages:
        whole, problems = page, page.findings
        if not page.under_test and Path(page.path).is_file():
            whole, problems = as_it_stands(site, page.path)
        snippets = [snippet for snippet in whole.snippets if snippet.commands]
        if not page.under_test or snippets or problems:
            runs = [snippet for snippet in snippets if (whole.options.skip or snippet.options.skip) is None]
            commands = sum(len(snippet.commands) for snippet in runs)
            yield PageStatus(page.path, page.under_test, len(snippets), commands, len(problems))


def _amount(pages: Iterable[PageStatus]) -> Amount:
    of = [page for page in pages if page.snippets or not page.under_test]
    return Amount(len(of), sum(page.snippets for page in of), sum(page.commands for page in of))
