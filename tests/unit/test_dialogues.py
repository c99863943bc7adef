"""Golden pages over the in-memory sandbox: what a person at its terminals would have seen, or the error."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.golden import Case, cases
from helpers.machine import answer

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.extract import read
from snippetrun.model import Job, Result
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.sandbox.fake import Answer, FakeSandbox

PATH = "p.md"
SITE = SiteConfig(Path("/site"), Path("/site/docs"), "mkdocs.yml")


def run(text: str, answers: dict[str, Answer]) -> Result:
    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox(answers)

    [job] = plan(SITE, [read(PATH, text)]).jobs
    return runner.result(job.page, run_page(job, start, runner.Watcher()))


@cases("run")
def test_golden(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(PATH).write_text(case["page"], encoding="utf-8")
    ran = run(case["page"], {command: answer(value) for command, value in tomllib.loads(case["answers"]).items()})
    assert trimmed(report.transcript(ran).splitlines()[1:]) == case["transcript"]
    assert trimmed(report.diagnostics(report.failures(ran)).splitlines()) == case["errors"]


def trimmed(lines: Sequence[str]) -> str:
    """Return lines without the blanks at their ends, which no editor would keep in a golden file."""
    return "".join(f"{line.rstrip()}\n" for line in lines)
