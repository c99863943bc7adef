"""Which pages a command is about, and which of them this machine is to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from snippetrun import report
from snippetrun.config import SiteConfig
from snippetrun.errors import Problem, UsageError
from snippetrun.plan import Plan, plan, runs
from snippetrun.recordings import Store
from snippetrun.tasks import changed_since, shards, site_pages


@dataclass(frozen=True, slots=True)
class Selection:
    """What a user has asked for."""

    paths: tuple[Path, ...] = ()
    """Pages and folders; all pages of the site if there are none."""
    changed_since: str | None = None
    """Only what has changed since this revision."""
    shard: shards.Shard | None = None
    """Only this part of it."""


@dataclass(frozen=True, slots=True)
class SelectedPages:
    """What there is to do."""

    whole: Plan
    """For the pages of all shards."""
    part: Plan
    """For those of this one."""
    note: str = ""
    """Why none of them runs although all is well; else empty."""


def select(site: SiteConfig, selection: Selection) -> SelectedPages:
    """Read the pages that are wanted.

    Raises UsageError if nothing could run on any page among the paths, and for what cannot be read or planned.
    """
    whole = plan(site, site_pages.read(site, selection.paths))
    if not whole.jobs:
        raise _nothing_runs(whole)
    if selection.changed_since is not None:
        whole = whole.only(changed_since.since(whole, selection.changed_since))
    part = _dealt(whole, selection.shard) if selection.shard else whole
    return SelectedPages(whole, part, _note(selection, whole, part))


def _nothing_runs(whole: Plan) -> UsageError:
    untested = [page.path for page in whole.pages if not page.under_test]
    hint = "A command is a line that starts with `$ ` in a ```console fence; one of a page's must be docker's."
    if any(snippet.commands for page in whole.pages for snippet in page.snippets):
        hint = "Every docker command there is skipped."
    elif untested:
        adopt = f"snippetrun adopt {quote(untested[0])}"
        hint = f"{report.untested(len(untested))}. To run one, and see what it takes: {adopt}"
    return UsageError(Problem("there is nothing to run", hint))


def _dealt(whole: Plan, shard: shards.Shard) -> Plan:
    store = Store(whole.site)
    numbers = shards.deal([store.seconds(page) if runs(page) else 0.0 for page in whole.pages], shard.of)
    mine = [page.path for page, number in zip(whole.pages, numbers, strict=True) if number == shard.number]
    return whole.only(mine)


def _note(selection: Selection, whole: Plan, part: Plan) -> str:
    if selection.changed_since is not None and not whole.pages:
        return f"no page changed since {selection.changed_since}"
    if selection.changed_since is not None and not whole.jobs:
        return f"nothing runs on the pages that changed since {selection.changed_since}"
    if not part.jobs:
        return f"shard {selection.shard} has nothing to run: there are more shards than pages"
    return ""
