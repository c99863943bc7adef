"""The same pages on several engines that are played: what is said of each, as one report."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from conftest import MakeSite
from helpers.command_line import snippetrun
from helpers.machine import ANSWERS, Heard, provided
from helpers.reported import SCHEMA, strict
from helpers.runs import check_on, run_on

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import ImageError, Problem, UsageError
from snippetrun.model import Job
from snippetrun.report import Report, engines, json_, junit, markdown, wrong
from snippetrun.report.merge import merge
from snippetrun.sandbox.fake import FakeSandbox
from snippetrun.tasks.report_on import ALL, report_on
from snippetrun.tasks.select import Selection
from snippetrun.tasks.shards import Shard

MKDOCS = Path("mkdocs.yml")
OPTIONS = "      engines: {current: {debian: trixie}, next: {debian: forky}}\n"
PAGES = {
    "a.md": "# A\n\n```console\n$ docker ps\n$ docker info\n$ docker rm x\nx\n```\n",
    "b.md": "# B\n\n```console\n$ docker ps -a\n```\n",
}
NEXT = ANSWERS | {"docker info": "other\n", "docker rm x": "gone\n"}
"""What the newer engine answers: it differs where nothing is written, and fails where something is."""


@contextmanager
def machine(site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
    """A machine on which each engine has answers of its own; there is no other than these two."""
    answers, version = (NEXT, "28.5.2") if site.engine.debian == "forky" else (ANSWERS, "26.1.5")

    @contextmanager
    def start(job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox(answers, engine_version=version, images=provided(site, job))

    yield start


@contextmanager
def no_next(site: SiteConfig, say: object) -> Iterator[runner.OpenSandbox]:
    """A machine that cannot be prepared for the newer engine."""
    if site.engine.debian == "forky":
        raise ImageError(Problem("debian:forky-slim cannot be pulled"))
    with machine(site, say) as start:
        yield start


@pytest.fixture
def site(make_site: MakeSite) -> Path:
    """A site of two engines, recorded on the first."""
    folder = make_site(PAGES, OPTIONS)
    assert report_on(run_on(machine), MKDOCS, Selection(), Heard()).exit_status == 0
    return folder


def checked(engine: str, selection: Selection = Selection(), on: runner.Sandboxes = machine) -> Report:  # noqa: B008 - frozen
    return report_on(dataclasses.replace(check_on(on), engine=engine), MKDOCS, selection, Heard())


def cells(report: Report) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(row.page, row.line, row.cells) for row in engines.rows(report)]


ALL_CELLS = [
    ("docs/a.md", 0, ("3 hold", "1 holds, 1 differs, 1 fails")),
    ("docs/a.md", 5, ("holds", "differs")),
    ("docs/a.md", 6, ("holds", "fails")),
    ("docs/b.md", 0, ("1 holds", "1 holds")),
]


@pytest.mark.usefixtures("site")
def test_a_page_is_held_against_the_recordings_of_the_first_engine() -> None:
    assert checked("current").exit_status == checked("").exit_status == 0
    report = checked("next")
    assert (report.engine, report.engines, report.exit_status) == ("next", ("current", "next"), 1)
    fails, differs = sorted(map(str, wrong(report)), reverse=True)
    assert fails.startswith("docs/a.md:7: on next: the output is not what line 7 says\n    $ docker rm x\n")
    # Its other commands are judged as well, though a page that fails cannot be recorded.
    assert differs.startswith("docs/a.md:5: on next: the output is not what was recorded\n    $ docker info\n")
    assert "    -info\n    +other\n    To record that: snippetrun run --engine next docs/a.md\n" in differs
    assert "    To run this page alone: snippetrun check --engine next docs/a.md" in differs
    assert "snippetrun update" not in differs


@pytest.mark.usefixtures("site")
def test_all_engines_make_one_report_with_a_column_for_each() -> None:
    report = checked(ALL)
    assert report.exit_status == 1
    assert cells(report) == ALL_CELLS
    assert [engines.heading(engine) for engine in engines.columns(report)] == ["current (26.1.5)", "next (28.5.2)"]
    assert engines.text(report).splitlines() == [
        "page                   current (26.1.5)   next (28.5.2)",
        "docs/a.md              3 hold             1 holds, 1 differs, 1 fails",
        "    5  $ docker info   holds              differs",
        "    6  $ docker rm x   holds              fails",
        "docs/b.md              1 holds            1 holds",
    ]


@pytest.mark.usefixtures("site")
def test_every_form_of_it_says_what_came_out_on_which_engine() -> None:
    report = checked(ALL)
    jsonschema.Draft202012Validator(strict(SCHEMA)).validate(json.loads(json_.text(report)))
    assert json_.load(json_.text(report)) == report
    text = markdown.text(report)
    assert "\n| page | current (26.1.5) | next (28.5.2) |\n|---|---|---|\n" in text
    assert "| <code>5 &#36; docker info</code> | holds | differs |\n" in text
    assert "docs/a.md:7: on next: the output is not what line 7 says" in text
    suites = {suite.get("name"): suite.get("failures") for suite in ET.fromstring(junit.text(report))}
    assert suites == {"docs/a.md": "0", "docs/b.md": "0", "docs/a.md on next": "2", "docs/b.md on next": "0"}


@pytest.mark.usefixtures("site")
def test_an_engine_that_cannot_be_had_leaves_the_others() -> None:
    report = checked(ALL, on=no_next)
    assert report.exit_status == 3
    assert cells(report)[0] == ("docs/a.md", 0, ("3 hold", "3 not reached"))
    assert [problem.message for problem in wrong(report)] == ["debian:forky-slim cannot be pulled"]


@pytest.mark.usefixtures("site")
def test_reports_of_one_engine_each_are_merged_whether_of_shards_or_not() -> None:
    whole = {name: checked(name) for name in ("next", "current")}
    merged = merge(whole)
    assert cells(merged) == ALL_CELLS
    both = {str(at): checked(ALL, Selection(shard=Shard(at, 2))) for at in (2, 1)}
    assert cells(merge(both)) == ALL_CELLS
    parts = {f"{name} {at}": checked(name, Selection(shard=Shard(at, 2))) for name in whole for at in (2, 1)}
    assert cells(merge(parts)) == ALL_CELLS
    with pytest.raises(UsageError, match="shard not there: 1/2"):
        merge({file: part for file, part in parts.items() if file != "next 1"})


@pytest.mark.usefixtures("site")
def test_reports_that_do_not_belong_together_are_refused() -> None:
    current, other = checked("current"), checked("next")
    three = ("current", "next", "old")
    for reports, complaint in [
        ((current, dataclasses.replace(other, commit="c")), "two.json: its commit is not that of one.json"),
        ((current, dataclasses.replace(other, engines=three)), "two.json: its engines is not that of one.json"),
        ([dataclasses.replace(report, engines=three) for report in (current, other)], "engine not there: old"),
        ((checked(ALL), other), "one.json: is no report of a shard"),
        (
            (current, Report("check", (), "0", problems=(Problem("no mkdocs.yml"),))),
            "two.json: its machine could not begin",
        ),
    ]:
        with pytest.raises(UsageError) as caught:
            merge(dict(zip(("one.json", "two.json"), reports, strict=True)))
        assert complaint in str(caught.value)


def test_an_engine_that_the_site_does_not_name_is_one_sentence(make_site: MakeSite) -> None:
    folder = make_site(PAGES, OPTIONS)
    process = snippetrun("check", "--engine", "old")
    assert process.stderr == "mkdocs.yml: the site names no engine old\n    Known: current, next, all.\n"
    assert process.returncode == 2
    process = snippetrun("check", "--engine", "")
    assert (process.returncode, "'--engine': expects the name of an engine, or all" in process.stderr) == (2, True)
    process = snippetrun("check", "--engine", "next", "--mode", "replay", "--confirmed-by", "x.json")
    assert "--confirmed-by looks at all engines by itself: leave out --engine." in process.stderr
    (folder / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
    assert "To name some: engines:" in snippetrun("check", "--engine", "next").stderr


def test_all_engines_of_a_site_that_names_none_are_the_one_that_it_has(make_site: MakeSite) -> None:
    make_site(PAGES)
    report = report_on(dataclasses.replace(run_on(machine), engine=ALL), MKDOCS, Selection(), Heard())
    assert (report.exit_status, report.engine, report.elsewhere) == (0, "", ())
