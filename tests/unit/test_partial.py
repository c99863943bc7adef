"""Some snippets of a page: how far it runs for them, and what each of them tells."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, RecordingError
from snippetrun.extract import files
from snippetrun.model import Ending, Job, Mode, Outcome, Result
from snippetrun.plan import plan
from snippetrun.pytest_plugin import subset
from snippetrun.sandbox.fake import Answer, FakeSandbox, program

PAGE = """# A

```console
$ docker ps
```

```console
$ docker info
info
$ docker rm x
```

```console
$ docker images
```

```console
$ docker volume ls
```
"""
ANSWERS: dict[str, Answer] = {
    "docker ps": "ID\n",
    "docker info": "info\n",
    "docker rm x": "x\n",
    "docker images": "none\n",
    "docker volume ls": "none\n",
}
LOST = ANSWERS | {"docker rm x": Ending.SHELL_GONE}


@dataclasses.dataclass
class PlayedPage:
    """A site with one page, and sandboxes that are kept."""

    site: SiteConfig
    page: Path
    answers: dict[str, Answer] = dataclasses.field(default_factory=lambda: ANSWERS)
    ran: list[str] = dataclasses.field(default_factory=list)

    @contextmanager
    def prepared(self, _site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        yield self.start

    @contextmanager
    def start(self, _job: Job) -> Iterator[FakeSandbox]:
        sandbox = FakeSandbox(self.answers)
        yield sandbox
        self.ran += sandbox.commands

    def record(self) -> None:
        ready = subset.prepare(self.site, files.read(self.site, self.page), compare=False)
        runner.run(
            plan(dataclasses.replace(self.site, mode=Mode.RUN), [ready.page]), runner.Watcher(), sandboxes=self.prepared
        )
        self.ran.clear()

    def run(self, selected: Collection[int], *, compare: bool = False) -> Result:
        ready = subset.prepare(self.site, files.read(self.site, self.page), compare=compare)
        return subset.run(ready, selected, self.start, runner.Watcher())


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlayedPage:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    page = tmp_path / "docs" / "a.md"
    page.parent.mkdir()
    page.write_text(PAGE)
    return PlayedPage(SiteConfig(tmp_path, page.parent, "mkdocs.yml", recordings=tmp_path / "recordings"), page)


def test_a_page_runs_up_to_the_last_selected_snippet(played: PlayedPage) -> None:
    result = played.run({1})
    assert played.ran == ["docker ps", "docker info", "docker rm x"]
    assert subset.outcome_of(result, {1}, 1).outcome is Outcome.PASSED


def test_a_command_that_goes_on_in_a_snippet_below_the_last_may_stay_open(played: PlayedPage) -> None:
    played.page.write_text("# A\n\n```console\n$ docker run -it x\n/ #\n```\n\n```console\n/ # ls\n```\n")
    played.answers = {"docker run -it x": program("/ # ", "bin\n")}
    assert subset.outcome_of(played.run({0}), {0}, 0).outcome is Outcome.PASSED


def test_the_end_of_a_terminal_is_told_by_its_snippet_and_those_below_are_not_reached(played: PlayedPage) -> None:
    played.answers = LOST
    selected = {0, 1, 2, 3}
    result = played.run(selected)
    outcomes = [subset.outcome_of(result, selected, at) for at in range(4)]
    assert [outcome.outcome for outcome in outcomes] == ["passed", "failed", "not reached", "not reached"]
    [failure] = outcomes[1].problems
    assert (failure.path, failure.line, failure.message) == ("docs/a.md", 10, "it ended the page's shell")
    assert [str(problem) for problem in outcomes[3].problems] == ["docs/a.md:10: not reached: line 10 failed above it"]


def test_a_failure_that_is_not_selected_is_told_once_by_the_first_below_that_is(played: PlayedPage) -> None:
    played.answers = LOST
    selected = {0, 2, 3}
    result = played.run(selected)
    outcomes = [subset.outcome_of(result, selected, at) for at in (0, 2, 3)]
    assert [outcome.outcome for outcome in outcomes] == ["passed", "failed", "not reached"]
    assert [(problem.line, problem.message) for problem in outcomes[1].problems] == [
        (14, "not reached: line 10 failed above it"),
        (10, "it ended the page's shell"),
    ]


def test_a_snippet_is_not_reached_for_the_end_of_its_own_terminal(played: PlayedPage) -> None:
    text = PAGE
    for command in ("docker info", "docker volume ls"):
        text = text.replace(f"```console\n$ {command}", f"```console {{term=a}}\n$ {command}")
    played.page.write_text(text)
    played.answers = LOST | {"docker images": ("no\n", 1)}
    result = played.run({2, 3})
    assert [problem.line for problem in subset.outcome_of(result, {2, 3}, 2).problems] == [14]
    unreached = subset.outcome_of(result, {2, 3}, 3)
    assert unreached.outcome is Outcome.FAILED
    assert [(problem.line, problem.message) for problem in unreached.problems] == [
        (18, "not reached: line 10 failed above it"),
        (10, "it ended the page's shell"),
    ]


def test_what_is_told_of_a_snippet_does_not_depend_on_who_asks_first(played: PlayedPage) -> None:
    played.answers = LOST
    result = played.run({1, 3})
    assert subset.outcome_of(result, {1, 3}, 3).outcome is Outcome.NOT_REACHED
    assert subset.outcome_of(result, {1, 3}, 1).outcome is Outcome.FAILED


def test_the_seconds_of_a_snippet_are_those_of_its_own_commands(played: PlayedPage) -> None:
    result = played.run({3})
    assert result.recording
    longer = tuple(tuple(dataclasses.replace(ran, seconds=2.5) for ran in ran) for ran in result.recording.snippets)
    result = dataclasses.replace(result, recording=dataclasses.replace(result.recording, snippets=longer))
    assert [subset.outcome_of(result, range(4), at).seconds for at in range(4)] == [2.5, 5.0, 2.5, 2.5]


def test_drift_fails_the_snippet_that_drifted_and_no_other(played: PlayedPage) -> None:
    played.record()
    played.answers = ANSWERS | {"docker ps": "other\n"}
    result = played.run({0, 1}, compare=True)
    outcomes = [subset.outcome_of(result, {0, 1}, at) for at in (0, 1)]
    assert [outcome.outcome for outcome in outcomes] == ["failed", "passed"]
    assert "the output is not what was recorded" in outcomes[0].problems[0].message
    assert "snippetrun update docs/a.md" in outcomes[0].problems[0].hint


def test_drift_above_a_selected_snippet_is_not_its_own(played: PlayedPage) -> None:
    played.record()
    played.answers = ANSWERS | {"docker ps": "other\n"}
    assert subset.outcome_of(played.run({1}, compare=True), {1}, 1).outcome is Outcome.PASSED


def test_what_nobody_has_recorded_fails_only_where_recordings_are_compared(played: PlayedPage) -> None:
    assert subset.outcome_of(played.run({0}), {0}, 0).outcome is Outcome.PASSED
    [problem] = subset.outcome_of(played.run({0}, compare=True), {0}, 0).problems
    assert "nobody has recorded it" in problem.message


def test_nothing_is_written_down(played: PlayedPage) -> None:
    played.run({3})
    assert not (played.site.root / "recordings").exists()


def test_a_damaged_recording_is_an_error_only_where_it_would_be_used(played: PlayedPage) -> None:
    played.record()
    [file] = (played.site.root / "recordings").iterdir()
    file.write_text(file.read_text().replace("info", "other"))
    subset.prepare(played.site, files.read(played.site, played.page), compare=False)
    with pytest.raises(RecordingError, match="checksum"):
        subset.prepare(played.site, files.read(played.site, played.page), compare=True)


def test_a_page_that_cannot_be_planned_is_an_error_when_it_is_read(played: PlayedPage) -> None:
    played.page.write_text("---\nsnippetrun: {images: [nginx]}\n---\n" + PAGE)
    with pytest.raises(PageError, match="docs/a.md:2: images: the site lists no image nginx"):
        subset.prepare(played.site, files.read(played.site, played.page), compare=False)


def test_a_page_on_which_nothing_runs_has_no_job(played: PlayedPage) -> None:
    played.page.write_text("---\nsnippetrun: {skip: not now}\n---\n" + PAGE)
    assert subset.prepare(played.site, files.read(played.site, played.page), compare=False).job is None


def test_what_only_looks_as_if_it_ran_is_found(played: PlayedPage) -> None:
    played.page.write_text("# A\n\n```console\ndocker ps\n```\n")
    [finding] = subset.prepare(played.site, files.read(played.site, played.page), compare=False).page.findings
    assert (finding.path, finding.line) == ("docs/a.md", 4)
