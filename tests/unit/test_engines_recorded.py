"""What pages do on another engine than the site's first: recorded, no failure as long as it stays so, and shown."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.checkout import commit, git
from helpers.command_line import snippetrun
from helpers.machine import ANSWERS, Heard, provided
from helpers.mkdocs_build import build
from helpers.runs import check_on, console, run_on

from snippetrun import config, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import RecordingError
from snippetrun.markdown_extension import embed
from snippetrun.markdown_extension.embed import shown_pages
from snippetrun.model import Ending, Job, Mode, Outcome, Result, Stage
from snippetrun.plan import Plan, plan
from snippetrun.report import Report, engines, json_, markdown, wrong
from snippetrun.sandbox.fake import Answer, FakeSandbox
from snippetrun.support import masks
from snippetrun.tasks import check, site_pages
from snippetrun.tasks.report_on import ALL, Task, report_on
from snippetrun.tasks.select import Selection

MKDOCS = Path("mkdocs.yml")
OPTIONS = "      engines: {current: {debian: trixie}, next: {debian: forky}}\n"
PAGE = f"# A\n\n{console('$ docker ps')}\n{console('$ docker info', '$ docker ps -a')}\n{console('$ docker rm x', 'x')}"


class Machine:
    """A machine on which the newer of two engines has answers of its own."""

    def __init__(self) -> None:
        self.next: dict[str, Answer] = ANSWERS | {"docker info": "other\n", "docker rm x": ("gone\n", 1)}

    @contextmanager
    def __call__(self, site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        answers, version = (self.next, "28.5.2+dfsg4") if site.engine.debian == "forky" else (ANSWERS, "26.1.5+dfsg1")

        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            yield FakeSandbox(answers, engine_version=version, images=provided(site, job))

        yield start


def report(task: Task, engine: str) -> Report:
    return report_on(dataclasses.replace(task, engine=engine), MKDOCS, Selection(), Heard())


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def site(make_site: MakeSite, machine: Machine) -> Path:
    """A site that is recorded on both of its engines."""
    folder = make_site({"a.md": PAGE}, OPTIONS)
    made = report(run_on(machine), ALL)
    assert (made.exit_status, wrong(made)) == (0, ())
    return folder


def work() -> Plan:
    """What there is to replay of the site of this folder."""
    found = config.load(MKDOCS)
    return plan(found, site_pages.read(found)).in_mode(Mode.REPLAY)


def outcomes(made: Report) -> list[Outcome]:
    return [command.outcome for page in made.pages for command in page.commands]


def blocks() -> tuple[str, ...]:
    return shown_pages(work(), partial(runner.run, watcher=runner.Watcher()))["docs/a.md"].blocks


def test_a_page_that_is_what_it_was_is_not_compared_again(
    site: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    make = embed.blocks

    def counted(
        own: SiteConfig, result: Result, others: Sequence[runner.Elsewhere] = (), stage: Stage | None = None
    ) -> tuple[str, ...]:
        made.append(result.page.path)
        return make(own, result, others, stage)

    monkeypatch.setattr(embed, "blocks", counted)
    first = blocks()
    assert (blocks(), made) == (first, ["docs/a.md"])
    machine.next["docker ps"] = "new\n"
    assert report(run_on(machine), "next").exit_status == 0
    assert blocks() != first
    (site / "docs/a.md").write_text(f"{PAGE}\nMore.\n\n{console('$ docker ps')}")
    assert report(run_on(machine), ALL).exit_status == 0
    assert len(blocks()) > len(first)
    assert len(made) == 3
    mkdocs = site / "mkdocs.yml"
    mkdocs.write_text(mkdocs.read_text().replace(OPTIONS, f"{OPTIONS}      varies: [new]\n"))
    blocks()
    assert len(made) == 4


def test_blocks_of_a_damaged_cache_or_of_none_are_made_anew(
    site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    first = blocks()
    [file] = (file for file in (tmp_path / "cache/kept").rglob("*") if file.is_file())
    key = file.read_bytes()[:64]
    for data in (file.read_bytes()[:-1], b"5", b"", key, key + b"\x05", b"0" * 64 + file.read_bytes()[64:]):
        file.write_bytes(data)
        assert blocks() == first
    site_folder = file.parents[1]
    old = site_folder.with_name("of-a-site-that-is-gone")
    (old / "read").mkdir(parents=True)
    for folder in (old / "read", old):
        os.utime(folder, (0, 0))
    shutil.rmtree(site_folder)
    assert blocks() == first
    assert [folder.name for folder in (tmp_path / "cache/kept").iterdir()] == [site_folder.name]
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(site / "mkdocs.yml"))
    assert blocks() == first


@pytest.mark.usefixtures("site")
def test_a_value_that_is_to_be_masked_now_is_in_no_block_that_was_made_before(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ">info" in "".join(blocks())
    monkeypatch.setattr(masks, "_hidden", set[str]())
    monkeypatch.setattr(masks, "_pattern", None)
    masks.hide(["info"])
    shown = re.sub(r'<div class="snippetrun-ran-on".*', "", "".join(blocks()), flags=re.DOTALL)
    assert "***" in shown
    assert ">info" not in shown


DIFFERENT = [Outcome.PASSED, Outcome.DIFFERS, Outcome.PASSED, Outcome.DIFFERS]


def test_each_engine_has_a_recording_also_where_it_does_not_do_what_the_page_says(site: Path) -> None:
    assert sorted(file.name for file in (site / "recordings").iterdir()) == ["a.md.json", "a.md@next.json"]
    recorded = json.loads((site / "recordings/a.md@next.json").read_text())
    assert [c["output"] for part in recorded["snippets"] for c in part["commands"]][-1] == ["gone", ""]


@pytest.mark.usefixtures("site")
def test_what_differs_as_it_was_recorded_is_no_failure(machine: Machine) -> None:
    made = report(check_on(machine), "next")
    assert (made.exit_status, outcomes(made)) == (0, DIFFERENT)
    [_, info, _, rm] = made.pages[0].commands
    assert (info.message, info.hint) == (
        "the output is not that of current",
        "@@ line 1 of the recorded output @@\n-info\n+other",
    )
    assert rm.message == "exit status 1, expected 0"
    whole = report(check_on(machine), ALL)
    assert engines.text(whole).splitlines()[1:] == [
        "docs/a.md              4 hold                   2 hold, 2 differ as recorded",
        "    8  $ docker info   holds                    differs as recorded",
        "   13  $ docker rm x   holds                    differs as recorded",
    ]
    assert json_.load(json_.text(whole)) == whole


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("command", "answer", "message"),
    [
        ("docker ps", "new\n", "the output is not what was recorded"),
        ("docker info", "info\n", "the output is not what was recorded"),
        ("docker rm x", ("no\n", 1), "exit status 1, expected 0"),
        ("docker rm x", "x\n", "exit status 0, and exit status 1 was recorded"),
    ],
)
def test_what_is_neither_as_recorded_there_nor_news_of_the_first_engine_fails(
    machine: Machine, command: str, answer: Answer, message: str
) -> None:
    machine.next[command] = answer
    made = report(check_on(machine), "next")
    assert made.exit_status == 1
    [problem] = wrong(made)
    assert problem.message == f"on next: {message}"
    assert report(run_on(machine), "next").exit_status == 0
    assert report(check_on(machine), "next").exit_status == 0


def test_a_page_that_has_changed_is_held_against_the_first_engine_until_it_is_recorded(
    site: Path, machine: Machine
) -> None:
    (site / "docs/a.md").write_text(PAGE.replace("docker ps -a", "docker ps"))
    assert report(run_on(machine), "current").exit_status == 0
    made = report(check_on(machine), "next")
    assert [problem.message for problem in wrong(made)] == [
        "on next: the output is not what was recorded",
        "on next: exit status 1, expected 0",
    ]
    assert "also checked" not in "".join(blocks())
    assert report(run_on(machine), "next").exit_status == 0
    assert report(check_on(machine), "next").exit_status == 0


@pytest.mark.usefixtures("site")
def test_a_page_whose_commands_do_not_end_there_fails_and_is_not_recorded(machine: Machine) -> None:
    before = Path("recordings/a.md@next.json").read_bytes()
    machine.next["docker ps"] = Ending.TIMED_OUT
    made = report(run_on(machine), "next")
    assert made.exit_status == 1
    assert Path("recordings/a.md@next.json").read_bytes() == before


@pytest.mark.usefixtures("site")
def test_a_report_confirms_the_recordings_of_every_engine_that_it_has_run(machine: Machine) -> None:
    replay = Task("check", partial(check.replayed, confirmed_by=Path("report.json")))
    confirm = Task("check", partial(check.check, sandboxes=machine, confirm=True))
    Path("report.json").write_text(json_.text(report(confirm, "current")))
    [problem] = wrong(report(replay, ""))
    assert problem.message == "its recording on next is none that report.json has confirmed"
    assert "snippetrun check docs/a.md --confirm --engine all --report json=report.json" in problem.hint
    Path("report.json").write_text(json_.text(report(confirm, ALL)))
    assert report(replay, "").exit_status == 0
    machine.next["docker info"] = "forged\n"
    assert report(run_on(machine), "next").exit_status == 0
    assert report(replay, "").exit_status == 1


@pytest.mark.usefixtures("site")
def test_a_reader_sees_where_it_holds_and_where_it_differs() -> None:
    same, mixed, gone, foot = blocks()
    assert '<div class="sr-also" data-search-exclude>also checked on 28.5.2</div>' in same
    assert "tabbed" not in same
    assert "sr-also" not in mixed + gone
    assert re.findall(r"<label for=\"(.*?)\">(.*?)</label>", mixed) == [
        (f"{key}-{n}", label)
        for key in re.findall(r'data-tabs="(.*?):2"', mixed)
        for n, label in ((1, "Docker 26.1.5"), (2, "Docker 28.5.2"))
    ]
    first, other = mixed.split('<div class="tabbed-block">')[1:]
    assert ("info" in first, "other" in first, "other" in other) == (True, False, True)
    assert other.count("other than on 26.1.5") == other.count("sr-differs") == 1
    assert "exit status 1" in gone.split('<div class="tabbed-block">')[2]
    assert "Failed" not in gone
    assert "<dt>Also checked on 28.5.2</dt><dd>2 of 4 commands differ</dd>" in foot


def test_a_replay_tells_the_same_of_all_engines_and_what_is_not_recorded(site: Path) -> None:
    replay = Task("check", check.replayed)
    whole = report(replay, ALL)
    assert whole.exit_status == 0
    assert engines.text(whole).splitlines()[1].rpartition("  ")[2] == "2 hold, 2 differ as recorded"
    (site / "recordings/a.md@next.json").unlink()
    [problem] = wrong(report(replay, "next"))
    assert problem.message == "on next: stale: it has not been recorded yet"
    assert "Record it: snippetrun run --engine next docs/a.md" in problem.hint


@pytest.mark.parametrize("urls", ["true", "false"])
@pytest.mark.usefixtures("site")
def test_a_build_and_the_command_line_write_the_same_page_about_both_engines(urls: str) -> None:
    settings = MKDOCS.read_text().replace("use_directory_urls: false", f"use_directory_urls: {urls}")
    MKDOCS.write_text(f"{settings}      verification: about/verification.md\n")
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    [built] = Path("site/about").glob("verification*.html" if urls == "false" else "verification/index.html")
    assert "docs/a.md" in built.read_text()
    assert "next (28.5.2" in built.read_text()
    link = "../a.html" if urls == "false" else "../../a/"
    assert f'<td><a href="{link}">A</a></td>' in built.read_text()
    assert "4 hold" in Path("site/about/verification.svg").read_text()
    assert "verification" not in Path("site/search/search_index.json").read_text()
    snippetrun("status", "--verification", "docs/about/verification.md")
    MKDOCS.write_text(settings)
    text = built.read_text()
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    assert built.read_text() == text


@pytest.mark.usefixtures("site")
def test_a_damaged_recording_of_another_engine_is_one_sentence() -> None:
    file = Path("recordings/a.md@next.json")
    file.write_text(file.read_text().replace("other", "forged"))
    with pytest.raises(RecordingError) as caught:
        blocks()
    assert str(caught.value) == (
        "recordings/a.md@next.json: this recording is not as it was written: its checksum does not match\n"
        "    Record the page again: snippetrun run --engine next docs/a.md"
    )
    assert snippetrun("check", "--mode", "replay").returncode == 2


@pytest.mark.usefixtures("site")
def test_the_summary_has_every_difference(machine: Machine) -> None:
    text = markdown.text(report(check_on(machine), ALL))
    assert "## snippetrun <code>check</code>: all is well" in text
    assert "| <code>8 &#36; docker info</code> | holds | differs as recorded |" in text
    assert "docs/a.md:8: on next: the output is not that of current\n    @@ line 1 of the recorded output @@\n" in text


@pytest.mark.usefixtures("site")
def test_diff_names_the_engine(machine: Machine) -> None:
    git("init", "--quiet")
    commit()
    machine.next["docker info"] = "news\n"
    report(run_on(machine), "next")
    process = snippetrun("diff")
    assert process.stdout.startswith("--- docs/a.md on next (HEAD)\n+++ docs/a.md on next (now)\n")
    assert "-other\n+news\n" in process.stdout
