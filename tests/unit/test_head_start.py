"""A page that runs up to where its author writes, and on from there once that is saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.machine import Fleet
from helpers.runs import SITE, console, page
from helpers.waiting import wait_for

from snippetrun.errors import SandboxError
from snippetrun.model import Job, Outcome, Position, Result
from snippetrun.plan import plan
from snippetrun.runner import Watcher, head_start
from snippetrun.runner.head_start import HeadStart, where_edited
from snippetrun.runner.judge import result
from snippetrun.runner.page import run_page
from snippetrun.sandbox.fake import Answer

ANSWERS: dict[str, Answer] = {
    "docker ps": "ID\n",
    "docker images": "nginx\n",
    "docker info": "26\n",
    "docker rm": ("no\n", 1),
}
ABOVE = console("$ docker ps", "ID") + "\n" + console("$ docker images") + "\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path))


def job(text: str) -> Job:
    [one] = plan(SITE, [page(text)]).jobs
    return one


def waiting(fleet: Fleet, text: str, upto: Position) -> HeadStart:
    return HeadStart(SITE, job(text), upto, fleet)


@contextmanager
def ended(ahead: HeadStart) -> Iterator[HeadStart]:
    yield ahead
    ahead.end(20)


def typed(fleet: Fleet) -> list[list[str]]:
    return [sandbox.commands for sandbox in fleet.started]


def same(one: Result, other: Result) -> bool:
    """Whether two runs of a page came to the same, but for how long they took."""
    assert one.recording
    assert other.recording
    commands = [
        [[dataclasses.replace(command, seconds=0.0) for command in snippet] for snippet in of.recording.snippets]
        for of in (one, other)
        if of.recording
    ]
    return commands[0] == commands[1] and one.verdicts == other.verdicts


def test_what_stands_above_runs_once_and_the_rest_in_the_same_sandbox() -> None:
    fleet = Fleet(ANSWERS)
    with ended(waiting(fleet, ABOVE + console("$ docker nothing"), (2, 0))) as ahead:
        wait_for(lambda: typed(fleet) == [["docker ps", "docker images"]])
        edited = job("Some words.\n\n" + ABOVE + console("$ docker info", "25"))
        assert ahead.fits(edited)
        reached = ahead.run(edited, Watcher())
    assert typed(fleet) == [["docker ps", "docker images", "docker info"]]
    assert fleet.started[0].closed
    assert reached
    assert [v.outcome for vs in reached.verdicts for v in vs] == [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]
    whole = result(edited.page, run_page(edited, fleet.start, Watcher()), edited.match)
    assert same(reached, whole)


def test_it_goes_on_within_a_fence_and_writes_no_file_twice() -> None:
    fleet = Fleet(ANSWERS)
    file = "```yaml {file=compose.yaml}\na: 1\n```\n\n"
    with ended(waiting(fleet, file + console("$ docker ps", "$ docker images"), (1, 1))) as ahead:
        wait_for(lambda: typed(fleet) == [["docker ps"]])
        fleet.started[0].files.clear()
        assert ahead.run(job(file + console("$ docker ps", "$ docker info")), Watcher())
    assert typed(fleet) == [["docker ps", "docker info"]]
    assert not fleet.started[0].files


@pytest.mark.parametrize(
    ("edited", "fits"),
    [
        (ABOVE, True),
        (ABOVE + console("$ docker info"), True),
        (ABOVE.replace("images", "info"), False),
        (ABOVE.replace("ID", "..."), False),
        (ABOVE.replace("console", "console {timeout=9}"), False),
        ("---\nsnippetrun:\n  timeout: 9\n---\n" + ABOVE, False),
        (console("$ docker ps", "ID"), False),
    ],
)
def test_it_fits_a_page_that_is_the_same_above(edited: str, *, fits: bool) -> None:
    with ended(waiting(Fleet(ANSWERS), ABOVE + console("$ docker ps"), (2, 0))) as ahead:
        assert ahead.fits(job(edited)) == fits


def test_it_is_used_once() -> None:
    with ended(waiting(Fleet(ANSWERS), ABOVE, (1, 0))) as ahead:
        assert ahead.run(job(ABOVE), Watcher())
        assert not ahead.fits(job(ABOVE))


@pytest.mark.parametrize(
    "above",
    [
        console("$ docker rm"),
        console("$ docker ps") + "\n" + console("$ docker ps", attributes=" {engine=fresh}"),
    ],
)
def test_what_stands_above_has_to_pass_in_one_engine(above: str) -> None:
    fleet = Fleet(ANSWERS)
    text = above + "\n" + console("$ docker ps")
    with ended(waiting(fleet, text, (text.count("$") - 1, 0))) as ahead:
        assert ahead.run(job(text), Watcher()) is None
    assert all(sandbox.closed for sandbox in fleet.started)


def test_a_fresh_engine_below_is_one_of_its_own() -> None:
    fleet = Fleet(ANSWERS)
    text = console("$ docker ps") + "\n" + console("$ docker info", attributes=" {engine=fresh}")
    with ended(waiting(fleet, text, (1, 0))) as ahead:
        assert ahead.run(job(text), Watcher())
    assert typed(fleet) == [["docker ps"], ["docker info"]]


def test_a_command_that_turns_out_to_be_typed_otherwise_is_no_result() -> None:
    text = console("$ docker ps", attributes=" {term=a}") + "\n"
    with ended(waiting(Fleet(ANSWERS), text + console("$ docker info"), (1, 0))) as ahead:
        goes_on = job(text + console("more", attributes=" {term=a}"))
        assert ahead.fits(goes_on)
        with pytest.raises(SandboxError):
            ahead.run(goes_on, Watcher())


def test_a_sandbox_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(head_start, "_IDLE_SECONDS", 0.0)
    fleet = Fleet(ANSWERS)
    with ended(waiting(fleet, ABOVE, (1, 0))) as ahead:
        wait_for(lambda: [sandbox.closed for sandbox in fleet.started] == [True])
        assert not ahead.fits(job(ABOVE))


@pytest.mark.parametrize(
    ("before", "now", "where"),
    [
        (None, ABOVE, (1, 0)),
        (ABOVE, ABOVE, (1, 0)),
        (ABOVE, ABOVE.replace("ps", "info"), (0, 0)),
        (ABOVE, ABOVE + console("$ docker info"), (2, 0)),
        (ABOVE + console("$ docker info"), ABOVE, (1, 0)),
        (console("$ docker a", "$ docker b", "$ docker c"), console("$ docker a", "$ docker x", "$ docker c"), (0, 1)),
        (console("$ docker a", "$ docker b"), console("$ docker a", "$ docker b", "$ docker c"), (0, 2)),
        (console("$ docker a", "$ docker b", "$ docker c"), console("$ docker a", "$ docker b"), (0, 2)),
    ],
)
def test_where_the_author_writes(before: str | None, now: str, where: Position) -> None:
    assert where_edited(page(now), page(before) if before else None) == where
