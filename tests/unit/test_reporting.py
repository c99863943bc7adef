"""From the pages that are wanted to the report, also where something fails on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.machine import ANSWERS, Engine, Heard
from helpers.runs import check_on, run_on

from snippetrun import runner
from snippetrun.config import MOST_RUNS, SiteConfig
from snippetrun.errors import ImageError, Problem, SandboxError
from snippetrun.model import Job, Mode
from snippetrun.report import Report, counts
from snippetrun.sandbox.fake import FakeSandbox
from snippetrun.support.version import __version__
from snippetrun.tasks import check
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection

PAGE = "# A\n\n```console\n$ docker ps\n$ docker info\n```\n"
MKDOCS = Path("mkdocs.yml")


class Dying(Engine):
    """A machine on which the engine dies on every page but the first that runs."""

    @contextmanager
    def __call__(self, _site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            self.pages.append(job.page.path)
            if job.page.path != self.pages[0]:
                raise SandboxError(Problem("the page's engine ended at once"))
            yield FakeSandbox(self.answers)

        yield start


def no_images(_site: SiteConfig, _say: Callable[[str], None]) -> None:
    raise ImageError(Problem("the registry answers 429"))


def outcomes(report: Report) -> dict[str, list[str]]:
    return {page.path: [command.outcome.value for command in page.commands] for page in report.pages}


def test_a_run_in_which_all_is_well(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "prose.md": "# Prose\n"})
    made = report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    assert (made.exit_status, made.problems, made.note, made.version) == (0, (), "", __version__)
    assert outcomes(made) == {"docs/a.md": ["passed", "passed"]}


def test_a_failure_is_status_1(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    engine = Engine()
    engine.answers = ANSWERS | {"docker info": ("no\n", 1)}
    made = report_on(run_on(engine), MKDOCS, Selection(), Heard())
    assert (made.exit_status, outcomes(made)) == (1, {"docs/a.md": ["passed", "failed"]})


@pytest.mark.parametrize("command", ["docker ps", "$ docker rm <box>", "me@laptop:~$ docker ps"])
def test_a_finding_fails_a_check_and_not_a_run(make_site: MakeSite, command: str) -> None:
    make_site({"a.md": PAGE, "b.md": f"# B\n\n```console\n{command}\n```\n"})
    assert report_on(run_on(Engine()), MKDOCS, Selection(), Heard()).exit_status == 0
    made = report_on(check_on(Engine()), MKDOCS, Selection(), Heard())
    assert (made.exit_status, [finding.path for finding in made.findings]) == (1, ["docs/b.md"])


def test_where_an_engine_dies_the_pages_that_had_ended_are_in_the_report(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE, "c.md": PAGE})
    made = report_on(run_on(Dying()), MKDOCS, Selection(), Heard())
    assert made.exit_status == 3
    [problem] = made.problems
    assert (problem.message, problem.path, problem.line) == ("the page's engine ended at once", "docs/b.md", 3)
    assert outcomes(made)["docs/a.md"] == ["passed", "passed"]
    assert outcomes(made)["docs/b.md"] == ["not reached", "not reached"]


def test_what_had_ended_is_held_against_its_recording_all_the_same(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE})
    report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    dying = Dying()
    dying.answers = ANSWERS | {"docker info": "other\n"}
    made = report_on(check_on(dying), MKDOCS, Selection(), Heard())
    # The page runs first that took longest when it was recorded: here that is chance.
    assert (made.exit_status, outcomes(made)[dying.pages[0]]) == (3, ["passed", "failed"])


def test_where_an_image_cannot_be_had_all_pages_are_there_and_none_was_reached(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE})
    made = report_on(run_on(no_images), MKDOCS, Selection(), Heard())  # type: ignore[arg-type]
    assert (made.exit_status, made.problems[0].message) == (3, "the registry answers 429")
    assert counts(made.pages).not_reached == 4


@pytest.mark.parametrize(
    ("pages", "wanted", "complaint"),
    [
        ({"a.md": "# A\n"}, Selection(), "there is nothing to run"),
        ({"a.md": "```console\n$ docker ps\n"}, Selection(), "nothing closes this fence"),
        ({"a.md": PAGE}, Selection((Path("docs/no.md"),)), "there is no such page or folder"),
    ],
)
def test_what_cannot_be_used_is_in_the_report_too(
    make_site: MakeSite, pages: dict[str, str], wanted: Selection, complaint: str
) -> None:
    make_site(pages)
    made = report_on(run_on(Engine()), MKDOCS, wanted, Heard())
    assert (made.exit_status, made.problems[0].message) == (2, complaint)


def test_a_configuration_that_cannot_be_used_is_in_the_report_with_its_line(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE}, "      timeout: never\n")
    made = report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    assert (made.exit_status, made.problems[0].path, made.problems[0].line) == (2, "mkdocs.yml", 8)


def test_a_damaged_recording_is_said_before_anything_runs(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE, "b.md": PAGE})
    report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    (folder / "recordings" / "b.md.json").write_text("{}")
    engine = Engine()
    made = report_on(check_on(engine), MKDOCS, Selection(), Heard())
    assert (made.exit_status, made.problems[0].path, engine.pages) == (2, "recordings/b.md.json", [])


def test_replayed_pages_are_stale_where_they_are_not_as_recorded(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE, "b.md": PAGE})
    report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    replay = Task("check", check.replayed)
    assert report_on(replay, MKDOCS, Selection(), Heard()).exit_status == 0
    (folder / "docs" / "b.md").write_text(PAGE.replace("docker info", "docker rm x"))
    made = report_on(replay, MKDOCS, Selection(), Heard())
    assert (made.exit_status, outcomes(made)["docs/b.md"]) == (1, ["passed", "stale"])


def test_the_same_page_named_twice_runs_once(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    engine = Engine()
    report_on(run_on(engine), MKDOCS, Selection((Path("docs"), Path("docs/a.md"), Path("./docs/a.md"))), Heard())
    assert engine.pages == ["docs/a.md"]


def info_says(*outputs: str) -> Engine:
    """A machine on which `docker info` says one thing in the first run, then another."""
    said = iter(outputs)
    engine = Engine()
    engine.answers = lambda command: next(said) if command == "docker info" else ANSWERS[command]  # type: ignore[assignment]
    return engine


def runs_of(made: Report) -> list[tuple[int, list[str]]]:
    return [(page.runs, [each.command for each in page.commands if each.varied]) for page in made.pages]


@pytest.mark.parametrize(
    ("outputs", "status", "runs"),
    [
        (["version 1\n"], 0, (1, [])),
        (["lost\n", "version 1\n"], 0, (2, ["docker info"])),
        (["lost\n", "other words here\n", "version 1\n"], 0, (2, ["docker info"])),
        (["version 2\n"] * MOST_RUNS, 1, (MOST_RUNS, [])),
    ],
)
def test_a_report_says_how_often_a_page_ran_and_what_did_not_reproduce(
    make_site: MakeSite, outputs: list[str], status: int, runs: tuple[int, list[str]]
) -> None:
    make_site({"a.md": PAGE})
    report_on(run_on(info_says("version 1\n")), MKDOCS, Selection(), Heard())
    made = report_on(check_on(info_says(*outputs)), MKDOCS, Selection(), Heard())
    assert (made.exit_status, runs_of(made)) == (status, [runs])


def test_of_a_page_that_is_recorded_from_two_runs_they_are_compared(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    task = Task(
        "run",
        lambda work, watcher: runner.run(
            work.in_mode(Mode.RUN), watcher, sandboxes=info_says("an otter\n", "two herons\n")
        ),
    )
    assert runs_of(report_on(task, MKDOCS, Selection(), Heard())) == [(2, ["docker info"])]


def test_a_failure_that_does_not_reproduce_varies(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE.replace("info\n", "info\nhello\n")})
    made = report_on(run_on(info_says("", "hello\n")), MKDOCS, Selection(), Heard())
    assert (made.exit_status, runs_of(made)) == (0, [(2, ["docker info"])])


def test_what_is_replayed_has_not_run(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    report_on(run_on(Engine()), MKDOCS, Selection(), Heard())
    assert runs_of(report_on(Task("check", check.replayed), MKDOCS, Selection(), Heard())) == [(0, [])]
