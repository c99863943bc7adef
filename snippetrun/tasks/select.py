"""Which pages a command is about, and which of them this machine is to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from snippetrun.config import SiteConfig
from snippetrun.errors import Problem, UsageError
from snippetrun.extract import files
from snippetrun.model import Page
from snippetrun.plan import plan, runs
from snippetrun.recordings import Store
from snippetrun.tasks import changed_since, shards


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

    whole: tuple[Page, ...]
    """The pages of all shards."""
    pages: tuple[Page, ...]
    """Those of this one."""
    note: str = ""
    """Why none of them runs although all is well; else empty."""


def select(site: SiteConfig, wanted: Selection) -> SelectedPages:
    """Read the pages that are wanted.

    Raises UsageError if nothing could run on any page among the paths, and for what cannot be read or planned.
    """
    found = files.read_all(site, files.find(site, wanted.paths))
    _runnable(site, found)
    whole = found
    if wanted.changed_since is not None:
        changed = changed_since.since(site, found, wanted.changed_since)
        whole = tuple(page for page in found if page.path in changed)
    part = _dealt(site, whole, wanted.shard) if wanted.shard else whole
    return SelectedPages(whole, part, _note(wanted, whole, part))


def _runnable(site: SiteConfig, found: Sequence[Page]) -> None:
    if not plan(site, found):
        skipped = any(snippet.commands for page in found for snippet in page.snippets)
        hint = (
            "Every docker command there is skipped."
            if skipped
            else "A command is a line that starts with `$ ` in a ```console fence; one of a page's must be docker's."
        )
        raise UsageError(Problem("there is nothing to run", hint))


def _dealt(site: SiteConfig, whole: Sequence[Page], shard: shards.Shard) -> tuple[Page, ...]:
    store = Store(site)
    numbers = shards.deal([store.seconds(page) if runs(page) else 0.0 for page in whole], shard.of)
    return tuple(page for page, number in zip(whole, numbers, strict=True) if number == shard.number)


def _note(wanted: Selection, whole: Sequence[Page], part: Sequence[Page]) -> str:
    if wanted.changed_since is not None and not whole:
        return f"no page changed since {wanted.changed_since}"
    if wanted.changed_since is not None and not any(map(runs, whole)):
        return f"nothing runs on the pages that changed since {wanted.changed_since}"
    if not any(map(runs, part)):
        return f"shard {wanted.shard} has nothing to run: there are more shards than pages"
    return ""
