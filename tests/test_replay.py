"""Modes: what runs, what is replayed, and what is stale."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_dialogues import Silent

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import EngineError, Problem, RecordingError
from snippetrun.extract import read
from snippetrun.model import ImageFact, Job, Mode, Outcome, Result
from snippetrun.plan import plan
from snippetrun.recordings import Store
from snippetrun.sandbox.fake import Answer, FakeSandbox

PAGE = "# A\n\n```console\n$ docker ps\n$ docker info\n```\n\n```console\n$ docker rm x\n```\n"
ANSWERS: dict[str, Answer] = {
    "docker ps": "ID\n",
    "docker info": "info\n",
    "docker rm x": "x\n",
    "docker ps -a": "all\n",
}


def provided(site: SiteConfig, job: Job) -> tuple[ImageFact, ...]:
    """What a sandbox says about the images that a page has."""
    return tuple(
        ImageFact(image.name, "sha256:0", image.pull or f"{image.build}/Dockerfile on debian", image.stand_in)
        for image in site.images
        if job.hub or image.name in job.images
    )


class Engine:
    """A machine with an engine, or without, that counts the pages it ran."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.ran: list[str] = []
        self.answers = ANSWERS

    @contextmanager
    def __call__(self, site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        if not self.there:
            raise EngineError(Problem("no Docker engine answers"))

        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            self.ran.append(job.page.path)
            yield FakeSandbox(self.answers, images=provided(site, job))

        yield start


class Heard(Silent):
    """A watcher that remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteConfig:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return SiteConfig(tmp_path, tmp_path / "docs", "mkdocs.yml", recordings=tmp_path / "recordings", runs=1)


def run(site: SiteConfig, mode: Mode, engine: Engine, text: str = PAGE, heard: Heard | None = None) -> Result:
    site = dataclasses.replace(site, mode=mode)
    [result] = runner.run(plan(site, [read("docs/a.md", text)]), heard or Heard(), sandboxes=engine)
    return result


def outcomes(result: Result) -> list[list[Outcome]]:
    return [[verdict.outcome for verdict in snippet] for snippet in result.verdicts]


def test_run_always_runs_and_auto_only_what_is_stale(site: SiteConfig) -> None:
    engine = Engine()
    first = run(site, Mode.AUTO, engine)
    assert run(site, Mode.AUTO, engine) == first
    assert len(engine.ran) == 1
    run(site, Mode.RUN, engine)
    assert len(engine.ran) == 2
    run(site, Mode.AUTO, engine, PAGE.replace("docker ps", "docker ps -a"))
    assert len(engine.ran) == 3


def test_a_recording_is_the_same_from_every_folder(site: SiteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    run(site, Mode.RUN, engine)
    text = Path("recordings/a.md.json").read_text()
    assert site.recordings
    (site.docs / "deep").mkdir(parents=True)
    monkeypatch.chdir(site.docs / "deep")
    work = plan(dataclasses.replace(site, mode=Mode.AUTO), [read("../a.md", PAGE)])
    [result] = runner.run(work, Heard(), sandboxes=engine)
    assert len(engine.ran) == 1
    assert (result.failed, result.recording and result.recording.page) == ((), "../a.md")
    (site.recordings / "a.md.json").unlink()
    runner.run(work, Heard(), sandboxes=engine)
    again = (site.recordings / "a.md.json").read_text()
    assert [json.loads(each)[key] for each in (text, again) for key in ("page", "key")] == 2 * [
        "docs/a.md", json.loads(text)["key"]
    ]  # fmt: skip


def test_a_replay_needs_no_engine(site: SiteConfig) -> None:
    recorded = run(site, Mode.RUN, Engine())
    for mode in (Mode.REPLAY, Mode.AUTO):
        nobody = Engine(there=False)
        assert run(site, mode, nobody) == recorded
        assert nobody.ran == []


def test_without_an_engine_auto_shows_what_was_recorded_and_says_so_in_one_line(site: SiteConfig) -> None:
    run(site, Mode.RUN, Engine())
    heard = Heard()
    result = run(site, Mode.AUTO, Engine(there=False), PAGE.replace("docker rm x", "docker rm y"), heard)
    assert heard.lines == ["no Docker engine answers: showing what was recorded"]
    assert outcomes(result) == [[Outcome.PASSED, Outcome.PASSED], [Outcome.STALE]]


def test_run_without_an_engine_is_an_error(site: SiteConfig) -> None:
    with pytest.raises(EngineError):
        run(site, Mode.RUN, Engine(there=False))


@pytest.mark.parametrize(
    ("change", "expected", "line"),
    [
        (("docker info", "docker info x"), [["passed", "stale"], ["stale"]], 5),
        (("docker rm x\n", "docker rm x\nwritten\n"), [["passed", "passed"], ["stale"]], 9),
        (("```console\n$ docker rm", "```console {exit=1}\n$ docker rm"), [["passed", "passed"], ["stale"]], 9),
        (("# A\n", "# A\n\nMore.\n"), [["passed", "passed"], ["passed"]], 0),
        (("# A\n", "# A\n\n```console\n$ docker ps -a\n```\n"), [["stale"], ["stale", "stale"], ["stale"]], 4),
    ],
)
def test_a_stale_page_is_told_from_the_first_line_that_changed(
    site: SiteConfig, change: tuple[str, str], expected: list[list[str]], line: int
) -> None:
    run(site, Mode.RUN, Engine())
    result = run(site, Mode.REPLAY, Engine(there=False), PAGE.replace(*change))
    assert outcomes(result) == expected
    assert [problem.line for problem in report.stale(result)] == ([line] if line else [])
    messages = [v.message for snippet in result.verdicts for v in snippet if v.outcome is Outcome.STALE]
    assert messages[:1] == ["it has changed since it was recorded"] * bool(line)
    assert set(messages[1:]) <= {"what is above it has changed since it was recorded"}


def test_a_page_that_was_never_recorded_is_stale(site: SiteConfig) -> None:
    [problem] = report.stale(run(site, Mode.REPLAY, Engine(there=False)))
    assert (problem.line, problem.message) == (4, "stale: it has not been recorded yet")
    assert problem.hint == "Record it: snippetrun run docs/a.md"


def test_a_change_of_what_it_runs_on_makes_all_of_it_stale_but_shown(site: SiteConfig) -> None:
    run(site, Mode.RUN, Engine())
    result = run(site, Mode.REPLAY, Engine(there=False), "---\nsnippetrun: {timeout: 5s}\n---\n" + PAGE)
    assert outcomes(result) == [[Outcome.STALE, Outcome.STALE], [Outcome.STALE]]
    assert result.recording
    assert [len(snippet) for snippet in result.recording.snippets] == [2, 1]


def test_the_page_that_took_longest_begins_first(site: SiteConfig) -> None:
    pages = [read(f"docs/{name}.md", PAGE) for name in ("short", "long", "new")]
    site = dataclasses.replace(site, mode=Mode.RUN, jobs=1)
    for page, seconds in zip(pages, (1.0, 9.0), strict=False):
        [job] = plan(site, [page]).jobs
        [result] = runner.run(plan(site, [page]), Heard(), aim=runner.Aim.COMPARE, sandboxes=Engine())
        assert result.recording
        Store(site).keep(job, dataclasses.replace(result.recording, seconds=seconds), news=True)
    engine = Engine()
    results = runner.run(plan(site, pages), Heard(), sandboxes=engine)
    assert engine.ran == ["docs/new.md", "docs/long.md", "docs/short.md"]
    assert [result.page for result in results] == pages


def test_what_fails_is_not_recorded(site: SiteConfig, tmp_path: Path) -> None:
    engine = Engine()
    engine.answers = ANSWERS | {"docker info": ("no\n", 1)}
    assert run(site, Mode.RUN, engine).failed
    assert not (tmp_path / "recordings").exists()


def test_a_damaged_recording_is_an_error_for_replay_and_runs_again_otherwise(site: SiteConfig, tmp_path: Path) -> None:
    recorded = run(site, Mode.RUN, Engine())
    path = tmp_path / "recordings" / "a.md.json"
    path.write_text(path.read_text().replace('"info"', '"other"'))
    with pytest.raises(RecordingError, match="checksum"):
        run(site, Mode.REPLAY, Engine(there=False))
    engine, heard = Engine(), Heard()
    assert run(site, Mode.AUTO, engine, heard=heard).verdicts == recorded.verdicts
    assert engine.ran == ["docs/a.md"]
    assert "checksum" in heard.lines[0]
