"""Pages run, and recorded."""

from __future__ import annotations

from snippetrun import runner
from snippetrun.model import Mode, Result
from snippetrun.plan import Plan


def record(
    work: Plan, watcher: runner.Watcher, sandboxes: runner.Sandboxes = runner.live_sandboxes
) -> tuple[Result, ...]:
    """Run all pages, record what came out, and return a result for each. Raises as `runner.run`."""
    return runner.all_as_recorded(work, runner.run(work.in_mode(Mode.RUN), watcher, sandboxes=sandboxes))
