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

    Raises as `runner.run`, and RecordingError for a recording that is not as it was written.
    """
    store = Store(site)
    stored = {page.path: store.read(page) for page in found}
    results = runner.run(dataclasses.replace(site, mode=Mode.RUN), found, watcher, record=False, sandboxes=sandboxes)
    if site.recordings is None:
        return results
    return tuple(compared(result, stored[result.page.path]) for result in results)


def compared(result: Result, stored: Stored | None) -> Result:
    """Return a result in which also drift from what was recorded counts as failure; None is "nothing was"."""
    recorded = place(result.page, stored.recording) if stored else None
    return drift(result, recorded, stored.fingerprints if stored else ())
