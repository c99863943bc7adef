"""Pages beside a live preview: what is shown at once, what runs meanwhile, and what runs again."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.machine import Engine, Fleet
from helpers.waiting import wait_for

from snippetrun import config
from snippetrun.errors import ImageError, Problem
from snippetrun.extract import files
from snippetrun.model import Mode, Outcome, Result, Stage
from snippetrun.plan import Plan, plan
from snippetrun.support import patience
from snippetrun.tasks.live import Live

PAGE = "```console\n$ docker ps\n```\n"
FAILS = "```console\n$ docker ps\nother\n```\n"


class Shown:
    """Who shows pages, and keeps what it is told."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.stages: list[Stage | None] = []
        self.problems: list[Problem] = []
        self.ended = threading.Event()

    def show(self, result: Result, stage: Stage | None = None) -> None:
        self.results.append(result)
        self.stages.append(stage)

    def tell(self, problems: Iterable[Problem]) -> None:
        self.problems += problems
        self.ended.set()

    def end(self) -> None:
        self.ended.set()

    def wait(self) -> list[str]:
        """Wait until pages have run; return which were shown."""
        assert self.ended.wait(patience.seconds(20))
        self.ended.clear()
        paths = [result.page.path for result in self.results]
        self.results.clear()
        return sorted(paths)


def work(**settings: object) -> Plan:
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), **settings)  # type: ignore[arg-type]
    return plan(site, files.read_all(site, files.find(site)))


def outcomes(results: Iterable[Result]) -> list[Outcome]:
    return [verdict.outcome for result in results for snippet in result.verdicts for verdict in snippet]


@pytest.fixture(autouse=True)
def _pages(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": FAILS}, "      recordings: recordings\n")


def test_pages_are_stale_at_once_and_shown_when_they_have_run() -> None:
    shown, engine = Shown(), Engine()
    live = Live(shown, engine)
    assert outcomes(live.results(work())) == [Outcome.STALE, Outcome.STALE]
    assert shown.wait() == ["docs/a.md", "docs/b.md"]
    assert not live.stage("docs/a.md")
    assert outcomes(live.results(work())) == [Outcome.PASSED, Outcome.FAILED]
    assert engine.pages.count("docs/b.md") == 1
    live.end()


def test_a_page_that_failed_runs_again_once_it_is_saved_and_no_other_does() -> None:
    shown, engine = Shown(), Engine()
    live = Live(shown, engine)
    live.results(work())
    shown.wait()
    os.utime("docs/b.md", ns=(1, 1))
    live.results(work())
    assert shown.wait() == ["docs/b.md"]
    live.end()


def test_a_page_that_is_edited_runs_on_from_there_and_is_confirmed() -> None:
    shown, fleet = Shown(), Fleet({"docker ps": "ID\n", "docker info": "26\n", "docker images": "none\n"})
    live = Live(shown, fleet)
    above = PAGE + "\nAbove.\n\n"
    Path("docs/b.md").unlink()
    for last in ("docker ps", "docker info", "docker images"):
        Path("docs/a.md").write_text(above + PAGE.replace("docker ps", last))
        live.results(work(runs=1))
        shown.wait()
        wait_for(lambda: any(not sandbox.closed and sandbox.commands == ["docker ps"] for sandbox in fleet.started))
    live.end()
    # The first has nothing above that has run; of the others what has run on is shown, and then all of it.
    assert shown.stages == [None, Stage.CONFIRMED, None, Stage.CONFIRMED, None]
    assert sorted(sandbox.commands for sandbox in fleet.started) == [
        ["docker ps"],
        ["docker ps", "docker images"],
        ["docker ps", "docker images"],
        ["docker ps", "docker info"],
        ["docker ps", "docker info"],
        ["docker ps", "docker ps"],
    ]
    assert all(sandbox.closed for sandbox in fleet.started)


def test_a_page_that_is_confirmed_stays_so_in_the_next_build() -> None:
    go_on = threading.Event()
    shown, fleet = Shown(), Fleet({"docker ps": "ID\n", "docker info": "26\n"})
    live = Live(shown, fleet)
    Path("docs/b.md").unlink()
    live.results(work(runs=1))
    shown.wait()
    wait_for(lambda: any(not sandbox.closed for sandbox in fleet.started))
    Path("docs/a.md").write_text(PAGE.replace("docker ps", "docker info"))
    fleet.hold = go_on
    live.results(work(runs=1))
    wait_for(lambda: live.stage("docs/a.md") is Stage.CONFIRMED)
    assert outcomes(live.results(work(runs=1))) == [Outcome.PASSED]
    assert live.stage("docs/a.md") is Stage.CONFIRMED
    go_on.set()
    assert shown.wait() == ["docs/a.md", "docs/a.md"]
    assert live.stage("docs/a.md") is None
    live.end()


def test_who_wants_one_page_at_a_time_has_one_sandbox() -> None:
    shown, fleet = Shown(), Fleet({"docker ps": "ID\n", "docker info": "26\n"})
    live = Live(shown, fleet)
    Path("docs/b.md").unlink()
    for command in ("docker ps", "docker info"):
        Path("docs/a.md").write_text(PAGE.replace("docker ps", command))
        live.results(work(runs=1, jobs=1))
        shown.wait()
    live.end()
    assert [sandbox.commands for sandbox in fleet.started] == [["docker ps"], ["docker info"]]
    assert shown.stages == [None, None]


def test_without_recordings_a_page_runs_once() -> None:
    shown, engine = Shown(), Engine()
    live = Live(shown, engine)
    live.results(work(recordings=None))
    shown.wait()
    assert outcomes(live.results(work(recordings=None))) == [Outcome.PASSED, Outcome.FAILED]
    assert sorted(engine.pages) == ["docs/a.md", "docs/b.md"]
    live.end()


def test_a_recording_that_a_run_has_written_is_ours_until_somebody_else_writes_it() -> None:
    shown = Shown()
    live = Live(shown, Engine())
    live.results(work(runs=1))
    shown.wait()
    live.end()
    file = Path("recordings/a.md.json").absolute()
    file.touch()
    os.utime(file, ns=(1, 1))
    assert not live.wrote(file)
    file.unlink()
    assert not live.wrote(file)


def test_without_an_engine_pages_stay_stale_and_nothing_is_wrong() -> None:
    shown = Shown()
    live = Live(shown, Engine(there=False))
    live.results(work())
    assert shown.wait() == ["docs/a.md", "docs/b.md"]
    assert outcomes(live.results(work())) == [Outcome.STALE, Outcome.STALE]
    assert not shown.problems


def test_why_pages_cannot_run_is_told() -> None:
    def broken(_site: object, _say: object) -> Engine:
        raise ImageError(Problem("the image busybox cannot be built"))

    shown = Shown()
    live = Live(shown, broken)  # type: ignore[arg-type]
    live.results(work())
    assert shown.wait() == []
    assert [problem.message for problem in shown.problems] == ["the image busybox cannot be built"]
    assert not live.stage("docs/a.md")


def test_what_only_replays_runs_nothing() -> None:
    engine = Engine()
    live = Live(Shown(), engine)
    assert outcomes(live.results(work(mode=Mode.REPLAY))) == [Outcome.STALE, Outcome.STALE]
    assert not live.stage("docs/a.md")
    assert not engine.pages
