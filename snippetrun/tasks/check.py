"""Pages run afresh and held against what is written and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import Problem, UsageError
from snippetrun.model import Mode, Page, Result, Rules
from snippetrun.plan import Plan
from snippetrun.recordings import Reading, Store
from snippetrun.report import engines, json_
from snippetrun.runner.drift import blamed
from snippetrun.support import git
from snippetrun.support.units import listed

_LARGEST = 500_000_000
"""Bytes of a report; what a page prints is in it several times."""
_MAKE_ONE = "Make one: snippetrun check --confirm --report json=FILE"


def check(
    work: Plan,
    watcher: runner.Watcher,
    sandboxes: runner.Sandboxes = runner.live_sandboxes,
    *,
    confirm: bool = False,
) -> tuple[Result, ...]:
    """Run the pages, change nothing, and return a result for each, in which drift counts as failure.

    To `confirm` recordings is not to believe them that words and lines vary: that has to be seen now.
    Raises as `runner.run`, and RecordingError, before anything runs, for a recording that is not as it was written.
    """
    readings = Store(work.site).look_all(work.jobs)
    for reading in readings.values():
        if reading.error and reading.stored is None:
            raise reading.error
    aim = runner.Aim.CONFIRM if confirm else runner.Aim.COMPARE
    results = runner.run(work.in_mode(Mode.RUN), watcher, aim=aim, sandboxes=sandboxes, readings=readings)
    return compared(work, results, readings, confirm=confirm)


def compared(
    work: Plan,
    results: Sequence[Result],
    readings: Mapping[str, Reading] | None = None,
    *,
    confirm: bool = False,
) -> tuple[Result, ...]:
    """Return the results of pages, with a failure where what came out is not what was recorded.

    `readings` are the recordings by page, if they have been read.
    """
    if work.site.recordings is None:
        return tuple(results)
    readings = Store(work.site).look_all(work.jobs) if readings is None else readings
    return tuple(
        _compared(work, result, readings[result.page.path], believed=not confirm) if result.recording else result
        for result in results
    )


def _compared(work: Plan, result: Result, reading: Reading, *, believed: bool) -> Result:
    engine = work.site.other_engine
    reference = runner.before(result.page, reading.stored, Rules(), believed=believed, engine=engine)
    judged = reference.judged(result, result.news)
    return reference.confirmed(runner.as_recorded(work, judged, reading) if engine else judged)


def replayed(work: Plan, watcher: runner.Watcher, confirmed_by: Path | None = None) -> tuple[Result, ...]:
    """Run nothing, and return a result for each page, in which what is not as it was recorded is stale.

    With a report of `check`, a recording that it has not confirmed counts as failure. Raises as `runner.run` does
    without an engine, and UsageError for a report that cannot be used.
    """
    confirmed = confirmations(confirmed_by, git.commit(work.site.root)) if confirmed_by else {}
    results = runner.all_as_recorded(work, runner.run(work.in_mode(Mode.REPLAY), watcher))
    others = {} if work.site.other_engine else runner.recorded_elsewhere(work, results)
    if confirmed_by is None:
        return results
    shown = {path: [(other.name, other.result) for other in found] for path, found in others.items()}
    return tuple(
        _blamed(
            result,
            confirmed_by,
            [
                name
                for name, of in [(work.site.engine.name, result), *shown.get(result.page.path, ())]
                if of.recording and of.recording.checksum not in _of(confirmed, name, work.site, result.page)
            ],
        )
        for result in results
    )


def _blamed(result: Result, report: Path, unconfirmed: Sequence[str]) -> Result:
    """Return a result with a failure if a report lacks the recordings on some engines."""
    if not unconfirmed:
        return result
    on_engines = f" on {listed(unconfirmed)}" if all(unconfirmed) else ""
    again = f"--confirm {'--engine all ' if on_engines else ''}--report json={quote(str(report))}"
    hint = f"Confirm it: snippetrun check {quote(result.page.path)} {again}"
    return blamed(result, f"its recording{on_engines} is none that {report} has confirmed", hint)


def _of(confirmed: Mapping[tuple[str, str], str], engine: str, site: SiteConfig, page: Page) -> set[str | None]:
    """Return what a report, made here or in the site's own folder, has confirmed of a page on an engine."""
    return {confirmed.get((engine, page.path)), confirmed.get((engine, site.name(page.path)))}


def confirmations(file: Path, commit: str | None) -> dict[tuple[str, str], str]:
    """Return the checksums of the recordings that a report of `check` has confirmed, by engine and page.

    Raises UsageError if it cannot be read, is no such report, or is of another commit than the checkout.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise UsageError(Problem("is too large for a report", "", str(file)))
        report = json_.load(data.decode())
    except OSError as error:
        raise UsageError(Problem(f"cannot be read: {error.strerror}", _MAKE_ONE, str(file))) from error
    except (UnicodeDecodeError, json_.BadReportError) as error:
        why = str(error) if isinstance(error, json_.BadReportError) else "is not UTF-8"
        raise UsageError(Problem(why, _MAKE_ONE, str(file))) from error
    if report.command != "check":
        raise UsageError(Problem(f"is a report of {report.command:.20}, which confirms nothing", _MAKE_ONE, str(file)))
    if report.commit != commit:
        its_commit, our_commit = (sha[:12] if sha else "no commit" for sha in (report.commit, commit))
        raise UsageError(Problem(f"is a report of {its_commit}, and this is {our_commit}", _MAKE_ONE, str(file)))
    return {
        (engine.name, page.path): page.recording
        for engine in engines.columns(report)
        for page in engine.pages
        if page.recording
    }
