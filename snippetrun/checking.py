"""Pages run afresh and held against what is written and what was recorded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.drift import drift
from snippetrun.model import Mode, Page, Result
from snippetrun.store import Store, Stored, place


def check(
    site: SiteConfig,
    found: Sequence[Page],
    watcher: runner.Watcher,
    sandboxes: runner.Sandboxes = runner.live_sandboxes,
) -> tuple[Result, ...]:
    """Run the pages, change nothing, and return a result for each, in which drift counts as failure.

    Raises as `runner.run`, and RecordingError, before anything runs, for a recording that is not as it was written.
    """
    store = Store(site)
    for page in found:
        store.read(page)
    results = runner.run(dataclasses.replace(site, mode=Mode.RUN), found, watcher, record=False, sandboxes=sandboxes)
    return compared(site, results)


def compared(site: SiteConfig, results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results of pages, with a failure where what came out is not what was recorded."""
    if site.recordings is None:
        return tuple(results)
    store = Store(site)
    return tuple(with_drift(result, store.read(result.page) if result.recording else None) for result in results)


def with_drift(result: Result, stored: Stored | None) -> Result:
    """Return a result in which also drift from what was recorded counts as failure; None is "nothing was"."""
    recorded = place(result.page, stored.recording) if stored else None
    return drift(result, recorded, stored.fingerprints if stored else ())


def replayed(site: SiteConfig, found: Sequence[Page], watcher: runner.Watcher) -> tuple[Result, ...]:
    """Run nothing, and return a result for each page, in which what is not as it was recorded is stale.

    Raises as `runner.run` does without an engine.
    """
    return runner.run(dataclasses.replace(site, mode=Mode.REPLAY), found, watcher)
