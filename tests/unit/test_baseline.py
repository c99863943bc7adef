"""The baseline: pages that are not under test yet are left alone, by every face, and nobody overlooks them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click.testing import CliRunner, Result
from conftest import MakeSite
from helpers.checkout import commit, git
from helpers.machine import Engine, Heard
from helpers.mkdocs_build import build
from helpers.reported import SCHEMA, strict

from snippetrun import config, report, runner
from snippetrun.cli.group import cli
from snippetrun.config import baseline
from snippetrun.errors import ConfigError, UsageError
from snippetrun.model import Mode
from snippetrun.plan import plan
from snippetrun.tasks import changed_since, site_pages
from snippetrun.tasks.report_on import report_on
from snippetrun.tasks.select import Selection, select

pytest_plugins = ["pytester"]

GOOD = "# Good\n\n```console\n$ docker ps\n```\n"
OLD = (
    "# Old\n\n```console {exit=1}\n$ docker ps\n$ docker rm x\n```\n\n- item\n\n  ```console\n  $ docker info\n  ```\n"
)
"""A page that stops a build."""
LOOKS_SO = "# Looks so\n\n```console\n% docker ps\n```\n"
LINE = "is not under test yet: snippetrun status"


@pytest.fixture
def site(make_site: MakeSite) -> Path:
    """A site with a page under test, and an old one."""
    folder = make_site({"good.md": GOOD, "old.md": OLD})
    (folder / baseline.NAME).write_text("# later\nold.md\n")
    return folder


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, standalone_mode=False)


def test_a_line_names_a_page_and_a_comment_none(site: Path) -> None:
    (site / baseline.NAME).write_text("\n  # a\r\nold.md \n\ngood.md")
    assert config.load().baseline.lines == {"old.md": 3, "good.md": 5}


@pytest.mark.parametrize("name", ["#a.md", " b.md", "c d.md"])
def test_any_page_can_be_named(site: Path, name: str) -> None:
    (site / "docs" / name).write_text(GOOD)
    (site / baseline.NAME).write_text(baseline.text("# later\n", ["old.md", name]))
    assert (site / baseline.NAME).read_text().startswith("# later\n")
    assert set(config.load().baseline.lines) == {"old.md", name}
    assert [page.path for page in site_pages.read(config.load()) if not page.under_test] == sorted(
        [f"docs/{name}", "docs/old.md"]
    )


def test_a_byte_order_mark_is_no_part_of_a_line(site: Path) -> None:
    (site / baseline.NAME).write_bytes(b"\xef\xbb\xbfold.md\n")
    assert set(config.load().baseline.lines) == {"old.md"}


def test_a_site_without_the_file_has_all_pages_under_test(site: Path) -> None:
    (site / baseline.NAME).unlink()
    assert config.load().tests("docs/old.md")


@pytest.mark.parametrize(
    ("option", "data", "why"),
    [
        ("baseline: [a]", b"", "baseline: expects a file, relative to the folder of the configuration, or false"),
        ("baseline: docs", b"", "baseline: docs cannot be read: "),
        ("baseline: b.txt", b"\xff", "baseline: b.txt is not UTF-8"),
    ],
)
def test_a_baseline_that_cannot_be_read_has_its_line_in_the_configuration(
    make_site: MakeSite, option: str, data: bytes, why: str
) -> None:
    folder = make_site({"good.md": GOOD}, f"      {option}\n")
    (folder / "b.txt").write_bytes(data)
    with pytest.raises(ConfigError, match=f"^mkdocs.yml:8:7: {why}"):
        config.load()


def test_a_site_may_have_none(make_site: MakeSite) -> None:
    folder = make_site({"old.md": OLD}, "      baseline: false\n")
    (folder / baseline.NAME).write_text("old.md\n")
    with pytest.raises(UsageError):
        site_pages.read(config.load())


def test_what_is_written_is_sorted_below_its_comments() -> None:
    assert baseline.text("# a\nb.md\n# c\n", ["c.md", "a.md", "c.md"]) == "# a\n# c\na.md\nc.md\n"
    assert baseline.text("b.md\n# no line feed ends this", ["a.md"]) == "# no line feed ends this\na.md\n"
    assert baseline.text("", ["a.md"]).splitlines()[1:] == ["a.md"]


def test_a_page_of_the_baseline_runs_nothing_and_its_mistakes_stop_nothing(site: Path) -> None:
    (site / "docs/looks.md").write_text(LOOKS_SO)
    (site / baseline.NAME).write_text("looks.md\nold.md\n")
    listed = invoke("list")
    assert listed.return_value is None
    assert listed.stdout == "docs/good.md:4  docker ps\n"
    assert listed.stderr.splitlines()[0] == "1 page, 1 command, 0 of them skipped"
    assert listed.stderr.splitlines()[1] == "2 pages are not under test yet: snippetrun status"


def test_a_page_that_the_baseline_does_not_name_is_under_test(site: Path) -> None:
    (site / baseline.NAME).write_text("")
    with pytest.raises(UsageError, match="docs/old.md:3:13: exit on a fence with 2 commands"):
        site_pages.read(config.load())


def test_a_named_page_of_the_baseline_is_not_run_and_the_next_step_is_said(site: Path) -> None:
    with pytest.raises(UsageError, match="there is nothing to run\n    1 page is not .*: snippetrun adopt docs/old.md"):
        select(config.load(), Selection((site / "docs/old.md",)))


def test_the_next_step_can_be_typed_whatever_the_page_is_called(site: Path) -> None:
    (site / "docs/old.md").rename(site / "docs/o'ld page.md")
    (site / baseline.NAME).write_text("o'ld page.md\n")
    with pytest.raises(UsageError) as caught:
        select(config.load(), Selection((site / "docs/o'ld page.md",)))
    assert shlex.split(str(caught.value))[-3:] == ["snippetrun", "adopt", "docs/o'ld page.md"]


def test_a_line_for_a_page_that_is_not_there_is_a_finding_at_its_line(site: Path) -> None:
    (site / baseline.NAME).write_text("# later\ngone.md\nold.md\n")
    findings = [str(finding) for page in site_pages.read(config.load()) for finding in page.findings]
    assert findings == [
        f"{baseline.NAME}:2: there is no page gone.md\n    Remove the line. A page with a new name is under test."
    ]
    assert not site_pages.read(config.load(), [Path("docs/good.md")])[0].findings


def test_check_counts_them_and_fails_for_a_line_without_its_page(site: Path) -> None:
    from helpers.runs import check_on, run_on

    report_on(run_on(Engine()), None, Selection(), Heard())
    checked = report_on(check_on(Engine()), None, Selection(), Heard())
    assert (checked.exit_status, checked.untested) == (0, 1)
    assert [page.path for page in checked.pages] == ["docs/good.md"]
    (site / "docs/old.md").unlink()
    gone = report_on(check_on(Engine()), None, Selection(), Heard())
    assert gone.exit_status == 1
    assert report.wrong(gone)[0].where == f"{baseline.NAME}:2"


def test_it_is_one_line_for_people() -> None:
    assert [report.untested(count) for count in (0, 1, 2)] == [
        "",
        f"1 page {LINE}",
        f"2 pages are {LINE.removeprefix('is ')}",
    ]


def test_a_page_that_comes_under_test_has_changed(site: Path) -> None:
    (site / "docs/old.md").write_text(GOOD)
    (site / baseline.NAME).write_text("")
    settings = config.load()
    record(settings)
    (site / baseline.NAME).write_text("old.md\n")
    git("init", "--quiet", "--initial-branch", "main")
    commit()
    (site / baseline.NAME).write_text("")
    settings = config.load()
    assert changed_since.since(plan(settings, site_pages.read(settings)), "HEAD") == {"docs/old.md"}


def record(settings: config.SiteConfig) -> None:
    """Record all pages, without an engine."""
    runner.run(plan(settings, site_pages.read(settings)).in_mode(Mode.RUN), Heard(), sandboxes=Engine())


def test_the_site_shows_it_as_it_would_without_us(site: Path) -> None:
    (site / "docs/old.md").write_text(
        "# Old\n\n```console\n$ docker ps\nold\n```\n\n```console {hide}\n$ hidden\n```\n"
    )
    record(config.load())
    built = build(SNIPPETRUN_MODE="replay")
    assert built.returncode == 0, built.output
    assert f"1 page {LINE}" in built.output
    shown = (site / "site/old.html").read_text()
    assert "hidden" not in shown
    assert "old" in shown
    assert 'class="snippetrun' not in shown
    assert 'class="snippetrun' in (site / "site/good.html").read_text()


def test_a_strict_build_fails_for_a_line_without_its_page(site: Path) -> None:
    record(config.load())
    (site / "docs/old.md").unlink()
    built = build(SNIPPETRUN_MODE="replay")
    assert built.returncode == 1
    assert f"{baseline.NAME}:2: there is no page old.md" in built.output


def test_pages_that_plugins_make_are_left_alone_too(make_site: MakeSite) -> None:
    folder = make_site({"good.md": GOOD, "old.md": OLD, "a.md": "# A\n\n--8<-- 'parts.md'\n"})
    (folder / "parts.md").write_text("```console {what}\n$ docker ps\n```\n")
    text = (folder / "mkdocs.yml").read_text()
    (folder / "mkdocs.yml").write_text(f"{text}markdown_extensions: [pymdownx.snippets]\n")
    (folder / baseline.NAME).write_text("a.md\nold.md\n")
    pages = site_pages.read(config.load())
    assert {page.path: page.under_test for page in pages} == {
        "docs/a.md": False,
        "docs/good.md": True,
        "docs/old.md": False,
    }


@pytest.mark.parametrize("arguments", [["--collect-only"], ["-n", "2"]])
def test_pytest_leaves_them_alone_and_says_so(site: Path, pytester: pytest.Pytester, arguments: list[str]) -> None:
    settings = f"--snippetrun-config={site / 'mkdocs.yml'}"
    session = pytester.runpytest_subprocess("--snippetrun", settings, *arguments, str(site / "docs/old.md"))
    session.stdout.fnmatch_lines([f"snippetrun: 1 page {LINE}"])
    session.stdout.no_fnmatch_line("*docker*")


def test_status_tells_pages_snippets_and_commands(site: Path) -> None:
    (site / "docs/prose.md").write_text("# Prose\n")
    (site / "docs/more.md").write_text(f"{GOOD}\n```console\n$ docker info\n$ docker rm x\n```\n")
    (site / baseline.NAME).write_text("more.md\nold.md\n")
    assert invoke("status").stdout == (
        "page          snippets  commands\n"
        "docs/good.md         1         1\n"
        "docs/more.md         2         3  not under test yet\n"
        "docs/old.md          2         3  not under test yet, 2 problems\n"  # what can be read of it
        "\n"
        "under test: 1 of 3 pages, 1 of 5 snippets, 1 of 7 commands\n"
    )


@pytest.mark.usefixtures("site")
def test_status_is_json_too_as_the_schema_says() -> None:
    document = json.loads(invoke("status", "--json").stdout)
    jsonschema.Draft202012Validator(strict(SCHEMA)).validate(document)
    assert document["under_test"] == {"pages": 1, "snippets": 1, "commands": 1}
    assert [page["under_test"] for page in document["pages"]] == [True, False]


def test_status_draws_a_badge(site: Path) -> None:
    invoke("status", "--badge", "badge.svg")
    picture = ET.fromstring((site / "badge.svg").read_text())
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["pages under test", "1 of 2"]


def test_a_folder_that_mkdocs_does_not_render_has_its_own_configuration(site: Path) -> None:
    (site / "mkdocs.yml").unlink()
    (site / config.OWN).write_text("docs_dir: .\nexclude_docs: notes.md\ntimeout: 5s\n")
    (site / "docs/notes.md").write_text(OLD)
    (site / baseline.NAME).write_text("docs/old.md\n")
    settings = config.load()
    assert (settings.timeout, settings.path) == (5.0, config.OWN)
    assert [page.path for page in site_pages.read(settings) if page.snippets] == ["docs/good.md"]


def test_a_mistake_in_it_has_its_line(site: Path) -> None:
    (site / "mkdocs.yml").unlink()
    (site / config.OWN).write_text("docs_dir: docs\ntimeuot: 5s\n")
    with pytest.raises(
        ConfigError, match="^snippetrun.yml:2:1: timeuot: there is no such key\n    Did you mean timeout"
    ):
        config.load()
