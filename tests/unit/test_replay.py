"""Modes: what runs, what is replayed, and what is stale."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from unittest.mock import patch

import pytest
from helpers.machine import ANSWERS, Engine, Heard
from helpers.runs import PAGE, run_one

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import EngineError, RecordingError
from snippetrun.extract import read
from snippetrun.model import Mode, Outcome, Result
from snippetrun.plan import plan
from snippetrun.recordings import Store
from snippetrun.support import bounded


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteConfig:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return SiteConfig(tmp_path, tmp_path / "docs", "mkdocs.yml", recordings=tmp_path / "recordings", runs=1)


def outcomes(result: Result) -> list[list[Outcome]]:
    return [[verdict.outcome for verdict in snippet] for snippet in result.verdicts]


def test_run_always_runs_and_auto_only_what_is_stale(site: SiteConfig) -> None:
    engine = Engine()
    first = run_one(site, Mode.AUTO, engine)
    assert run_one(site, Mode.AUTO, engine) == first
    assert len(engine.pages) == 1
    run_one(site, Mode.RUN, engine)
    assert len(engine.pages) == 2
    run_one(site, Mode.AUTO, engine, PAGE.replace("docker ps", "docker ps -a"))
    assert len(engine.pages) == 3


def test_a_recording_is_the_same_from_every_folder(site: SiteConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine()
    run_one(site, Mode.RUN, engine)
    text = Path("recordings/a.md.json").read_text()
    assert site.recordings
    (site.docs / "deep").mkdir(parents=True)
    monkeypatch.chdir(site.docs / "deep")
    work = plan(dataclasses.replace(site, mode=Mode.AUTO), [read("../a.md", PAGE)])
    [result] = runner.run(work, Heard(), sandboxes=engine)
    assert len(engine.pages) == 1
    assert (result.failed, result.recording and result.recording.page) == ((), "../a.md")
    (site.recordings / "a.md.json").unlink()
    runner.run(work, Heard(), sandboxes=engine)
    again = (site.recordings / "a.md.json").read_text()
    assert [json.loads(each)[key] for each in (text, again) for key in ("page", "key")] == 2 * [
        "docs/a.md", json.loads(text)["key"]
    ]  # fmt: skip


def test_a_replay_needs_no_engine(site: SiteConfig) -> None:
    recorded = run_one(site, Mode.RUN, Engine())
    for mode in (Mode.REPLAY, Mode.AUTO):
        nobody = Engine(there=False)
        assert run_one(site, mode, nobody) == recorded
        assert nobody.pages == []


def test_without_an_engine_auto_shows_what_was_recorded_and_says_so_in_one_line(site: SiteConfig) -> None:
    run_one(site, Mode.RUN, Engine())
    heard = Heard()
    result = run_one(site, Mode.AUTO, Engine(there=False), PAGE.replace("docker rm x", "docker rm y"), heard)
    assert heard.lines == ["no Docker engine answers: showing what was recorded"]
    assert outcomes(result) == [[Outcome.PASSED, Outcome.PASSED], [Outcome.STALE]]


def test_run_without_an_engine_is_an_error(site: SiteConfig) -> None:
    with pytest.raises(EngineError):
        run_one(site, Mode.RUN, Engine(there=False))


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
    run_one(site, Mode.RUN, Engine())
    result = run_one(site, Mode.REPLAY, Engine(there=False), PAGE.replace(*change))
    assert outcomes(result) == expected
    assert [problem.line for problem in report.stale(result)] == ([line] if line else [])
    messages = [v.message for snippet in result.verdicts for v in snippet if v.outcome is Outcome.STALE]
    assert messages[:1] == ["it has changed since it was recorded"] * bool(line)
    assert set(messages[1:]) <= {"what is above it has changed since it was recorded"}


def test_a_page_that_was_never_recorded_is_stale(site: SiteConfig) -> None:
    [problem] = report.stale(run_one(site, Mode.REPLAY, Engine(there=False)))
    assert (problem.line, problem.message) == (4, "stale: it has not been recorded yet")
    assert problem.hint == "Record it: snippetrun run docs/a.md"


def test_a_change_of_what_it_runs_on_makes_all_of_it_stale_but_shown(site: SiteConfig) -> None:
    run_one(site, Mode.RUN, Engine())
    result = run_one(site, Mode.REPLAY, Engine(there=False), "---\nsnippetrun: {timeout: 5s}\n---\n" + PAGE)
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
    assert engine.pages == ["docs/new.md", "docs/long.md", "docs/short.md"]
    assert [result.page for result in results] == pages


@pytest.mark.parametrize(
    ("mode", "text", "reads"),
    [
        (Mode.REPLAY, PAGE, 1),
        (Mode.REPLAY, PAGE.replace("docker ps", "docker ps -a"), 1),
        (Mode.AUTO, PAGE, 1),
        # Before it is written, as whoever runs the page too may have done that meanwhile.
        (Mode.AUTO, PAGE.replace("docker ps", "docker ps -a"), 2),
        (Mode.RUN, PAGE, 2),
    ],
)
def test_a_recording_is_read_once_and_once_more_before_it_is_written(
    site: SiteConfig, mode: Mode, text: str, reads: int
) -> None:
    run_one(site, Mode.RUN, Engine())
    with patch.object(bounded, "read_bytes", wraps=bounded.read_bytes) as read_bytes:
        run_one(site, mode, Engine(), text)
    assert [call.args[0].name for call in read_bytes.call_args_list] == ["a.md.json"] * reads


def test_what_fails_is_not_recorded(site: SiteConfig, tmp_path: Path) -> None:
    engine = Engine()
    engine.answers = ANSWERS | {"docker info": ("no\n", 1)}
    assert run_one(site, Mode.RUN, engine).failed
    assert not (tmp_path / "recordings").exists()


def test_a_damaged_recording_is_an_error_for_replay_and_runs_again_otherwise(site: SiteConfig, tmp_path: Path) -> None:
    recorded = run_one(site, Mode.RUN, Engine())
    path = tmp_path / "recordings" / "a.md.json"
    path.write_text(path.read_text().replace('"info"', '"other"'))
    with pytest.raises(RecordingError, match="checksum"):
        run_one(site, Mode.REPLAY, Engine(there=False))
    engine, heard = Engine(), Heard()
    assert run_one(site, Mode.AUTO, engine, heard=heard).verdicts == recorded.verdicts
    assert engine.pages == ["docs/a.md"]
    assert "checksum" in heard.lines[0]
