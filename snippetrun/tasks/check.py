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
from snippetrun.recordings import Store, StoredRecording
from snippetrun.report import json_
from snippetrun.runner.drift import blamed
from snippetrun.support import git

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
    stored = {path: reading.stored for path, reading in readings.items()}
    return compared(work.site, results, stored, confirm=confirm)


def compared(
    site: SiteConfig,
    results: Sequence[Result],
    stored: Mapping[str, StoredRecording | None] | None = None,
    *,
    confirm: bool = False,
) -> tuple[Result, ...]:
    """Return the results of pages, with a failure where what came out is not what was recorded.

    The recordings are those that are `stored` by page, if they have been read.
    """
    if site.recordings is None:
        return tuple(results)
    if stored is None:
        stored = {result.page.path: Store(site).read(result.page) for result in results if result.recording}
    return tuple(
        runner.before(
            result.page,
            stored.get(result.page.path),
            Rules(),
            believed=not confirm,
            engine=site.other_engine,
        ).judged(result, result.news)
        for result in results
    )


def replayed(work: Plan, watcher: runner.Watcher, confirmed_by: Path | None = None) -> tuple[Result, ...]:
    """Run nothing, and return a result for each page, in which what is not as it was recorded is stale.

    With a report of `check`, a recording that it has not confirmed counts as failure. Raises as `runner.run` does
    without an engine, and UsageError for a report that cannot be used.
    """
    confirmed = confirmations(confirmed_by, git.commit(work.site.root)) if confirmed_by else None
    results = runner.run(work.in_mode(Mode.REPLAY), watcher)
    if confirmed is None:
        return results
    message = f"its recording is none that {confirmed_by} has confirmed"
    report_again = f"--confirm --report json={quote(str(confirmed_by))}"
    return tuple(
        result
        if result.recording is None or result.recording.checksum in _of(confirmed, work.site, result.page)
        else blamed(
            result,
            message,
            f"Confirm it: snippetrun check {quote(result.page.path)} {report_again}",
        )
        for result in results
    )


def _of(confirmed: Mapping[str, str], site: SiteConfig, page: Page) -> set[str | None]:
    """Return what a report, made here or in the site's own folder, has confirmed of a page."""
    return {confirmed.get(page.path), confirmed.get(site.name(page.path))}


def confirmations(file: Path, commit: str | None) -> dict[str, str]:
    """Return the checksums of the recordings that a report of `check` has confirmed, by page.

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
    return {page.path: page.recording for page in report.pages if page.recording}
