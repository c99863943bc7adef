"""Pages run, and recorded."""

from __future__ import annotations

from snippetrun import runner
from snippetrun.model import Mode, Result
from snippetrun.plan import Plan
from snippetrun.recordings import Store


def record(
    work: Plan, watcher: runner.Watcher, sandboxes: runner.Sandboxes = runner.live_sandboxes
) -> tuple[Result, ...]:
    """Run all pages, record what came out, and return a result for each. Raises as `runner.run`."""
    results = runner.run(work.in_mode(Mode.RUN), watcher, sandboxes=sandboxes)
    if not work.site.other_engine:
        return results
    readings = Store(work.site).look_all(work.jobs)
    return tuple(
        runner.as_recorded(work, result, readings[result.page.path]) if result.recording else result
        for result in results
    )
